package import BERT
import ConversationDomain
import Foundation
package import Inference
import ModelFiles
package import ModelRecords

/// Opens encoders of a data directory and remembers each while anybody uses it, since several versions of a model share
/// one.
package actor Encoders: EncoderSource {
    private let directory: DataDirectory
    package nonisolated let settings: EncoderSettings
    /// By the hash of their weights.
    private var opened: [String: Opened] = [:]

    private struct Opened {
        weak var encoder: TextEncoder?
    }

    package init(_ directory: DataDirectory, settings: EncoderSettings = EncoderSettings()) {
        self.directory = directory
        self.settings = settings
    }

    package func preferred(named name: String?) throws -> any SentenceEncoder { try trainable(named: name) }

    /// The encoder to train with, as one whose own weights can be trained: the named one, else the preferred of those that are
    /// installed.
    package func trainable(named name: String?) throws -> TextEncoder {
        let models = try directory.installedModels()
        guard let name else { return try open(models[0]) }
        guard let model = models.first(where: { $0.manifest.name == name }) else {
            throw CommandFailure(
                .unavailable,
                "--encoder: '\(name)' is not installed; there is \(models.map(\.manifest.name).joined(separator: ", "))"
            )
        }
        return try open(model)
    }

    /// The other installed encoders.
    package func others(than encoder: TextEncoder) throws -> [TextEncoder] {
        try directory.installedModels().filter { $0.manifest.name != encoder.name }.map { try open($0) }
    }

    package func encoder(of version: ModelVersion) throws -> any SentenceEncoder {
        let models = try directory.installedModels()
        guard let model = models.first(where: { $0.manifest.weightsSHA256 == version.publishedHash }) else {
            throw CommandFailure(
                .unavailable,
                "the model \(version.id) needs the encoder '\(version.encoder)' (weights \(version.encoderHash.prefix(12))…), which is not installed; run 'make model'"
            )
        }
        guard let hash = version.ownWeightsHash else { return try open(model) }
        let file = directory.weights(of: version.id)
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw CommandFailure(
                .unavailable,
                "\(file.path): the model \(version.id) was trained with weights of its own, and they are missing; restore a backup, or activate another version"
            )
        }
        return try open(model, overlay: WeightsOverlay(url: file, hash: hash))
    }

    private func open(_ model: InstalledModel, overlay: WeightsOverlay? = nil) throws -> TextEncoder {
        let hash = TextEncoder.weightsHash(of: model.manifest, overlay: overlay?.hash)
        if let encoder = opened[hash]?.encoder { return encoder }
        let encoder = try Self.open(model.directory, overlay: overlay, settings: settings)
        opened = opened.filter { $0.value.encoder != nil }
        opened[hash] = Opened(encoder: encoder)
        return encoder
    }

    /// Opens a model directory.
    static func open(_ directory: URL, overlay: WeightsOverlay?, settings: EncoderSettings) throws -> TextEncoder {
        try TextEncoder(
            directory: directory, overlay: overlay, kernelSet: settings.kernels, precision: settings.precision,
            idleWorkspaces: settings.idleWorkspaces)
    }
}

/// How encoders calculate.
package struct EncoderSettings: Sendable {
    package var precision: Precision = .int8
    /// nil for the fastest that the CPU has.
    var kernels: KernelSet?
    /// Workspaces that are kept between two passes, one a thread that encodes at the same time.
    var idleWorkspaces: Int = 2

    package init(precision: Precision = .int8, kernels: KernelSet? = nil, idleWorkspaces: Int = 2) {
        self.precision = precision
        self.kernels = kernels
        self.idleWorkspaces = idleWorkspaces
    }
}
