/// Bounds what callers may have stored within a day.
public protocol StorageMeter: Sendable {
    /// Called before anything is stored for a caller.
    /// - Throws: `ChatError(.rateLimited)` that says when there is room again.
    func admit(_ principal: Principal) throws
    /// What the store has to add up in the transaction that stores for this caller; nil when nothing is counted.
    func account(of principal: Principal) -> StorageAccount?
    /// Called after so many bytes were stored for the caller.
    func stored(_ bytes: Int, for principal: Principal)
}

/// Whose stored bytes are added up, and for which hour.
public struct StorageAccount: Hashable, Sendable {
    public let app: AppName
    /// Hours since 1970.
    public let hour: Int

    public init(app: AppName, hour: Int) {
        self.app = app
        self.hour = hour
    }
}

/// What was stored for an app within an hour.
public struct StorageUse: Hashable, Sendable {
    public let account: StorageAccount
    public let bytes: Int

    public init(account: StorageAccount, bytes: Int) {
        self.account = account
        self.bytes = bytes
    }
}
