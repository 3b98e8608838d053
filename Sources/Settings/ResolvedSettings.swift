import Configuration
import ConversationDomain
import Synchronization

/// What a server is set to and who said so: its flags, else the environment, else a file, else what is usual.
public struct ResolvedSettings: Sendable {
    public enum Source: Hashable, Sendable {
        case commandLine
        /// A variable of this name.
        case environment(String)
        /// A file at this path.
        case file(String)
        case usual

        public var text: String {
            switch self {
            case .commandLine: "command line"
            case .environment(let variable): variable
            case .file(let path): path
            case .usual: "default"
            }
        }
    }

    public struct Value: Sendable {
        public let setting: Setting
        /// Nil when nothing was said and nothing stands for it; several only of a list.
        public let values: [String]?
        public let source: Source

        /// As it may be shown.
        public var text: String? {
            values.map { setting.isSecret && source != .usual ? "(hidden)" : $0.joined(separator: ", ") }
        }
    }

    /// In the order of their declaration.
    public let values: [Value]
    /// The file that was read.
    public let file: String?

    /// Names the file when no flag does.
    public static let fileVariable = Setting.variablePrefix + "CONFIG"
    /// Bytes of a value at most.
    static let valueLimit = 4_096

    /// Variables with the same beginning that are for scripts, tests and examples.
    private static let otherVariables: Set<String> = Set(
        [
            "CONFIG", "KEY", "PROGRAM", "MODELS", "REQUIRE_MODELS", "SCHEMATHESIS", "SCREENSHOTS", "ATTACKS",
            "ATTACK_SECONDS",
        ].map { Setting.variablePrefix + $0 })

    /// - Parameters:
    ///   - settings: all there are.
    ///   - arguments: what stands behind the command's name.
    ///   - environment: all variables; those that do not begin with `FRONTDESK_` are of no concern, and an empty one says nothing.
    ///   - checksNames: whether a name that no setting has is an error, rather than nobody's business.
    /// - Throws: `ChatError(.invalidRequest)` that says where what is wrong was said.
    public init(
        _ settings: [Setting], arguments: [String], environment: [String: String], checksNames: Bool = true
    ) throws {
        let given = try GivenFlags(settings, arguments)
        let variables = environment.filter { $0.key.hasPrefix(Setting.variablePrefix) && !$0.value.isEmpty }
        if checksNames { try Self.check(variables.keys.sorted(), settings) }
        file = given.file ?? variables[Self.fileVariable]
        let contents = try file.map(SettingsFile.init)
        let fromFile = try contents.map { try Self.values(of: $0, settings, checksNames: checksNames) } ?? [:]
        let witness = Witness()
        let reader = ConfigReader(
            providers: [
                InMemoryProvider(name: "command line", values: given.values.mapKeys(Self.key)),
                EnvironmentVariablesProvider(environmentVariables: variables),
                InMemoryProvider(name: "file", values: fromFile.mapKeys(Self.key)),
            ], accessReporter: witness)
        let file = file
        values = try settings.map { setting in
            let said =
                setting.kind == .list
                ? reader.stringArray(forKey: ConfigKey(Self.key(setting).components))
                : reader.string(forKey: ConfigKey(Self.key(setting).components)).map { [$0] }
            guard let said else {
                return Value(setting: setting, values: setting.usual.map { [$0] }, source: .usual)
            }
            let source: Source =
                switch witness.provider {
                case 0: .commandLine
                case 1: .environment(setting.variable)
                default: .file(file ?? "")
                }
            return Value(setting: setting, values: try Self.checked(said, setting, source), source: source)
        }
    }

    /// What the command is to be run with besides what was given: the settings that the environment or the file says.
    public var arguments: [String] {
        values.flatMap { value -> [String] in
            switch value.source {
            case .commandLine, .usual: return []
            case .environment, .file: break
            }
            let values = value.values ?? []
            switch value.setting.kind {
            case .text, .list: return values.map { "\(value.setting.flag)=\($0)" }
            case .flag(let negation):
                return values == ["true"] ? [value.setting.flag] : negation.map { ["--\($0)"] } ?? []
            }
        }
    }

