public import ConversationDomain
import Synchronization

/// The lists and patterns that are live, made ready once per change of the content; they count at once, without training.
public final class LiveLexicon: Sendable {
    private let state = Mutex<(definitions: [EntityDefinition], lexicon: EntityLexicon)>(([], EntityLexicon()))

    public init() {}

    public var current: EntityLexicon { state.withLock { $0.lexicon } }

    /// Takes over the lists and patterns of the live content.
    public func follow(_ definitions: [EntityDefinition]) {
        guard state.withLock({ $0.definitions }) != definitions else { return }
        let lexicon = EntityLexicon(definitions)
        state.withLock { $0 = (definitions, lexicon) }
    }
}
