package import Access
package import Application
import ConversationDomain
package import CoreMetrics
import Dialogue
import Foundation
import Inference
import IntentModel
import ModelLifecycle
package import Monitoring
import SQLiteStore
package import ServerTLS
import Synchronization
package import WebSocketService

/// The values that are kept where they arise and looked at when metrics are asked for: the inference queue, the open sockets, what
/// waits, what was removed, the process.
package final class MetricSources: Sendable {
    /// All of it at one time.
    struct Look {
        let queue: InferenceMetrics
        let cache: UtteranceCacheMetrics
        let shadow: ShadowMetrics
        let quota: StorageQuota.Metrics
        let pending: (count: Int, dropped: Int)
        let removed: RetentionRun.Outcome
        let refusals: ConnectionRefusals
        let connections: Int
        let sockets: Int
        /// Nil when the database could not be asked.
        let waiting: Int?
    }

    private struct Source: Sendable {
        let family: MetricFamily
        /// Nil leaves the value as it was.
        let value: @Sendable (Look) -> Double?

        static func gauge(
            _ name: String, _ help: String, _ value: @escaping @Sendable (Look) -> Int?
        ) -> Source {
            Source(family: MetricFamily("frontdesk_\(name)", .gauge, help)) { value($0).map(Double.init) }
        }

        static func total(
            _ name: String, _ help: String, _ value: @escaping @Sendable (Look) -> Int
        ) -> Source {
            Source(family: MetricFamily("frontdesk_\(name)_total", .counter, help)) { Double(value($0)) }
        }
    }

    package static let families =
        [
            MetricFamily(
                "frontdesk_build_info", .gauge, "1, labelled with what the program was built from.",
                labels: ["version", "commit"], limit: 1),
            MetricFamily(
                "frontdesk_model_info", .gauge, "1, labelled with the model version that is active and its encoder.",
                labels: ["model", "encoder"], limit: 2),
            MetricFamily(
                "frontdesk_tls_certificate_expiry_seconds", .gauge,
                "When the server's certificate runs out, in seconds since 1970.", labels: ["file"], limit: 1),
        ] + sources.map(\.family)

    private static let sources = storage + connections + understanding

    private static let storage: [Source] = [
        .gauge("waiting_conversations", "Conversations that wait for a person.") { $0.waiting },
        .gauge("pending_conversations", "Conversations that wait for their first turn.") { $0.pending.count },
        .total("pending_conversations_dropped", "Those that were forgotten without one.") { $0.pending.dropped },
        .total("address_quota_refused", "Messages refused because their address had stored too much.") {
            $0.quota.refusedByAddress
        },
        .total("app_quota_refused", "Messages refused because their app had stored too much.") {
            $0.quota.refusedByApp
        },
        .gauge("quota_addresses", "Addresses whose stored bytes are counted.") { $0.quota.addresses },
        .total("removed_conversations", "Conversations removed by their age.") { $0.removed.conversations },
        .total("removed_messages", "Messages removed with them.") { $0.removed.messages },
        .total("removed_empty_conversations", "Conversations removed because nothing was said in them.") {
            $0.removed.emptyConversations
        },
    ]

    private static let connections: [Source] = [
        .gauge("connections", "Open connections, those of sockets included.") { $0.connections },
        .total("connections_refused", "Connections refused because there were too many.") { $0.refusals.connections },
        .total("connections_address_refused", "Connections refused because their address had too many.") {
            $0.refusals.connectionsOfAddress
        },
        .total("connections_handshakes_refused", "Connections refused because their address began too many with TLS.") {
            $0.refusals.handshakesOfAddress
        },
        .total("connections_address_sockets_refused", "Sockets refused because their address had too many.") {
            $0.refusals.socketsOfAddress
        },
        .total("connections_unread_cut", "Connections cut because their address took too little of its answers.") {
            $0.refusals.bytesOfAddress
        },
        .total("connections_late_cut", "Connections cut because their client took too long.") { $0.refusals.late },
        .gauge("sockets", "Open WebSockets.") { $0.sockets },
    ]

    private static let understanding: [Source] = [
        .gauge("inference_queue_depth", "Texts that wait to be encoded.") { $0.queue.depth },
        .gauge("inference_running", "Batches that are being encoded.") { $0.queue.running },
        .total("inference_texts", "Texts that were encoded.") { $0.queue.texts },
        .total("inference_batches", "Batches that they were encoded in.") { $0.queue.batches },
        .total("inference_refused", "Texts refused because the queue was full.") { $0.queue.refused },
        .total("inference_expired", "Texts that waited too long.") { $0.queue.expired },
        .total("utterance_cache_hits", "Utterances encoded before.") { $0.cache.hits },
        .total("utterance_cache_misses", "Utterances not seen before.") { $0.cache.misses },
        .gauge("utterance_cache_entries", "Utterances that are remembered.") { $0.cache.entries },
        Source(
            family: MetricFamily(
                "frontdesk_utterance_cache_hit_ratio", .gauge, "Share of the utterances that were encoded before.")
        ) { $0.cache.hitRatio },
        .total("shadow_turns", "Turns that a shadow judged too.") { $0.shadow.turns },
        .total("shadow_disagreements", "Turns on which the shadow would have acted otherwise.") {
            $0.shadow.disagreements
        },
        .total("shadow_dropped", "Turns not judged because too many waited.") { $0.shadow.dropped },
        .total("shadow_failed", "Turns whose judgement was lost to a failure.") { $0.shadow.failed },
    ]

    private let factory: any MetricsFactory
    private let bot: Bot
    private let sockets: WebSocketService
    private let quota: StorageQuota
    private let certificate: ServerCertificate?
    private let process: ProcessMetrics
    private let updates: [@Sendable (Look) -> Void]
    private let model = Mutex<(id: ModelVersionID, info: Meter)?>(nil)

    package init(
        in factory: any MetricsFactory, bot: Bot, sockets: WebSocketService, quota: StorageQuota,
        certificate: ServerCertificate?
    ) {
        self.factory = factory
        self.bot = bot
        self.sockets = sockets
        self.quota = quota
        self.certificate = certificate
        process = ProcessMetrics(in: factory)
        updates = Self.sources.map { source in
            if source.family.kind == .counter {
                let total = FollowedTotal(source.family.name, in: factory)
                return { if let value = source.value($0) { total.follow(value) } }
            }
            let meter = Meter(label: source.family.name, dimensions: [], factory: factory)
            return { if let value = source.value($0) { meter.set(value) } }
        }
        Meter(
            label: "frontdesk_build_info", dimensions: [("version", Program.number), ("commit", Program.commit)],
            factory: factory
        ).set(1)
    }

    /// Looks at everything.
    package func collect() async {
        let look = Look(
            queue: bot.queue.metrics, cache: bot.classifier.cacheMetrics, shadow: bot.shadow.metrics,
            quota: quota.metrics, pending: bot.chat.pendingConversations, removed: bot.removals.value,
            refusals: sockets.refusals, connections: sockets.openConnections, sockets: sockets.openSockets,
            waiting: try? await bot.waitingConversations())
        for update in updates { update(look) }
        process.collect()
        showModel()
        if let certificate {
            let labels = [("file", certificate.files.certificate)]
            Meter(label: "frontdesk_tls_certificate_expiry_seconds", dimensions: labels, factory: factory)
                .set(certificate.expiry.timeIntervalSince1970.rounded())
        }
    }

    /// Only the version that is active has a series.
    private func showModel() {
        guard let active = bot.classifier.active else { return }
        model.withLock { model in
            guard model?.id != active.id else { return }
            model?.info.destroy()
            let labels = [("model", active.id.rawValue), ("encoder", active.encoder.name)]
            let info = Meter(label: "frontdesk_model_info", dimensions: labels, factory: factory)
            info.set(1)
            model = (active.id, info)
        }
    }
}
