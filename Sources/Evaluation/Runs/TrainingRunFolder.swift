import ConversationDomain
public import Foundation
import Wire

/// The folder that keeps one JSON file for each training run.
public struct TrainingRunFolder: Sendable {
    /// Bytes of a file that are read.
    static let byteLimit = 32 << 20
    /// Runs that are kept; older ones make room.
    public static let runLimit = 1000

    private let folder: URL

    /// - Parameter folder: made when the first run is kept.
    public init(_ folder: URL) { self.folder = folder }

    /// Keeps a run, in place of what was kept of it before.
    /// - Throws: an error of the file system.
    public func keep(_ run: TrainingRunRecord) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try JSONEncoder.frontdesk().encode(run).write(to: file(run.id), options: .atomic)
        for id in ids().dropLast(Self.runLimit) { try? FileManager.default.removeItem(at: file(id)) }
    }

    /// Identifiers of all runs, the oldest first.
    public func ids() -> [TrainingRunID] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.compactMap { TrainingRunID(String($0.dropLast(5))) }.sorted()
    }

    /// All runs that can be read, the oldest first, and the files that cannot.
    public func runs() -> (runs: [TrainingRunRecord], unreadable: [String]) {
        var result: (runs: [TrainingRunRecord], unreadable: [String]) = ([], [])
        for id in ids() {
            do { result.runs.append(try run(id)) } catch { result.unreadable.append(file(id).path) }
        }
        return result
    }

    /// The run with this identifier, or with a unique ending of it; `latest` is the last one.
    /// - Throws: `ChatError(.notFound)` when there is none or several; `ChatError(.invalidRequest)` for a damaged file.
    public func run(named name: String) throws -> TrainingRunRecord {
        let ids = ids()
        let matches =
            name == "latest"
            ? Array(ids.suffix(1))
            : ids.filter { $0.rawValue == name || (name.count >= 4 && $0.rawValue.hasSuffix(name)) }
        guard let id = matches.first, matches.count == 1 else {
            throw ChatError(
                .notFound, "\(matches.isEmpty ? "no" : "more than one") training run matches '\(name.prefix(80))'")
        }
        return try run(id)
    }

    private func run(_ id: TrainingRunID) throws -> TrainingRunRecord {
        let url = file(id)
        let size = try FileManager.default.attributesOfItem(atPath: url.path)[.size] as? Int ?? 0
        guard size <= Self.byteLimit, let data = try? Data(contentsOf: url),
            let run = try? JSONDecoder.frontdesk().decode(TrainingRunRecord.self, from: data)
        else { throw ChatError(.invalidRequest, "\(url.path): damaged, or of a newer version") }
        return run
    }

    private func file(_ id: TrainingRunID) -> URL { folder.appendingPathComponent("\(id.rawValue).json") }
}
