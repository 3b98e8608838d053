package import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A whole file mapped read-only into memory, unmapped when the last owner goes.
///
/// The mapping is private and never written. Model files are replaced by renaming, never edited in place, so the
/// bytes do not change while they are mapped.
package final class MappedFile: @unchecked Sendable {
    /// The file's bytes. Valid while this object lives. Empty when the file is empty.
    package let bytes: UnsafeRawBufferPointer

    /// Maps `url`.
    ///
    /// - Throws: `ModelError.io` when the file cannot be opened or mapped or is not a regular file.
    package init(_ url: URL) throws {
        let path = url.path
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.fault(path, "cannot open") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.fault(path, "cannot stat") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw ModelError(.io, "\(path): not a regular file") }
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        guard let start = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
            throw Self.fault(path, "cannot map")
        }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }

    deinit {
        if let start = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }

    /// Takes the pages of `range` out of this process's resident memory. They stay in the system's cache, and come back when
    /// they are read: a look at the whole file need not cost its size in memory.
    ///
    /// - Parameter range: bytes of the file; a page that it holds only the end of goes too.
    package func letGo(_ range: Range<Int>) {
        guard let start = bytes.baseAddress, range.upperBound <= bytes.count else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let begin = range.lowerBound / page * page
        madvise(UnsafeMutableRawPointer(mutating: start + begin), range.upperBound - begin, MADV_DONTNEED)
    }

    private static func fault(_ path: String, _ what: String) -> ModelError {
        ModelError(.io, "\(path): \(what): \(String(cString: strerror(errno)))")
    }
}

/// Reads small files that must not exceed a size.
package enum BoundedFile {
    /// The bytes of `url`, refused when there are more than `limit`.
    package static func read(_ url: URL, limit: Int) throws -> Data {
        let file = try MappedFile(url)
        guard file.bytes.count <= limit else {
            throw ModelError(.tooLarge, "\(url.path): \(file.bytes.count) bytes, at most \(limit) are allowed")
        }
        return Data(file.bytes)
    }
}

/// Says in a few words what a decoder disliked.
package enum DecodingFault {
    /// The field and the reason, without Foundation's debugging prose.
    package static func summary(of error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        switch error {
        case .keyNotFound(let key, _):
            return "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)"
        @unknown default:
            return "\(error)"
        }
    }
}
