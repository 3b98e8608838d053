package import Application
package import ConversationDomain
package import SQLiteStore

extension AuditTrail {
    /// Notes what a command has done; a note that fails is told on the terminal.
    package static func note(
        _ action: AuditEvent.Action, _ subject: String? = nil, detail: String? = nil, in database: SQLiteDatabase
    ) async {
        await note(action, subject, detail: detail, in: database, progress: TerminalProgress())
    }
}
