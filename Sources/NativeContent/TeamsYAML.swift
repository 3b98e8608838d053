package import ConversationDomain
internal import Foundation

/// Reads `teams.yaml`: who answers when the bot does not, when they do, and which conversations are handed over to whom.
///
///     default: support
///     teams:
///       support:
///         title: { en: "Customer service" }
///         time_zone: Europe/Zurich
///         hours:
///           monday: [09:00-12:00, 13:00-17:30]
///         holidays: [2026-12-25]
///         take_within: 10
///     rules:
///       - name: angry
///         when: { intent: [complaint], labels: { sentiment: negative }, hours: open, channel: web }
///         team: support
package struct TeamsYAML {
    /// A key that no other file has.
    package static let mark = "teams"
    static let keys = ["default", mark, "rules"]
    static let teamKeys = ["title", "hours", "time_zone", "holidays", "take_within"]
    static let ruleKeys = ["name", "when", "team"]
    static let conditions = ["intent", "confidence", "labels", "hours", "channel"]
    static let titleLimit = 100

    private var reader: YAMLFieldReader

    /// Nil where no team could be read.
    package static func read(_ root: YAMLNode, path: String, limits: ContentLimits, log: inout IssueLog) -> Teams? {
        var yaml = TeamsYAML(reader: YAMLFieldReader(path: path, limits: limits, log: log))
        defer { log = yaml.reader.log }
        return yaml.teams(root)
    }

    private mutating func teams(_ root: YAMLNode) -> Teams? {
        let fields = reader.fields(root, of: "a file of teams", expected: Self.keys)
        guard let field = fields[Self.mark], let entries = reader.map(field.value, "'\(Self.mark)'") else { return nil }
        guard (1...Teams.teamLimit).contains(entries.count) else {
            reader.error(field.line, "'\(Self.mark)' has \(entries.count) teams, expected 1 to \(Teams.teamLimit)")
            return nil
        }
        let teams = entries.compactMap { team($0) }
        guard teams.count == entries.count, let usual = usual(fields["default"], teams, line: field.line) else {
            return nil
        }
        return Teams(teams: teams, usual: usual, rules: rules(fields["rules"], teams))
    }

    private mutating func usual(_ field: YAMLEntry?, _ teams: [Team], line: Int) -> TeamName? {
        if let field { return known(field.value, teams, "'default'") }
        if teams.count == 1 { return teams[0].name }
        reader.error(line, "there are \(teams.count) teams; say with 'default' which is asked where no rule names one")
        return nil
    }

    private mutating func known(_ node: YAMLNode, _ teams: [Team], _ what: String) -> TeamName? {
        guard let name: TeamName = reader.name(node, what) else { return nil }
        if teams.contains(where: { $0.name == name }) { return name }
        let shown = YAMLFieldReader.list(teams.prefix(20).map(\.name.rawValue))
        reader.error(node.line, "\(what) is '\(name)', expected one of the teams: \(shown)")
        return nil
    }
}

// MARK: - A team

extension TeamsYAML {
    private mutating func team(_ entry: YAMLEntry) -> Team? {
        guard let name: TeamName = reader.name(entry.key, line: entry.line, "a team's name") else { return nil }
        let what = "the team '\(name)'"
        // A team of which nothing is said always works.
        if case .null = entry.value.kind { return Team(name: name) }
        let fields = reader.fields(entry.value, of: what, expected: Self.teamKeys)
        return Team(
            name: name, title: fields["title"].map { title($0, of: what) } ?? [:],
            hours: fields["hours"].flatMap { hours($0, of: what) },
            timeZone: fields["time_zone"].flatMap { timeZone($0, of: what) },
            holidays: fields["holidays"].map { holidays($0, of: what) } ?? [],
            takeWithin: fields["take_within"].flatMap { takeWithin($0, of: what) })
    }

    private mutating func title(_ field: YAMLEntry, of what: String) -> [BotLocale: String] {
        reader.localised(field.value, "'title' of \(what)", limit: Self.titleLimit).mapValues(\.text)
    }

