public import ConversationDomain
import Foundation
import People
import Policy
import Wording

/// Which team a conversation is handed over to, and what the visitor is told when nobody of it is there.
extension ConversationEngine {
    /// The plan with the owner's rules applied: who is asked for, and whether they work now.
    func routed(_ plan: TurnPlan, _ input: PolicyInput) -> TurnPlan {
        guard let teams = input.snapshot.content.teams, input.status == .bot else { return plan }
        var plan = plan
        let time = now()
        let decision = Decision(plan, input.heard?.reading, template: nil)
        let isAskedFor = plan.handoffReason != nil
        // Whoever has said no to a person gets none because of how they sound.
        let isDeclined = !isAskedFor && plan.state.hasDeclinedPerson
        if !isAskedFor, plan.rule == DialoguePolicy.personDeclined { return plan }
        let rule = teams.rule(
            for: HandoverSubject(decision, channel: input.channel), at: time, botZone: parts.timeZone
        ) { !isDeclined || !$0.intents.isEmpty }
        if let rule, !isAskedFor {
            var input = input
            input.state = plan.state
            plan = policy.handOver(
                input, reason: "the rule '\(rule.name)'", rule: "handover.\(rule.name)",
                intent: decision.intent ?? .agentRequest)
        }
        guard plan.handoffReason != nil else { return plan }
        let name = rule?.team ?? teams.usual
        plan.team = name
        guard let team = teams[name] else { return plan }
        let hours = TeamHours(team, botZone: parts.timeZone)
        guard !hours.isOpen(at: time) else { return plan }
        plan.miss = .outsideHours
        let notice = MissNotice(
            .outsideHours, hours, at: time, offersTicket: plan.state.offersTicket(after: plan.state.turn))
        // What is safe in a danger is said whoever is there; what promises an answer is not.
        plan.sayings = plan.sayings.filter { if case .danger = $0 { true } else { false } } + [.missed(notice)]
        return plan
    }

    /// The conversation after a turn's plan, with what happened by it.
    func after(_ plan: TurnPlan, _ conversation: Conversation) throws -> (Conversation, [ConversationEvent]) {
        var steps: [HandoverStep] = []
        if let reason = plan.handoffReason { steps.append(.request(reason: reason, team: plan.team)) }
        if let miss = plan.miss { steps.append(.miss(miss)) }
        if let email = plan.ticketEmail { steps.append(.ticket(email: email)) }
        let time = now()
        return try steps.reduce((conversation, [])) { found, step in
            let (after, events) = try found.0.after(step, at: time)
            return (after, found.1 + events)
        }
    }
}

// MARK: - An address that was asked for

extension ConversationEngine {
    /// Words beside an address from which on they may ask for something; "my address is" does not.
    private static let leastWords = 3.5

    /// What a message says beside the address that it is expected to hold, understood by itself: the address is about an address.
    func heardBesideAddress(
        _ content: InboundContent, _ state: DialogueState, _ conversation: Conversation, _ snapshot: ContentSnapshot,
        locale: BotLocale
    ) async throws -> Heard? {
        guard conversation.status == .waiting, conversation.handoffMissedAt != nil, state.ticket?.isSettled != true,
            case .text(let text) = content,
            let found = EmailAddress.find(in: text), MessageReadings.words(found.rest) >= Self.leastWords
        else { return nil }
        return try await hear(found.rest, state, snapshot, locale: locale)
    }
}

// MARK: - Nobody comes

/// Where a look at the conversations that wait has come to.
public struct MissSweep: Hashable, Sendable {
    /// Visitors who were told that nobody came.
    public var told = 0
    /// Conversations that could not be changed; they are looked at again.
    public var failures = 0
    /// The last conversation that was looked at; nil at the end.
    public var next: ConversationID?

    public init(next: ConversationID? = nil) { self.next = next }
}

extension ConversationEngine {
    /// Conversations that one step looks at.
    private static let sweepPage = 100

    /// Tells the visitors whom nobody has taken in time, or whose team has gone home, each once. What was told is stored with the
    /// conversation, so that no restart repeats it.
    /// - Parameter last: where an earlier step ended; nil to begin with the newest conversation.
    public func tellMissed(after last: ConversationID? = nil) async throws -> MissSweep {
        guard let people = parts.people, let teams = parts.content.current().content.teams, teams.canMiss else {
            return MissSweep()
        }
        var query = ConversationQuery()
        (query.statuses, query.limit, query.after) = ([.waiting], Self.sweepPage, last)
        let page = try await people.conversations(query, of: nil, me: nil)
        var sweep = MissSweep(next: page.next)
        let time = now()
        for conversation in page.conversations
        where teams.miss(of: conversation, at: time, botZone: parts.timeZone) != nil {
            do {
                if try await tellMissed(conversation.id) { sweep.told += 1 }
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                sweep.failures += 1
            }
        }
        return sweep
    }

    /// In line with the turns, on the conversation as it is then.
    private func tellMissed(_ id: ConversationID) async throws -> Bool {
        try await inLine(id) { [self] in
            guard let context = try await store.turnContext(id, clientMessageID: nil) else { return false }
            let snapshot = parts.content.current()
            let message = parts.ids.next(MessageID.self)
            let done = try await committed(id, as: nil) { before, time in
                guard let teams = snapshot.content.teams,
                    let miss = teams.miss(of: before, at: time, botZone: parts.timeZone),
                    let team = teams[before.team ?? teams.usual]
                else { return (before, []) }
                var (after, events) = try before.after(.miss(miss), at: time)
                let notice = MissNotice(
                    miss, TeamHours(team, botZone: parts.timeZone), at: time,
                    offersTicket: context.state.offersTicket(after: context.state.turn))
                after.lastSeq += 1
                let posted = Message(
                    id: message, seq: after.lastSeq, from: .bot,
                    text: renderer(in: before, snapshot).text(of: notice), createdAt: time)
                events.append(.posted(PostedMessage(message: posted, author: nil)))
                return (after, events)
            }
            return !done.events.isEmpty
        }
    }

    private func renderer(in conversation: Conversation, _ snapshot: ContentSnapshot) -> ReplyRenderer {
        let fallback = defaultLocale(snapshot.locales)
        return ReplyRenderer(
            templates: templates, snapshot: snapshot,
            locale: conversation.locale.nearest(in: snapshot.locales) ?? fallback, defaultLocale: fallback,
            channel: conversation.channel, choice: parts.random(), turn: conversation.lastSeq)
    }
}
