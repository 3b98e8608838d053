import ConversationDomain
import Foundation
import Testing

@testable import Inference
@testable import IntentModel
@testable import ModelLifecycle

@Suite("Comparing versions")
struct VersionComparisonTests {
    private static let ids = IdentifierGenerator()
    private static let (a, b): (ModelVersionID, ModelVersionID) = (ids.next(), ids.next())

    private static func decision(_ intent: String, _ accepted: Bool = true) -> VersionDecision {
        VersionDecision(
            best: IntentScore(intent: IntentName(trusted: intent), confidence: 0.75), isAccepted: accepted)
    }

    /// - Parameters a, b: the intent that is accepted; nil for a rejection.
    private static func text(_ text: String, means expected: String?, _ a: String?, _ b: String?, count: Int = 1)
        -> ReplayedText
    {
        ReplayedText(
            ReplayText(text: text, expected: expected.map(IntentName.init(trusted:)), count: count),
            a: a.map { decision($0) } ?? decision("out_of_scope", false),
            b: b.map { decision($0) } ?? decision("out_of_scope", false))
    }

    /// `lost` of `count` texts are only right in A.
    private static func texts(_ intent: String, _ count: Int, lost: Int) -> [ReplayedText] {
        (0..<count).map { text("\(intent) \($0)", means: intent, intent, $0 < lost ? "other" : intent) }
    }

    private static func comparison(_ labelled: [ReplayedText], recent: [ReplayedText] = []) -> VersionComparison {
        VersionComparison(a: a, b: b, recent: recent, labelled: labelled, source: .file("held-out.csv"))
    }

