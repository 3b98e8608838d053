public import ConversationDomain
public import Foundation
import Inference
public import IntentModel
public import ModelRecords
import Synchronization

/// Where people work through what the bot did not understand: lists the queue in groups of one meaning, learns labels, and
/// measures what a label does to the sentences that the bot knows before it is learned.
public final class ReviewDesk: ReviewService {
    /// What a desk works with.
    public struct Parts: Sendable {
        public var store: any ReviewStore
        public var contents: any ContentStore
        public var classifier: LiveClassifier
        public var indexer: LabelledIndexer
        public var now: @Sendable () -> Date = { Date() }
        /// Open items that are grouped: the newest.
        public var groupLimit = 2_000
        /// How long a list may wait for texts to be encoded; those that are not by then stand alone until they are.
        public var groupTime = Duration.seconds(2)
        /// Known sentences that a label may harm before it is refused.
        public var toleratedRegressions = 0

        public init(
            store: any ReviewStore, contents: any ContentStore, classifier: LiveClassifier, indexer: LabelledIndexer
        ) {
            self.store = store
            self.contents = contents
            self.classifier = classifier
            self.indexer = indexer
        }
    }

    let parts: Parts
    /// Encodes what a list did not wait for; one at a time.
    private let encoding = Mutex<Task<Void, Never>?>(nil)

    public init(_ parts: Parts) { self.parts = parts }

    deinit { encoding.withLock { $0?.cancel() } }

    public func list(_ query: ReviewQuery) async throws -> ReviewPage {
        var clusters = query.status == .open ? try await openClusters() : try await decided(query.status)
        if let reason = query.reason {
            clusters.removeAll { !$0.items.contains { $0.reasons.contains(reason) } }
        }
        let total = try await parts.store.count(query.status)
        var places = clusters.map { (place: ReviewCursor($0), cluster: $0) }.sorted { $0.place < $1.place }
        if let after = query.after { places.removeAll { $0.place <= after } }
        let page = places.prefix(max(1, query.limit))
        return ReviewPage(
            clusters: page.map(\.cluster), total: total, next: page.count < places.count ? page.last?.place : nil)
    }

    public func dismiss(_ id: ReviewID, scope: ReviewScope, by person: String) async throws -> ReviewOutcome {
        let items = try await chosen(id, scope)
        return ReviewOutcome(
            items: try await decide(id, items, nil, by: person), status: .dismissed, report: nil)
    }

    public func correct(_ message: MessageID, to intent: IntentName) async throws -> ReviewID {
        let (_, content) = try await parts.contents.content()
        guard intent == .outOfScope || content.intents.contains(where: { $0.name == intent }) else {
            throw ChatError(.notFound, "there is no intent '\(intent)'")
        }
        guard
            let id = try await parts.store.file(
                .corrected, message: message, suggestion: intent, at: parts.now())
        else { throw ChatError(.notFound, "there is no such message of a visitor") }
        return id
    }
}

// MARK: - Items

extension ReviewDesk {
    /// - Throws: `ChatError(.notFound)`.
    func chosen(_ id: ReviewID, _ scope: ReviewScope) async throws -> [ReviewItem] {
        guard let item = try await parts.store.item(id) else {
            throw ChatError(.notFound, "there is no such item in the review queue")
        }
        guard scope == .cluster, item.status == .open else { return [item] }
        return try await openClusters().first { $0.items.contains { $0.id == id } }?.items ?? [item]
    }

    /// - Throws: `ChatError(.conflict)` when somebody else was faster.
    func decide(_ id: ReviewID, _ items: [ReviewItem], _ label: ReviewLabel?, by person: String) async throws
        -> [ReviewID]
    {
        let decided = try await parts.store.decide(
            ReviewDecision(items: items, label: label, by: person, at: parts.now()))
        guard decided.contains(id) else {
            throw ChatError(.conflict, "somebody else has decided on this item meanwhile")
        }
        return decided
    }

    private func decided(_ status: ReviewStatus) async throws -> [ReviewCluster] {
        try await parts.store.items(status, limit: parts.groupLimit).compactMap { ReviewCluster([$0]) }
    }

    private func openClusters() async throws -> [ReviewCluster] {
        let items = try await parts.store.items(.open, limit: parts.groupLimit)
        guard items.count > 1 else { return items.compactMap { ReviewCluster([$0]) } }
        let encoder = try activeModel().encoder
        let content = try await parts.contents.content().content
        let thresholds = try await parts.indexer.thresholds(content, encoder: encoder)
        let texts = items.map { Self.grouped($0.text) }
        let embeddings = try await parts.indexer.embeddings(texts, encoder: encoder, within: parts.groupTime)
        if embeddings.contains(nil) { encodeLater(texts, encoder: encoder) }
        let known = zip(items, embeddings).compactMap { item, embedding in embedding.map { (item, $0) } }
        let alone = zip(items, embeddings).filter { $0.1 == nil }.compactMap { ReviewCluster([$0.0]) }
        let groups = try await DedicatedThread.run("review") { cancellation in
            try ReviewClusters.group(
                known.map(\.0), embeddings: known.map(\.1), thresholds: thresholds,
                isCancelled: { cancellation.isCancelled })
        }
        return groups + alone
    }

    /// Goes on where a list has stopped, so that the next one finds more; what is encoded is kept.
    private func encodeLater(_ texts: [String], encoder: any SentenceEncoder) {
        let indexer = parts.indexer
        encoding.withLock { task in
            guard task == nil else { return }
            task = Task(priority: .background) { [weak self] in
                // Nobody waits for it, so it takes a turn of its own rather than the caller's.
                await WorkAccount.$current.withValue(nil) {
                    _ = try? await indexer.embeddings(texts, encoder: encoder, within: .seconds(3_600))
                }
                self?.encoding.withLock { $0 = nil }
            }
        }
    }

    /// The beginning of a text, which tells what it is about; a long one costs as much as many others.
    private static func grouped(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(groupedScalars)))
    }

    /// Scalars of a text that its group is found by.
    private static let groupedScalars = 200

    func activeModel() throws -> LiveClassifier.ActiveModel {
        guard let model = parts.classifier.active else {
            throw ChatError(.notReady, "no model is active yet", retryAfter: 1)
        }
        return model
    }
}
