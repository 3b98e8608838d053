import Access
import Application
import ArgumentParser
import ConversationDomain
import Foundation
import People
import SQLiteStore
import Terminal
import Wire

/// `frontdesk agents`: the people who answer.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "Create, list and disable the people who answer, each with a key of their own.",
        subcommands: [Create.self, List.self, Disable.self])
}

extension AgentsCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create an agent and print their key, which is shown only this once.")

        @OptionGroup var data: DataOptions

        @Option(help: "The name that visitors see, 1 to 128 characters.")
        var name: String

        @Option(help: "The app whose conversations the agent sees.")
        var app: String

        @Option(help: "agent or lead.")
        var role = Agent.Role.agent.rawValue

        @Option(name: .customLong("team"), help: "A team that the agent belongs to; repeat for several.")
        var teams: [String] = []

        func run() async throws {
            try await CommandFailure.reporting {
                let (ids, now) = (IdentifierGenerator(), Date())
                guard let app = AppName(app) else {
                    throw CommandFailure(
                        .data,
                        "--app: '\(app)' cannot be an app's name; give letters, digits and . _ - / : (at most 128)")
                }
                guard let role = Agent.Role(rawValue: role) else {
                    throw CommandFailure(.data, "--role: '\(role)' is none of agent, lead")
                }
                let teams = try teams.map { text in
                    guard let team = TeamName(text) else {
                        throw CommandFailure(
                            .data,
                            "--team: '\(text)' cannot be a team's name; give letters, digits and . _ - / : (at most 128)"
                        )
                    }
                    return team
                }
                let minted = try KeyMinter(ids: ids, now: { now }).mint(
                    KeyRequest(name: name, app: app, kind: .secret, scopes: [.agent]))
                let key = minted.record.id
                let agent = Agent(
                    id: ids.next(), app: app, name: name, role: role, teams: teams, key: key, createdAt: now)
                let database = try data.directory.openDatabase()
                defer { try? database.close() }
                try await SQLiteConversationStore(database).add(agent, key: minted.record)
                if data.json { return try Output.json(agent.row(key: minted.secret)) }
                Output.line(minted.secret)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the agents.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let agents = try await SQLiteConversationStore(database).agents(of: nil)
                if data.json { return try Output.json(agents.map { $0.row(key: nil) }) }
                Output.table(
                    [["ID", "NAME", "APP", "ROLE", "TEAMS", "STATE"]]
                        + agents.map { agent in
                            [
                                agent.id.rawValue, agent.name, agent.app.rawValue, agent.role.rawValue,
                                agent.teams.map(\.rawValue).joined(separator: ","),
                                agent.disabledAt == nil ? "active" : "disabled",
                            ]
                        })
            }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Disable an agent by their id or, if only one has it, their name; their key is revoked.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The agent's id (agent_…) or name.")
        var agent: String

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteConversationStore(database)
                let candidates = try await store.agents(of: nil).filter {
                    $0.disabledAt == nil && ($0.id.rawValue == agent || $0.name == agent)
                }
                guard let match = candidates.first else {
                    throw CommandFailure(.data, "no active agent has the id or name '\(agent)'")
                }
                guard candidates.count == 1 else {
                    throw CommandFailure(
                        .data,
                        "\(candidates.count) agents are named '\(agent)'; give the id of one: \(candidates.map(\.id.rawValue).joined(separator: ", "))"
                    )
                }
                _ = try await store.disable(match.id, at: Date())
                if data.json { return try Output.json(["disabled": match.id.rawValue]) }
                Output.line("disabled \(match.id) (\(match.name))")
            }
        }
    }
}

extension Agent {
    /// An agent in a list, or just made: `key` is null in a list.
    fileprivate func row(key: String?) -> JSONValue {
        [
            "id": .string(id.rawValue), "name": .string(name), "app": .string(app.rawValue),
            "role": .string(role.rawValue), "teams": .array(teams.map { .string($0.rawValue) }),
            "key": key.map { .string($0) } ?? .null, "created_at": .string(Timestamp.text(createdAt)),
            "disabled_at": disabledAt.map { .string(Timestamp.text($0)) } ?? .null,
        ]
    }
}