    private mutating func hours(_ field: YAMLEntry, of what: String) -> [Weekday: [OpenTime]]? {
        var hours: [Weekday: [OpenTime]] = [:]
        for entry in reader.map(field.value, "'hours' of \(what)") ?? [] {
            guard let day = Weekday(rawValue: entry.key) else {
                let expected = YAMLFieldReader.list(Weekday.allCases.map(\.rawValue))
                reader.error(entry.line, "unknown key '\(entry.key)' in 'hours' of \(what), expected \(expected)")
                continue
            }
            let times = self.times(entry, of: what)
            if !times.isEmpty { hours[day] = times }
        }
        if hours.isEmpty {
            reader.error(
                field.line, "'hours' of \(what) has no times, so nobody would ever work; leave it out for always")
        }
        return hours
    }

    /// One time or a list of them, in order; nothing for a day off.
    private mutating func times(_ entry: YAMLEntry, of what: String) -> [OpenTime] {
        let nodes: [YAMLNode]
        switch entry.value.kind {
        case .null: return []
        case .list(let list): nodes = list
        default: nodes = [entry.value]
        }
        guard nodes.count <= Team.timesOfDay else {
            reader.error(
                entry.line, "'\(entry.key)' of \(what) has \(nodes.count) times, expected at most \(Team.timesOfDay)")
            return []
        }
        var times: [OpenTime] = []
        for node in nodes {
            guard let text = reader.text(node, "a time of '\(entry.key)' of \(what)", limit: 40) else { continue }
            guard let time = OpenTime(text) else {
                reader.error(
                    node.line,
                    "'\(entry.key)' of \(what) has '\(text)', expected a time of one day such as 09:00-17:30, to 24:00 at most"
                )
                continue
            }
            times.append(time)
        }
        times.sort { $0.start < $1.start }
        for (first, second) in zip(times, times.dropFirst()) where first.end > second.start {
            reader.error(entry.line, "'\(entry.key)' of \(what) has \(first) and \(second), which overlap")
        }
        return times
    }

    private mutating func timeZone(_ field: YAMLEntry, of what: String) -> String? {
        guard let name = reader.text(field.value, "'time_zone' of \(what)", limit: 64) else { return nil }
        if TimeZone(identifier: name) != nil { return name }
        reader.error(field.line, "'time_zone' of \(what) is '\(name)', expected a name such as Europe/Zurich")
        return nil
    }

    private mutating func holidays(_ field: YAMLEntry, of what: String) -> [CalendarDay] {
        let nodes = reader.list(field.value, "'holidays' of \(what)") ?? []
        guard nodes.count <= Team.holidayLimit else {
            reader.error(
                field.line, "'holidays' of \(what) has \(nodes.count) days, expected at most \(Team.holidayLimit)")
            return []
        }
        var days: Set<CalendarDay> = []
        for node in nodes {
            guard let text = reader.text(node, "a day of 'holidays' of \(what)", limit: 40) else { continue }
            if let day = CalendarDay(text) {
                days.insert(day)
            } else {
                reader.error(node.line, "'holidays' of \(what) has '\(text)', expected a day such as 2026-12-25")
            }
        }
        return days.sorted()
    }

