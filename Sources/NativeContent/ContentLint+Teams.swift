internal import ConversationDomain

/// Teams, and the rules that hand conversations over to them.
extension LintRun {
    mutating func checkTeams() {
        guard let teams = content.teams else { return }
        for rule in teams.rules {
            for intent in rule.intents where known[intent] == nil && intent != .agentRequest {
                log.error(
                    places[.teams], "the rule '\(rule.name)' names the intent '\(intent)', which is not defined")
            }
        }
        let locales = content.locales
        for team in teams.teams where !team.title.isEmpty {
            let available = team.title.keys.sorted()
            let missing = locales.filter { $0.nearest(in: available) == nil }.sorted()
            guard !missing.isEmpty else { continue }
            log.warning(
                places[.teams],
                "the team '\(team.name)' has no title for \(missing.map(\.rawValue).joined(separator: ", "))")
        }
    }
}
