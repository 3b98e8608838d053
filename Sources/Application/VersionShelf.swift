import BERT
package import ConversationDomain
import Foundation
package import IntentModel
package import ModelRecords
package import SQLiteModels
import SQLiteStore

/// Finds trained versions by what users call them, and opens them.
package struct VersionShelf {
    let models: SQLiteModelStore
    let encoders: any EncoderSource

    package init(models: SQLiteModelStore, encoders: any EncoderSource) {
        self.models = models
        self.encoders = encoders
    }

    /// - Parameter name: an id, a unique ending of one with at least four characters, or `active`.
    /// - Throws: ``CommandFailure`` when none or several match.
    package func version(named name: String) async throws -> ModelSummary {
        let matches = try await models.list().filter { summary in
            let id = summary.id.rawValue
            return name == "active" ? summary.isActive : id == name || (name.count >= 4 && id.hasSuffix(name))
        }
        guard let match = matches.first, matches.count == 1 else {
            throw CommandFailure(
                .data,
                "\(matches.isEmpty ? "no" : "more than one") version matches '\(name)'; see 'frontdesk model list'")
        }
        return match
    }

    /// Opens a version as a server would, so that one that cannot be used is refused before it is live.
    package func open(_ id: ModelVersionID) async throws -> LiveClassifier.ActiveModel {
        guard let version = try await models.model(id) else {
            throw CommandFailure(.data, "there is no version \(id); see 'frontdesk model list'")
        }
        let encoder = try await encoders.encoder(of: version)
        do {
            return try LiveClassifier.ActiveModel(version, encoder: encoder)
        } catch let error as ChatError {
            throw CommandFailure(.data, "the version \(id) cannot be used: \(error.message)")
        }
    }
}
