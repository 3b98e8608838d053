import BERT
import ConversationDomain
import Foundation
import ModelFiles
import Understanding

/// Opens encoders of a data directory and remembers the one that was opened last while anybody uses it, since several
/// versions of a model share it.
actor Encoders {
    private let directory: DataDirectory
    private let settings: EncoderSettings
    private weak var opened: TextEncoder?

    init(_ directory: DataDirectory, settings: EncoderSettings = EncoderSettings()) {
        self.directory = directory
        self.settings = settings
    }

    /// The encoder to train with: the named one, else the preferred of those that are installed.
    func preferred(named name: String?) throws -> TextEncoder {
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

    /// The encoder that a trained version belongs to.
    func encoder(of version: ModelVersion) throws -> TextEncoder {
        let models = try directory.installedModels()
        guard let model = models.first(where: { $0.manifest.weightsSHA256 == version.encoderHash }) else {
            throw CommandFailure(
                .unavailable,
                "the active model \(version.id) needs the encoder '\(version.encoder)' (weights \(version.encoderHash.prefix(12))…), which is not installed; run 'make model'"
            )
        }
        return try open(model)
    }

    private func open(_ model: InstalledModel) throws -> TextEncoder {
        if let opened, opened.manifest.weightsSHA256 == model.manifest.weightsSHA256 { return opened }
        let encoder = try TextEncoder(
            directory: model.directory, kernelSet: settings.kernels, precision: settings.precision,
            idleWorkspaces: settings.idleWorkspaces)
        opened = encoder
        return encoder
    }
}

/// How encoders calculate.
struct EncoderSettings: Sendable {
    var precision = Precision.int8
    /// nil for the fastest that the CPU has.
    var kernels: KernelSet?
    /// Workspaces that are kept between two passes, one a thread that encodes at the same time.
    var idleWorkspaces = 2
}
