import BERT
import Crypto
public import Foundation
import TensorFiles

/// The files of Swagger UI that `/docs` shows the interface with, out of a pinned wheel: they are installed once, as encoders are, and
/// looked at again whenever they are read. No code of the wheel is run.
public struct SwaggerUI: Sendable, Equatable {
    /// `swagger-ui-bundle.js`.
    public let script: Data
    /// `swagger-ui.css`.
    public let style: Data

    /// What was installed, as the package index names it.
    public static var version: String { "\(wheel.distribution.replacing("_", with: "-")) \(wheel.version)" }

    /// A file of the wheel with the SHA-256 that it must have.
    struct Part: Equatable {
        var path: String
        var sha256: String
        /// More bytes are refused.
        var limit: Int

        var name: String { String(path.split(separator: "/").last ?? "") }
    }

    static let wheel = PinnedWheel(
        distribution: "flask_swagger_ui", version: "5.34.0",
        sha256: "63e4ecfee6345ca746c11c5341c6f2a1cbe271e518aac1659889cd3905b1110f", files: [])
    static let script = Part(
        path: "flask_swagger_ui/dist/swagger-ui-bundle.js",
        sha256: "3f6abf70480db7e07914df4c98a77385f22ea585eaf457a3e6415ba0eae2d167", limit: 4_000_000)
    static let style = Part(
        path: "flask_swagger_ui/dist/swagger-ui.css",
        sha256: "c3cfe8248c4b0b89673600fb829924eafbac6de4bc4b2b06f5f5243483074d0a", limit: 1_000_000)
    static let license = Part(
        path: "flask_swagger_ui/dist/LICENSE",
        sha256: "f3bafbe10a72b3d49c57ec1b7128abd1868d4c2fa0995858d909cb60898a7746", limit: 100_000)

    /// The folder below the one that it is installed into.
    static let folderName = "swagger-ui"
}

// MARK: - Installing

extension SwaggerUI {
    /// Unpacks the wheel into a folder of its own in `directory`, complete or not at all.
    ///
    /// - Parameter path: The wheel, or a folder that holds it.
    /// - Returns: Whether anything had to be done.
    /// - Throws: `ModelError`, whose message names the file and what was expected.
    public static func install(_ path: URL, into directory: URL) throws -> InstallReport.Outcome {
        try install(path, into: directory, wheel: wheel, parts: [script, style, license])
    }

    static func install(_ path: URL, into directory: URL, wheel: PinnedWheel, parts: [Part]) throws
        -> InstallReport.Outcome
    {
        let archive = try ZipArchive(try find(wheel, path))
        let lock = try InstallationLock(directory)
        let target = directory.appendingPathComponent(folderName, isDirectory: true)
        let isSound = parts.allSatisfy { (try? read($0, in: target)) != nil }
        if isSound { return .alreadyInstalled }
        let exists = FileManager.default.fileExists(atPath: target.path)
        try lock.stage(folderName) { staging in
            for part in parts {
                let output = try OutputFile(staging.appendingPathComponent(part.name))
                try archive.extract(archive.entry(part.path), limit: part.limit) { try output.write($0) }
                try check(part, digest: output.finish(), in: archive.file.path)
            }
        }
        return exists ? .replaced : .installed
    }

    /// The wheel at a path or in the folder there, once its hash is found to be right.
    private static func find(_ wheel: PinnedWheel, _ path: URL) throws -> URL {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isDirectory) else {
            throw ModelError(.io, "\(path.path): no such file or directory")
        }
        var file = path
        if isDirectory.boolValue {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path.path)) ?? []
            let prefix = wheel.distribution + "-"
            guard let name = names.sorted().first(where: { $0.lowercased().hasPrefix(prefix) && $0.hasSuffix(".whl") })
            else { throw ModelError(.invalidFile, "\(path.path): holds no wheel of \(wheel.label)") }
            file = path.appendingPathComponent(name)
        }
        let digest = try FileDigest.sha256(file)
        guard digest == wheel.sha256 else {
            throw ModelError(
                .invalidFile,
                "\(file.path): SHA-256 is \(digest), expected \(wheel.sha256) for \(wheel.label): "
                    + "the file is truncated, altered or of another version")
        }
        return file
    }

    private static func check(_ part: Part, digest: String, in place: String) throws {
        guard digest == part.sha256 else {
            throw ModelError(.invalidFile, "\(place): \(part.name) has SHA-256 \(digest), expected \(part.sha256)")
        }
    }
}

// MARK: - Reading

extension SwaggerUI {
    /// What is installed in `directory`; nil when nothing is.
    /// - Throws: `ModelError` when a file is missing or altered.
    public static func load(from directory: URL) throws -> SwaggerUI? {
        let folder = directory.appendingPathComponent(folderName, isDirectory: true)
        guard FileManager.default.fileExists(atPath: folder.path) else { return nil }
        return SwaggerUI(script: try read(script, in: folder), style: try read(style, in: folder))
    }

    private static func read(_ part: Part, in folder: URL) throws -> Data {
        let file = try RandomAccessFile(folder.appendingPathComponent(part.name))
        guard file.count <= part.limit else {
            throw ModelError(.tooLarge, "\(file.path): has \(file.count) bytes, at most \(part.limit) are expected")
        }
        let bytes = Data(try file.bytes(at: 0, file.count))
        try check(part, digest: FileDigest.hexadecimal(SHA256.hash(data: bytes)), in: folder.path)
        return bytes
    }
}
