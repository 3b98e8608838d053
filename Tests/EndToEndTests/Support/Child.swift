import Foundation
import Synchronization

/// A started program; its output goes to files, so that it can never block on a full pipe.
final class Child: Sendable {
    let pid: Int32
    private let exitStatus: ExitStatus
    private let outputFile: URL
    private let errorFile: URL

    private final class ExitStatus: Sendable {
        let value = Mutex<Int32?>(nil)
    }

    /// - Parameters:
    ///   - program: another program than the one that is tested.
    ///   - folder: where it runs; nil for where the tests run.
    ///   - environment: what it finds there beside what the tests do.
    init(
        _ arguments: [String], program: URL = Installation.program, folder: URL? = nil,
        environment: [String: String] = [:]
    ) throws {
        let place = try Scratch.folder("output")
        outputFile = place.appendingPathComponent("out")
        errorFile = place.appendingPathComponent("err")
        for file in [outputFile, errorFile] { try Data().write(to: file) }

        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        if let folder { process.currentDirectoryURL = folder }
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: outputFile)
        process.standardError = try FileHandle(forWritingTo: errorFile)
        let status = ExitStatus()
        process.terminationHandler = { ended in
            Scratch.forget(ended.processIdentifier)
            let code = ended.terminationReason == .exit ? ended.terminationStatus : -ended.terminationStatus
            status.value.withLock { $0 = code }
        }
        try process.run()
        pid = process.processIdentifier
        exitStatus = status
        Scratch.guardAgainstLeaking(pid)
    }

    /// The exit code, or the negative number of the signal that ended it; nil while it runs.
    var status: Int32? { exitStatus.value.withLock { $0 } }

    var output: String { text(of: outputFile) }
    var errors: String { text(of: errorFile) }

    func send(_ signal: Int32) { kill(pid, signal) }

    func wait(within seconds: Double) async throws -> Int32 {
        do {
            return try await eventually("the program ends", within: seconds) { status }
        } catch {
            send(SIGKILL)
            throw error
        }
    }

    private func text(of file: URL) -> String {
        (try? Data(contentsOf: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
