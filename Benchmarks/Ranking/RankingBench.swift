import BERT
import ConversationDomain
import Foundation
import Inference
import IntentModel
import Ranking

/// Trains the head of a small bot and prints the features of messages as the ranking sees them; `Benchmarks/ranking.py` fits the
/// weights of the ranking with them.
///
///     RankingBench MODEL_DIRECTORY < SPECIFICATION > FEATURES
///     RankingBench MODEL_DIRECTORY cost CONTENT_FOLDER [SENTENCES]        see RankingCost
///
/// Both are JSON lines. A specification is a bot with messages; the answer is one line for each message, then an empty line.
@main
struct RankingBench {
    struct Specification: Decodable {
        struct Entry: Decodable {
            let id: String
            let questions: [String]
            let answer: String?
        }
        /// Sentences by the name of an intent.
        let intents: [String: [String]]
        let entries: [Entry]
        let messages: [String]
        /// Categories of the background set that are left out.
        let withoutCategories: [String]?

        var content: BotContent {
            BotContent(
                intents: intents.sorted { $0.key < $1.key }.map { name, texts in
                    Intent(
                        name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: .english) })
                },
                knowledge: entries.map {
                    KnowledgeEntry(
                        id: KnowledgeID(trusted: $0.id), locale: .english, questions: $0.questions,
                        answer: $0.answer ?? "-")
                })
        }
    }

    struct Line: Encodable {
        struct Candidate: Encodable {
            let name: String
            let knowledge: Bool
            let n: Int
            let li: Float
            let li3: Float
            let cosine: Float
            let p: Double?
            let lexical: Float
        }
        let candidates: [Candidate]
        let tokens: Int
        let background: [Float]
        let cosine: Float
        let closeness: Float
        let separation: Float
        let dropped: Int
    }

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let model = arguments.first else {
            throw Failure(description: "expected MODEL_DIRECTORY, and specifications on standard input")
        }
        let directory = URL(fileURLWithPath: model, isDirectory: true)
        if arguments.count > 1 {
            guard arguments.dropFirst().first == "cost", (3...4).contains(arguments.count) else {
                throw Failure(description: "expected MODEL_DIRECTORY cost CONTENT_FOLDER [SENTENCES]")
            }
            let rest = Array(arguments.dropFirst(2))
            let cost = RankingCost(
                directory: directory, folder: URL(fileURLWithPath: rest[0], isDirectory: true),
                sentences: rest.count > 1 ? Int(rest[1]) : nil)
            return try await cost.run()
        }
        let encoder = try TextEncoder(directory: directory, precision: .int8)
        var options = InferenceQueue.Options()
        options.threads = 2
        let queue = InferenceQueue(options: options)
        let coder = JSONEncoder()
        while let line = readLine() {
            let specification = try JSONDecoder().decode(Specification.self, from: Data(line.utf8))
            let content = specification.content
            var head: IntentHead?
            if content.intents.count > 1 {
                let trained = try await IntentTrainer(queue: queue, cache: nil).train(content, encoder: encoder)
                head = try LiveClassifier.ActiveModel(trained.model, encoder: encoder).head
            }
            let left = Set(specification.withoutCategories ?? [])
            let background = BackgroundSet(
                sentences: BackgroundSet.shipped.sentences.filter { !left.contains($0.category) })
            let probe = try await RankingProbe(
                content: content, background: background, encoder: encoder, head: head, queue: queue)
            for row in try await probe.rows(specification.messages) {
                let best = row.candidates.sorted { $0.similarity > $1.similarity }.prefix(30)
                let likely = row.candidates.sorted { ($0.confidence ?? 0) > ($1.confidence ?? 0) }.prefix(10)
                let names = Set(best.map(\.name) + likely.map(\.name))
                let data = try coder.encode(
                    Line(
                        candidates: row.candidates.filter { names.contains($0.name) }.map {
                            Line.Candidate(
                                name: $0.name, knowledge: $0.isKnowledge, n: $0.sentences, li: $0.similarity,
                                li3: $0.meanSimilarity, cosine: $0.cosine, p: $0.confidence,
                                lexical: $0.lexical)
                        }, tokens: row.tokens, background: row.background, cosine: row.backgroundCosine,
                        closeness: row.closeness, separation: row.separation, dropped: probe.dropped))
                FileHandle.standardOutput.write(data + Data([10]))
            }
            FileHandle.standardOutput.write(Data([10]))
        }
        await queue.shutdown()
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}
