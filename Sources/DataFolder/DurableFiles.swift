package import Foundation

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Changes of names and small files that are on disk when a call returns.
package enum DurableFiles {
    /// Whether there is anything at the path, a dangling link too.
    package static func exists(_ url: URL) -> Bool {
        var status = stat()
        return lstat(url.path, &status) == 0
    }

    /// Makes the names in a folder durable.
    package static func synchronise(folder: URL) throws {
        let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(folder, "cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fault(folder, "cannot be written to disk") }
    }

    /// Makes the names in a folder and in all folders below it durable; the files' contents are their writers' affair.
    package static func synchronise(tree: URL) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: tree.path)
        for name in names {
            let url = tree.appending(path: name)
            var status = stat()
            guard lstat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { continue }
            try synchronise(folder: url)
        }
        try synchronise(folder: tree)
    }

    package static func move(_ source: URL, to target: URL) throws {
        guard rename(source.path, target.path) == 0 else { throw fault(source, "cannot be moved to \(target.path)") }
    }

    /// A new folder that only its owner may enter.
    package static func makeFolder(_ url: URL) throws {
        guard mkdir(url.path, 0o700) == 0 else { throw fault(url, "cannot be made") }
    }

    /// Writes a small file so that after a crash either nothing or all of it is there.
    package static func put(_ bytes: Data, at url: URL) throws {
        let temporary = URL(fileURLWithPath: url.path + ".new")
        unlink(temporary.path)
        let descriptor = open(temporary.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fault(temporary, "cannot be made") }
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count
        let isDurable = written && fsync(descriptor) == 0
        let reason = errno
        close(descriptor)
        guard isDurable else {
            unlink(temporary.path)
            errno = reason
            throw fault(temporary, "cannot be written")
        }
        try move(temporary, to: url)
        try synchronise(folder: url.deletingLastPathComponent())
    }

    package static func fault(_ url: URL, _ what: String) -> StoreError {
        StoreError(.io, "\(url.path): \(what): \(String(cString: strerror(errno)))")
    }
}
