public import ConversationDomain

/// Holds written conversations with a bot and tells where it did something else than was expected.
public struct ConversationRunner: Sendable {
    private let chat: any ChatService
    private let state: @Sendable (ConversationID) async throws -> DialogueState?
    private let principal: Principal

    /// - Parameters:
    ///   - chat: where the conversations are held.
    ///   - principal: as whom; needs the scope `chat`.
    ///   - state: what the bot remembers of a conversation, for the values of slots.
    public init(
        chat: any ChatService, as principal: Principal,
        state: @escaping @Sendable (ConversationID) async throws -> DialogueState?
    ) {
        self.chat = chat
        self.principal = principal
        self.state = state
    }

    /// - Parameters:
    ///   - jobs: conversations that are held at the same time.
    ///   - progress: how many of how many are over.
    /// - Returns: one a script, in the same order.
    public func run(
        _ scripts: [ConversationScript], jobs: Int, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws -> [ScriptOutcome] {
        var outcomes: [Int: ScriptOutcome] = [:]
        try await withThrowingTaskGroup(of: (Int, ScriptOutcome).self) { group in
            var waiting = Array(scripts.enumerated())[...]
            for (index, script) in waiting.prefix(max(1, jobs)) { group.addTask { (index, try await run(script)) } }
            waiting = waiting.dropFirst(max(1, jobs))
            while let (index, outcome) = try await group.next() {
                outcomes[index] = outcome
                progress(outcomes.count, scripts.count)
                if let (next, script) = waiting.popFirst() { group.addTask { (next, try await run(script)) } }
            }
        }
        return scripts.indices.compactMap { outcomes[$0] }
    }

    private func run(_ script: ConversationScript) async throws -> ScriptOutcome {
        let started = ContinuousClock.now
        var failures: [ScriptOutcome.Failure] = []
        let conversation = try await chat.start(
            ConversationRequest(locale: script.locale, channel: script.channel ?? .web), as: principal)
        for (index, turn) in script.turns.enumerated() {
            func fail(_ got: String) {
                failures.append(.init(turn: index + 1, script: turn, got: got))
            }
            do {
                let message = InboundMessage(conversation: conversation.id, content: turn.content)
                let done = try await chat.respond(to: message, as: principal).turn
                let slots = try await state(conversation.id)?.slots ?? [:]
                guard !turn.expected.isEmpty, !turn.expected.contains(where: { $0.holds(for: done, slots: slots) })
                else { continue }
                fail(done.summary(slots: slots))
            } catch let error as ChatError {
                fail("the error '\(error.message)'")
            }
        }
        return ScriptOutcome(
            script: script, failures: failures, seconds: (ContinuousClock.now - started) / .seconds(1))
    }
}

/// How a conversation went.
public struct ScriptOutcome: Sendable {
    /// A turn that was none of what was expected.
    public struct Failure: Sendable {
        /// From 1.
        public let turn: Int
        public let script: ConversationScript.Turn
        /// What the bot did.
        public let got: String

        /// `Intents/tests/orders.yaml:12: turn 2, "where is it": expected {…} or {…}, got …`
        public var description: String {
            let expected = script.expected.map(\.description).joined(separator: " or ")
            let wanted = expected.isEmpty ? "an answer" : expected
            return "\(script.place): turn \(turn), \(script.content.summary): expected \(wanted), got \(got)"
        }
    }

    public let script: ConversationScript
    /// In the order of the turns.
    public let failures: [Failure]
    public let seconds: Double

    public var isRight: Bool { failures.isEmpty }
}

extension InboundContent {
    fileprivate var summary: String {
        switch self {
        case .text(let text): "\"\(text)\""
        case .button(let intent, _): "pressing \(intent)"
        case .knowledge(let id): "pressing \(id)"
        }
    }
}

extension Turn {
    /// What the bot did, on one line.
    fileprivate func summary(slots: [String: String]) -> String {
        var parts: [String] = []
        if let decision {
            parts.append("action: \(decision.action.rawValue) (\(decision.rule))")
            if let intent = actedOn { parts.append("intent: \(intent)") }
            if let id = decision.knowledge { parts.append("knowledge: \(id)") }
        } else {
            parts.append("silence")
        }
        parts += slots.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        let offers = replies.flatMap(\.buttons).map(\.name)
        if !offers.isEmpty { parts.append("offers: \(offers.joined(separator: ", "))") }
        let text = replies.map(\.text).joined(separator: " | ").replacing("\n", with: " ")
        return "{\(parts.joined(separator: ", "))} \"\(text)\""
    }

    /// Rules of what was understood, but has no answer, no value, or a service that is silent.
    private static let understood: Set<String> = ["intent.without_answer", "slot.given_up", "action.failed"]

    /// The intent that the bot acted on; the best of those that it did not act on is none.
    fileprivate var actedOn: IntentName? {
        switch decision?.action {
        case .answer, .ask, .handoff: decision?.intent
        case .fallback where Self.understood.contains(decision?.rule ?? ""): decision?.intent
        case .search, .clarify, .fallback, nil: nil
        }
    }
}

extension Button {
    /// Of the intent or entry that it stands for.
    fileprivate var name: String {
        switch target {
        case .intent(let name, _): name.rawValue
        case .knowledge(let id): id.rawValue
        }
    }
}

extension TurnExpectation {
    /// Whether everything that is named holds.
    func holds(for turn: Turn, slots known: [String: String]) -> Bool {
        let decision = turn.decision
        func isOne<Value: Equatable>(_ value: Value?, of wanted: [Value]) -> Bool {
            wanted.isEmpty || value.map(wanted.contains) ?? false
        }
        let text = turn.replies.map(\.text).joined(separator: "\n").lowercased()
        let offered = Set(turn.replies.flatMap(\.buttons).map(\.name))
        return isOne(decision?.action, of: actions) && isOne(turn.actedOn, of: intents)
            && isOne(decision?.knowledge, of: knowledge)
            && slots.allSatisfy { slot, values in
                values.isEmpty ? known[slot] == nil : values.contains { $0 == known[slot] }
            }
            && contains.allSatisfy { text.contains($0.lowercased()) }
            && !excludes.contains { text.contains($0.lowercased()) }
            && (offers.isEmpty || !offered.isDisjoint(with: offers))
    }
}
