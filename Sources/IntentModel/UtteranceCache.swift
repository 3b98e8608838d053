import ConversationDomain
import Entities
import Synchronization

/// Keeps what was made of utterances that were encoded before: customers repeat themselves and each other.
///
/// What was used since half of the cache was filled last is kept, so an utterance that comes again and again stays.
/// Every call takes constant time.
final class UtteranceCache: Sendable {
    /// What an understanding depends on.
    struct Key: Hashable, Sendable {
        /// `SentenceEncoder.numericsHash`.
        let encoder: String
        /// Identifies the entity head; empty without one.
        let tagger: String
        /// As the encoder reads it.
        let text: UTF8Text

        init(encoder: String, tagger: String, text: String) {
            self.encoder = encoder
            self.tagger = tagger
            self.text = UTF8Text(text)
        }
    }

    struct Entry: Sendable {
        let embedding: [Float]
        /// What the entity head found, places in the key's text.
        var finds: [EntityHead.Find] = []
        /// What the bot could say to it; nil without a ranking.
        var ranked: Ranked?
    }

    /// Longer texts are not worth their place, in bytes of UTF-8.
    static let textLimit = 512

    private struct State {
        var recent: [Key: Entry] = [:]
        var older: [Key: Entry] = [:]
        var hits = 0
        var misses = 0
    }

    private let halfLimit: Int
    private let state = Mutex(State())

    /// - Parameter limit: utterances that are kept, 2 at least; 0 turns the cache off.
    init(limit: Int) {
        halfLimit = limit <= 0 ? 0 : max(1, limit / 2)
    }

    func entry(_ key: Key) -> Entry? {
        guard halfLimit > 0 else { return nil }
        return state.withLock { state in
            if let found = state.recent[key] {
                state.hits += 1
                return found
            }
            guard let found = state.older.removeValue(forKey: key) else {
                state.misses += 1
                return nil
            }
            state.hits += 1
            insert(found, key, &state)
            return found
        }
    }

    func keep(_ entry: Entry, _ key: Key) {
        guard halfLimit > 0, key.text.utf8.count <= Self.textLimit else { return }
        state.withLock { insert(entry, key, &$0) }
    }

    var metrics: UtteranceCacheMetrics {
        state.withLock {
            UtteranceCacheMetrics(hits: $0.hits, misses: $0.misses, entries: $0.recent.count + $0.older.count)
        }
    }

    private func insert(_ entry: Entry, _ key: Key, _ state: inout State) {
        if state.recent.count >= halfLimit, state.recent[key] == nil {
            state.older = state.recent
            state.recent = [:]
        }
        state.recent[key] = entry
    }
}

/// How much the utterance cache saves.
public struct UtteranceCacheMetrics: Hashable, Sendable {
    /// Utterances that were found, and that had to be encoded.
    public let hits: Int
    public let misses: Int
    /// Utterances that are kept now.
    public let entries: Int

    /// Share of the utterances that were found, 0 to 1; 0 before the first.
    public var hitRatio: Double { hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses) }
}
