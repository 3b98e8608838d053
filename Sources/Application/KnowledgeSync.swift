package import ConversationDomain
import Documents
package import Foundation
import NativeContent
package import SQLiteKnowledge
package import SQLiteStore

/// Makes a collection of passages hold what a folder of documents says: what changed is embedded before it is stored, so that a
/// running server follows at once; what vanished is retired.
package struct KnowledgeSync {
    package var collection: CollectionName
    package var baseURL: String?
    /// Of pages that name none.
    package var locale: BotLocale?
    package var isDryRun = false
    let progress: any ProgressPort

    package init(
        collection: CollectionName, baseURL: String? = nil, locale: BotLocale? = nil, isDryRun: Bool = false,
        progress: any ProgressPort
    ) {
        (self.collection, self.baseURL, self.locale) = (collection, baseURL, locale)
        (self.isDryRun, self.progress) = (isDryRun, progress)
    }

    package struct Outcome: Hashable, Sendable {
        package var change: CollectionChange
        package var pages: Int
        package var passages: Int
        /// Passages that stood on an earlier page already.
        package var repeated: Int
        /// Texts that were encoded: those that no earlier run had.
        package var encoded: Int
    }

    /// - Parameter vectors: makes what the passages are found by; nil leaves it to the server.
    /// - Throws: ``CommandFailure`` with one `path:line: …` per error; nothing is changed then.
    package func run(
        _ folder: URL, into database: SQLiteDatabase, vectors: PassageVectors? = nil
    ) async throws -> Outcome {
        let reader = try read(folder)
        let store = SQLiteKnowledgeCollections(database)
        let passages = reader.passages
        do {
            var outcome = Outcome(
                change: try await store.synchronise(passages, of: collection, dryRun: true), pages: reader.pages,
                passages: passages.count, repeated: reader.merged, encoded: 0)
            if isDryRun || outcome.change.isEmpty { return outcome }
            if let vectors {
                var content = try await SQLiteContentStore(database).content().content
                content.knowledge.removeAll { $0.collection == collection }
                content.knowledge += passages
                outcome.encoded = try await vectors.make(for: content.withShippedPhrases, progress: progress)
            }
            outcome.change = try await store.synchronise(
                passages, of: collection, progress: { [progress] in progress.step("store", $0, $1) })
            return outcome
        } catch let error as ChatError where error.code == .conflict {
            throw CommandFailure(.data, "the synchronisation was refused, nothing was changed\n\(error.message)")
        }
    }

    private func read(_ folder: URL) throws -> DocumentReader {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder) else {
            throw CommandFailure(.noInput, "\(folder.relativePath): no such folder")
        }
        guard isFolder.boolValue else {
            throw CommandFailure(
                .data, "\(folder.relativePath): is no folder; use 'frontdesk import' for single pages")
        }
        var log = IssueLog(limit: ContentLimits().errors)
        let pages = DocumentFolder.pages(in: folder, log: &log)
        if pages.isEmpty, log.errors.isEmpty {
            throw CommandFailure(
                .data,
                "\(folder.relativePath): there is no page, expected files that end in .md or .html; 'frontdesk knowledge remove' removes a collection"
            )
        }
        var options = ReadOptions()
        options.defaultLocale = locale
        var reader = DocumentReader(collection: collection, base: baseURL, options: options)
        for (index, page) in pages.enumerated() where !log.isFull {
            let file = folder.appending(path: page)
            reader.read(file, path: folder.relativePath + "/" + page, page: page, log: &log)
            progress.step("pages", index + 1, pages.count)
        }
        for issue in log.toldWarnings { progress.note(issue.description) }
        guard log.errors.isEmpty else {
            throw CommandFailure(
                .data,
                "the synchronisation was refused, nothing was changed\n"
                    + log.errors.map(\.description).joined(separator: "\n"))
        }
        return reader
    }

    /// What links may begin with.
    /// - Throws: ``CommandFailure`` when it is no address of a site.
    package static func checked(baseURL: String?) throws -> String? {
        guard let baseURL else { return nil }
        guard LintRun.isWebAddress(baseURL), !baseURL.contains("#"), !baseURL.contains("?"), baseURL.utf8.count <= 1_000
        else {
            throw CommandFailure(
                .data, "--base-url: '\(baseURL.prefix(80))' is not an address such as https://docs.example/guide")
        }
        return baseURL
    }
}

/// The collections that are there.
package enum KnowledgeCollections {
    package static func list(_ database: SQLiteDatabase) async throws -> [(name: CollectionName, passages: Int)] {
        try await SQLiteKnowledgeCollections(database).collections()
    }

    /// Retires all passages of a collection.
    package static func remove(_ name: CollectionName, from database: SQLiteDatabase) async throws -> CollectionChange {
        try await SQLiteKnowledgeCollections(database).synchronise([], of: name)
    }
}
