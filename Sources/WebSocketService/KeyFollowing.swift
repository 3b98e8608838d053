import Access
import ConversationDomain
public import Logging

extension WebSocketService {
    /// Closes the sockets of keys that were revoked or have expired, with 4401, until the task is cancelled.
    ///
    /// A socket may be opened at the moment in which its key dies, and be seen a little later only; so a change is followed more
    /// than once.
    /// - Parameter interval: how long a change may go unnoticed.
    public func followKeys(interval: Duration = .milliseconds(300), logger: Logger) async {
        var known: UsableKeys?
        var looks = 0
        while !Task.isCancelled {
            do {
                let hasChanged = if let known { try await parts.authenticator.haveChanged(since: known) } else { true }
                if hasChanged || looks > 0 {
                    let usable = try await parts.authenticator.usableKeys()
                    looks = hasChanged ? Self.looksAfterChange : looks - 1
                    known = usable
                    open.close(unlessKeyIn: usable.ids)
                }
            } catch is CancellationError {
                return
            } catch {
                logger.error("the keys could not be read", metadata: ["error": .string("\(error)")])
            }
            try? await Task.sleep(for: interval)
        }
    }

    /// Looks at all sockets that follow the first after a change.
    private static let looksAfterChange = 5
}

extension OpenSockets {
    /// Ends the sockets whose key is not among these.
    func close(unlessKeyIn usable: Set<KeyID>) {
        for watch in watches { watch.close(unlessKeyIn: usable) }
    }
}

extension SocketSession {
    /// Ends the socket if its key works no more.
    func check(_ usable: Set<KeyID>) {
        guard !usable.contains(principal.key) else { return }
        close(.unauthorized, "the API key is unknown, expired or revoked")
    }
}
