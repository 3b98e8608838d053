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

    /// - Parameter program: another program than the one that is tested.
    init(_ arguments: [String], program: URL = Installation.program) throws {
        let place = try Scratch.folder("output")
        outputFile = place.appendingPathComponent("out")
        errorFile = place.appendingPathComponent("err")
        for file in [outputFile, errorFile] { try Data().write(to: file) }

        let process = Process()
        process.executableURL = program
        process.arguments = arguments
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
