import DataFolder
import Foundation
import Testing

@testable import SQLiteStore

@Suite("Locks of a data folder")
struct FolderLockTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "locks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func failure(_ body: () throws -> Void) -> StoreError? {
        do {
            try body()
            return nil
        } catch { return error as? StoreError }
    }

    @Test("one serves; the second is told the process, and may when the first has gone")
    func serving() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var first: ServingLock? = try ServingLock(folder)
        #expect(first?.hadDatabase == false)
        let refused = failure { _ = try ServingLock(folder) }
        #expect(refused?.code == .busy)
        #expect(refused?.message.contains("process \(ProcessInfo.processInfo.processIdentifier) ") == true)
        first = nil
        let second = try ServingLock(folder)
        second.noteDatabase()
        let file = folder.appending(path: "frontdesk.lock")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        #expect(text == "\(ProcessInfo.processInfo.processIdentifier)\ndatabase\n")
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        #expect(ServingLock.hadDatabase(folder))
        _ = second
    }

    @Test("many may use a folder, or one alone")
    func use() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        var shared = [try FolderUse(folder, .shared), try FolderUse(folder, .shared)]
        #expect(failure { _ = try FolderUse(folder, .exclusive, patience: 0.05) }?.code == .busy)
        shared = []
        let alone = try FolderUse(folder, .exclusive)
        let refused = failure { _ = try FolderUse(folder, .shared, patience: 0.05) }
        #expect(refused?.code == .busy && refused?.message.contains("restore") == true)
        withExtendedLifetime((shared, alone)) {}
    }
}
