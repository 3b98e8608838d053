public import ConversationDomain
import Foundation
public import People
import Policy
import Wording

/// What could be said next: what the bot would say, what the knowledge holds, and what helped before. Nothing is said or stored, so
/// it works while the bot is silent too.
extension ConversationEngine {
    /// The newest messages that are looked at for what the visitor wants.
    private static let lookedAt = 40
    /// Messages in a row that are taken together for it.
    private static let askedAtOnce = 3
    /// A candidate that is less likely is none.
    private static let leastProbability = 0.05
    /// Entries that were found and are probably not what is asked for: a person sees at once whether they are.
    private static let unsureEntries = 2
    /// Earlier replies that are compared, those that are shown, and how long finding them may take.
    private static let pastReplies = 200
    private static let similarReplies = 3
    private static let similarTime = Duration.seconds(1)

    public func suggestions(for id: ConversationID, limit: Int, as principal: Principal) async throws -> [Suggestion] {
        try principal.require(.agent)
        let conversation = try await conversation(id, as: principal)
        let asked = try await asked(in: conversation)
        guard let newest = asked.first else { return [] }
        let snapshot = parts.content.current()
        let current = conversation.locale.nearest(in: snapshot.locales) ?? defaultLocale(snapshot.locales)
        let locale = locale(of: newest, in: current, isFirst: false, snapshot)
        async let earlier = similar(to: newest, besides: conversation, locale: locale)
        let understood = try await understand(asked, snapshot, locale: locale)
        let state = try await store.turnContext(id, clientMessageID: nil)?.state ?? DialogueState()
        let wording = SuggestionWording(
            policy: policy, renderer: renderer(for: conversation, locale: locale, snapshot), reader: parts.slotReader,
            state: state, entities: understood.flatMap(\.entities))
        var own: [Suggestion] = []
        for candidate in Self.merged(understood).prefix(MessageUnderstanding.candidateLimit) where own.count < limit {
            if let suggestion = wording.suggestion(for: candidate) { own.append(suggestion) }
        }
        let hits = try await parts.knowledge.search(
            newest, embedding: understood[0].embedding, model: understood[0].model, locale: locale, limit: limit)
        let named = Set(own.compactMap(\.knowledge))
        let unnamed = hits.filter { !named.contains($0.entry.id) }
        let found = unnamed.filter(\.isAccepted) + unnamed.filter { !$0.isAccepted }.prefix(Self.unsureEntries)
        let helped = try await earlier.prefix(limit)
        // What helped before has its place beside what the bot ranks; what was merely found fills up.
        let ranked = own.prefix(max(limit - helped.count, (limit + 1) / 2))
        return Array((ranked + helped + found.map(wording.suggestion)).prefix(limit))
    }

    /// What the visitor said last, the newest first: several messages in a row are one request.
    private func asked(in conversation: Conversation) async throws -> [String] {
        let page = try await store.messages(
            in: conversation.id, after: max(0, conversation.lastSeq - Self.lookedAt), limit: Self.lookedAt)
        let last = page.messages.reversed().drop { $0.from != .visitor }.prefix { $0.from == .visitor }
        return last.prefix(Self.askedAtOnce).map(\.text)
    }

    /// Each subject once, by the message in which it is the most likely.
    private static func merged(_ understood: [MessageUnderstanding]) -> [Candidate] {
        var best: [Candidate.Subject: Double] = [:]
        for candidate in understood.flatMap(\.candidates) where candidate.probability >= leastProbability {
            best[candidate.subject] = max(best[candidate.subject] ?? 0, candidate.probability)
        }
        return best.map { Candidate(subject: $0.key, probability: $0.value) }.sorted {
            ($0.probability, "\($1.subject)") > ($1.probability, "\($0.subject)")
        }
    }

    private func renderer(for conversation: Conversation, locale: BotLocale, _ snapshot: ContentSnapshot)
        -> ReplyRenderer
    {
        ReplyRenderer(
            templates: templates, snapshot: snapshot, locale: locale, defaultLocale: defaultLocale(snapshot.locales),
            channel: conversation.channel, choice: 0, turn: conversation.lastSeq / 2)
    }

