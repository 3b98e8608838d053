public import ConversationDomain

/// Something that is wrong or doubtful in what a bot owner wrote.
public struct LintIssue: Hashable, Sendable, CustomStringConvertible {
    /// Whether the content can be used all the same.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// Refuses the import.
        case error
        /// Is shown, and changes nothing.
        case warning
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

    public init(issues: [LintIssue], isIncomplete: Bool = false) {
        self.issues = issues
        self.isIncomplete = isIncomplete
    }

    /// One issue a line.
    public var description: String {
        let lines = issues.map(\.description)
        return (isIncomplete ? lines + ["stopped after \(issues.count) errors"] : lines).joined(separator: "\n")
    }
}

/// Collects issues while files are read, within bounds.
struct IssueLog {
    private(set) var errors: [LintIssue] = []
    private(set) var warnings: [LintIssue] = []
    private var untold = 0
    let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Whether there is no room for another error, so that reading on is useless.
    var isFull: Bool { errors.count >= limit }

    mutating func error(_ place: SourcePlace?, _ message: String) {
        if !isFull { errors.append(LintIssue(.error, at: place, message)) }
    }

    mutating func warning(_ place: SourcePlace?, _ message: String) {
        if warnings.count < limit {
            warnings.append(LintIssue(.warning, at: place, message))
        } else {
            untold += 1
        }
    }

    /// The warnings, and how many more there were.
    var toldWarnings: [LintIssue] {
        untold == 0 ? warnings : warnings + [LintIssue(.warning, at: nil, "\(untold) more warnings are not shown")]
    }
}