    /// Says where the flags that a refusal names were set, when that was not where they stand.
    public func origins(in message: String) -> [String] {
        values.compactMap { value in
            guard message.names(value.setting.flag) else { return nil }
            switch value.source {
            case .commandLine, .usual: return nil
            case .environment(let variable): return "\(value.setting.flag) was set by the variable \(variable)"
            case .file(let path): return "\(value.setting.flag) was set by '\(value.setting.key)' in \(path)"
            }
        }
    }

    // MARK: - Checking

    private static func key(_ setting: Setting) -> AbsoluteConfigKey { AbsoluteConfigKey(["frontdesk", setting.name]) }

    private static func check(_ variables: [String], _ settings: [Setting]) throws {
        let known = settings.map(\.variable)
        for variable in variables where !known.contains(variable) && !otherVariables.contains(variable) {
            throw ChatError(
                .invalidRequest,
                "the variable \(variable.prefix(64)) is no setting of the server"
                    + NearestName.hint(variable, among: known + [fileVariable]))
        }
    }

    private static func values(
        of file: SettingsFile, _ settings: [Setting], checksNames: Bool
    ) throws -> [Setting: ConfigValue] {
        var values: [Setting: ConfigValue] = [:]
        for entry in file.entries {
            guard let setting = settings.first(where: { $0.key == entry.key }) else {
                guard checksNames else { continue }
                throw file.refusal(
                    entry,
                    "'\(entry.key.prefix(64))' is no setting of the server"
                        + NearestName.hint(entry.key, among: settings.map(\.key)))
            }
            if setting.kind == .list {
                values[setting] = ConfigValue(.stringArray(entry.values), isSecret: setting.isSecret)
            } else {
                guard !entry.isList, let value = entry.values.first else {
                    throw file.refusal(entry, "'\(setting.key)' has one value, not a list")
                }
                values[setting] = ConfigValue(.string(value), isSecret: setting.isSecret)
            }
        }
        return values
    }

    /// Flags become `true` or `false`.
    private static func checked(_ values: [String], _ setting: Setting, _ source: Source) throws -> [String] {
        let name =
            switch source {
            case .commandLine: setting.flag
            case .environment(let variable): variable
            case .file(let path): "\(path): '\(setting.key)'"
            case .usual: setting.name
            }
        guard values.allSatisfy({ $0.utf8.count <= valueLimit && !$0.utf8.contains(0) }) else {
            throw ChatError(.invalidRequest, "\(name) is longer than \(valueLimit) bytes")
        }
        guard case .flag = setting.kind else { return values }
        switch values.first?.lowercased() {
        case "true", "yes", "on", "1": return ["true"]
        case "false", "no", "off", "0": return ["false"]
        default:
            throw ChatError(
                .invalidRequest, "\(name) is '\((values.first ?? "").prefix(40))', expected true or false")
        }
    }

    /// Remembers which of the providers had the value that was asked for last.
    private final class Witness: AccessReporter {
        private let last = Mutex(0)

        var provider: Int { last.withLock { $0 } }

        func report(_ event: AccessEvent) { last.withLock { $0 = event.providerResults.count - 1 } }
    }
}

extension Dictionary where Key == Setting, Value == ConfigValue {
    fileprivate func mapKeys(_ key: (Setting) -> AbsoluteConfigKey) -> [AbsoluteConfigKey: ConfigValue] {
        reduce(into: [:]) { $0[key($1.key)] = $1.value }
    }
}

extension String {
    /// Whether a flag stands in the text, and not just as the beginning of another.
    fileprivate func names(_ flag: String) -> Bool {
        ranges(of: flag).contains { range in
            range.upperBound == endIndex || !(self[range.upperBound].isLetter || self[range.upperBound] == "-")
        }
    }
}
