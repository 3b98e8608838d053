public import ConversationDomain

extension FeedSubscription {
    /// Takes all that is there now.
    public func takeAll() -> [FeedEvent] {
        var events: [FeedEvent] = []
        while case .event(let event) = take() { events.append(event) }
        return events
    }
}
