internal import BERT
internal import Foundation
import TensorFiles

extension InstalledModel {
    /// Reads all weights and compares them with the manifest's hash.
    /// - Throws: `ModelError` when they differ.
    public func verifyWeights() throws {
        let weights = directory.appendingPathComponent("model.safetensors")
        guard try FileDigest.sha256(weights) == manifest.weightsSHA256 else {
            throw ModelError(
                .invalidFile, "\(weights.path): the weights differ from the hash in \(ModelManifest.fileName)")
        }
    }
}
