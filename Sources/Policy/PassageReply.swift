import ConversationDomain

extension PolicyInput {
    /// The entry as it is shown: of a passage only the sentences that answer the message, or the clause of it that the passage
    /// answers best. One whose button was pressed is shown whole.
    func quoting(_ entry: KnowledgeEntry) -> KnowledgeEntry {
        guard entry.isPassage, let heard else { return entry }
        let readings = [heard.reading] + heard.clauses.map(\.understanding)
        let best = readings.flatMap(\.candidates).filter { $0.subject == .knowledge(entry.id) && !$0.sentences.isEmpty }
            .max { $0.probability < $1.probability }
        return entry.quoting(best?.sentences ?? [])
    }
}
