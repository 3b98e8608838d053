public import Foundation

/// One thing that a server can be told: by a flag, by a variable of the environment, by a key in a file.
public struct Setting: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case text
        case list
        /// On or off; with the flag that turns it off, if there is one.
        case flag(negation: String?)
    }

    /// The flag's name without its dashes, such as `trusted-proxy`.
    public let name: String
    public let kind: Kind
    public let help: String
    /// In words; nil when nothing stands for it.
    public let usual: String?
    /// Such as `HOST` in `--host HOST`.
    let valueName: String

    /// Such as `FRONTDESK_TRUSTED_PROXY`.
    public var variable: String { Self.variablePrefix + snake.uppercased() }
    /// Such as `trusted_proxy`.
    public var key: String { snake }
    public var flag: String { "--\(name)" }

    /// Whether the value is something that nobody but the program should read.
    public var isSecret: Bool { ["secret", "token", "password"].contains(name.split(separator: "-").last ?? "") }

    private var snake: String { String(name.map { $0 == "-" ? "_" : $0 }) }

    public static let variablePrefix = "FRONTDESK_"
}

// MARK: - The declaration

extension Setting {
    /// Flags that are about one call of the program rather than about a server.
    private static let others: Set<String> = ["json", "help", "version", "config"]

    /// The flags of a command are the one declaration of its settings.
    /// - Parameter description: what ArgumentParser tells of the command, as JSON.
    public static func all(describedBy description: Data) throws -> [Setting] {
        let arguments = try JSONDecoder().decode(ToolDescription.self, from: description).command.arguments ?? []
        let names = Set(arguments.compactMap(\.longName))
        return arguments.compactMap { argument in
            guard let name = argument.longName, !others.contains(name) else { return nil }
            // `--no-demo` is the other side of `--demo`.
            if name.hasPrefix("no-"), names.contains(String(name.dropFirst(3))) { return nil }
            let negation = names.contains("no-\(name)") ? "no-\(name)" : nil
            let (help, usual) = Self.split(argument.abstract ?? "")
            return Setting(
                name: name, kind: argument.kind(negation: negation), help: help,
                usual: usual ?? argument.usual, valueName: argument.valueName ?? name)
        }
    }

    /// Some helps say in words what is taken when nothing is given.
    private static func split(_ help: String) -> (help: String, usual: String?) {
        guard let start = help.range(of: " (default: "),
            let end = help.range(of: ")", range: start.upperBound..<help.endIndex)
        else { return (help, nil) }
        return (
            String(help[..<start.lowerBound] + help[end.upperBound...]), String(help[start.upperBound..<end.lowerBound])
        )
    }
}

extension Setting {
    /// Whether a command takes a flag.
    /// - Parameters:
    ///   - arguments: of the program, its commands' names first.
    ///   - description: what ArgumentParser tells of the whole program, as JSON.
    public static func isTaken(_ flag: String, by arguments: [String], describedBy description: Data) throws -> Bool {
        var command = try JSONDecoder().decode(ToolDescription.self, from: description).command
        for argument in arguments {
            guard let next = command.subcommands?.first(where: { $0.commandName == argument }) else { break }
            command = next
        }
        return command.arguments?.contains { $0.longName == flag } ?? false
    }
}

/// What ArgumentParser tells of a command and its arguments, as far as it matters here.
private struct ToolDescription: Decodable {
    struct Command: Decodable {
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let kind: String
        let names: [Name]?
        let isRepeating: Bool
        let defaultValue: String?
        let valueName: String?
        let abstract: String?

        var longName: String? { kind == "positional" ? nil : names?.first { $0.kind == "long" }?.name }

        /// Of a flag with two sides, the side that is taken; of any other flag, that it is off.
        var usual: String? {
            guard kind == "flag" else { return defaultValue }
            return defaultValue.map { $0 == "--\(longName ?? "")" } ?? false ? "true" : "false"
        }

        func kind(negation: String?) -> Setting.Kind {
            if kind == "flag" { return .flag(negation: negation) }
            return isRepeating ? .list : .text
        }
    }

    let command: Command
}

// MARK: - The documented table

extension Setting {
    /// Rows of Markdown, one for each setting, with their head.
    public static func table(_ settings: [Setting]) -> String {
        let rows = settings.map { setting in
            let flag =
                switch setting.kind {
                case .text: "`\(setting.flag) \(setting.valueName)`"
                case .list: "`\(setting.flag) \(setting.valueName) …`"
                case .flag(let negation): negation.map { "`\(setting.flag)`, `--\($0)`" } ?? "`\(setting.flag)`"
                }
            let usual = setting.usual ?? "–"
            return
                "| \(cell(flag)) | `\(setting.variable)` | `\(setting.key)` | \(cell(usual)) | \(cell(setting.help)) |"
        }
        return (["| flag | variable | key | default | what |", "| --- | --- | --- | --- | --- |"] + rows)
            .joined(separator: "\n")
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
