public import ConversationDomain
public import Foundation

/// When a team works, on the clock that its hours are of.
public struct TeamHours {
    public let team: Team
    public let timeZone: TimeZone
    private let calendar: Calendar

    /// Days that are searched for the next one on which somebody works.
    private static let daysAhead = 400

    /// - Parameter botZone: of teams that name no time zone, or one that this machine does not know.
    public init(_ team: Team, botZone: TimeZone) {
        self.team = team
        timeZone = team.timeZone.flatMap(TimeZone.init(identifier:)) ?? botZone
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        self.calendar = calendar
    }

    public func isOpen(at time: Date) -> Bool {
        let now = calendar.dateComponents([.hour, .minute], from: time)
        let minute = (now.hour ?? 0) * 60 + (now.minute ?? 0)
        return times(of: time).contains { ($0.start..<$0.end).contains(minute) }
    }

    /// When they work next; nil when they always do, or not within a year.
    public func opening(after time: Date) -> Date? {
        guard team.hours != nil || !team.holidays.isEmpty else { return nil }
        for ahead in 0...Self.daysAhead {
            guard let day = calendar.date(byAdding: .day, value: ahead, to: time) else { return nil }
            var parts = calendar.dateComponents([.year, .month, .day], from: day)
            for open in times(of: day).sorted(by: { $0.start < $1.start }) {
                (parts.hour, parts.minute) = (open.start / 60, open.start % 60)
                if let opening = calendar.date(from: parts), opening > time { return opening }
            }
        }
        return nil
    }

    /// Midnights between the two: 0 for the same day, 1 for tomorrow.
    public func days(from time: Date, to later: Date) -> Int {
        let begin = calendar.startOfDay(for: time)
        return calendar.dateComponents([.day], from: begin, to: calendar.startOfDay(for: later)).day ?? 0
    }

    /// Minutes since midnight.
    public func minute(of time: Date) -> Int {
        let parts = calendar.dateComponents([.hour, .minute], from: time)
        return (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
    }

    /// Empty on a day off.
    private func times(of time: Date) -> [OpenTime] {
        let parts = calendar.dateComponents([.year, .month, .day, .weekday], from: time)
        let day = CalendarDay(year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0)
        if team.holidays.contains(day) { return [] }
        // Foundation counts from Sunday, which is 1.
        let weekday = Weekday.allCases[((parts.weekday ?? 1) + 5) % 7]
        return team.hours.map { $0[weekday] ?? [] } ?? [.wholeDay]
    }
}

// MARK: - Who is asked for, and who does not come

/// What a rule looks at.
public struct HandoverSubject: Hashable, Sendable {
    public let intent: IntentName?
    public let confidence: Double?
    public let labels: [ClassifierName: LabelScore]
    public let channel: ChannelName

    public init(_ decision: Decision, channel: ChannelName) {
        (intent, confidence, labels) = (decision.intent, decision.confidence, decision.labels)
        self.channel = channel
    }
}

extension Teams {
    /// The first rule that holds.
    /// - Parameter isTried: leaves rules out.
    public func rule(
        for subject: HandoverSubject, at time: Date, botZone: TimeZone, where isTried: (HandoverRule) -> Bool
    ) -> HandoverRule? {
        rules.first { rule in
            guard isTried(rule), rule.holds(for: subject) else { return false }
            guard let hours = rule.hours else { return true }
            return hours == (isOpen(rule.team, at: time, botZone: botZone) ? .open : .closed)
        }
    }

    /// Whether somebody of the team works; a team that the owner says nothing of always does.
    public func isOpen(_ name: TeamName, at time: Date, botZone: TimeZone) -> Bool {
        self[name].map { TeamHours($0, botZone: botZone).isOpen(at: time) } ?? true
    }

    /// Whether any conversation can be missed.
    public var canMiss: Bool { teams.contains { $0.hours != nil || !$0.holidays.isEmpty || $0.takeWithin != nil } }

    /// Why nobody takes a conversation that waits, where the visitor has not been told yet.
    public func miss(of conversation: Conversation, at time: Date, botZone: TimeZone) -> HandoffMiss? {
        guard conversation.status == .waiting, conversation.handoffMissedAt == nil,
            let team = self[conversation.team ?? usual]
        else { return nil }
        if !TeamHours(team, botZone: botZone).isOpen(at: time) { return .outsideHours }
        guard let minutes = team.takeWithin, let asked = conversation.handoffAt else { return nil }
        return time.timeIntervalSince(asked) >= Double(minutes) * 60 ? .nobodyInTime : nil
    }
}

extension HandoverRule {
    fileprivate func holds(for subject: HandoverSubject) -> Bool {
        if !intents.isEmpty {
            guard let intent = subject.intent, intents.contains(intent) else { return false }
        }
        guard channels.isEmpty || channels.contains(subject.channel) else { return false }
        if above != nil || below != nil {
            guard let confidence = subject.confidence, confidence >= above ?? 0, confidence < below ?? .infinity else {
                return false
            }
        }
        return labels.allSatisfy { classifier, wanted in
            guard let found = subject.labels[classifier] else { return false }
            return found.label == wanted.label && found.confidence >= wanted.above ?? 0
        }
    }
}
