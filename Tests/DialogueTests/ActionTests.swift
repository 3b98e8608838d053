import Actions
import ConversationDomain
import Dialogue
import Policy
import Synchronization
import Testing
import TestSupport

/// Answers calls as a test tells it to.
private final class FakeActions: ActionCaller {
    private let outcome: @Sendable (ActionRequest) async -> ActionOutcome
    private let known: Set<ActionName>
    private let made = Mutex<[ActionRequest]>([])

    init(
        _ names: Set<String> = ["orders"], _ outcome: @escaping @Sendable (ActionRequest) async -> ActionOutcome
    ) {
        known = Set(names.map(ActionName.init(trusted:)))
        self.outcome = outcome
    }

    convenience init(_ fields: [String: String]) { self.init { _ in .success(fields) } }

    var requests: [ActionRequest] { made.withLock { $0 } }

    func targets() -> Set<ActionName> { known }

    func call(_ request: ActionRequest) async -> ActionOutcome {
        made.withLock { $0.append(request) }
        return await outcome(request)
    }
}

@Suite("Asking a service of the shop")
struct ActionTests {
    private static let meanings: [String: MessageUnderstanding] = [
        "where is it": .accepted("order.status"), "A1": .values(("order_number", "A1")),
        "where is A1": .accepted("order.status", 0.9, ("order_number", "A1")),
        "A1 到哪了": .accepted("order.status", 0.9, ("order_number", "A1")),
        "refund A1": .accepted("refund", 0.9, ("order_number", "A1")),
        "yes, A2": .values(("order_number", "A2")),
    ]

    private static func intent(_ name: String, _ action: IntentAction, confirms: Bool = false) -> Intent {
        Intent(
            name: IntentName(trusted: name), title: [.english: "About \(name)", .chinese: "关于\(name)"],
            confirms: confirms,
            examples: [
                Example(text: "tell me of \(name)", locale: .english), Example(text: "讲讲\(name)", locale: .chinese),
            ],
            slots: [TestBot.slot("order_number", "order_number", ask: "Which order?", "哪个订单？")], action: action,
            answers: [
                TestBot.answer(name, 1, "See the page of {{order_number}}.", "请看 {{order_number}} 的页面。"),
                TestBot.answer(
                    name, 2, "See the web page.", "请看网页。", when: AnswerCondition(channel: .api)),
                TestBot.answer(name, 3, "{{order_number}} is {{status}}.", "{{order_number}}：{{status}}。"),
                TestBot.answer(
                    name, 4, "There is no {{order_number}}.", "没有 {{order_number}}。",
                    when: AnswerCondition(fields: ["found": "FALSE"])),
                TestBot.answer(
                    name, 5, "{{order_number}} is {{status}} with {{carrier}}.",
                    "{{order_number}}：{{status}}，{{carrier}}。"),
            ])
    }

    private static func content(isIdempotent: Bool = true, confirms: Bool = false) -> BotContent {
        let action = IntentAction(
            target: ActionName(trusted: "orders"), fields: ["found", "status", "carrier"].map(SlotName.init(trusted:)),
            isIdempotent: isIdempotent, failure: [.english: "The shop is silent.", .chinese: "暂时查不到。"])
        let asking = IntentAction(
            target: action.target, fields: action.fields, confirms: true, failure: action.failure)
        return BotContent(
            intents: TestBot.content.intents.filter { $0.name != IntentName(trusted: "order.status") } + [
                intent("order.status", action, confirms: confirms), intent("refund", asking),
            ], knowledge: [TestBot.entry("k")])
    }

    private func chat(_ actions: FakeActions?, content: BotContent = content()) async throws -> TestChat {
        try await TestChat(Self.meanings, content: content) { $0.actions = actions }
    }

    @Test("the values are asked for first; then the service's answer fills the reply")
    func filled() async throws {
        let actions = FakeActions(["status": "shipped"])
        let chat = try await chat(actions)
        #expect(try await chat.say("where is it").texts == ["Which order?"])
        #expect(actions.requests.isEmpty)
        let turn = try await chat.say("A1")
        #expect(turn.texts == ["A1 is shipped."])
        #expect(turn.decision?.action == .answer && turn.rule == "slot.filled")
        #expect(turn.decision?.template == "order.status#3@v1")
        #expect(actions.requests.map(\.call.slots) == [["order_number": "A1"]])
        #expect(actions.requests.first?.conversation.id == chat.conversation.id)
    }

