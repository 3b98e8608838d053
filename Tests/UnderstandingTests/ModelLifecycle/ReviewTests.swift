import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import ModelLifecycle

@Suite("Labels from the review queue") struct ReviewLabelTests {
    private let encoder = FakeEncoder()
    private let thresholds: [BotLocale: NeighbourThresholds] = [
        .english: NeighbourThresholds(sure: 0.9, likely: 0.7, group: 0.6)
    ]
    private static let greeting = IntentName(trusted: "greeting")
    private static let parcel = IntentName(trusted: "parcel")
    private static let content = BotContent(
        intents: [
            ("parcel", ["where is my parcel", "track my parcel", "parcel status", "parcel tracking please"]),
            ("greeting", ["hello", "hello there", "hello friend", "hello you"]),
            ("out_of_scope", ["tell a joke", "a joke", "joke please", "some joke"]),
        ].map { name, texts in
            Intent(name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: .english) })
        })

    private func head() async throws -> IntentHead {
        try IntentHead(
            archive: try await IntentTrainer(queue: InferenceQueue(), cache: nil).train(
                Self.content, encoder: encoder
            ).model.head)
    }

    private func index(_ labels: (String, IntentName)...) throws -> LabelledIndex {
        try LabelledIndex(
            labels.map { KnownSentence(text: $0.0, locale: .english, intent: $0.1) },
            embeddings: labels.map { encoder.vector(of: $0.0) }, thresholds: thresholds, encoder: encoder)
    }

    private func judge(_ text: String, _ labels: LabelledIndex?) async throws -> IntentHead.LabelledJudgement {
        try await head().judge(text, encoder.vector(of: text), labels: labels)
    }

    @Test("without labels the head's own judgement is unchanged")
    func noLabels() async throws {
        let head = try await head()
        let embedding = encoder.vector(of: "hello")
        let own = head.judge(embedding)
        #expect(
            head.judge("hello", embedding, labels: nil)
                == IntentHead.LabelledJudgement(
                    ranking: own.ranking, threshold: own.threshold, verdict: own.verdict, labelled: nil))
    }

    @Test("the very text of a label is understood as labelled, whatever its case and its order number")
    func exact() async throws {
        let labels = try index(("zeppelin for A1234567", Self.parcel))
        let judgement = try await judge("Zeppelin for B7654321!", labels)
        #expect(judgement.understood == Self.parcel)
        #expect(judgement.labelled == LabelledMatch(intent: Self.parcel, similarity: 1))
        #expect(judgement.ranking.map(\.confidence) == [1, 0])
    }

    @Test("a text near to a label is understood where the head is not sure; a text that is far is not")
    func near() async throws {
        let labels = try index(("zeppelin to the moon", Self.parcel))
        let near = try await judge("zeppelin to moon", labels)
        #expect(near.understood == Self.parcel)
        let label = try #require(near.labelled)
        #expect(label.similarity > 0.7 && label.similarity < 0.9)
        #expect(try #require(near.ranking.first).confidence >= NeighbourThresholds.likelyTarget)
        let far = try await judge("bicycle", labels)
        #expect(far.labelled == nil)
        #expect(far.understood == nil)
    }

    @Test("a label that is near, but not very near, does not overrule a head that is sure")
    func overruling() async throws {
        let labels = try index(("hello hello you there", Self.parcel))
        let text = "hello you there friend"
        let judgement = try await judge(text, labels)
        let match = try #require(labels.match(text, encoder.vector(of: text)))
        #expect(!match.overrules)
        #expect(judgement.labelled == nil)
        #expect(judgement.understood == Self.greeting)
        #expect(try await judge("hello hello there you", labels).understood == Self.parcel)
    }

    @Test("an out-of-scope label rejects")
    func outOfScope() async throws {
        let judgement = try await judge("hello there", try index(("hello there", .outOfScope)))
        #expect(judgement.verdict == .outOfScope)
        #expect(judgement.labelled == LabelledMatch(intent: .outOfScope, similarity: 1))
        #expect(judgement.ranking.allSatisfy { $0.confidence == 0 })
    }

    @Test("one label of an intent that the head does not know is enough")
    func newIntent() async throws {
        let name = IntentName(trusted: "zeppelin")
        let judgement = try await judge("zeppelin", try index(("zeppelin", name)))
        #expect(judgement.understood == name)
        #expect(judgement.threshold == AcceptanceThresholds.unmeasured)
        #expect(judgement.ranking.map(\.intent).count == 3)
    }

    @Test("the classifier follows labels of its encoder only, and tells that a label decided")
    func classifier() async throws {
        let queue = InferenceQueue()
        let classifier = LiveClassifier(queue: queue)
        let version = try await IntentTrainer(queue: queue, cache: nil).train(Self.content, encoder: encoder).model
        classifier.activate(
            try LiveClassifier.ActiveModel(version, encoder: encoder), labels: try index(("zeppelin", Self.parcel)))
        let understood = try #require(try await classifier.understand(["zeppelin"]).first)
        #expect(understood.verdict == .accepted)
        #expect(understood.top?.intent == Self.parcel)
        #expect(understood.labelled == LabelledMatch(intent: Self.parcel, similarity: 1))

        let other = FakeEncoder(weightsHash: String(repeating: "1", count: 64))
        classifier.follow(
            try LabelledIndex(
                [KnownSentence(text: "zeppelin", locale: .english, intent: Self.parcel)],
                embeddings: [other.vector(of: "zeppelin")], thresholds: thresholds, encoder: other))
        #expect(try await classifier.understand(["zeppelin"]).first?.labelled == nil)
        classifier.follow(nil)
        #expect(try await classifier.understand(["zeppelin"]).first?.labelled == nil)
    }

    @Test("a label that takes sentences of another intent is told with every one of them")
    func regressions() async throws {
        let texts = Self.content.sentences { _ in true }
        let known = KnownSentences(sentences: texts, embeddings: texts.map { encoder.vector(of: $0.text) })
        let check = RegressionCheck(known: known, head: try await head())
        let harmful = try index(("hello there", Self.parcel))
        #expect(
            check.compare(before: nil, after: harmful)
                == RegressionReport(
                    checked: 12,
                    regressions: [
                        ReviewRegression(text: "hello there", intent: Self.greeting, understood: Self.parcel)
                    ],
                    improvements: 0))
        #expect(
            check.compare(before: harmful, after: nil)
                == RegressionReport(checked: 12, regressions: [], improvements: 1))
        #expect(check.compare(before: harmful, after: harmful).regressions == [])
    }
}

