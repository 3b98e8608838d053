public import Foundation

// Where Dispatch is loaded before the C library, the compiler counts `stat` to it.
#if canImport(CDispatch)
    import CDispatch
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Keeps a data folder to its owner: it holds what customers wrote, and hashes of keys. Whatever makes a file in it first,
/// the program's umask (set where it starts) leaves nothing to others; what an older version or another program made too
/// open is closed here.
public struct PrivateFolder {
    private let url: URL

    public init(url: URL) { self.url = url }

    /// Besides our own, names that tell nothing about whose folder it is.
    private static let names: Set<String> = [
        "frontdesk.sqlite", "frontdesk.sqlite-wal", "frontdesk.sqlite-shm", "frontdesk.sqlite-journal",
        "frontdesk.lock", "models", "versions", "training", "runs", "key", "wheels",
    ]
    /// Entries that are looked at; a folder of ours has far fewer.
    private static let entryLimit = 100_000

    /// Closes folder and files if any was open.
    /// - Returns: what to tell the user; nil when nothing of value was open.
    public func close() -> String? {
        guard let folder = Self.status(url.path), folder.st_mode & S_IFMT == S_IFDIR, isOurs(folder) else { return nil }
        let database = Self.status(url.appending(path: "frontdesk.sqlite").path)
        let isFolderOpen = folder.st_mode & 0o077 != 0
        guard isFolderOpen || (database.map { $0.st_mode & 0o077 != 0 } ?? false) else { return nil }
        if isFolderOpen, chmod(url.path, 0o700) != 0 { return nil }
        closeFiles()
        guard database != nil else { return nil }
        let mode = String(folder.st_mode & 0o777, radix: 8)
        return isFolderOpen
            ? "\(url.path): other users could read this folder (mode \(mode)); it is now its owner's alone" : nil
    }

    /// A folder that belongs to this user and holds a database of ours, or nothing but what we make. The shared temporary
    /// folder (sticky) is never closed, whatever lies in it.
    private func isOurs(_ folder: stat) -> Bool {
        guard folder.st_uid == geteuid(), folder.st_mode & S_ISVTX == 0 else { return false }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.contains("frontdesk.sqlite")
            || names.allSatisfy { Self.names.contains($0) || Self.isPrefixed($0) }
    }

    private static func isPrefixed(_ name: String) -> Bool {
        ["replaced-", ".restore", ".frontdesk", "key."].contains { name.hasPrefix($0) }
    }

    /// Closes what we made; a link is never followed, since what it leads to may be shared on purpose.
    private func closeFiles() {
        let manager = FileManager.default
        let top = (try? manager.contentsOfDirectory(atPath: url.path)) ?? []
        var left = Self.entryLimit
        for name in top where Self.names.contains(name) || Self.isPrefixed(name) {
            Self.closeEntry(url.appending(path: name).path)
            guard let status = Self.status(url.appending(path: name).path), status.st_mode & S_IFMT == S_IFDIR,
                let below = manager.enumerator(atPath: url.appending(path: name).path)
            else { continue }
            while left > 0, let entry = below.nextObject() as? String {
                left -= 1
                Self.closeEntry(url.appending(path: "\(name)/\(entry)").path)
            }
        }
    }

    private static func closeEntry(_ path: String) {
        guard let status = status(path), status.st_uid == geteuid(), status.st_mode & 0o077 != 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: _ = chmod(path, 0o700)
        case S_IFREG: _ = chmod(path, 0o600)
        default: break
        }
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }
}
