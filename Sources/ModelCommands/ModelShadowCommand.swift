import Application
import ArgumentParser
import ConversationDomain
import Foundation
import ModelLifecycle
import ModelRecords
import SQLiteModels
import SQLiteStore
import Terminal
import Wire

extension ModelCommand {
    /// `frontdesk model shadow`: which version is tried on live messages.
    struct Shadow: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Try a version on live messages beside the active one; without one, tell which is tried.",
            discussion:
                "Visitors never see what the shadow decides. What it would have acted on otherwise is kept for 'frontdesk model disagreements' and put into the review queue."
        )

        @OptionGroup var data: DataOptions

        @Flag(help: "End it.")
        var off = false

        @Argument(help: "The version (model_…), or a unique ending of it.")
        var version: String?

        func run() async throws {
            try await CommandFailure.reporting {
                guard !off || version == nil else { throw CommandFailure(.data, "give a version or --off, not both") }
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteShadowStore(database)
                if off { try await store.setShadow(nil, at: Date()) }
                if let version { try await start(version, store, SQLiteModelStore(database)) }
                let shadow = try await store.shadow()
                if data.json { return try Output.json(["shadow": shadow?.rawValue]) }
                Output.line("shadow: \(shadow?.rawValue ?? "none")")
            }
        }

        private func start(_ version: String, _ store: SQLiteShadowStore, _ models: SQLiteModelStore) async throws {
            let shelf = VersionShelf(models: models, encoders: Encoders(data.directory))
            let match = try await shelf.version(named: version)
            guard !match.isActive else {
                throw CommandFailure(.data, "\(match.id) is the active version; a shadow is another one")
            }
            _ = try await shelf.open(match.id)
            try await store.setShadow(match.id, at: Date())
        }
    }

    /// `frontdesk model disagreements`: what the shadow would have acted on otherwise.
    struct Disagreements: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List live messages that a shadow would have acted on otherwise, the newest first.")

        @OptionGroup var data: DataOptions

        @Option(help: "How many to list, 1 to 10000.")
        var limit = 20

        func run() async throws {
            try await CommandFailure.reporting {
                guard (1...SQLiteShadowStore.limit).contains(limit) else {
                    throw CommandFailure(.data, "--limit: \(limit) is not between 1 and \(SQLiteShadowStore.limit)")
                }
                let database = try data.directory.openExistingDatabase()
                defer { try? database.close() }
                let store = SQLiteShadowStore(database)
                let list = try await store.disagreements(limit: limit)
                let total = try await store.disagreementCount()
                if data.json {
                    return try Output.json(
                        DisagreementList(total: total, disagreements: list.map(DisagreementView.init)))
                }
                Output.line("\(total) \(total == 1 ? "disagreement" : "disagreements")")
                for one in list {
                    Output.line(
                        """
                        \(Timestamp.text(one.at))  \(VersionComparison.shortened(one.text))
                            active \(VersionComparison.words(one.active.decision))   shadow \
                        \(VersionComparison.words(one.shadow.decision))
                        """)
                }
            }
        }
    }
}

private struct DisagreementList: Encodable {
    let total: Int
    let disagreements: [DisagreementView]
}

private struct DisagreementView: Encodable {
    let disagreement: Disagreement

    init(_ disagreement: Disagreement) { self.disagreement = disagreement }

    enum Keys: String, CodingKey {
        case text, active, shadow
        case message = "message_id"
        case conversation = "conversation_id"
        case activeModel = "active_model"
        case shadowModel = "shadow_model"
        case at = "created_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(disagreement.message, forKey: .message)
        try container.encode(disagreement.conversation, forKey: .conversation)
        try container.encode(disagreement.text, forKey: .text)
        try container.encode(disagreement.active.model, forKey: .activeModel)
        try container.encode(disagreement.active.decision, forKey: .active)
        try container.encode(disagreement.shadow.model, forKey: .shadowModel)
        try container.encode(disagreement.shadow.decision, forKey: .shadow)
        try container.encode(disagreement.at, forKey: .at)
    }
}
