public import Foundation

/// Puts restored files in the place of a data folder's database, all of them or none, whatever stops it: a plan is brought
/// to the disk first, and whoever opens the folder next carries out what is left of it.
///
/// The old database moves into `replaced-<UTC time>/` with its `-wal`, `-shm` and `-journal`: a write-ahead log that stayed
/// behind would be replayed into the restored file and ruin it.
public struct FolderExchange: Sendable {
    /// Where a restore builds what is to come in.
    public static let stagingName = ".restore"
    static let planName = ".restore-plan.json"
    public static let databaseName = "frontdesk.sqlite"
    static let versionsName = "versions"
    /// The database is the last to go and the first to come: a folder that lost its plan file is never taken for whole.
    private static let outgoing =
        ["-wal", "-shm", "-journal"].map { databaseName + $0 } + [versionsName, databaseName]
    private static let incoming = [databaseName, versionsName]

    struct Plan: Codable, Equatable {
        var format = 1
        /// The folder that the old files move to; nil when there are none.
        var replaced: String?
        /// What lay in the folder when the plan was made.
        var outgoing: [String]
        /// What lay in the staging folder when the plan was made.
        var incoming: [String]
    }

    private let folder: URL
    /// Called after each step, for tests that look at what an end there would leave behind.
    private let afterStep: @Sendable () throws -> Void

    public init(_ folder: URL) {
        self.init(folder, afterStep: {})
    }

    init(_ folder: URL, afterStep: @escaping @Sendable () throws -> Void) {
        self.folder = folder
        self.afterStep = afterStep
    }

    public var staging: URL { folder.appending(path: Self.stagingName, directoryHint: .isDirectory) }
    private var planFile: URL { folder.appending(path: Self.planName) }

    /// Whether a restore was stopped while it exchanged the files.
    public var isPending: Bool { DurableFiles.exists(planFile) }
    /// Whether a restore left something behind, or is running.
    public var hasTraces: Bool { isPending || DurableFiles.exists(staging) }

    /// Whether the folder holds a database.
    public var hasDatabase: Bool { DurableFiles.exists(folder.appending(path: Self.databaseName)) }

    /// An empty staging folder.
    public func prepare() throws {
        discard()
        try DurableFiles.makeFolder(staging)
    }

    /// Removes what was built and is not to come in.
    public func discard() {
        try? FileManager.default.removeItem(at: staging)
    }

    /// Exchanges the files for those in the staging folder, which must be on disk and checked.
    /// - Parameter use: exclusive.
    /// - Returns: the folder of the old files; nil when there were none.
    public func run(at time: Date, under use: FolderUse) throws -> URL? {
        let outgoing = Self.outgoing.filter { DurableFiles.exists(folder.appending(path: $0)) }
        let incoming = Self.incoming.filter { DurableFiles.exists(staging.appending(path: $0)) }
        guard incoming.contains(Self.databaseName) else {
            throw StoreError(.io, "\(staging.path): there is no database to bring in")
        }
        try DurableFiles.synchronise(tree: staging)
        let replaced = outgoing.isEmpty ? nil : try makeReplaced(time)
        try afterStep()
        let plan = Plan(replaced: replaced, outgoing: outgoing, incoming: incoming)
        do {
            try DurableFiles.put(try JSONEncoder().encode(plan), at: planFile)
        } catch {
            if let replaced, !isPending { try? FileManager.default.removeItem(at: folder.appending(path: replaced)) }
            throw error
        }
        try afterStep()
        try carryOut(plan)
        return replaced.map { folder.appending(path: $0, directoryHint: .isDirectory) }
    }

    /// Carries out what a stopped restore had begun, or removes what it had only built.
    /// - Parameter use: exclusive.
    /// - Returns: whether the files were exchanged now.
    @discardableResult
    public func finish(under use: FolderUse) throws -> Bool {
        guard isPending else {
            discard()
            return false
        }
        let plan: Plan
        do {
            plan = try JSONDecoder().decode(Plan.self, from: Data(contentsOf: planFile))
        } catch {
            throw StoreError(.damaged, "\(planFile.path): the plan of a stopped restore cannot be read; restore again")
        }
        let names = plan.outgoing + plan.incoming + [plan.replaced].compactMap { $0 }
        guard plan.format == 1, names.allSatisfy({ !$0.hasPrefix(".") && !$0.contains("/") && !$0.isEmpty }) else {
            throw StoreError(.damaged, "\(planFile.path): not a plan of this program")
        }
        try carryOut(plan)
        return true
    }

    /// Each step can be done again: a name that has moved already is left alone.
    private func carryOut(_ plan: Plan) throws {
        if let replaced = plan.replaced {
            let aside = folder.appending(path: replaced, directoryHint: .isDirectory)
            for name in plan.outgoing {
                let (source, target) = (folder.appending(path: name), aside.appending(path: name))
                if !DurableFiles.exists(target), DurableFiles.exists(source) {
                    try DurableFiles.move(source, to: target)
                }
                try afterStep()
            }
            try DurableFiles.synchronise(folder: aside)
        }
        try DurableFiles.synchronise(folder: folder)
        for name in plan.incoming {
            let source = staging.appending(path: name)
            if DurableFiles.exists(source) { try DurableFiles.move(source, to: folder.appending(path: name)) }
            try afterStep()
        }
        try DurableFiles.synchronise(folder: folder)
        try FileManager.default.removeItem(at: planFile)
        try DurableFiles.synchronise(folder: folder)
        try afterStep()
        discard()
    }

    /// A folder that is not there yet, named after the time.
    private func makeReplaced(_ time: Date) throws -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "yyyyMMdd'T'HHmmss'Z'"
        let stem = "replaced-" + formatter.string(from: time)
        for number in 1...100 {
            let name = number == 1 ? stem : "\(stem)-\(number)"
            if DurableFiles.exists(folder.appending(path: name)) { continue }
            try DurableFiles.makeFolder(folder.appending(path: name))
            return name
        }
        throw StoreError(.io, "\(folder.path): there are a hundred folders called \(stem)")
    }
}
