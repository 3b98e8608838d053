public import ConversationDomain
import Policy
import Wording

extension ConversationEngine {
    /// What the bot would do with each of the texts if a conversation began with it, decided as a turn is. Nothing is said, and
    /// nothing is stored.
    public func openingReplies(to texts: [String], channel: ChannelName = .api) async throws -> [OpeningReply] {
        let snapshot = parts.content.current()
        let first = defaultLocale(snapshot.locales)
        let locales = texts.map { locale(of: $0, in: first, isFirst: true, snapshot) }
        var replies = [OpeningReply](repeating: .rejected, count: texts.count)
        for start in stride(from: 0, to: texts.count, by: Self.openingsAtOnce) {
            let part = start..<min(start + Self.openingsAtOnce, texts.count)
            try await withThrowingTaskGroup(of: (Int, OpeningReply).self) { group in
                for place in part {
                    group.addTask {
                        let heard = try await self.hear(
                            texts[place], DialogueState(), snapshot, locale: locales[place])
                        let plan = self.policy.decide(
                            PolicyInput(
                                content: .text(texts[place]), heard: heard, state: DialogueState(), status: .bot,
                                locale: locales[place], channel: channel, snapshot: snapshot,
                                reader: self.parts.slotReader))
                        return (place, OpeningReply(plan))
                    }
                }
                for try await (place, reply) in group { replies[place] = reply }
            }
        }
        return replies
    }

    /// Openings that are understood at once; the queue puts them together.
    private static let openingsAtOnce = 32
}

extension OpeningReply {
    /// An intent that has no answer yet was understood all the same.
    fileprivate init(_ plan: TurnPlan) {
        switch plan.action {
        case .clarify:
            let offered = plan.sayings.compactMap { saying -> [Candidate.Subject]? in
                if case .choose(_, let subjects, _) = saying { subjects } else { nil }
            }
            self = .askedBack(offered.flatMap(\.self))
        case .search: self = plan.knowledge.map { .acted(on: .knowledge($0)) } ?? .rejected
        case .answer, .ask, .handoff, .fallback: self = plan.intent.map { .acted(on: .intent($0)) } ?? .rejected
        }
    }
}
