import ConversationDomain
import Foundation
import Languages
import People
import Policy
import Wire
import Wording

/// One turn, from the message to its commit.
extension ConversationEngine {
    func runTurn(_ message: InboundMessage, principal: Principal, started: ContinuousClock.Instant) async throws
        -> TurnResult
    {
        guard
            var context = try await store.turnContext(
                message.conversation, clientMessageID: message.clientMessageID)
        else { throw Self.missing(for: principal) }
        try check(context.conversation, principal)
        if let repeated = context.repeated {
            guard repeated.content == message.content else {
                throw ChatError(.conflict, "this client_message_id was used for another message of the conversation")
            }
            feed.tell(.repeated(repeated.turn), to: message.origin, of: message.conversation)
            return TurnResult(turn: repeated.turn, body: repeated.body, isReplay: true)
        }
        let before = context.conversation
        let found = before.status
        var events: [ConversationEvent] = []
        if found == .closed {
            guard canComeBack(context.conversation) else {
                throw ChatError(.conflict, "the conversation is closed")
            }
            (context.conversation, events) = try context.conversation.after(.comeBack, at: now())
        }
        try parts.meter?.admit(principal)

        var draft = try await draft(message, context)
        draft.events = events + draft.events
        draft.decision = draft.decision.map { $0.taking((ContinuousClock.now - started) / .milliseconds(1)) }
        let commit = try commit(draft, message, context, account: parts.meter?.account(of: principal))
        let bytes = try await store.commit(commit)
        parts.meter?.stored(bytes, for: principal)
        let turn = commit.stored.turn
        feed.publish(.turn(turn, origin: message.origin), to: turn.conversation)
        if turn.status != found { feed.publish(.status(turn.status), to: turn.conversation) }
        queue.changed(from: before, to: commit.conversation)
        parts.observer?.turnFinished(
            action: turn.decision?.action, seconds: (ContinuousClock.now - started) / .seconds(1))
        if let understanding = draft.understanding {
            parts.follower?.turnCommitted(turn, understanding: understanding)
        }
        return TurnResult(turn: turn, body: commit.stored.body, isReplay: false)
    }

    /// Whether the conversation was closed so lately that the visitor's message opens it again.
    private func canComeBack(_ conversation: Conversation) -> Bool {
        guard parts.people != nil, let closedAt = conversation.statusAt else { return false }
        return now().timeIntervalSince(closedAt) < parts.reopenSeconds
    }

    /// What a turn will say and change, before it has identifiers.
    private struct Draft {
        var conversation: Conversation
        var state: DialogueState
        /// The visitor's message as it stands in the history.
        var text: String
        var replies: [ReplyRenderer.Draft] = []
        var decision: Decision?
        var reviewReason: ReviewReason?
        var understanding: MessageUnderstanding?
        var events: [ConversationEvent] = []
    }

    private func draft(_ message: InboundMessage, _ context: TurnContext) async throws -> Draft {
        let content = message.content
        let snapshot = parts.content.current()
        var renderer = renderer(content, context.conversation, snapshot)
        var draft = Draft(
            conversation: context.conversation, state: context.state, text: visitorText(content, renderer))
        // The bot is silent once a person answers.
        guard context.conversation.status != .agent else { return draft }

        draft.conversation.locale = renderer.locale
        var state = context.state.opened(at: Int(now().timeIntervalSince1970))
        // After a person was there, a yes is not the answer to what the bot asked before.
        if let changed = context.conversation.statusAt, Int(changed.timeIntervalSince1970) >= context.state.spokenAt {
            state.confirming = nil
        }
        let heard = try await hear(content, state, snapshot, locale: renderer.locale)
        draft.understanding = heard?.reading
        let beside = try await heardBesideAddress(
            content, state, context.conversation, snapshot, locale: renderer.locale)
        let input = PolicyInput(
            content: content, heard: heard, state: state,
            status: context.conversation.status, locale: renderer.locale, channel: context.conversation.channel,
            snapshot: snapshot, reader: parts.slotReader,
            missedAt: context.conversation.handoffMissedAt.map { Int(($0.timeIntervalSince1970 * 1_000).rounded()) },
            besideAddress: beside, targets: try actionTargets(snapshot))
        let plan = await called(
            routed(policy.decide(input), input), message, context.conversation, locale: renderer.locale)
        if plan.sayings.contains(.lastReply) {
            renderer.lastReplies = try await lastReplies(of: context.conversation)
        }
        let rendering = try renderer.render(plan)
        (draft.conversation, draft.events) = try after(plan, draft.conversation)
        draft.state = rendering.state
        draft.replies = rendering.drafts
        draft.reviewReason = heard == nil ? nil : plan.reviewReason
        draft.decision = Decision(plan, heard?.reading, template: rendering.template)
        return draft
    }

