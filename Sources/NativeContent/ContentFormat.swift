public import ConversationDomain

/// How a file holds content.
public enum ContentFormat: String, Hashable, Sendable, CaseIterable {
    /// Found out from the file's extension and its beginning.
    case auto
    /// One intent, or the knowledge of one locale, in YAML; knowledge in Markdown too; a folder of them.
    case yaml
    /// Rows of text and intent, separated by commas or semicolons, under a line of column names.
    case csv
    /// The same, separated by tabs.
    case tsv
    /// One JSON object a line, with `text` and `intent`.
    case jsonl
    /// One JSON object of splits, each a list of `[text, intent]`, as CLINC150 is published.
    case clinc
    /// One JSON value: rows, the `intents.json` of tutorials, Rasa's `nlu.json`, LUIS and CLU.
    case json
}

/// Which rows of a file that is divided into splits are taken. Rows without a split are always taken.
public enum SplitChoice: Hashable, Sendable {
    case allButTest
    case all
    /// `train`, `validation` (also `val`, `valid`, `dev`) or `test`.
    case only(String)

    /// - Parameter split: as it stands in the file: `test`, `oos_val`, ….
    package func takes(_ split: String) -> Bool {
        switch self {
        case .all: true
        case .allButTest: Self.normalised(split) != "test"
        case .only(let wanted): Self.normalised(split) == Self.normalised(wanted)
        }
    }

    private static func normalised(_ split: String) -> String {
        let name = split.lowercased()
        let plain = name.hasPrefix("oos_") ? String(name.dropFirst(4)) : name
        return ["val", "valid", "dev"].contains(plain) ? "validation" : plain
    }
}

/// The bounds on what is read.
public struct ContentLimits: Hashable, Sendable {
    /// Bytes of one file.
    public var fileBytes = 64 * 1024 * 1024
    /// Files of one folder.
    public var files = 10_000
    /// Examples, question variants and rows of all files together.
    public var rows = 1_000_000
    /// Unicode scalars of an example, a question, a description, a title or a condition's value.
    public var text = 2_000
    /// Unicode scalars of an answer or of the question for a slot.
    public var answer = 4_000
    /// Entities of one file, their values and synonyms together, and the patterns of one of them.
    public var entities = 1_000
    public var entityPhrases = 100_000
    public var entityPatterns = 20
    /// Unicode scalars of a value or synonym.
    public var entityPhrase = 200
    /// Errors that are collected before reading stops; as many warnings are kept.
    public var errors = 100

    public init() {}
}

/// What the caller of ``ContentReader`` may choose.
public struct ReadOptions: Hashable, Sendable {
    /// For texts whose file tells no locale; when nil, Han characters tell Chinese, all else is English.
    public var defaultLocale: BotLocale?
    public var split: SplitChoice
    public var limits: ContentLimits
    /// Labels of rows that mean `out_of_scope`, as they stand in the file.
    public var foreignLabels: Set<UTF8Text>
    /// What texts without a letter, such as "9–5", are taken for where nothing tells it.
    package var wordlessLocale: BotLocale?
    /// The names of a table's columns, where the table has none or others; empty ones are not used.
    public var columns: [String]?
    /// The sheet of a workbook that is read; all of them when nil.
    public var sheet: String?
    /// What the links to pages of documentation begin with.
    public var baseURL: String?
    /// Whether rows that are wrong are left out, and told, instead of refusing everything.
    public var skipsBadRows = false
    /// Whether each line of a cell is a text of its own, as in a sheet.
    package var cellsAreLists = false

    public init(
        defaultLocale: BotLocale? = nil, split: SplitChoice = .allButTest, limits: ContentLimits = ContentLimits(),
        foreignLabels: Set<UTF8Text> = []
    ) {
        self.defaultLocale = defaultLocale
        self.split = split
        self.limits = limits
        self.foreignLabels = foreignLabels
    }

    package func isForeign(_ label: String) -> Bool {
        !foreignLabels.isEmpty && foreignLabels.contains(UTF8Text(label))
    }

    package func locale(of text: String) -> BotLocale {
        if let defaultLocale { return defaultLocale }
        guard let wordlessLocale, !text.unicodeScalars.contains(where: \.properties.isAlphabetic) else {
            return ScriptLocale.locale(of: text)
        }
        return wordlessLocale
    }
}

/// What was read, and what is doubtful about it.
public struct ReadResult: Hashable, Sendable {
    public let content: BotContent
    /// Where the parts stand that have no place of their own.
    public let places: ContentPlaces
    /// Warnings only: errors are thrown.
    public let issues: [LintIssue]

    package init(content: BotContent, places: ContentPlaces, issues: [LintIssue]) {
        self.content = content
        self.places = places
        self.issues = issues
    }
}

/// Tells the locale of a text from its script, for files that do not say it.
package enum ScriptLocale {
    /// Chinese when there is a Han character, English otherwise.
    static func locale(of text: String) -> BotLocale { hasHan(text) ? .chinese : .english }

    package static func hasHan(_ text: String) -> Bool {
        text.unicodeScalars.contains { scalar in
            switch scalar.value {
            case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF: true
            default: false
            }
        }
    }
}
