internal import BERT
internal import Foundation

extension InstalledModel {
    /// Reads all weights and compares them with the manifest's hash.
    /// - Throws: `BERTError` when they differ.
    public func verifyWeights() throws {
        let weights = directory.appendingPathComponent("model.safetensors")
        guard try FileDigest.sha256(weights) == manifest.weightsSHA256 else {
            throw BERTError(
                .invalidFile, "\(weights.path): the weights differ from the hash in \(ModelManifest.fileName)")
        }
    }
}
