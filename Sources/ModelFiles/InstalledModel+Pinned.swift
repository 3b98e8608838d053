internal import BERT

extension InstalledModel {
    /// Whether its weights are those of a model that this program knows byte for byte and that anybody can install again.
    public var isPublic: Bool {
        PinnedModel.all.contains { $0.weightsSHA256 == manifest.weightsSHA256 }
    }
}
