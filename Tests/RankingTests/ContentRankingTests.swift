import BERT
import ConversationDomain
import Foundation
import Testing

@testable import Inference
@testable import IntentModel
@testable import Ranking

@Suite("Ranking of a bot's content")
struct ContentRankingTests {
    static let background = BackgroundSet(sentences: [
        .init(category: "science", text: "how far away is the moon tonight"),
        .init(category: "cooking", text: "which spices belong into a curry"),
        .init(category: "code", text: "my compiler rejects this generic function"),
        .init(category: "other", text: "zug fährt heute nicht nach berlin"),
    ])

    private static let english = BotLocale.english
    private static let chinese = BotLocale.chinese
    private let encoder = WordEncoder(synonyms: ["parcel": "package", "package": "package", "box": "package"])
    private let queue = InferenceQueue()

    private func content(entries: Bool = true, intents: Bool = true) -> BotContent {
        func intent(_ name: String, _ texts: String...) -> Intent {
            Intent(
                name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: Self.english) })
        }
        func entry(_ id: String, _ locale: BotLocale, _ questions: String...) -> KnowledgeEntry {
            KnowledgeEntry(id: KnowledgeID(trusted: id), locale: locale, questions: questions, answer: "An answer.")
        }
        var content = BotContent()
        if intents {
            content.intents = [
                intent("order.status", "where is my package", "has my order been sent"),
                intent("order.cancel", "cancel my order please", "i want to stop the order"),
                intent("out_of_scope", "who won the football match yesterday"),
            ]
        }
        if entries {
            content.knowledge = [
                entry("gift.wrap", Self.english, "do you wrap gifts in paper"),
                entry("gift.wrap.zh", Self.chinese, "可以 包装 礼物 吗"),
                entry("opening", Self.english, "when do you open on sundays"),
            ]
        }
        return content
    }

    private func ranking(_ content: BotContent, folder: URL? = nil) async throws -> ContentRanking {
        let ranker = ContentRanker(queue: queue, folder: folder, background: Self.background)
        return try #require(try await ranker.ranking(of: content, encoder: encoder))
    }

    private func candidates(
        _ text: String, _ ranking: ContentRanking, head: [IntentScore] = [], locale: BotLocale? = nil
    ) async throws -> [Candidate] {
        let encoded = try #require(try encoder.encode([text], as: .query, threads: 1).first)
        return await ranking.rank(
            text, encoded, model: ModelVersionID(trusted: "model_test"), head: head, locale: locale
        ).candidates
    }

    @Test("intents and entries compete in one list, and probabilities leave something for nothing")
    func oneList() async throws {
        let ranking = try await ranking(content())
        let status = try await candidates("where is my parcel", ranking)
        #expect(status.first?.subject == .intent(IntentName(trusted: "order.status")))
        let gift = try await candidates("do you wrap gifts", ranking)
        #expect(gift.first?.subject == .knowledge(KnowledgeID(trusted: "gift.wrap")))
        for list in [status, gift] {
            #expect(list.map(\.probability) == list.map(\.probability).sorted(by: >))
            let sum = list.reduce(0) { $0 + $1.probability }
            #expect(sum > 0 && sum < 1)
        }
    }

    @Test("a message like the background, or like an out-of-scope example, is less probably any candidate")
    func foreign() async throws {
        let ranking = try await ranking(content())
        let known = try await candidates("where is my package", ranking).first?.probability ?? 0
        for text in ["how far away is the moon", "who won the football match yesterday"] {
            let foreign = try await candidates(text, ranking).first?.probability ?? 0
            #expect(foreign < known / 2, "\(text)")
        }
    }

    @Test("a bot with only entries, or only intents, ranks; one with nothing has no ranking")
    func halves() async throws {
        let entries = try await candidates("when do you open", try await ranking(content(intents: false)))
        #expect(entries.first?.subject == .knowledge(KnowledgeID(trusted: "opening")))
        let intents = try await candidates("cancel my order", try await ranking(content(entries: false)))
        #expect(intents.first?.subject == .intent(IntentName(trusted: "order.cancel")))
        let ranker = ContentRanker(queue: queue, folder: nil, background: Self.background)
        #expect(try await ranker.ranking(of: BotContent(), encoder: encoder) == nil)
    }

    @Test("an intent without examples is a candidate by its name and description")
    func described() async throws {
        var content = content()
        content.intents.append(
            Intent(name: IntentName(trusted: "gift.card"), description: "buy a voucher as a present", examples: []))
        let found = try await candidates("can i buy a voucher", try await ranking(content))
        #expect(found.first?.subject == .intent(IntentName(trusted: "gift.card")))
    }

    @Test("entries of another language are no candidates where there are some of the visitor's")
    func locales() async throws {
        let ranking = try await ranking(content())
        let english = try await candidates("可以 包装 礼物 吗", ranking, locale: Self.english)
        #expect(!english.contains { $0.subject == .knowledge(KnowledgeID(trusted: "gift.wrap.zh")) })
        let chinese = try await candidates("可以 包装 礼物 吗", ranking, locale: Self.chinese)
        #expect(chinese.first?.subject == .knowledge(KnowledgeID(trusted: "gift.wrap.zh")))
    }

    @Test("a review label counts without a training, on an intent and on an entry")
    func labels() async throws {
        var content = content()
        let before = try await candidates("lorry lost my stuff", try await ranking(content)).first?.probability ?? 0
        content.intents[0] = Intent(
            name: content.intents[0].name,
            examples: content.intents[0].examples + [
                Example(text: "lorry lost my stuff", locale: Self.english, origin: .review)
            ])
        content.knowledge[2] = KnowledgeEntry(
            id: content.knowledge[2].id, locale: Self.english,
            questions: content.knowledge[2].questions + ["weekend business hours"],
            reviewed: ["weekend business hours"], answer: "An answer.")
        let ranking = try await ranking(content)
        let intent = try await candidates("lorry lost my stuff", ranking)
        #expect(intent.first?.subject == .intent(IntentName(trusted: "order.status")))
        #expect(intent.first?.probability ?? 0 > max(before, 0.5))
        let entry = try await candidates("weekend business hours", ranking)
        #expect(entry.first?.subject == .knowledge(KnowledgeID(trusted: "opening")))
    }

    @Test("vectors are kept: after a change only the new sentence is encoded, and after a restart none")
    func kept() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        var content = content()
        // One entry more is a small change of so many, for which nothing is measured anew.
        content.intents[0] = Intent(
            name: content.intents[0].name,
            examples: content.intents[0].examples
                + (0..<20).map { Example(text: "where is package number \($0)", locale: Self.english) })
        _ = try await ranking(content, folder: folder)
        let first = encoder.texts.count
        _ = try await ranking(content, folder: folder)
        #expect(encoder.texts.count == first)
        content.knowledge.append(
            KnowledgeEntry(
                id: KnowledgeID(trusted: "parking"), locale: Self.english, questions: ["where can i park"],
                answer: "Behind the shop."))
        let changed = try await ranking(content, folder: folder)
        #expect(encoder.texts.dropFirst(first) == ["where can i park"])
        let parking = try await candidates("where can i park", changed)
        #expect(parking.first?.subject == .knowledge(KnowledgeID(trusted: "parking")))
    }

    @Test("of another build's phrases only those that are new are encoded")
    func library() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        func rank(_ id: String, _ sentences: [String]) async throws {
            var content = content()
            content.phrases = [Phrases(locale: Self.english, acts: [.thanks: sentences])]
            let ranker = ContentRanker(
                queue: queue, folder: folder,
                phrases: [PhraseLibrary(locale: Self.english, part: .acts, id: id) { sentences }],
                background: Self.background)
            _ = try await ranker.ranking(of: content, encoder: encoder)
        }
        try await rank("first", ["many thanks", "cheers mate"])
        let first = encoder.texts.count
        try await rank("second", ["many thanks", "cheers mate", "much obliged"])
        #expect(encoder.texts.dropFirst(first) == ["much obliged"])
    }

    @Test("of the program's phrases those of the bot's own languages are encoded, of others the dangers alone")
    func ownLanguages() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let german = try #require(BotLocale("de"))
        var content = content()
        content.phrases = [
            Phrases(locale: Self.english, acts: [.thanks: ["many thanks"], .dangerFire: ["it burns"]]),
            Phrases(locale: german, acts: [.thanks: ["vielen dank"], .dangerFire: ["es brennt"]]),
        ]
        let ranker = ContentRanker(
            queue: queue, folder: folder,
            phrases: [
                PhraseLibrary(locale: Self.english, part: .acts, id: "en") { ["many thanks"] },
                PhraseLibrary(locale: Self.english, part: .dangers, id: "en") { ["it burns"] },
                PhraseLibrary(locale: german, part: .acts, id: "de") { ["vielen dank"] },
                PhraseLibrary(locale: german, part: .dangers, id: "de") { ["es brennt"] },
            ], background: Self.background)
        _ = try await ranker.ranking(of: content, encoder: encoder)
        for text in ["many thanks", "it burns", "es brennt"] {
            #expect(encoder.texts.count { $0 == text } == 1, "\(text)")
        }
        #expect(!encoder.texts.contains("vielen dank"))
        #expect(await ranker.isStored(content, encoder: encoder))
        content.knowledge.append(
            KnowledgeEntry(
                id: KnowledgeID(trusted: "parken"), locale: german, questions: ["wo kann ich parken"],
                answer: "Hinter dem Laden."))
        #expect(await !ranker.isStored(content, encoder: encoder))
        _ = try await ranker.ranking(of: content, encoder: encoder)
        #expect(encoder.texts.contains("vielen dank"))
    }

    @Test("files of an earlier version are removed once new ones are there")
    func earlierVersion() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let old = folder.appending(path: "phrases-0123456789abcdef.pack")
        // Magic and version of a pack of version 2.
        try Data([0x46, 0x44, 0x54, 0x56, 2, 0, 0, 0] + [UInt8](repeating: 0, count: 56)).write(to: old)
        _ = try await ranking(content(), folder: folder)
        #expect(!FileManager.default.fileExists(atPath: old.path))
    }

    @Test("a small change is compared with the background by itself; a training measures everything anew")
    func measured() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        let words = (0..<60).map { "word\($0)" }
        func intent(_ number: Int, _ texts: [String]) -> Intent {
            Intent(
                name: IntentName(trusted: "i\(number)"), examples: texts.map { Example(text: $0, locale: Self.english) }
            )
        }
        // Neighbours share three words of four.
        var content = BotContent()
        content.intents = (0..<30).map { intent($0, [words[$0...$0 + 3].joined(separator: " ")]) }
        let ranker = ContentRanker(queue: queue, folder: folder, background: Self.background)
        let before = try #require(try await ranker.ranking(of: content, encoder: encoder))
        #expect(before.dropped == 0)
        #expect(await ranker.isStored(content, encoder: encoder))

        content.intents.append(intent(30, ["which spices belong into a curry"]))
        #expect(await !ranker.isStored(content, encoder: encoder))
        let after = try #require(try await ranker.ranking(of: content, encoder: encoder))
        #expect(after.dropped == 1)
        let again = try #require(try await ranker.ranking(of: content, encoder: encoder))
        #expect(again.dropped == 1)
        #expect(await ranker.isStored(content, encoder: encoder))
        let fresh = try #require(try await ranker.ranking(of: content, encoder: encoder, isFresh: true))
        #expect(fresh.dropped == 1)
        // A measurement that is not whole is made again.
        let file = try #require(
            try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first {
                $0.pathExtension == "bin"
            })
        let bytes = try Data(contentsOf: file)
        try bytes.dropLast().write(to: file)
        #expect(try await ranker.ranking(of: content, encoder: encoder)?.dropped == 1)
        #expect(try Data(contentsOf: file) == bytes)
    }

    @Test("a pack that is cut off or of another encoder is made again", arguments: [true, false])
    func damaged(cut: Bool) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        _ = try await ranking(content(), folder: folder)
        let first = encoder.texts
        let other = WordEncoder(weightsHash: String(repeating: "b", count: 64))
        if cut {
            for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            where file.pathExtension == "pack" {
                let data = try Data(contentsOf: file)
                try data.prefix(data.count - 7).write(to: file)
            }
            _ = try await ranking(content(), folder: folder)
            // What the measurement had encoded beside them is kept, and not made again.
            #expect(Set(encoder.texts.dropFirst(first.count)) == Set(first))
        } else {
            let ranker = ContentRanker(queue: queue, folder: folder, background: Self.background)
            let ranking = try #require(try await ranker.ranking(of: content(), encoder: other))
            #expect(ranking.encoder == other.numericsHash)
            #expect(other.texts.sorted() == first.sorted())
        }
    }

    @Test("the foreign share moves the odds of nothing as Bayes' rule says")
    func foreignShare() throws {
        var scores = MessageScores(tokens: 5)
        var candidate = CandidateScores(entry: 0, sentences: 10)
        candidate.take(0.6, cosine: 0.8, of: 0)
        scores.candidates = [candidate]
        scores.takeBackground(0.4, cosine: 0.7)
        func odds(_ share: Double) throws -> Double {
            let p = try #require(RankingModel.shipped.probabilities(scores, foreignShare: share).first)
            return p / (1 - p)
        }
        // 0.5 has odds of 1, 0.2 of a quarter.
        #expect(abs(try odds(0.2) / odds(0.5) - 4) < 1e-6)
        #expect(try odds(0.2) > odds(0.3))
    }

    @Test("where examples of one thing are worded in many ways, a message need not be as near to one of them")
    func separation() throws {
        func probability(_ separation: Float) throws -> Double {
            var scores = MessageScores(tokens: 5, content: ContentNearness(closeness: 0.5, separation: separation))
            var candidate = CandidateScores(entry: 0, sentences: 10)
            candidate.take(0.5, cosine: 0.8, of: 0)
            scores.candidates = [candidate]
            scores.takeBackground(0.3, cosine: 0.7)
            return try #require(RankingModel.shipped.probabilities(scores).first)
        }
        #expect(try probability(0) > probability(0.1))
        // What is more easily told apart than usual says nothing.
        #expect(try probability(0.15) == probability(0.6))
    }

    @Test("how far a bot's sentences lie apart is measured and kept")
    func separationIsMeasured() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ranking-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        func measured(_ sentences: (Int, Int) -> String) async throws -> ContentNearness {
            var content = BotContent()
            content.intents = (0..<20).map { intent in
                Intent(
                    name: IntentName(trusted: "i\(intent)"),
                    examples: (0..<3).map { Example(text: sentences(intent, $0), locale: Self.english) })
            }
            let ranker = ContentRanker(queue: queue, folder: folder, background: Self.background)
            _ = try await ranker.ranking(of: content, encoder: encoder, isFresh: true)
            let file = try #require(
                try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).first {
                    $0.pathExtension == "bin"
                })
            let count = Self.background.sentences.count
            return try #require(ContentMeasurement(file: file, backgroundCount: count)).nearness
        }
        // Three of four words are the intent's own, or three of four are everybody's.
        let apart = try await measured { "a\($0) b\($0) c\($0) d\($1)" }
        let mixed = try await measured { "a b c d\(3 * $0 + $1)" }
        #expect(apart.separation > 0.3)
        #expect(abs(mixed.separation) < 0.1)
        #expect(apart.closeness < mixed.closeness)
    }

    @Test("a bot that does not know a category of the background takes its sentences less surely for foreign")
    func leavingOut() async throws {
        let places = ["moon", "sun", "nearest star", "north pole", "next galaxy"]
        let background = BackgroundSet(
            sentences: Self.background.sentences
                + places.map { .init(category: "science", text: "how far away is the \($0) tonight") })
        let ranker = ContentRanker(queue: queue, folder: nil, background: background)
        let ranking = try #require(try await ranker.ranking(of: content(), encoder: encoder))
        let text = "how far away is the moon tonight"
        let known = try await candidates(text, ranking)
        let without = try ranking.leavingOut(category: "science")
        let unknown = try await candidates(text, without)
        func sum(_ candidates: [Candidate]) -> Double { candidates.reduce(0) { $0 + $1.probability } }
        #expect(sum(unknown) > sum(known))
        #expect(without.background == ranking.background.filter { $0.category != "science" })
        let all = try await candidates("where is my package", ranking.leavingOut(category: "none"))
        #expect(all == (try await candidates("where is my package", ranking)))
    }

    @Test("the shipped background has both languages, many categories and no repeats")
    func shipped() {
        let sentences = BackgroundSet.shipped.sentences
        #expect(sentences.count >= 1_500)
        #expect(BackgroundSet.shipped.categories.count >= 20)
        let chinese = sentences.filter { $0.text.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) } }
        #expect(chinese.count { $0.locale == .chinese } * 100 >= chinese.count * 95)
        #expect(chinese.count >= 500 && sentences.count - chinese.count >= 500)
        #expect(Set(sentences.map(\.text)).count == sentences.count)
    }
}