    @Test("an intent that loses more than the points is refused, one that loses exactly so many is not")
    func points() throws {
        let comparison = Self.comparison(
            Self.texts("refund", 20, lost: 3) + Self.texts("invoice", 20, lost: 2) + Self.texts("thanks", 20, lost: 0))
        let losses = try ForgettingGuard(maximumLoss: 10).losses(comparison)
        #expect(
            losses == [
                IntentChange(intents: [IntentName(trusted: "refund")], texts: 20, rightInA: 20, rightInB: 17)
            ])
        #expect(losses.map(\.points) == [-15])
        #expect(
            try ForgettingGuard(maximumLoss: 10).forgotten(losses, in: comparison).map(\.text.text)
                == ["refund 0", "refund 1", "refund 2"])
        #expect(try ForgettingGuard(maximumLoss: 0).losses(comparison).map(\.name) == ["refund", "invoice"])
        #expect(try ForgettingGuard(maximumLoss: 15).losses(comparison).isEmpty)
        #expect(throws: ChatError.self) { try ForgettingGuard(maximumLoss: 101) }
        #expect(throws: ChatError.self) { try ForgettingGuard(maximumLoss: .nan) }
    }

    @Test("rare intents count together: one lost text refuses nothing, a forgotten group does")
    func rare() throws {
        let guardian = try ForgettingGuard(maximumLoss: 5)
        let common = Self.texts("refund", 10, lost: 0)
        let rare = (0..<6).flatMap { Self.texts("rare.\($0)", 9, lost: $0 == 0 ? 2 : 0) }
        #expect(guardian.losses(Self.comparison(common + rare)).isEmpty)
        let forgotten = (0..<6).flatMap { Self.texts("rare.\($0)", 9, lost: 1) }
        let losses = guardian.losses(Self.comparison(common + forgotten))
        #expect(losses.map(\.name) == ["6 rarer intents together"])
        #expect(losses.map { [$0.texts, $0.rightInA, $0.rightInB] } == [[54, 54, 48]])
    }

    @Test("out of scope is right when nothing is accepted, an intent only when it is accepted itself")
    func right() {
        let joke = [
            Self.text("a", means: "out_of_scope", nil, "refund"), Self.text("b", means: "out_of_scope", nil, nil),
        ]
        let unsure = ReplayedText(
            ReplayText(text: "c", expected: IntentName(trusted: "refund")), a: Self.decision("refund"),
            b: Self.decision("refund", false))
        let comparison = Self.comparison(joke + [unsure])
        #expect(
            comparison.intents == [
                IntentChange(intents: [IntentName(trusted: "refund")], texts: 1, rightInA: 1, rightInB: 0),
                IntentChange(intents: [.outOfScope], texts: 2, rightInA: 2, rightInB: 1),
            ])
        // The most likely label is right, though the bot would not act on it.
        #expect([comparison.accuracy.a.value, comparison.accuracy.b.value] == [1, 2.0 / 3])
        #expect(VersionComparison.agreement(comparison.labelled) == (1, 3))
    }

    @Test("changed decisions are listed all, what only the old version understood first, and shown within the limit")
    func listing() throws {
        let comparison = Self.comparison(
            [
                Self.text("won", means: "refund", nil, "refund"), Self.text("same", means: "refund", nil, nil),
                Self.text("lost", means: "refund", "refund", "invoice"),
            ],
            recent: [
                Self.text("often", means: nil, "refund", nil, count: 7),
                Self.text("agreed", means: nil, "refund", "refund"),
            ])
        #expect(comparison.changes.map(\.text.text) == ["lost", "won", "often"])
        let shown = comparison.renderedText(limit: 2)
        #expect(shown.contains("recent messages    8, 2 different texts\n  same decision    1 of 8 (12.5 %)"))
        #expect(shown.contains("changed decisions: 3 (the first 2; --json gives all)"))
        #expect(shown.contains("  lost  (means refund)\n      A refund 0.75   B invoice 0.75"))
        #expect(!shown.contains("often"))
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(comparison)) as? [String: Any]
        #expect((json?["changes"] as? [Any])?.count == 3)
    }

    @Test("messages are counted, labelled texts come once, and of too many an even spread")
    func texts() {
        #expect(
            ReplayText.counting(["b", "a", "b"]) == [ReplayText(text: "b", count: 2), ReplayText(text: "a", count: 1)])
        let intent = IntentName(trusted: "refund")
        let labelled = ["1", "2", "2", "3", "4"].map { LabelledText(text: $0, intent: intent) }
        #expect(ReplayText.labelled(labelled).map(\.text) == ["1", "2", "3", "4"])
        #expect(ReplayText.labelled(labelled, limit: 2).map(\.text) == ["1", "3"])
    }

    @Test("both versions judge each text, with one pass where they share the encoder")
    func replay() async throws {
        let (queue, encoder) = (InferenceQueue(), FakeEncoder())
        func version(_ intents: [(String, [String])], _ encoder: FakeEncoder) async throws -> LiveClassifier.ActiveModel
        {
            let content = BotContent(
                intents: intents.map { name, texts in
                    Intent(
                        name: IntentName(trusted: name), examples: texts.map { Example(text: $0, locale: .english) })
                })
            let model = try await IntentTrainer(queue: queue, cache: nil).train(content, encoder: encoder).model
            #expect(model.wasTrained(on: content) && !model.wasTrained(on: BotContent()))
            return try LiveClassifier.ActiveModel(model, encoder: encoder)
        }
        let greetings = ("greeting", ["hello", "hello there", "hello friend", "hello you"])
        let parcels = ("parcel", ["where is my parcel", "track my parcel", "parcel status", "parcel tracking please"])
        let money = ("refund", ["money back", "refund my money", "give money back", "my money back please"])
        let a = try await version([greetings, parcels, money], encoder)
        let b = try await version([greetings, parcels], encoder)
        let texts = ["hello again", "my money back"].map { ReplayText(text: $0) }
        let before = encoder.batches.joined().count
        let replayed = try await VersionReplay(queue: queue, cache: nil).replay(texts, through: a, b)
        #expect(replayed.map(\.text) == texts)
        #expect(replayed.map(\.a.best.intent.rawValue) == ["greeting", "refund"])
        #expect(replayed[0].b.best.intent.rawValue == "greeting" && replayed[1].b.best.intent.rawValue != "refund")
        #expect(encoder.batches.joined().count == before + 2)

        let other = FakeEncoder(weightsHash: String(repeating: "1", count: 64))
        let c = try await version([greetings, parcels, money], other)
        let across = try await VersionReplay(queue: queue, cache: nil).replay(texts, through: a, c)
        #expect(across.map(\.isChanged) == [false, false])
        #expect(other.batches.last == ["hello again", "my money back"])
    }
}
