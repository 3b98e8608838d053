public import ConversationDomain

/// Something that is wrong or doubtful in what a bot owner wrote.
public struct LintIssue: Hashable, Sendable, CustomStringConvertible {
    /// Whether the content can be used all the same.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// Refuses the import.
        case error
        /// Is shown, and changes nothing.
        case warning
        /// What a file was taken for, where it does not say so itself.
        case note
    }

    public let severity: Severity
    /// Nil when the content did not come from a file.
    public let place: SourcePlace?
    public let message: String

    public init(_ severity: Severity, at place: SourcePlace?, _ message: String) {
        self.severity = severity
        self.place = place
        self.message = message
    }

    /// `path:line: error: message`.
    public var description: String {
        let told = "\(severity.rawValue): \(message)"
        return place.map { "\($0): \(told)" } ?? told
    }
}

/// Files could not be read as content; nothing of them was taken.
public struct ContentFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the order of the files and lines, at most ``ContentLimits/errors`` of them; warnings are not among them.
    public let issues: [LintIssue]
    /// Whether reading stopped because there were more errors than that.
    public let isIncomplete: Bool
    /// What the files were taken for, which may explain the errors.
    public let notes: [LintIssue]

    public init(issues: [LintIssue], isIncomplete: Bool = false, notes: [LintIssue] = []) {
        self.issues = issues
        self.isIncomplete = isIncomplete
        self.notes = notes
    }

    /// One issue a line.
    public var description: String {
        let lines = issues.map(\.description)
        return (isIncomplete ? lines + ["stopped after \(issues.count) errors"] : lines).joined(separator: "\n")
    }
}

/// Collects issues while files are read, within bounds.
package struct IssueLog {
    package private(set) var errors: [LintIssue] = []
    private(set) var warnings: [LintIssue] = []
    private var untold = 0
    let limit: Int
    /// Whether rows that are wrong are left out with a warning.
    private let skipsBadRows: Bool
    package private(set) var notes: [LintIssue] = []
    /// Rows that were left out.
    private(set) var skippedRows = 0

    package init(limit: Int, skipsBadRows: Bool = false) {
        self.limit = limit
        self.skipsBadRows = skipsBadRows
    }

    /// Notes what is wrong with one row of many.
    package mutating func rowError(_ place: SourcePlace?, _ message: String) {
        guard skipsBadRows else { return error(place, message) }
        skippedRows += 1
        warning(place, "left out: \(message)")
    }

    package mutating func note(_ place: SourcePlace?, _ message: String) {
        if notes.count < limit { notes.append(LintIssue(.note, at: place, message)) }
    }

    /// Whether there is no room for another error, so that reading on is useless.
    package var isFull: Bool { errors.count >= limit }

    package mutating func error(_ place: SourcePlace?, _ message: String) {
        if !isFull { errors.append(LintIssue(.error, at: place, message)) }
    }

    package mutating func warning(_ place: SourcePlace?, _ message: String) {
        if warnings.count < limit {
            warnings.append(LintIssue(.warning, at: place, message))
        } else {
            untold += 1
        }
    }

    /// The warnings, how many more there were, and the notes.
    package var toldWarnings: [LintIssue] {
        var told = warnings
        if untold > 0 { told.append(LintIssue(.warning, at: nil, "\(untold) more warnings are not shown")) }
        if skippedRows > 0 { told.append(LintIssue(.note, at: nil, "rows left out: \(skippedRows)")) }
        return told + notes
    }
}
