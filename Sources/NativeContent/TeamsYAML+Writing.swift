import ConversationDomain

/// The text of `teams.yaml`.
extension TeamsYAML {
    static func text(of teams: Teams) -> String {
        var lines = ["default: " + YAMLText.scalar(teams.usual.rawValue), "\(mark):"]
        for team in teams.teams { lines += self.lines(of: team) }
        if !teams.rules.isEmpty { lines.append("rules:") }
        for rule in teams.rules { lines += self.lines(of: rule) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(of team: Team) -> [String] {
        var lines: [String] = []
        func section(_ key: String, _ entries: [String]) {
            if !entries.isEmpty { lines += ["    \(key):"] + entries.map { "      " + $0 } }
        }
        section(
            "title",
            team.title.sorted { $0.key < $1.key }.map {
                "\(YAMLText.scalar($0.key.rawValue)): \(YAMLText.quoted($0.value))"
            })
        if let zone = team.timeZone { lines.append("    time_zone: " + YAMLText.scalar(zone)) }
        section(
            "hours",
            Weekday.allCases.compactMap { day in
                team.hours?[day].map { times in
                    "\(day.rawValue): [\(times.map { "\"\($0)\"" }.joined(separator: ", "))]"
                }
            })
        section("holidays", team.holidays.map { "- \"\($0)\"" })
        if let minutes = team.takeWithin { lines.append("    take_within: \(minutes)") }
        return ["  \(YAMLText.scalar(team.name.rawValue)):"] + lines
    }

    private static func lines(of rule: HandoverRule) -> [String] {
        var lines = ["  - name: " + YAMLText.scalar(rule.name.rawValue), "    when:"]
        if !rule.intents.isEmpty { lines.append("      intent: " + flow(rule.intents)) }
        let bounds = [("above", rule.above), ("below", rule.below)].compactMap { key, bound in
            bound.map { "\(key): \($0)" }
        }
        if !bounds.isEmpty { lines.append("      confidence: { \(bounds.joined(separator: ", ")) }") }
        if !rule.labels.isEmpty { lines.append("      labels:") }
        for (classifier, label) in rule.labels.sorted(by: { $0.key < $1.key }) {
            let name = YAMLText.quoted(label.label.rawValue)
            let value = label.above.map { "{ label: \(name), above: \($0) }" } ?? name
            lines.append("        \(YAMLText.scalar(classifier.rawValue)): \(value)")
        }
        if let hours = rule.hours { lines.append("      hours: " + hours.rawValue) }
        if !rule.channels.isEmpty { lines.append("      channel: " + flow(rule.channels)) }
        return lines + ["    team: " + YAMLText.scalar(rule.team.rawValue)]
    }

    private static func flow(_ names: [some ChosenName]) -> String {
        "[\(names.map { YAMLText.quoted($0.rawValue) }.joined(separator: ", "))]"
    }
}
