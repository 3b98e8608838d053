import ConversationDomain

/// Gives out turns so that callers who wait at the same time get the same number of tokens, whatever each of them asks for.
///
/// Start-time fair queueing (Goyal, Vin and Cheng 1997): a text may begin when the texts of its account before it would have been
/// served if the account had its share to itself, but not before the queue's own time, which is the turn of what was begun last. So
/// one who asks for much waits behind himself, one who comes seldom is next, and alone everybody is served in order.
struct FairTurns {
    /// Accounts whose turns are remembered beyond the queue's time.
    private static let accountLimit = 2_048

    /// The turn of what was begun last.
    private(set) var time = 0
    /// Where each account's next text may begin; those that are behind the queue's time are as good as absent.
    private var next: [WorkAccount?: Int] = [:]

    /// The turn of a text that comes now.
    mutating func take(_ account: WorkAccount?, tokens: Int) -> Int {
        if next.count >= Self.accountLimit { next = next.filter { $0.value > time } }
        if next.count >= Self.accountLimit { next = [:] }
        let turn = max(time, next[account] ?? 0)
        next[account] = turn + tokens
        return turn
    }

    /// A text has begun.
    mutating func began(_ turn: Int) { time = max(time, turn) }

    /// Nobody waits and nothing is being done: everybody begins anew.
    mutating func rest() {
        guard !next.isEmpty else { return }
        next = [:]
        time = 0
    }
}
