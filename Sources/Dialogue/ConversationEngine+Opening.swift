public import ConversationDomain

extension ConversationEngine {
    /// What the bot would do with each of the texts if a conversation began with it, decided as a turn is. Nothing is said, and
    /// nothing is stored.
    public func openingReplies(to texts: [String], channel: ChannelName = .api) async throws -> [OpeningReply] {
        let snapshot = parts.content.current()
        let first = defaultLocale(snapshot.locales)
        let locales = texts.map { locale(of: $0, in: first, snapshot) }
        var replies = [OpeningReply](repeating: .rejected, count: texts.count)
        for (locale, places) in Dictionary(grouping: texts.indices, by: { locales[$0] }) {
            let understood = try await understand(places.map { texts[$0] }, snapshot, locale: locale)
            for (place, understanding) in zip(places, understood) {
                let plan = policy.decide(
                    PolicyInput(
                        content: .text(texts[place]), understanding: understanding, state: DialogueState(),
                        status: .bot, locale: locale, channel: channel, snapshot: snapshot, reader: parts.slotReader))
                replies[place] = OpeningReply(plan)
            }
        }
        return replies
    }
}

extension OpeningReply {
    /// An intent that has no answer yet was understood all the same.
    fileprivate init(_ plan: TurnPlan) {
        switch plan.action {
        case .clarify:
            let offered = plan.sayings.compactMap { saying -> [Candidate.Subject]? in
                if case .clarify(let subjects) = saying { subjects } else { nil }
            }
            self = .askedBack(offered.flatMap(\.self))
        case .search: self = plan.knowledge.map { .acted(on: .knowledge($0)) } ?? .rejected
        case .answer, .ask, .handoff, .fallback: self = plan.intent.map { .acted(on: .intent($0)) } ?? .rejected
        }
    }
}
