package import Actions
package import ConversationDomain
import Foundation
import Outbox
import SQLiteActions
import SQLiteStore
import Webhooks
import Wire

/// Where the shop's services are, as the command line sets and shows it.
package struct ActionTargets {
    /// What a command has set.
    package struct Setting {
        package let targets: [ActionTarget]
        /// The secret that they have in common, when it was made now.
        package let secret: String?
        /// Why nothing may be sent there unless the server is told so; nil when it may.
        package let refusal: String?
        /// Those that no intent of the content calls; none as long as there is no content.
        package let uncalled: [ActionName]
    }

    /// One line of the list: a target that is set, or that the content names, or both.
    package struct Row {
        package let name: ActionName
        package let target: ActionTarget?
        /// The intents that call it.
        package let intents: [IntentName]
    }

    /// How long an old secret signs beside a new one.
    private static let overlap: TimeInterval = 86_400
    private static let lookUpTime = Duration.seconds(3)

    private let directory: DataDirectory

    package init(_ directory: DataDirectory) { self.directory = directory }

    /// Sets where services are. They have one secret in common: the one that they have, or a new one.
    package func set(_ texts: [String], url text: String, newSecret: Bool) async throws -> Setting {
        let time = Date()
        let names = try Self.names(texts)
        let url: TargetURL
        do {
            url = try TargetURL(text)
        } catch let error as ChatError {
            throw CommandFailure(.data, error.message.replacing("'url'", with: "--url: the address"))
        }
        let database = try directory.openDatabase()
        defer { try? database.close() }
        let store = SQLiteActionStore(database)
        let known = try names.map { try store.target($0) }
        let secrets = Set(known.map { $0?.secrets.current })
        let isKept = !newSecret && secrets.count == 1 && !secrets.contains(nil)
        let secret = WebhookSignature.newSecret()
        let targets = zip(names, known).map { name, known in
            let kept = isKept ? known?.secrets : nil
            return ActionTarget(
                name: name, url: url.text,
                secrets: kept
                    ?? WebhookSecrets(
                        current: secret, previous: known?.secrets.current,
                        previousUntil: known == nil ? nil : time.addingTimeInterval(Self.overlap)),
                createdAt: known?.createdAt ?? time)
        }
        do {
            try await store.put(targets)
        } catch let error as ChatError {
            throw CommandFailure(.data, error.message)
        }
        let refusal = await TargetResolver(TargetRules()).refusal(of: url.host, within: Self.lookUpTime)
        let intents = try await SQLiteContentStore(database).content().content.intents
        let called = Set(intents.compactMap { $0.action?.target })
        return Setting(
            targets: targets, secret: isKept ? nil : secret, refusal: refusal,
            uncalled: intents.isEmpty ? [] : names.filter { !called.contains($0) })
    }

    package func list() async throws -> [Row] {
        let database = try directory.openExistingDatabase()
        defer { try? database.close() }
        let intents = try await SQLiteContentStore(database).content().content.intents
        let users = Dictionary(grouping: intents.filter { $0.action != nil }) { $0.action?.target }
        let targets = try SQLiteActionStore(database).targets()
        let names = Set(targets.map(\.name)).union(users.keys.compactMap(\.self))
        return names.sorted().map { name in
            Row(
                name: name, target: targets.first { $0.name == name },
                intents: (users[name] ?? []).map(\.name).sorted())
        }
    }

    package func remove(_ texts: [String]) async throws -> [ActionName] {
        let names = try Self.names(texts)
        let database = try directory.openExistingDatabase()
        defer { try? database.close() }
        let removed = try await SQLiteActionStore(database).remove(names)
        guard removed.count == names.count else {
            let missing = names.filter { !removed.contains($0) }.map { "'\($0)'" }.joined(separator: ", ")
            throw CommandFailure(.data, "there is no target \(missing)")
        }
        return removed
    }

    private static func names(_ texts: [String]) throws -> [ActionName] {
        var names: [ActionName] = []
        for text in texts {
            guard let name = ActionName(text) else {
                throw CommandFailure(
                    .data,
                    "'\(text.prefix(80))' cannot be a target's name, expected 1 to 128 letters, digits and . _ - / :")
            }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

extension ActionTargets.Row {
    package var json: JSONValue {
        [
            "name": .string(name.rawValue), "url": target.map { .string($0.url) } ?? .null,
            "intents": .array(intents.map { .string($0.rawValue) }),
            "created_at": target.map { .string(Timestamp.text($0.createdAt)) } ?? .null,
        ]
    }

    /// The columns of a table.
    package var cells: [String] {
        [
            name.rawValue, target?.url ?? "not set", intents.map(\.rawValue).joined(separator: ", "),
            target.map { String(Timestamp.text($0.createdAt).prefix(10)) } ?? "",
        ]
    }
}
