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

    /// Of 60 texts in scope so many are answered rightly and wrongly, of 40 foreign ones so many are answered.
    private func result(
        _ method: TuningMethod, right: Int, wrong: Int = 0, foreign: Int = 0
    ) -> MethodComparison.Result {
        .init(
            method: method,
            inScope: (0..<60).map { $0 < right ? .right : $0 < right + wrong ? .wrong : .undecided },
            foreign: (0..<40).map { $0 < foreign ? .wrong : .right })
    }

    private func comparison(_ results: [MethodComparison.Result]) -> MethodComparison {
        MethodComparison(results, on: "customers.csv", foreignShare: 0.3)
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
        let learnt = LabelledText.examples(of: plan.content)
        #expect(!learnt.contains { $0.text.hasPrefix("customer") || $0.text.hasPrefix("poem") })
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

    @Test("a trained encoder that answers better by more than chance is chosen; of equals the one that changes least")
    func choice() {
        let chosen = comparison([
            result(.head, right: 40, wrong: 3), result(.lora, right: 50, wrong: 3),
            result(.contrastive, right: 50, wrong: 3),
        ])
        #expect(chosen.chosen == .lora)
        #expect(
            chosen.reason
                == "of 60 texts of customers.csv answered rightly: the published encoder 66.7 % (3.5 % of all messages wrongly), lora 83.3 % (3.5 % of all messages wrongly), contrastive 83.3 % (3.5 % of all messages wrongly)"
        )
        let chance = comparison([result(.head, right: 40), result(.lora, right: 43)])
        #expect(chance.chosen == .head && chance.reason.hasSuffix("so the encoder stays as it was published"))
    }

    @Test("a trained encoder that answers more foreign texts, or more texts with something else, is not chosen")
    func wrong() {
        let frozen = result(.head, right: 40, wrong: 2, foreign: 4)
        #expect(comparison([frozen, result(.lora, right: 50, wrong: 2, foreign: 6)]).chosen == .head)
        #expect(comparison([frozen, result(.lora, right: 50, wrong: 4, foreign: 4)]).chosen == .head)
        #expect(comparison([frozen, result(.lora, right: 50, wrong: 2, foreign: 5)]).chosen == .lora)
    }

    @Test("what a bot did is right, wrong or undecided, by whether the text is foreign")
    func outcomes() {
        let intent = IntentName(trusted: "a")
        let other = IntentName(trusted: "b")
        let replies: [OpeningReply] = [
            .acted(on: .intent(intent)), .acted(on: .intent(other)), .acted(on: .knowledge(KnowledgeID(trusted: "a"))),
            .askedBack([.intent(intent)]), .rejected,
        ]
        #expect(
            replies.map { MethodComparison.Outcome($0, truth: intent) } == [
                .right, .wrong, .wrong, .undecided, .undecided,
            ])
        #expect(
            replies.map { MethodComparison.Outcome($0, truth: nil) } == [.wrong, .wrong, .wrong, .undecided, .right])
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
