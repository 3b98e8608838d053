import Access
import Application
import ArgumentParser
import ConversationDomain
import Foundation
import HTTPCalls
import SQLiteStore
import Terminal
import Wire

/// `frontdesk keys`: who may call.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Create, list, rotate and revoke API keys; a running server follows at once.",
        subcommands: [Create.self, List.self, Rotate.self, Revoke.self])
}

extension KeysCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create a key and print it; a secret key is shown only this once.")

        @OptionGroup var data: DataOptions

        @Option(help: "What the key is for, to recognise it in the list.")
        var name: String

        @Option(name: .customLong("scope"), help: "chat, classify, search, agent or admin; repeat for several.")
        var scopes: [String] = []

        @Option(help: "The app whose conversations the key sees (default: the key's name).")
        var app: String?

        @Flag(help: "A key for web pages: chat only, and only from its origins.")
        var publishable = false

        @Option(
            name: .customLong("origin"),
            help:
                "Origin that a publishable key may be used from, such as https://shop.example; 'self' is the server's own pages; repeat for several."
        )
        var origins: [String] = []

        @Option(
            name: .customLong("expires"),
            help: "When it stops working: an RFC 3339 time, or a duration such as 90d, 12h, 30m.")
        var expiry: String?

        func run() async throws {
            try await CommandFailure.reporting {
                let now = Date()
                let request = KeyRequest(
                    name: name, app: try appName(), kind: publishable ? .publishable : .secret,
                    scopes: try parsedScopes(),
                    origins: origins, expiresAt: try expiry.map { try TimeFlag("--expires", $0).future(from: now) })
                let minted = try KeyMinter(ids: IdentifierGenerator(), now: { now }).mint(request)
                let database = try data.directory.openDatabase()
                defer { try? database.close() }
                try await SQLiteKeyStore(database).add(minted.record)
                await AuditTrail.note(.keyCreated, minted.record.id.rawValue, in: database)
                if data.json {
                    try Output.json(KeyView(minted.record, key: minted.secret))
                } else {
                    Output.line(minted.secret)
                }
            }
        }

        private func appName() throws -> AppName {
            guard let app = AppName(app ?? name) else {
                throw CommandFailure(
                    .data,
                    "--app: '\(app ?? name)' cannot be an app's name; give letters, digits and . _ - / : (at most 128)")
            }
            return app
        }

        private func parsedScopes() throws -> Set<Scope> {
            if publishable, scopes.isEmpty { return [.chat] }
            guard !scopes.isEmpty else {
                throw CommandFailure(
                    .data,
                    "--scope: at least one of \(Scope.allCases.map(\.rawValue).joined(separator: ", ")) is needed")
            }
            return Set(
                try scopes.map { text in
                    guard let scope = Scope(rawValue: text) else {
                        throw CommandFailure(
                            .data,
                            "--scope: '\(text)' is none of \(Scope.allCases.map(\.rawValue).joined(separator: ", "))")
                    }
                    return scope
                })
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys; secrets are not shown.")

        @OptionGroup var data: DataOptions

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteKeyStore(database)
                let (keys, uses) = (try await store.list(), try await store.lastUses())
                if data.json { return try Output.json(keys.map { KeyView($0, key: nil, lastUsed: uses[$0.id]) }) }
                let now = Date()
                func day(_ date: Date?) -> String { date.map { String(Timestamp.text($0).prefix(10)) } ?? "-" }
                Output.table(
                    [["ID", "NAME", "APP", "KIND", "SCOPES", "STATE", "CREATED", "EXPIRES", "LAST USED", "ORIGINS"]]
                        + keys.map { key in
                            [
                                key.id.rawValue, key.name, key.app.rawValue, key.kind.rawValue,
                                key.scopes.map(\.rawValue).sorted().joined(separator: ","),
                                key.revokedAt != nil ? "revoked" : key.isUsable(at: now) ? "active" : "expired",
                                day(key.createdAt), day(key.expiresAt), day(uses[key.id]),
                                key.origins.joined(separator: " "),
                            ]
                        })
            }
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key in the place of another, which goes on working for a while.",
            discussion: "The new key has the name, app, scopes and origins of the old one, so its conversations stay.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The key's id (key_…) or name.")
        var key: String

        @Option(help: "How long the old key goes on working, such as 7d, 12h, 30m.")
        var overlap = "24h"

        @Option(
            name: .customLong("expires"),
            help: "When the new key stops working: an RFC 3339 time, or a duration such as 90d (default: never).")
        var expiry: String?

        func run() async throws {
            try await CommandFailure.reporting {
                let now = Date()
                let end = now.addingTimeInterval(try TimeFlag("--overlap", overlap).duration())
                let expiresAt = try expiry.map { try TimeFlag("--expires", $0).future(from: now) }
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteKeyStore(database)
                let old = try await store.chosen(key, at: now)
                let minted = try KeyMinter(ids: IdentifierGenerator(), now: { now }).mint(
                    KeyRequest(
                        name: old.name, app: old.app, kind: old.kind, scopes: old.scopes, origins: old.origins,
                        expiresAt: expiresAt))
                guard try await store.replace(old.id, by: minted.record, expiring: end) else {
                    throw CommandFailure(.data, "the key \(old.id) was revoked in the meantime")
                }
                await AuditTrail.note(
                    .keyRotated, old.id.rawValue, detail: "by \(minted.record.id.rawValue)", in: database)
                if data.json { return try Output.json(KeyView(minted.record, key: minted.secret)) }
                Output.line(minted.secret)
                Output.error("\(old.id) (\(old.name)) works until \(Timestamp.text(min(end, old.expiresAt ?? end)))")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revoke a key by its id or, if only one has it, its name.")

        @OptionGroup var data: DataOptions

        @Argument(help: "The key's id (key_…) or name.")
        var key: String

        func run() async throws {
            try await CommandFailure.reporting {
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteKeyStore(database)
                let match = try await store.chosen(key)
                guard try await store.revoke(match.id, at: Date()) else {
                    throw CommandFailure(.data, "the key \(match.id) was revoked in the meantime")
                }
                await AuditTrail.note(.keyRevoked, match.id.rawValue, in: database)
                if data.json { return try Output.json(["revoked": match.id.rawValue]) }
                Output.line("revoked \(match.id) (\(match.name))")
            }
        }
    }
}

extension SQLiteKeyStore {
    /// The one active key of an id or name.
    /// - Parameter time: nil takes expired ones too.
    /// - Throws: ``CommandFailure`` when there is none, or more than one.
    fileprivate func chosen(_ text: String, at time: Date? = nil) async throws -> APIKey {
        let candidates = try await list().filter { key in
            let isActive = time.map { key.isUsable(at: $0) } ?? (key.revokedAt == nil)
            return isActive && (key.id.rawValue == text || key.name == text)
        }
        guard let match = candidates.first else {
            throw CommandFailure(.data, "no active key has the id or name '\(text)'")
        }
        guard candidates.count == 1 else {
            throw CommandFailure(
                .data,
                "\(candidates.count) keys are named '\(text)'; give the id of one: \(candidates.map(\.id.rawValue).joined(separator: ", "))"
            )
        }
        return match
    }
}