@Suite("How near is near") struct NeighbourThresholdTests {
    /// Sentences at chosen angles, in degrees.
    private func known(_ angles: [(Double, String)], _ locale: BotLocale = .english) -> KnownSentences {
        KnownSentences(
            sentences: angles.map { KnownSentence(text: "\($0.0)", locale: locale, intent: IntentName(trusted: $0.1)) },
            embeddings: angles.map { [Float(cos($0.0 * .pi / 180)), Float(sin($0.0 * .pi / 180))] })
    }

    @Test("the thresholds lie where pairs of one intent end and mixed ones begin")
    func separated() throws {
        // Two heaps of 40 sentences within 10 degrees, 40 degrees apart.
        let angles = (0..<40).map { (Double($0) / 4, "a") } + (0..<40).map { (50 + Double($0) / 4, "b") }
        let measured = try NeighbourThresholds.measured(known(angles))
        let thresholds = try #require(measured[.english])
        // All pairs of one intent are within 9.75 degrees, the nearest of two are 40.25 apart; a few of these are tolerated.
        #expect(thresholds.sure < cos(39 * .pi / 180) && thresholds.sure > cos(44 * .pi / 180))
        #expect(thresholds.sure >= thresholds.likely && thresholds.likely >= thresholds.group)
        #expect(thresholds.group > cos(60 * .pi / 180))
        #expect(Set(measured.keys) == [.english])
    }

    @Test("with an encoder that tells nothing apart only equal texts are near")
    func blind() throws {
        let angles = (0..<40).map { (Double($0 % 2), ["a", "b", "c", "d"][$0 % 4]) }
        let thresholds = try NeighbourThresholds.measured(known(angles, .chinese))
        #expect(
            thresholds == [.chinese: NeighbourThresholds(sure: .infinity, likely: .infinity, group: .infinity)])
    }

    @Test("too few sentences measure nothing; a language without any takes that of the nearest, or the fixed ones")
    func few() throws {
        let thresholds = try NeighbourThresholds.measured(known([(0, "a"), (1, "a"), (50, "b")]))
        #expect(thresholds == [.english: .unmeasured])
        let own = NeighbourThresholds(sure: 3, likely: 2, group: 1)
        let known: [BotLocale: NeighbourThresholds] = [.chinese: own]
        #expect(known[for: try #require(BotLocale("zh-TW"))] == own)
        #expect(known[for: .english] == .unmeasured)
    }
}

@Suite("Groups of the review queue") struct ReviewClusterTests {
    private func item(_ number: Int, _ text: String, count: Int = 1) -> ReviewItem {
        ReviewItem(
            id: ReviewID(trusted: "rev_\(number)"), text: text, locale: .english, reasons: [.rejected], count: count,
            createdAt: Date(timeIntervalSince1970: 0), lastSeenAt: Date(timeIntervalSince1970: 0))
    }

    private func groups(_ items: [ReviewItem]) throws -> [[String]] {
        let encoder = FakeEncoder()
        return try ReviewClusters.group(
            items, embeddings: items.map { encoder.vector(of: $0.text) },
            thresholds: [.english: NeighbourThresholds(sure: 0.9, likely: 0.8, group: 0.6)]
        ).map { [$0.id.rawValue] + $0.items.map(\.text) }
    }

    @Test("texts of one meaning make a group that is named by its oldest, and newcomers do not rename it")
    func grouping() throws {
        let items = [
            item(1, "ship to mars"), item(2, "sing a song"), item(3, "do you ship to mars"), item(4, "sing me a song"),
        ]
        let expected = [
            ["rev_1", "ship to mars", "do you ship to mars"], ["rev_2", "sing a song", "sing me a song"],
        ]
        #expect(try groups(items) == expected)
        #expect(try groups(items + [item(5, "bicycle")]) == expected + [["rev_5", "bicycle"]])
        #expect(try groups(Array(items.prefix(2))) == [["rev_1", "ship to mars"], ["rev_2", "sing a song"]])
        #expect(try groups([]) == [])
    }

    @Test("the list has the most asked first, and a cursor goes on behind a place that may be gone")
    func cursor() throws {
        let clusters = [item(1, "a"), item(2, "b", count: 7), item(3, "c")].compactMap { ReviewCluster([$0]) }
        let places = clusters.map(ReviewCursor.init).sorted()
        #expect(places.map(\.id.rawValue) == ["rev_2", "rev_1", "rev_3"])
        let id = IdentifierGenerator().next(ReviewID.self)
        #expect(ReviewCursor("12:\(id)").map(\.description) == "12:\(id)")
        #expect(["", "12", "0:\(id)", "x:\(id)", "1:rev_1", "1:\(id):2"].allSatisfy { ReviewCursor($0) == nil })
    }
}
