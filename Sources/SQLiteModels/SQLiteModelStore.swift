public import ConversationDomain
public import Foundation
internal import GRDB
public import ModelRecords
public import SQLiteStore
internal import TensorFiles

/// Keeps model versions, which of them is active, and embeddings of texts that were seen before.
public struct SQLiteModelStore: ModelStore {
    private let database: SQLiteDatabase

    public init(_ database: SQLiteDatabase) {
        self.database = database
    }

    public func add(_ model: ModelVersion) async throws {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO model (id, encoder, encoder_hash, data_hash, labels, metrics, head, created_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    model.id.rawValue, model.encoder, model.encoderHash, model.dataHash, try RowJSON.text(model.labels),
                    try RowJSON.text(model.metrics), model.head, RowTime.milliseconds(model.createdAt),
                ])
        }
    }

    public func list() async throws -> [ModelSummary] {
        try await database.read { database in
            let active = try Self.active(database)
            let rows = try Row.fetchAll(
                database,
                sql: """
                    SELECT id, created_at, encoder, data_hash, json_array_length(labels) AS intents, metrics
                    FROM model ORDER BY created_at, id
                    """)
            return try rows.map { row in
                let id = ModelVersionID(trusted: row["id"])
                return ModelSummary(
                    id: id, createdAt: RowTime.date(row["created_at"]), encoder: row["encoder"],
                    dataHash: row["data_hash"],
                    intents: row["intents"], metrics: try RowJSON.value(row["metrics"]), isActive: id == active)
            }
        }
    }

    public func model(_ id: ModelVersionID) async throws -> ModelVersion? {
        try await database.read { database in
            guard
                let row = try Row.fetchOne(database, sql: "SELECT * FROM model WHERE id = ?", arguments: [id.rawValue])
            else { return nil }
            return ModelVersion(
                id: id, createdAt: RowTime.date(row["created_at"]), encoder: row["encoder"],
                encoderHash: row["encoder_hash"],
                dataHash: row["data_hash"], labels: try RowJSON.value(row["labels"]),
                metrics: try RowJSON.value(row["metrics"]),
                head: row["head"])
        }
    }

    /// The vectors of sentences in the same database.
    public var vectors: SQLiteVectorStore { SQLiteVectorStore(database) }

    public func activeID() async throws -> ModelVersionID? {
        try database.lookUp { try Self.active($0) }
    }

    public func activate(_ id: ModelVersionID, at time: Date) async throws {
        try await database.write { database in
            guard try Bool.fetchOne(database, sql: "SELECT 1 FROM model WHERE id = ?", arguments: [id.rawValue]) != nil
            else {
                throw ChatError(.notFound, "there is no model \(id)")
            }
            // What is live is not tried out any more.
            try database.execute(sql: "DELETE FROM shadow WHERE model_id = ?", arguments: [id.rawValue])
            if try Self.active(database) == id { return }
            try database.execute(
                sql: "INSERT INTO activation (model_id, at) VALUES (?, ?)",
                arguments: [id.rawValue, RowTime.milliseconds(time)])
        }
    }

    public func rollback(at time: Date) async throws -> ModelVersionID {
        try await database.write { database in
            let newest = try Row.fetchAll(
                database,
                sql: "SELECT number, model_id FROM activation WHERE rolled_back_at IS NULL ORDER BY number DESC LIMIT 2"
            )
            guard newest.count == 2 else { throw ChatError(.conflict, "no model was active before this one") }
            let number: Int64 = newest[0]["number"]
            try database.execute(
                sql: "UPDATE activation SET rolled_back_at = ? WHERE number = ?",
                arguments: [RowTime.milliseconds(time), number])
            return ModelVersionID(trusted: newest[1]["model_id"])
        }
    }

    /// The version that ``rollback(at:)`` would activate.
    public func previousID() async throws -> ModelVersionID? {
        try await database.read { database in
            try String.fetchOne(
                database,
                sql: """
                    SELECT model_id FROM activation WHERE rolled_back_at IS NULL ORDER BY number DESC LIMIT 1 OFFSET 1
                    """
            ).map(ModelVersionID.init(trusted:))
        }
    }

    private static func active(_ database: Database) throws -> ModelVersionID? {
        let statement = try database.cachedStatement(
            sql: "SELECT model_id FROM activation WHERE rolled_back_at IS NULL ORDER BY number DESC LIMIT 1")
        return try String.fetchOne(statement).map(ModelVersionID.init(trusted:))
    }
}

extension SQLiteModelStore {
    public func cachedEmbeddings(_ keys: [Data], encoderHash: String) async throws -> [Data: [Float]] {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT vector FROM embedding WHERE encoder_hash = ? AND key = ?")
            var found: [Data: [Float]] = [:]
            for key in keys {
                guard let bytes = try Data.fetchOne(statement, arguments: [encoderHash, key]) else { continue }
                found[key] = StoredVector.vector(bytes)
            }
            return found
        }
    }

    public func cacheEmbeddings(_ embeddings: [Data: [Float]], encoderHash: String) async throws {
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO embedding (encoder_hash, key, vector) VALUES (?, ?, ?)")
            for (key, vector) in embeddings {
                try statement.execute(arguments: [encoderHash, key, StoredVector.bytes(vector)])
            }
        }
    }
}
