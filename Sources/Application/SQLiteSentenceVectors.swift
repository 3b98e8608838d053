import ConversationDomain
import Foundation
import IntentData
import NativeContent
package import Ranking
import SQLiteModels
import SQLiteStore

/// Lets the ranking keep its vectors in the bot's database.
struct SQLiteSentenceVectors: SentenceVectorCache {
    let store: SQLiteVectorStore

    func count(_ keys: [Data], origin: Data) async throws -> Int { try await store.count(keys, origin: origin) }

    func vectors(_ keys: [Data], origin: Data) async throws -> [Data: Data] {
        try await store.vectors(keys, origin: origin)
    }

    func keep(_ vectors: [Data: Data], origin: Data) async throws { try await store.keep(vectors, origin: origin) }

    func prune(origin: Data, keeping keys: Set<Data>, origins: Int) async throws {
        try await store.prune(origin: origin, keeping: keys, origins: origins)
    }
}

extension [PhraseLibrary] {
    /// The sentences of the speech acts that the program brings.
    package static let shipped = ShippedPhrases.locales.flatMap { locale in
        PhraseLibrary.Part.allCases.map { part in
            PhraseLibrary(locale: locale, part: part, id: ShippedPhrases.id(of: locale)) {
                ShippedPhrases.sentences(of: locale) { part.contains($0) }
            }
        }
    }
}
