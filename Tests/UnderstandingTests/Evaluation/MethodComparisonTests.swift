import ConversationDomain
import Testing

@testable import Evaluation
@testable import IntentModel

@Suite("Comparing methods of training")
struct MethodComparisonTests {
    /// Intents `a` and `b` of `count` examples each, and as many texts of `a` from the review queue as `reviewed` says.
    private func content(_ count: Int = 8, reviewed: Int = 0, foreign: Int = 0) -> BotContent {
        func examples(_ texts: [String], _ origin: ExampleOrigin = .written) -> [Example] {
            texts.map { Example(text: $0, locale: .english, origin: origin) }
        }
        return BotContent(intents: [
            Intent(
                name: IntentName(trusted: "a"),
                examples: examples((0..<count).map { "alpha \($0)x" })
                    + examples((0..<reviewed).map { "customer \($0)y" }, .review)),
            Intent(name: IntentName(trusted: "b"), examples: examples((0..<count).map { "beta \($0)z" })),
            Intent(
                name: .outOfScope,
                examples: examples(["what is love", "who won"])
                    + examples((0..<foreign).map { "poem \($0)w" }, .review)),
        ])
    }

    private func result(_ method: TuningMethod, _ right: [Bool], auroc: Double? = nil) -> MethodComparison.Result {
        .init(method: method, isRight: right, auroc: auroc)
    }

    @Test("without text of others nothing is compared, and the reason says what there would have to be")
    func nothing() {
        let plan = MethodComparison.Plan(content(reviewed: 12))
        #expect(plan.methods == [.head])
        #expect(
            plan.reason
                == "the encoder stays as it was published: methods are compared on labelled text that the author of the examples did not write, at least 50 texts in scope, and the review queue has 12; --validation FILE names others"
        )
    }

    @Test("texts of the review queue decide, and are not learnt from meanwhile")
    func reviewed() {
        let plan = MethodComparison.Plan(content(reviewed: 60, foreign: 3))
        #expect(plan.methods == [.head, .lora, .contrastive])
        #expect(plan.deciding == 60 && plan.foreign.count == 3)
        #expect(!plan.examples.contains { $0.text.hasPrefix("customer") || $0.text.hasPrefix("poem") })
        #expect(plan.reason == "comparing head, lora, contrastive on 60 texts of the review queue")
        #expect(MethodComparison.Plan(content(60, reviewed: 60)).methods == [.head, .lora, .full])
        #expect(MethodComparison.Plan(content(2, reviewed: 60)).methods == [.head])
    }

    @Test("of a file only texts count that are not among the examples and whose intent the bot has")
    func file() {
        let texts =
            (0..<55).map { LabelledText(text: "said \($0)v", intent: IntentName(trusted: "b")) }
            + [
                LabelledText(text: "ALPHA 1x!", intent: IntentName(trusted: "a")),
                LabelledText(text: "said 1V", intent: IntentName(trusted: "b")),
                LabelledText(text: "other", intent: IntentName(trusted: "c")),
                LabelledText(text: "a song", intent: .outOfScope),
            ]
        let plan = MethodComparison.Plan(content(), validation: (texts, "customers.csv"))
        #expect(plan.deciding == 55 && plan.foreign.map(\.text) == ["a song"])
        #expect(plan.reason.hasSuffix("on 55 texts of customers.csv"))
    }

    @Test("a trained encoder is chosen when it is better by more than chance; of equals the one that changes least")
    func choice() {
        let frozen = (0..<60).map { $0 < 40 }
        let better = (0..<60).map { $0 < 50 }
        let hardly = (0..<60).map { $0 < 43 }
        let chosen = MethodComparison(
            [result(.head, frozen), result(.lora, better), result(.contrastive, better)], on: "customers.csv")
        #expect(chosen.chosen == .lora)
        #expect(
            chosen.reason
                == "of 60 texts of customers.csv named rightly: the published encoder 66.7 %, lora 83.3 %, contrastive 83.3 %"
        )
        let chance = MethodComparison([result(.head, frozen), result(.lora, hardly)], on: "customers.csv")
        #expect(chance.chosen == .head && chance.reason.hasSuffix("so the encoder stays as it was published"))
    }

    @Test("a trained encoder that tells foreign texts worse is not chosen")
    func foreign() {
        let frozen = result(.head, (0..<60).map { $0 < 40 }, auroc: 0.9)
        let better = (0..<60).map { $0 < 50 }
        #expect(MethodComparison([frozen, result(.lora, better, auroc: 0.85)], on: "x").chosen == .head)
        #expect(MethodComparison([frozen, result(.lora, better, auroc: 0.895)], on: "x").chosen == .lora)
    }

    @Test("a model of many examples is calibrated on 15 % of every intent, which nothing learns from")
    func heldOut() throws {
        let examples = (0..<4_000).map { index in
            LabelledText(text: "text \(index)", intent: IntentName(trusted: index % 4 == 0 ? "rare" : "common"))
        }
        let set = try TrainingSet(examples, options: TrainingOptions())
        let split = TuningRun.heldOutSplit(of: set, seed: 1)
        #expect(Set(split.training).isDisjoint(with: split.testing))
        #expect(split.training.count + split.testing.count == 4_000)
        let rare = try #require(set.labels.firstIndex(of: IntentName(trusted: "rare")))
        #expect(split.testing.count { set.classes[$0] == rare } == 150 && split.testing.count == 600)
    }

    @Test("what was decided is trained, with the reason; nothing decided leaves the encoder alone")
    func decided() {
        #expect(TuningPlan(.automatic).method == .head)
        #expect(
            TuningPlan(.decided(.lora, reason: "it is better")) == TuningPlan(method: .lora, reason: "it is better"))
    }
}