    private mutating func takeWithin(_ field: YAMLEntry, of what: String) -> Int? {
        guard let text = reader.text(field.value, "'take_within' of \(what)", limit: 40) else { return nil }
        let range = Team.takeWithins
        if let minutes = Int(text), range.contains(minutes) { return minutes }
        reader.error(
            field.line,
            "'take_within' of \(what) is '\(text)', expected minutes from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }
}

// MARK: - Rules

extension TeamsYAML {
    private mutating func rules(_ field: YAMLEntry?, _ teams: [Team]) -> [HandoverRule] {
        guard let field, let nodes = reader.list(field.value, "'rules'") else { return [] }
        guard nodes.count <= Teams.ruleLimit else {
            reader.error(field.line, "'rules' has \(nodes.count) rules, expected at most \(Teams.ruleLimit)")
            return []
        }
        var lines: [RuleName: Int] = [:]
        return nodes.compactMap { node in
            guard let rule = rule(node, teams) else { return nil }
            if let first = lines.updateValue(node.line, forKey: rule.name) {
                reader.error(node.line, "the rule '\(rule.name)' is given twice, first in line \(first)")
            }
            return rule
        }
    }

    private mutating func rule(_ node: YAMLNode, _ teams: [Team]) -> HandoverRule? {
        let fields = reader.fields(node, of: "a rule", expected: Self.ruleKeys)
        for key in Self.ruleKeys where fields[key] == nil {
            reader.error(node.line, "a rule has no '\(key)'")
            return nil
        }
        guard let named = fields["name"], let when = fields["when"], let to = fields["team"],
            let name: RuleName = reader.name(named.value, "a rule's name"),
            let team = known(to.value, teams, "'team' of the rule '\(name)'")
        else { return nil }
        let what = "'when' of the rule '\(name)'"
        let conditions = reader.fields(when.value, of: what, expected: Self.conditions)
        let (above, below) = conditions["confidence"].map { confidence($0, of: what) } ?? (nil, nil)
        let rule = HandoverRule(
            name: name, team: team, intents: names(conditions["intent"], of: what),
            channels: names(conditions["channel"], of: what), above: above, below: below,
            labels: conditions["labels"].map { labels($0, of: what) } ?? [:],
            hours: conditions["hours"].flatMap { hours($0, of: what) })
        guard conditions.isEmpty, rule.isUnconditional else { return rule }
        reader.error(when.line, "\(what) is empty, so every conversation would be handed over; expected a condition")
        return nil
    }

    /// One name or a list of them.
    private mutating func names<Name: ChosenName>(_ field: YAMLEntry?, of what: String) -> [Name] {
        guard let field else { return [] }
        var nodes = [field.value]
        if case .list(let list) = field.value.kind { nodes = list }
        guard (1...HandoverRule.listLimit).contains(nodes.count) else {
            reader.error(
                field.line,
                "'\(field.key)' in \(what) has \(nodes.count) names, expected 1 to \(HandoverRule.listLimit)")
            return []
        }
        return nodes.compactMap { reader.name($0, "'\(field.key)' in \(what)") }
    }

    private mutating func confidence(_ field: YAMLEntry, of what: String) -> (above: Double?, below: Double?) {
        let fields = reader.fields(field.value, of: "'confidence' in \(what)", expected: ["above", "below"])
        let above = fields["above"].flatMap { share($0, of: what) }
        let below = fields["below"].flatMap { share($0, of: what) }
        if fields.isEmpty { reader.error(field.line, "'confidence' in \(what) needs 'above', 'below' or both") }
        if let above, let below, above >= below {
            reader.error(field.line, "'confidence' in \(what) is above \(above) and below \(below), which nothing is")
        }
        return (above, below)
    }

    private mutating func share(_ field: YAMLEntry, of what: String) -> Double? {
        guard let text = reader.text(field.value, "'\(field.key)' in \(what)", limit: 40) else { return nil }
        if let number = Double(text), (0...1).contains(number) { return number }
        reader.error(field.line, "'\(field.key)' in \(what) is '\(text)', expected a number from 0 to 1")
        return nil
    }

    private mutating func labels(_ field: YAMLEntry, of what: String) -> [ClassifierName: HandoverRule.Label] {
        let entries = reader.map(field.value, "'labels' in \(what)") ?? []
        guard (1...HandoverRule.listLimit).contains(entries.count) else {
            reader.error(
                field.line, "'labels' in \(what) has \(entries.count) labels, expected 1 to \(HandoverRule.listLimit)")
            return [:]
        }
        var labels: [ClassifierName: HandoverRule.Label] = [:]
        for entry in entries {
            guard let classifier: ClassifierName = reader.name(entry.key, line: entry.line, "a classifier in \(what)")
            else { continue }
            labels[classifier] = label(entry, of: what)
        }
        return labels
    }

    /// `negative`, or `{ label: negative, above: 0.8 }`.
    private mutating func label(_ entry: YAMLEntry, of what: String) -> HandoverRule.Label? {
        guard case .map = entry.value.kind else {
            return reader.name(entry.value, "the label of '\(entry.key)' in \(what)").map {
                HandoverRule.Label(label: $0)
            }
        }
        let fields = reader.fields(entry.value, of: "'\(entry.key)' in \(what)", expected: ["label", "above"])
        guard let named = fields["label"] else {
            reader.error(entry.line, "'\(entry.key)' in \(what) has no 'label'")
            return nil
        }
        let above = fields["above"].flatMap { share($0, of: what) }
        return reader.name(named.value, "the label of '\(entry.key)' in \(what)").map {
            HandoverRule.Label(label: $0, above: above)
        }
    }

    private mutating func hours(_ field: YAMLEntry, of what: String) -> HandoverRule.Hours? {
        guard let text = reader.text(field.value, "'hours' in \(what)", limit: 40) else { return nil }
        if let hours = HandoverRule.Hours(rawValue: text) { return hours }
        reader.error(field.line, "'hours' in \(what) is '\(text)', expected open or closed")
        return nil
    }
}
