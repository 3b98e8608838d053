package import Access
package import ConversationDomain
import Foundation
package import Logging
package import SQLiteStore
import ServiceLifecycle

/// Writes down what the doors have told, every few seconds and at the end, and removes what is not kept any longer.
package struct AuditTrail: Service {
    let trail: AccessTrail
    let database: SQLiteDatabase
    let keeping: KeepingTime
    let logger: Logger
    var interval: Duration = .seconds(10)

    package static let commandLine = "command line"

    package init(trail: AccessTrail, database: SQLiteDatabase, keeping: KeepingTime, logger: Logger) {
        self.trail = trail
        self.database = database
        self.keeping = keeping
        self.logger = logger
    }

    package func run() async throws {
        await write([AuditEvent(at: Date(), action: .serverStarted, actor: Self.commandLine)])
        await cancelWhenGracefulShutdown {
            var isCleanedAt: ContinuousClock.Instant?
            while !Task.isCancelled {
                if isCleanedAt.map({ .now - $0 > .seconds(3_600) }) ?? true {
                    await clean()
                    isCleanedAt = .now
                }
                try? await Task.sleep(for: interval)
                await write()
            }
        }
        // Beyond the cancellation: what happened last is written too.
        await Task { await write() }.value
    }

    private func write(_ more: [AuditEvent] = []) async {
        let entries = trail.take()
        do {
            try await SQLiteKeyStore(database).noteUses(entries.uses)
            try await SQLiteAuditLog(database).record(entries.events + more)
        } catch {
            logger.error("the audit log could not be written", metadata: ["error": .string("\(error)")])
        }
    }

    private func clean() async {
        do {
            _ = try await SQLiteAuditLog(database).removeEvents(
                before: Date().addingTimeInterval(-Double(keeping.seconds)))
        } catch {
            logger.error("the audit log could not be cleaned", metadata: ["error": .string("\(error)")])
        }
    }

    /// Notes what was done at the command line. That stays done when the note fails, so the failure is told and no more.
    package static func note(
        _ action: AuditEvent.Action, _ subject: String? = nil, detail: String? = nil, in database: SQLiteDatabase,
        progress: any ProgressPort
    ) async {
        do {
            try await SQLiteAuditLog(database).record([
                AuditEvent(at: Date(), action: action, actor: commandLine, subject: subject, detail: detail)
            ])
        } catch {
            progress.note("frontdesk: the audit log could not be written: \(error)")
        }
    }
}
