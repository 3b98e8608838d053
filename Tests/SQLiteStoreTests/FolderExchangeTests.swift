import Foundation
import Synchronization
import Testing

@testable import DataFolder
@testable import SQLiteStore

/// Files stand for databases here: what is exchanged is names.
@Suite("A restored database takes the old one's place, or nothing happens")
struct FolderExchangeTests {
    private let root: URL
    private var folder: URL { root.appending(path: "data", directoryHint: .isDirectory) }

    private static let old = [
        "frontdesk.sqlite": "old", "frontdesk.sqlite-wal": "old log", "frontdesk.sqlite-shm": "old index",
        "versions/model_1/weights.safetensors": "old weights", "runs/run_1.json": "a run",
    ]
    private static let new = [
        "frontdesk.sqlite": "new", "versions/model_2/weights.safetensors": "new weights", "runs/run_1.json": "a run",
    ]
    private static let time = Date(timeIntervalSince1970: 1_780_000_000)
    private static let replaced = "replaced-20260528T202640Z"

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "exchange-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.write(Self.old, to: folder)
    }

    private static func write(_ files: [String: String], to folder: URL) throws {
        for (name, text) in files {
            let url = folder.appending(path: name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
    }

    /// Every file with its text.
    private static func files(_ folder: URL) throws -> [String: String] {
        var found: [String: String] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
            let url = folder.appending(path: name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            found[name] = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        }
        return found
    }

    private func stage(_ exchange: FolderExchange) throws {
        try exchange.prepare()
        try Self.write(Self.new.filter { !$0.key.hasPrefix("runs") }, to: exchange.staging)
    }

    /// The new files, and the old ones aside.
    private static let after = new.merging(
        old.filter { !$0.key.hasPrefix("runs") }.map { ("\(replaced)/\($0.key)", $0.value) }
    ) { $1 }

    private func clean() { try? FileManager.default.removeItem(at: root) }

    @Test("database, log and versions go aside together and the new ones come in")
    func whole() throws {
        defer { clean() }
        let exchange = FolderExchange(folder)
        try stage(exchange)
        let aside = try exchange.run(at: Self.time, under: FolderUse(folder, .exclusive))
        #expect(aside?.lastPathComponent == Self.replaced)
        #expect(try Self.files(folder) == Self.after)
        #expect(!exchange.hasTraces)
    }

    @Test("a log that was left without its database goes aside too")
    func strayLog() throws {
        defer { clean() }
        try FileManager.default.removeItem(at: folder.appending(path: "frontdesk.sqlite"))
        let exchange = FolderExchange(folder)
        try stage(exchange)
        _ = try exchange.run(at: Self.time, under: FolderUse(folder, .exclusive))
        var expected = Self.after
        expected["\(Self.replaced)/frontdesk.sqlite"] = nil
        #expect(try Self.files(folder) == expected)
    }

    @Test("an empty folder gets the new files and no folder of old ones")
    func empty() throws {
        defer { clean() }
        try FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let exchange = FolderExchange(folder)
        try stage(exchange)
        #expect(try exchange.run(at: Self.time, under: FolderUse(folder, .exclusive)) == nil)
        #expect(try Self.files(folder) == Self.new.filter { !$0.key.hasPrefix("runs") })
    }

    @Test("two restores in one second keep both former databases")
    func twice() throws {
        defer { clean() }
        for _ in 0..<2 {
            let exchange = FolderExchange(folder)
            try stage(exchange)
            _ = try exchange.run(at: Self.time, under: FolderUse(folder, .exclusive))
        }
        let files = try Self.files(folder)
        #expect(files["\(Self.replaced)/frontdesk.sqlite"] == "old")
        #expect(files["\(Self.replaced)-2/frontdesk.sqlite"] == "new")
    }

    @Test("an end after any step leaves the old state, or one that the next opening completes")
    func killed() throws {
        defer { clean() }
        // Each step leaves a picture of the folder, as a kill there would.
        let pictures = Mutex<[URL]>([])
        let (folder, root) = (folder, root)
        let watched = FolderExchange(folder) {
            try pictures.withLock { pictures in
                let picture = root.appending(path: "picture-\(pictures.count)", directoryHint: .isDirectory)
                try FileManager.default.copyItem(at: folder, to: picture)
                pictures.append(picture)
            }
        }
        try stage(watched)
        let before = try Self.files(folder)
        _ = try watched.run(at: Self.time, under: FolderUse(folder, .exclusive))
        let all = pictures.withLock { $0 }
        #expect(all.count == 9)
        var outcomes: [Bool] = []
        for picture in all {
            let exchange = FolderExchange(picture)
            #expect(exchange.hasTraces)
            let wasCompleted = try exchange.finish(under: FolderUse(picture, .exclusive))
            let files = try Self.files(picture)
            // The last picture was taken when only the staging folder was left to remove.
            let isNew = wasCompleted || files["frontdesk.sqlite"] == "new"
            #expect(files == (isNew ? Self.after : before.filter { !$0.key.hasPrefix(".restore") }))
            #expect(!exchange.hasTraces)
            outcomes.append(isNew)
        }
        #expect(outcomes == [false] + Array(repeating: true, count: 8))
    }

    @Test("a failure at any step is made good by finishing later")
    func failing() throws {
        defer { clean() }
        struct Fault: Error {}
        for step in 1...9 {
            let place = root.appending(path: "failing-\(step)", directoryHint: .isDirectory)
            try FileManager.default.copyItem(at: folder, to: place)
            let count = Mutex(0)
            let exchange = FolderExchange(place) {
                let isDue = count.withLock { count in
                    count += 1
                    return count == step
                }
                if isDue { throw Fault() }
            }
            try stage(exchange)
            #expect(throws: Fault.self) { try exchange.run(at: Self.time, under: FolderUse(place, .exclusive)) }
            let wasCompleted = try FolderExchange(place).finish(under: FolderUse(place, .exclusive))
            // After the ninth step only the staging folder is left to remove.
            #expect(wasCompleted == (2...8).contains(step))
            #expect(try Self.files(place) == (step > 1 ? Self.after : Self.old), "step \(step)")
        }
    }

    @Test("a plan that names other files than ours is refused")
    func foreignPlan() throws {
        defer { clean() }
        let plan = #"{"format":1,"replaced":"replaced-x","outgoing":["../secret"],"incoming":["frontdesk.sqlite"]}"#
        try Data(plan.utf8).write(to: folder.appending(path: FolderExchange.planName))
        #expect(throws: StoreError.self) { try FolderExchange(folder).finish(under: FolderUse(folder, .exclusive)) }
        #expect(try Self.files(folder)["frontdesk.sqlite"] == "old")
    }
}
