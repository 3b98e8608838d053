import BERT
import ConversationDomain
import Foundation
package import ModelFiles

/// `manifest.json`, the last file of a backup: size and SHA-256 of every other one, and the encoders that the database's
/// model versions need, so that a restore can say which one is missing.
package struct BackupManifest: Codable {
    static let fileName = "manifest.json"
    static let currentFormat = 1
    /// The most bytes that it may have.
    static let sizeLimit = 4 << 20

    package struct Encoder: Codable, Hashable {
        package let name: String
        /// Of the published `model.safetensors`.
        let weightsSHA256: String
        /// Whether the live version needs it.
        let isActive: Bool
        /// Whether its files are in the backup.
        package var isIncluded = false

        enum CodingKeys: String, CodingKey {
            case name
            case weightsSHA256 = "weights_sha256"
            case isActive = "active"
            case isIncluded = "included"
        }
    }

    var format = currentFormat
    var program = Program.version
    var createdAt: Date
    package var entries: [ArchiveEntry]
    package var encoders: [Encoder]

    enum CodingKeys: String, CodingKey {
        case format, program, entries, encoders
        case createdAt = "created_at"
    }
}

/// The names that a backup may hold: `frontdesk.sqlite`, `models/<name>/<file>`, `versions/<id>/<file>`, `manifest.json`.
enum BackupName: Equatable {
    case database
    case manifest
    case model(name: String, file: String)
    case version(id: String, file: String)

    static let databaseName = "frontdesk.sqlite"
    /// What was published or trained of a model; what was compiled from it is made again where it is restored.
    static let fileKinds = ["json", "safetensors", "txt"]

    /// Nil for a name that has no place in a backup.
    init?(_ name: String) {
        switch name {
        case Self.databaseName: self = .database
        case BackupManifest.fileName: self = .manifest
        default:
            let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts.allSatisfy(Self.isPlain),
                let kind = parts[2].split(separator: ".").last, Self.fileKinds.contains(String(kind))
            else { return nil }
            switch parts[0] {
            case "models": self = .model(name: parts[1], file: parts[2])
            case "versions": self = .version(id: parts[1], file: parts[2])
            default: return nil
            }
        }
    }

    /// Letters, digits, `.`, `_` and `-`, not beginning with a point.
    private static func isPlain(_ part: String) -> Bool {
        guard let first = part.utf8.first, first != UInt8(ascii: ".") else { return false }
        return part.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "._-".utf8.contains($0)
        }
    }
}

extension DatabaseFacts {
    /// The published encoders that the versions need, each once, the live one's first.
    package var encoders: [BackupManifest.Encoder] {
        var seen: Set<String> = []
        return versions.sorted { $0.isActive && !$1.isActive }.filter { seen.insert($0.publishedHash).inserted }
            .map {
                BackupManifest.Encoder(name: $0.encoder, weightsSHA256: $0.publishedHash, isActive: $0.isActive)
            }
    }
}
