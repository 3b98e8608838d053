package import Inference
package import ModelRecords

/// Gives the encoders that versions are trained with and belong to. ``Encoders`` has those of a data directory.
package protocol EncoderSource: Sendable {
    /// How they calculate.
    var settings: EncoderSettings { get }
    /// The encoder to train with: the named one, else the preferred of those that there are.
    /// - Throws: ``CommandFailure`` when there is none, or none of that name.
    func preferred(named name: String?) async throws -> any SentenceEncoder
    /// The encoder that a trained version belongs to, with the version's own weights if its encoder was trained too.
    /// - Throws: ``CommandFailure`` when it is not there.
    func encoder(of version: ModelVersion) async throws -> any SentenceEncoder
}
