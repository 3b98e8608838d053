package import Application
import ArgumentParser
import Foundation

extension CommandFailure {
    /// Runs a command's body; its failure becomes one line on standard error and an exit code.
    package static func reporting<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let exit as ExitCode {
            throw exit
        } catch let validation as ValidationError {
            throw validation
        } catch {
            let failure = CommandFailure(error)
            Output.error("frontdesk: \(failure.message)")
            throw ExitCode(failure.kind.rawValue)
        }
    }
}
