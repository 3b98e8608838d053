import Access
import Application
import Dialogue
import HTTPService
import Inference
import IntentModel
import ModelLifecycle
import SQLiteStore
import Synchronization
import WebSocketService

/// The values that metrics read where they are kept: the inference queue and the open sockets.
final class MetricSources: Sendable {
    private let read = Mutex<(@Sendable () -> [MetricSample])?>(nil)

    func samples() -> [MetricSample] { read.withLock { $0 }?() ?? [] }

    func connect(bot: Bot, sockets: WebSocketService, quota: StorageQuota) {
        read.withLock { read in
            read = {
                let queue = bot.queue.metrics
                let cache = bot.classifier.cacheMetrics
                let shadow = bot.shadow.metrics
                func gauge(_ name: String, _ help: String, _ value: Int) -> MetricSample {
                    MetricSample(name: name, kind: .gauge, help: help, value: Double(value))
                }
                func counter(_ name: String, _ help: String, _ value: Int) -> MetricSample {
                    MetricSample(name: name, kind: .counter, help: help, value: Double(value))
                }
                return Self.storage(bot, quota) + Self.connections(sockets) + [
                    gauge("frontdesk_sockets", "Open WebSockets.", sockets.openSockets),
                    gauge("frontdesk_inference_queue_depth", "Texts that wait to be encoded.", queue.depth),
                    gauge("frontdesk_inference_running", "Batches that are being encoded.", queue.running),
                    counter("frontdesk_inference_texts_total", "Texts that were encoded.", queue.texts),
                    counter("frontdesk_inference_batches_total", "Batches that they were encoded in.", queue.batches),
                    counter(
                        "frontdesk_inference_refused_total", "Texts refused because the queue was full.", queue.refused),
                    counter("frontdesk_inference_expired_total", "Texts that waited too long.", queue.expired),
                    counter("frontdesk_utterance_cache_hits_total", "Utterances encoded before.", cache.hits),
                    counter("frontdesk_utterance_cache_misses_total", "Utterances not seen before.", cache.misses),
                    gauge("frontdesk_utterance_cache_entries", "Utterances that are remembered.", cache.entries),
                    counter("frontdesk_shadow_turns_total", "Turns that a shadow judged too.", shadow.turns),
                    counter(
                        "frontdesk_shadow_disagreements_total", "Turns on which the shadow would have acted otherwise.",
                        shadow.disagreements),
                    counter(
                        "frontdesk_shadow_dropped_total", "Turns not judged because too many waited.", shadow.dropped),
                    counter(
                        "frontdesk_shadow_failed_total", "Turns whose judgement was lost to a failure.", shadow.failed),
                    MetricSample(
                        name: "frontdesk_utterance_cache_hit_ratio", kind: .gauge,
                        help: "Share of the utterances that were encoded before.", value: cache.hitRatio),
                ]
            }
        }
    }

    private static func connections(_ sockets: WebSocketService) -> [MetricSample] {
        let refusals = sockets.refusals
        func counter(_ name: String, _ help: String, _ value: Int) -> MetricSample {
            MetricSample(
                name: "frontdesk_connections_\(name)_total", kind: .counter, help: help, value: Double(value))
        }
        return [
            MetricSample(
                name: "frontdesk_connections", kind: .gauge, help: "Open connections, those of sockets included.",
                value: Double(sockets.openConnections)),
            counter("refused", "Connections refused because there were too many.", refusals.connections),
            counter(
                "address_refused", "Connections refused because their address had too many.",
                refusals.connectionsOfAddress),
            counter(
                "address_sockets_refused", "Sockets refused because their address had too many.",
                refusals.socketsOfAddress),
            counter(
                "unread_cut", "Connections cut because their address took too little of its answers.",
                refusals.bytesOfAddress),
            counter("late_cut", "Connections cut because their client took too long.", refusals.late),
        ]
    }

    private static func storage(_ bot: Bot, _ quota: StorageQuota) -> [MetricSample] {
        let (pending, quota, removed) = (bot.chat.pendingConversations, quota.metrics, bot.removals.value)
        func sample(_ name: String, _ kind: MetricSample.Kind, _ help: String, _ value: Int) -> MetricSample {
            MetricSample(name: "frontdesk_\(name)", kind: kind, help: help, value: Double(value))
        }
        return [
            sample("pending_conversations", .gauge, "Conversations that wait for their first turn.", pending.count),
            sample(
                "pending_conversations_dropped_total", .counter, "Those that were forgotten without one.",
                pending.dropped),
            sample(
                "address_quota_refused_total", .counter, "Messages refused because their address had stored too much.",
                quota.refusedByAddress),
            sample(
                "app_quota_refused_total", .counter, "Messages refused because their app had stored too much.",
                quota.refusedByApp),
            sample("quota_addresses", .gauge, "Addresses whose stored bytes are counted.", quota.addresses),
            sample(
                "removed_conversations_total", .counter, "Conversations removed by their age.", removed.conversations),
            sample("removed_messages_total", .counter, "Messages removed with them.", removed.messages),
            sample(
                "removed_empty_conversations_total", .counter,
                "Conversations removed because nothing was said in them.",
                removed.emptyConversations),
        ]
    }
}