    @Test(
        "an outcome chooses the answer: by its value, and by how much of it an answer names; each in the visitor's language"
    )
    func outcomes() async throws {
        func said(_ fields: [String: String], _ text: String = "where is A1") async throws -> [String] {
            try await chat(FakeActions(fields)).say(text).texts
        }
        #expect(try await said(["found": "false"]) == ["There is no A1."])
        #expect(
            try await said(["found": "true", "status": "shipped", "carrier": "{{x}}"]) == ["A1 is shipped with {{x}}."])
        #expect(try await said(["status": "已发货"], "A1 到哪了") == ["A1：已发货。"])
        // What no answer is for is answered as if nothing had been asked.
        #expect(try await said(["found": "true"]) == ["See the web page."])
    }

    @Test("without a caller, or without a target, nothing is asked and the answers are those without fields")
    func unset() async throws {
        #expect(try await chat(nil).say("where is A1").texts == ["See the web page."])
        let actions = FakeActions(["others"]) { _ in .success(["found": "false"]) }
        let chat = try await chat(actions)
        #expect(try await chat.say("where is A1").texts == ["See the web page."])
        // It is not asked whether to go on either.
        #expect(try await chat.say("refund A1").texts == ["See the web page."])
        #expect(actions.requests.isEmpty)
    }

    @Test("a service that gives no answer: the owner's words, and a person beside them")
    func failure() async throws {
        let chat = try await chat(FakeActions { _ in .failure(.late) })
        let turn = try await chat.say("where is A1")
        #expect(turn.texts == ["The shop is silent."])
        #expect(turn.decision?.action == .fallback && turn.rule == "action.failed")
        #expect(turn.decision?.intent == IntentName(trusted: "order.status"))
        #expect(turn.replies.first?.buttons.map(\.target) == [.intent(.agentRequest, slots: nil)])
        #expect(chat.store.state(of: chat.conversation.id)?.handoffOffered == true)
    }

    @Test("what the action wants confirmed is asked before it is called, and a no calls nothing")
    func confirmed() async throws {
        let actions = FakeActions(["status": "refunded"])
        let chat = try await chat(actions)
        #expect(try await chat.say("refund A1").rule == "confirm.ask")
        #expect(actions.requests.isEmpty)
        #expect(try await chat.say("no").rule == "confirm.declined")
        #expect(try await chat.say("refund A1").rule == "confirm.ask")
        let turn = try await chat.say("yes")
        #expect(turn.texts == ["A1 is refunded."] && turn.rule == "confirmed")
        #expect(actions.requests.count == 1)
        try await chat.say("yes")
        #expect(actions.requests.count == 1)
    }

    @Test("a yes counts right after the question, and for the value that was asked about only")
    func confirmedValue() async throws {
        let actions = FakeActions(["status": "refunded"])
        let chat = try await chat(actions)
        // Another value beside the yes, and in a button.
        #expect(try await chat.say("refund A1").rule == "confirm.ask")
        #expect(try await chat.say("yes, A2").rule == "confirm.ask")
        #expect(try await chat.press("refund", ["order_number": "A3"]).rule == "confirm.ask")
        #expect(actions.requests.isEmpty)
        #expect(try await chat.press("refund").texts == ["A3 is refunded."])
        #expect(actions.requests.map(\.call.slots) == [["order_number": "A3"]])
        // Something in between, by which the question has been passed over.
        for between in [
            InboundContent.knowledge(KnowledgeID(trusted: "k")), .button(intent: .agentRequest, slots: [:]),
        ] {
            #expect(try await chat.say("refund A1").rule == "confirm.ask")
            _ = try await chat.send(between)
            #expect(try await chat.say("yes").rule != "confirmed")
        }
        #expect(actions.requests.count == 1)
    }

    @Test("the intent's own 'confirm' comes before the call too")
    func confirmedIntent() async throws {
        let actions = FakeActions(["status": "x"])
        let chat = try await chat(actions, content: Self.content(confirms: true))
        #expect(try await chat.say("where is A1").rule == "confirm.ask")
        #expect(actions.requests.isEmpty)
        #expect(try await chat.say("yes").texts == ["A1 is x."])
    }

    @Test("a message that is sent again has the same call; after its turn is stored nothing is called")
    func again() async throws {
        let actions = FakeActions(["status": "x"])
        let chat = try await chat(actions)
        let first = try await chat.send(.text("where is A1"), id: "m1")
        let second = try await chat.send(.text("where is A1"), id: "m1")
        #expect(second.isReplay && second.body == first.body && actions.requests.count == 1)
        _ = try await chat.send(.text("where is A1"), id: "m2")
        #expect(Set(actions.requests.map(\.id)).count == 2)

        // The same message of the same conversation in a process that knows nothing of the first one.
        let id = actions.requests[0].id
        let call = actions.requests[0].call
        func request(_ name: String?) -> ActionRequest {
            ActionRequest(call, in: chat.conversation, locale: .english, clientMessageID: name)
        }
        #expect(request("m1").id == id && request(nil).id != id)
        #expect(request("m1").place == request("m2").place && request(nil).id == request(nil).place)
    }

    @Test("a call holds up its own conversation only")
    func apart() async throws {
        let gate = Gate()
        let actions = FakeActions { request in
            if request.call.slots["order_number"] == "A1" { await gate.pass() }
            return .success(["status": "there"])
        }
        let chat = try await chat(actions)
        let other = try await chat.engine.start(ConversationRequest(locale: .english), as: TestChat.shop)
        async let slow = chat.say("where is A1")
        await gate.arrivals()
        let quick = try await chat.engine.respond(
            to: InboundMessage(conversation: other.id, content: .text("hours")), as: TestChat.shop)
        #expect(!quick.turn.replies.isEmpty)
        gate.open()
        #expect(try await slow.texts == ["A1 is there."])
    }
}