    private func hear(
        _ content: InboundContent, _ state: DialogueState, _ snapshot: ContentSnapshot, locale: BotLocale
    ) async throws -> Heard? {
        guard case .text(let text) = content else { return nil }
        return try await hear(text, state, snapshot, locale: locale)
    }

    /// What a message says, in one pass of the encoder; in a second one where it is open and has several clauses.
    func hear(
        _ text: String, _ state: DialogueState, _ snapshot: ContentSnapshot, locale: BotLocale
    ) async throws -> Heard? {
        let readings = MessageReadings(text, state: state, phrases: snapshot.phrases, locale: locale)
        let understood = try await understandRefusals(in: readings.all, snapshot, locale: locale)
        let isRequest = { (candidate: Candidate) -> Bool in
            guard case .intent(let name) = candidate.subject else { return true }
            return snapshot.intents[name]?.act == nil
        }
        guard var heard = readings.heard(understood, isRequest) else { return nil }
        guard heard.whole.labelled == nil else { return heard }
        let sentences = heard.sentencesToCheck
        if !sentences.isEmpty { heard.take(sentences: try await understand(sentences, snapshot, locale: locale)) }
        if let meant = heard.withoutCorrected(snapshot.phrases),
            let other = try await understand([meant], snapshot, locale: locale).first
        {
            heard.take(other, isRequest)
        }
        // What is turned down in one clause may be asked for in the next.
        guard heard.isOpen(isRequest) || readings.takesBack || snapshot.phrases.hasNegation(PhraseMatcher.Text(text))
        else { return heard }
        let clauses = Clauses(
            readings.requestOrText, joints: snapshot.phrases.joints, isBeginning: snapshot.phrases.isBareRefusal
        ).texts
        if clauses.count > 1 {
            let parts = try await understandRefusals(in: clauses, snapshot, locale: locale)
            heard.take(zip(clauses, parts).map(HeardClause.init), isRequest)
        }
        return heard
    }

    /// What the bot said last, for a visitor who asks for it again.
    private func lastReplies(of conversation: Conversation) async throws -> [ReplyRenderer.Draft] {
        let page = try await store.messages(
            in: conversation.id, after: max(0, conversation.lastSeq - Self.repeatedMessages),
            limit: Self.repeatedMessages)
        let fromBot = page.messages.reversed().drop { $0.from == .visitor }.prefix { $0.from != .visitor }
        return fromBot.reversed().map { ReplyRenderer.Draft(text: $0.text, buttons: $0.buttons) }
    }

    /// Messages that are looked at for the last reply.
    private static let repeatedMessages = 8

    /// How probable what a text turns down must be, said without the refusal, for it to be turned down.
    private static let leastRefused = 0.5

    /// What each of the texts means, and in the same pass of the encoder what those that are built like a refusal turn down: "talk to a
    /// person" of "I don't want to talk to a person". Where that is most probably an intent to whose refusals the text is about as near
    /// as to its examples, the text turns the intent down.
    private func understandRefusals(
        in texts: [String], _ snapshot: ContentSnapshot, locale: BotLocale
    ) async throws -> [MessageUnderstanding] {
        let denied = texts.indices.compactMap { place in
            snapshot.phrases.denied(in: texts[place]).map { (place: place, text: $0) }
        }
        var understood = try await understand(texts + denied.map(\.text), snapshot, locale: locale)
        for (denied, meant) in zip(denied, understood.dropFirst(texts.count)) {
            guard let best = meant.candidates.first, case .intent(let name) = best.subject,
                best.probability >= Self.leastRefused,
                let slack = understood[denied.place].nearlyRefused[name]
            else { continue }
            // "Send me newsletters" is not what "don't send me newsletters" is an example of.
            let asIs = understood[denied.place].candidates.first { $0.subject == best.subject }?.probability ?? 0
            guard best.probability >= asIs - slack else { continue }
            understood[denied.place].refused.insert(name)
        }
        return Array(understood.prefix(texts.count))
    }

    /// What each of the texts means, with candidates.
    func understand(
        _ texts: [String], _ snapshot: ContentSnapshot, locale: BotLocale
    ) async throws -> [MessageUnderstanding] {
        var understood = try await parts.classifier.understand(texts, visitor: locale)
        for (index, text) in zip(understood.indices, texts) {
            let understanding = understood[index]
            guard understanding.candidates.isEmpty, understanding.answerThreshold == nil else { continue }
            let hits = try await parts.knowledge.search(
                text, embedding: understanding.embedding, model: understanding.model, locale: locale, limit: 1)
            understood[index] = HeadCandidates.ranked(understanding, hits: hits, content: snapshot)
        }
        return understood
    }

