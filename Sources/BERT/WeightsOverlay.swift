public import Foundation

/// A safetensors file with the tensors of a model that training changed, under the model's own names.
///
/// It stands beside the model's file instead of replacing it: a tuned encoder costs the changed tensors only. Packed
/// weights are kept in the overlay's directory, which should therefore hold one overlay.
public struct WeightsOverlay: Sendable, Equatable {
    /// The file.
    public let url: URL
    /// Identifies its content, usually its SHA-256.
    public let hash: String

    /// Names the overlay in `url` whose content has `hash`.
    public init(url: URL, hash: String) {
        self.url = url
        self.hash = hash
    }
}