    /// What agents answered when another visitor of the app said the same, nearest first, each answer once.
    private func similar(to text: String, besides conversation: Conversation, locale: BotLocale) async throws
        -> [Suggestion]
    {
        guard let marks = parts.marks, let nearness = parts.nearness else { return [] }
        let past = try await marks.pastReplies(
            in: conversation.app, besides: conversation.id, limit: Self.pastReplies)
        guard !past.isEmpty else { return [] }
        let near = try await nearness.nearness(
            of: past.map(\.question), to: text, locale: locale, within: Self.similarTime)
        var seen: Set<UTF8Text> = []
        return zip(past, near).compactMap { reply, similarity in similarity.map { (reply, $0) } }
            .sorted { $0.1 > $1.1 }
            .filter { seen.insert(UTF8Text($0.0.text)).inserted }
            .prefix(Self.similarReplies)
            .map { reply, similarity in
                var suggestion = Suggestion(.similar, text: reply.text)
                suggestion.question = reply.question
                suggestion.similarity = similarity
                suggestion.conversation = reply.conversation
                return suggestion
            }
    }
}

/// Puts what the bot could say into the words in which it would say it.
private struct SuggestionWording {
    let policy: DialoguePolicy
    let renderer: ReplyRenderer
    let reader: (any SlotReader)?
    let state: DialogueState
    /// The values that the visitor gave in the messages.
    let entities: [Entity]

    init(
        policy: DialoguePolicy, renderer: ReplyRenderer, reader: (any SlotReader)?, state: DialogueState,
        entities: [Entity]
    ) {
        self.policy = policy
        self.renderer = renderer
        self.reader = reader
        self.entities = entities
        // A question of the bot's own that is still open is not what is asked about.
        var state = state
        state.dropQuestion()
        state.queued = nil
        state.confirming = nil
        self.state = state
    }

    /// Nil for what an agent has no use for: asking for a person, and what the bot has no answer to.
    func suggestion(for candidate: Candidate) -> Suggestion? {
        var suggestion: Suggestion
        switch candidate.subject {
        case .intent(.agentRequest), .intent(.outOfScope): return nil
        case .intent(let name):
            guard let text = said(.button(intent: name, slots: slots(of: name))) else { return nil }
            suggestion = Suggestion(.reply, text: text)
            suggestion.intent = name
        case .knowledge(let id):
            guard let entry = renderer.snapshot.knowledge[id], let text = said(.knowledge(id)) else { return nil }
            suggestion = Suggestion(.knowledge, text: text)
            suggestion.question = entry.questions.first
            (suggestion.knowledge, suggestion.link) = (id, entry.link)
        }
        suggestion.probability = candidate.probability
        return suggestion
    }

    func suggestion(for hit: KnowledgeHit) -> Suggestion {
        var suggestion = Suggestion(.knowledge, text: said(.knowledge(hit.entry.id)) ?? hit.entry.answer)
        suggestion.question = hit.question
        suggestion.similarity = min(1, max(0, hit.score))
        (suggestion.knowledge, suggestion.link) = (hit.entry.id, hit.entry.link)
        return suggestion
    }

    private func slots(of name: IntentName) -> [String: String] {
        var slots: [String: String] = [:]
        for slot in renderer.snapshot.intents[name]?.slots ?? [] {
            slots[slot.name.rawValue] = entities.first { $0.entity == slot.entity }?.value
        }
        return slots
    }

    private func said(_ content: InboundContent) -> String? {
        let plan = policy.decide(
            PolicyInput(
                content: content, heard: nil, state: state, status: .bot, locale: renderer.locale,
                channel: renderer.channel, snapshot: renderer.snapshot, reader: reader))
        guard [.answer, .ask, .search].contains(plan.action), let rendering = try? renderer.render(plan) else {
            return nil
        }
        // An answer without a template is the bot's excuse for having none.
        if plan.action == .answer, rendering.template == nil { return nil }
        let text = rendering.drafts.map(\.text).filter { !$0.isEmpty }.joined(separator: "\n\n")
        return text.isEmpty ? nil : text
    }
}
