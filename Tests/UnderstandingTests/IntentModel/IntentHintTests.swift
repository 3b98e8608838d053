import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Evaluation
@testable import Inference
@testable import IntentModel
@testable import Measures

@Suite("Intent hints")
struct IntentHintTests {
    private static func intent(_ name: String, _ description: String, _ texts: [String]) -> Intent {
        Intent(
            name: IntentName(trusted: name), description: description,
            examples: texts.map { Example(text: $0, locale: .english) }, slots: [], answers: [])
    }

    private static func content(_ intents: [Intent]) -> BotContent { BotContent(intents: intents, knowledge: []) }

    @Test("an intent's name and description are hints; a name that tells nothing and out_of_scope have none")
    func hints() {
        let examples = LabelledText.examples(
            of: Self.content([
                Self.intent("order.status_query", "Where an order is.", []), Self.intent("q17", "", ["hello"]),
                Self.intent("out_of_scope", "Anything else.", ["what is love"]),
            ]))
        let order = IntentName(trusted: "order.status_query")
        #expect(
            examples == [
                LabelledText(text: "order status query", intent: order, origin: .description),
                LabelledText(text: "Where an order is.", intent: order, origin: .description),
                LabelledText(text: "hello", intent: IntentName(trusted: "q17")),
                LabelledText(text: "what is love", intent: .outOfScope),
            ])
    }

    @Test("a language that an intent has no examples of is learnt from its answers and buttons in it")
    func foreign() throws {
        let (cancel, place) = (IntentName(trusted: "order.cancel"), IntentName(trusted: "order.place"))
        let answer = AnswerTemplate(
            intent: cancel, ordinal: 1,
            text: [.english: "Press cancel.", .chinese: "取消 {{order_number}}：https://shop.example/orders 点“取消订单”。"],
            buttons: [ButtonTemplate(title: [.english: "Order again", .chinese: "重新下单"], intent: place)])
        func intents(_ locale: BotLocale) -> [Intent] {
            let many = (0..<TrainingSet.fewestWithoutHints).map { Example(text: "cancel it \($0)", locale: locale) }
            return [
                Intent(name: cancel, description: "", examples: many, slots: [], answers: [answer]),
                Intent(
                    name: place, description: "", examples: [Example(text: "I want to buy", locale: .english)],
                    slots: [],
                    answers: []),
            ]
        }
        let set = try TrainingSet(
            LabelledText.examples(of: Self.content(intents(.english))), options: TrainingOptions())
        let foreign = set.examples.filter { $0.origin == .foreignAnswer }
        #expect(foreign.map(\.text) == ["取消 ： 点“取消订单”。", "重新下单"])
        #expect(foreign.map(\.intent) == [cancel, place])
        let all = Array(set.classes.indices)
        #expect(foreign.allSatisfy { text in set.lesson(all).contains { set.examples[$0] == text } })
        #expect(set.said == TrainingSet.fewestWithoutHints + 1)

        // Where there are examples in the language, the answers are left alone.
        let both = LabelledText.examples(of: Self.content(intents(BotLocale(trusted: "zh-TW"))))
        #expect(both.filter { $0.origin == .foreignAnswer }.map(\.text) == ["Press cancel.", "重新下单"])
    }

    @Test("hints step back where there are enough examples, unless an intent has nothing else")
    func enough() throws {
        let many = (0..<TrainingSet.fewestWithoutHints).map { "money back \($0)" }
        let intents = [Self.intent("refund", "Money back.", many), Self.intent("greet", "A greeting.", ["hello"])]
        let set = try TrainingSet(LabelledText.examples(of: Self.content(intents)), options: TrainingOptions())
        #expect(set.examples.filter(\.isHint).map(\.text) == ["A greeting.", "greet"])
        #expect(set.described == [] && set.lesson(Array(set.classes.indices)).count == many.count + 3)
        let with = try TrainingSet(
            LabelledText.examples(of: Self.content(intents + [Self.intent("hours", "When it is open.", [])])),
            options: TrainingOptions())
        #expect(with.examples.filter(\.isHint).count == 6)
        #expect(with.described == [1] && with.lesson(Array(with.classes.indices)).count == many.count + 3)
    }

    @Test("a hint is learnt from in every fold, measured in none, and is no second copy of an example")
    func folds() throws {
        let (bye, greet) = (IntentName(trusted: "bye"), IntentName(trusted: "greet"))
        let refund = IntentName(trusted: "refund")
        let set = try TrainingSet(
            [
                LabelledText(text: "goodbye", intent: bye), LabelledText(text: "see you", intent: bye),
                LabelledText(text: "hello", intent: greet), LabelledText(text: "hi", intent: greet),
                LabelledText(text: "hello", intent: greet, origin: .description),
                LabelledText(text: "money back", intent: refund, origin: .description),
            ], options: TrainingOptions())
        #expect(set.examples.map(\.text) == ["goodbye", "see you", "hello", "hi", "money back"])
        #expect(set.hints == [4] && set.said == 4)
        let folds = set.folds(2, seed: 1)
        for fold in 0..<2 {
            #expect(folds.training(fold).contains(4) && !folds.testing(fold).contains(4))
        }
        #expect(set.described == [2] && set.lesson([0, 2, 4]) == [0, 2])
        #expect(set.warnings == [.descriptionOnly([refund]), .fewExamples([bye, greet]), .noOutOfScope])
    }

    @Test("an intent without examples is understood by its description")
    func zeroShot() async throws {
        let words = ["greeting": ["hello", "hi", "morning"], "refund": ["money", "refund", "return"]]
        let given = words.map { name, words in
            Self.intent(name, "", (0..<24).map { "\(words[$0 % 3]) \(words[$0 / 3 % 3]) number\($0)" })
        }
        let described = Self.intent("opening.hours", "when the shop is open, opening hours and closing time", [])
        let encoder = FakeEncoder()
        let result = try await IntentTrainer(queue: InferenceQueue(), cache: nil).train(
            Self.content(given + [described]), encoder: encoder)
        #expect(result.model.metrics.examples == 48)
        let measured = result.report.intents.filter { $0.support > 0 }
        #expect(measured.map(\.intent.rawValue).sorted() == ["greeting", "refund"])
        let head = try IntentHead(archive: result.model.head)
        for (text, intent) in [
            ("opening hours", "opening.hours"), ("hi hello", "greeting"), ("money return", "refund"),
        ] {
            #expect(head.judge(encoder.vector(of: text)).ranking.first?.intent.rawValue == intent)
        }
    }
}
