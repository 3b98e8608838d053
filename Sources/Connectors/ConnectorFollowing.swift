public import Logging
public import Outbox
public import ServiceLifecycle

/// Makes a running server follow what another process does with connectors: looks once a second which there are.
public struct ConnectorFollowing: Service {
    private let store: any ConnectorStore
    private let onChange: @Sendable (WebhookID) async throws -> Void
    private let logger: Logger
    private let interval: Duration

    /// - Parameter onChange: hears of the webhook of every connector that came or went.
    public init(
        store: any ConnectorStore, logger: Logger, interval: Duration = .seconds(1),
        onChange: @escaping @Sendable (WebhookID) async throws -> Void
    ) {
        self.store = store
        self.onChange = onChange
        self.logger = logger
        self.interval = interval
    }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var known: Set<WebhookID> = []
            var failed = false
            while !Task.isCancelled {
                do {
                    let there = Set(try await store.enabledConnectors())
                    for webhook in there.symmetricDifference(known) { try await onChange(webhook) }
                    (known, failed) = (there, false)
                } catch is CancellationError {
                    return
                } catch {
                    if !failed {
                        logger.error(
                            "the connectors could not be looked at; tried again",
                            metadata: ["error": .string("\(error)")])
                    }
                    failed = true
                }
                try? await Task.sleep(for: interval)
            }
        }
    }
}
