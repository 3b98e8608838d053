import ConversationDomain
import Foundation
import ModelRecords
import SQLiteModels
import SQLiteStore

/// What a database says about the files that belong to it.
package struct DatabaseFacts {
    struct Version {
        let id: ModelVersionID
        let encoder: String
        let publishedHash: String
        /// Of the weights in `versions/<id>/`; nil when its encoder is as it was published.
        let ownWeightsHash: String?
        let isActive: Bool
    }

    let versions: [Version]

    /// - Parameter file: of a copy that nobody else has open; it is brought to this program's schema.
    init(copy file: URL) async throws {
        let database = try SQLiteDatabase(url: file)
        defer { try? database.close() }
        let models = SQLiteModelStore(database)
        var versions: [Version] = []
        for summary in try await models.list() {
            guard let model = try await models.model(summary.id) else { continue }
            versions.append(
                Version(
                    id: summary.id, encoder: model.encoder, publishedHash: model.publishedHash,
                    ownWeightsHash: model.ownWeightsHash, isActive: summary.isActive))
        }
        self.versions = versions
        try database.close()
    }
}
