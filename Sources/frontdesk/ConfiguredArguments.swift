import Application
import ArgumentParser
import ConversationDomain
import Foundation
import Settings

/// Puts what the environment and a file of settings say behind what the command line says.
enum ConfiguredArguments {
    /// - Parameter arguments: of the program, without its name.
    static func all(_ arguments: [String], environment: [String: String]) throws -> [String] {
        guard arguments.first != "serve" else {
            return arguments + (try checked(serving: Array(arguments.dropFirst()), environment).arguments)
        }
        // Where the data are is of concern to all commands, and nothing else is.
        let names = [ResolvedSettings.fileVariable, Setting.variablePrefix + "DATA"]
        guard names.contains(where: { environment[$0] != nil }), arguments.first != "config",
            try Setting.isTaken("data", by: arguments, describedBy: Data(Frontdesk._dumpHelp().utf8))
        else { return arguments }
        let settings = try ServeCommand.settings().filter { $0.name == "data" }
        let more = try resolve(settings, arguments, environment, checksNames: false).arguments
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end] + more + arguments[end...]
    }

    /// What a server would be set to.
    /// - Parameter arguments: those of `serve`.
    /// - Throws: ``CommandFailure`` for what it would not take, with where that was said.
    static func checked(serving arguments: [String], _ environment: [String: String]) throws -> ResolvedSettings {
        let resolved = try resolve(ServeCommand.settings(), arguments, environment)
        guard !resolved.arguments.isEmpty else { return resolved }
        do {
            try ServeCommand.parse(arguments + resolved.arguments).check()
        } catch  where ServeCommand.exitCode(for: error) != .success {
            let message = (error as? CommandFailure)?.message ?? ServeCommand.message(for: error)
            let origins = resolved.origins(in: message)
            guard !origins.isEmpty else { return resolved }
            throw CommandFailure(.data, ([message] + origins).joined(separator: "; "))
        } catch {
            // Help was asked for.
        }
        return resolved
    }

    private static func resolve(
        _ settings: [Setting], _ arguments: [String], _ environment: [String: String], checksNames: Bool = true
    ) throws -> ResolvedSettings {
        do {
            return try ResolvedSettings(
                settings, arguments: arguments, environment: environment, checksNames: checksNames)
        } catch let error as ChatError {
            throw CommandFailure(.data, error.message)
        }
    }
}

extension ServeCommand {
    /// The flags are the one declaration of what a server can be told.
    static func settings() throws -> [Setting] { try Setting.all(describedBy: Data(_dumpHelp().utf8)) }
}
