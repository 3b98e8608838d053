public import BERT

extension TextEncoder: SentenceEncoder {
    public var name: String { manifest.name }
    public var numericsHash: String {
        encoder.precision == .float32 ? weightsHash : "\(weightsHash)/\(encoder.numerics)"
    }
    public var featureScaling: ModelManifest.FeatureScaling { manifest.featureScaling }

    public func embed(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [[Float]] {
        try embed(texts, as: Self.role(role), threads: threads)
    }

    public func encode(_ texts: [String], as role: EncodingRole, threads: Int) throws -> [EncodedText] {
        try encode(texts, as: Self.role(role), threads: threads)
    }

    public func embed(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws
        -> [[Float]]
    {
        try embed(texts, as: Self.role(role), threads: threads, interlude: interlude)
    }

    public func encode(_ texts: [String], as role: EncodingRole, threads: Int, interlude: PassInterlude?) throws
        -> [EncodedText]
    {
        try encode(texts, as: Self.role(role), threads: threads, interlude: interlude)
    }

    private static func role(_ role: EncodingRole) -> Role {
        switch role {
        case .query: .query
        case .passage: .passage
        }
    }
}