    private func commit(
        _ draft: Draft, _ message: InboundMessage, _ context: TurnContext, account: StorageAccount?
    ) throws -> TurnCommit {
        let time = now()
        var seq = context.conversation.lastSeq + 1
        let inbound = Message(id: parts.ids.next(), seq: seq, from: .visitor, text: draft.text, createdAt: time)
        let replies = draft.replies.map { reply in
            seq += 1
            return Message(
                id: parts.ids.next(), seq: seq, from: .bot, text: reply.text, buttons: reply.buttons,
                inReplyTo: inbound.id,
                createdAt: time)
        }
        var conversation = draft.conversation
        conversation.lastSeq = seq
        let turn = Turn(
            id: parts.ids.next(), conversation: conversation.id, message: inbound, replies: replies,
            decision: draft.decision,
            status: conversation.status, clientMessageID: message.clientMessageID)
        let stored = StoredTurn(turn: turn, content: message.content, body: turn.encodedBody())
        return TurnCommit(
            stored: stored, conversation: conversation, previousSeq: context.conversation.lastSeq, state: draft.state,
            reviewReason: draft.reviewReason, createsConversation: !context.isStored, account: account,
            events: draft.events)
    }
}

// MARK: - In which words

extension ConversationEngine {
    private func renderer(_ content: InboundContent, _ conversation: Conversation, _ snapshot: ContentSnapshot)
        -> ReplyRenderer
    {
        // Two messages make a turn; the identifier lets conversations begin with different phrases.
        let offset = conversation.id.rawValue.utf8.reduce(0) { $0 + Int($1) }
        return ReplyRenderer(
            templates: templates, snapshot: snapshot, locale: locale(of: content, conversation, snapshot),
            defaultLocale: defaultLocale(snapshot.locales), channel: conversation.channel, choice: parts.random(),
            turn: offset + conversation.lastSeq / 2)
    }

    private func locale(of content: InboundContent, _ conversation: Conversation, _ snapshot: ContentSnapshot)
        -> BotLocale
    {
        let current = conversation.locale.nearest(in: snapshot.locales) ?? defaultLocale(snapshot.locales)
        guard case .text(let text) = content else { return current }
        let isFirst = conversation.lastSeq == 0 && !conversation.localeIsFixed
        return locale(of: text, in: current, isFirst: isFirst, snapshot)
    }

    /// A visitor who clearly writes in another language is answered in it, whatever the conversation began with.
    func locale(of text: String, in current: BotLocale, isFirst: Bool, _ snapshot: ContentSnapshot) -> BotLocale {
        guard snapshot.locales.count > 1 else { return current }
        // Pinyin is Chinese.
        let spelled = snapshot.phrases.spelledOut(text, in: current) ?? text
        return languages(snapshot).locale(of: spelled, current: current, isFirst: isFirst) ?? current
    }

    private func visitorText(_ content: InboundContent, _ renderer: ReplyRenderer) -> String {
        switch content {
        case .text(let text): text
        case .button(let intent, let slots): renderer.title(ofPressed: intent, slots: slots)
        case .knowledge(let id): renderer.title(ofPressed: id)
        }
    }
}

extension Decision {
    /// The confidence is that of what was decided on, an entry or an intent; where each intent has a threshold of its own, it is
    /// known for the top one only.
    init(_ plan: TurnPlan, _ understanding: MessageUnderstanding?, template: String?) {
        let ranking = understanding?.ranking ?? []
        let candidates = understanding?.candidates ?? []
        let isOpen = plan.knowledge == nil && !plan.asksForNothing
        let intent = isOpen ? plan.intent ?? ranking.first?.intent : plan.intent
        let subject = plan.knowledge.map(Candidate.Subject.knowledge) ?? intent.map(Candidate.Subject.intent)
        let confidence = candidates.first { $0.subject == subject }?.probability
        self.init(
            action: plan.action, intent: intent,
            confidence: confidence ?? ranking.first { $0.intent == intent }?.confidence,
            threshold: understanding?.answerThreshold
                ?? (ranking.first?.intent == intent ? understanding?.threshold : nil),
            ranking: Array(ranking.prefix(5)), rule: plan.rule, template: template, knowledge: plan.knowledge,
            model: understanding?.model, labelled: understanding?.labelled, labels: understanding?.topLabels ?? [:],
            candidates: Array(candidates.prefix(5)), elapsedMilliseconds: 0)
    }

    fileprivate func taking(_ milliseconds: Double) -> Decision {
        Decision(
            action: action, intent: intent, confidence: confidence, threshold: threshold, ranking: ranking, rule: rule,
            template: template, knowledge: knowledge, model: model, labelled: labelled,
            labels: labels, candidates: candidates, elapsedMilliseconds: milliseconds)
    }
}

extension MessageUnderstanding {
    /// The best label of each classifier.
    fileprivate var topLabels: [ClassifierName: LabelScore] {
        var tops: [ClassifierName: LabelScore] = [:]
        for judgement in labels { tops[judgement.classifier] = judgement.top }
        return tops
    }
}
