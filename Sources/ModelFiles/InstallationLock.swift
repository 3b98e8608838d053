import BERT
import Foundation
import TensorFiles

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The folder of all models, held by one installation at a time.
final class InstallationLock {
    private static let stagingPrefix = ".installing-"
    private let descriptor: Int32
    let directory: URL

    /// Creates `directory` if needed, locks it, and removes what an installation that died has left.
    init(_ directory: URL) throws {
        self.directory = directory
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        } catch {
            throw ModelError(.io, "\(directory.path): cannot create the models directory")
        }
        descriptor = open(directory.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFault.error(directory.path, "cannot open") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // The deinit closes it: everything is initialised here, and closed twice it would be somebody else's file.
            throw ModelError(.io, "\(directory.path): another installation is running there")
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        for name in names where name.hasPrefix(Self.stagingPrefix) {
            try? FileManager.default.removeItem(at: directory.appendingPathComponent(name))
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Runs `build` on an empty folder beside the models and moves it to `name` when that worked. After an error the
    /// old state is there and nothing else. (A power cut between the two renames of a replacement leaves neither the
    /// old nor the new model: installing again puts that right.)
    func stage<Result>(_ name: String, _ build: (URL) throws -> Result) throws -> Result {
        let staging = directory.appendingPathComponent("\(Self.stagingPrefix)\(name)-\(UUID().uuidString)")
        let retired = directory.appendingPathComponent("\(Self.stagingPrefix)old-\(name)-\(UUID().uuidString)")
        let target = directory.appendingPathComponent(name)
        defer {
            try? FileManager.default.removeItem(at: staging)
            try? FileManager.default.removeItem(at: retired)
        }
        guard mkdir(staging.path, 0o700) == 0 else { throw SystemFault.error(staging.path, "cannot create") }
        let result = try build(staging)
        try Self.synchronise(staging)
        let replaces = rename(target.path, retired.path) == 0
        guard replaces || errno == ENOENT else { throw SystemFault.error(target.path, "cannot replace") }
        guard rename(staging.path, target.path) == 0 else {
            let error = SystemFault.error(target.path, "cannot rename to")
            if replaces { _ = rename(retired.path, target.path) }
            throw error
        }
        try Self.synchronise(directory)
        return result
    }

    /// Makes the names in a folder durable.
    private static func synchronise(_ directory: URL) throws {
        let descriptor = open(directory.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFault.error(directory.path, "cannot open") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFault.error(directory.path, "cannot write to disk") }
    }
}
