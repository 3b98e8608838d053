import ConversationDomain
import Dialogue
import Evaluation
import Foundation
import Inference
import IntentModel
import Ranking
import Wording

/// What a bot would reply to the sentences of a file, by the engine that serves.
struct ReplyMeasurement {
    let bot: Bot
    let progress: any ProgressPort

    /// Texts that are understood together.
    private static let pieceSize = 32
    /// Background sentences of a category that stand for foreign messages.
    private static let perCategory = 40

    /// The file's own foreign sentences, or those of the background where it has none.
    func report(on texts: TestTexts) async throws -> ReplyReport {
        let own = try await replies(to: texts.texts, telling: "replies")
        guard !texts.texts.contains(where: \.isForeign), let ranking = bot.classifier.ranking as? ContentRanking else {
            return ReplyReport(own, foreignSource: .file)
        }
        return ReplyReport(own + (try await backgroundReplies(ranking)), foreignSource: .background)
    }

    /// A sentence that the ranking itself compares with would be told foreign too easily: each is judged by the bot without the
    /// sentence's category.
    private func backgroundReplies(
        _ ranking: ContentRanking
    ) async throws -> [(text: TestTexts.Text, reply: OpeningReply)] {
        defer { bot.classifier.rank(by: ranking) }
        let chosen = Dictionary(
            grouping: Self.spoken(ranking.background, bot.content.current().locales), by: \.category)
        var replies: [(text: TestTexts.Text, reply: OpeningReply)] = []
        for (done, category) in chosen.keys.sorted().enumerated() {
            bot.classifier.rank(by: try ranking.leavingOut(category: category))
            let texts = Self.spread(chosen[category] ?? []).map {
                TestTexts.Text(text: $0.text, truths: [], category: category)
            }
            replies += try await self.replies(to: texts, telling: nil)
            progress.step("foreign messages", done + 1, chosen.count)
        }
        return replies
    }

    /// Those in a language of the bot: others are turned away too easily. All, if there are none.
    private static func spoken(_ sentences: [BackgroundSet.Sentence], _ locales: [BotLocale]) -> [BackgroundSet
        .Sentence]
    {
        let spoken = sentences.filter { $0.locale.nearest(in: locales) != nil }
        return spoken.isEmpty ? sentences : spoken
    }

    private static func spread(_ sentences: [BackgroundSet.Sentence]) -> [BackgroundSet.Sentence] {
        let count = min(perCategory, sentences.count)
        return (0..<count).map { sentences[$0 * sentences.count / count] }
    }

    private func replies(
        to texts: [TestTexts.Text], telling subject: String?
    ) async throws -> [(text: TestTexts.Text, reply: OpeningReply)] {
        zip(texts, try await replies(to: texts.map(\.text), telling: subject)).map { ($0, $1) }
    }

    /// In the order of the texts.
    func replies(to texts: [String], telling subject: String? = nil) async throws -> [OpeningReply] {
        let pieces = stride(from: 0, to: texts.count, by: Self.pieceSize).map {
            Array(texts[$0..<min($0 + Self.pieceSize, texts.count)])
        }
        var replies = [[OpeningReply]](repeating: [], count: pieces.count)
        var done = 0
        try await withThrowingTaskGroup(of: (Int, [OpeningReply]).self) { group in
            var next = 0
            func addNext() {
                guard next < pieces.count else { return }
                let (index, piece) = (next, pieces[next])
                next += 1
                group.addTask { (index, try await bot.chat.openingReplies(to: piece)) }
            }
            for _ in 0..<max(1, bot.queue.options.threads) { addNext() }
            while let (index, answered) = try await group.next() {
                replies[index] = answered
                done += answered.count
                if let subject { progress.step(subject, done, texts.count) }
                addNext()
            }
        }
        return replies.flatMap { $0 }
    }
}
