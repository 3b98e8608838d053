public import BERT

extension TextEncoder: SentenceEncoder {
    public var name: String { manifest.name }
    public var numericsHash: String {
        encoder.precision == .float32 ? weightsHash : "\(weightsHash)/\(encoder.numerics)"
    }
    public var featureScaling: ModelManifest.FeatureScaling { manifest.featureScaling }

    public func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        let role: Role =
            switch role {
            case .query: .query
            case .passage: .passage
            }
        return try embed(texts, as: role, threads: threads)
    }
}
