package import ConversationDomain
import Foundation
package import ModelLifecycle
import SQLiteModels
package import SQLiteStore

/// What a version must not lose against the active one to go live, and the labelled texts that tell.
package struct PromotionGuard {
    let limit: ForgettingGuard
    /// Nil for the bot's own examples.
    let texts: LabelledFile?

    package init(limit: ForgettingGuard, texts: LabelledFile? = nil) {
        self.limit = limit
        self.texts = texts
    }
}

/// Makes a version live if it can be used and forgets nothing that it must not.
package struct Promotion {
    let database: SQLiteDatabase
    let shelf: VersionShelf
    let losses: PromotionGuard?
    let progress: any ProgressPort
    /// Hears what the guard found when it refuses a version.
    let refused: (PromotionReport) throws -> Void

    package init(
        database: SQLiteDatabase, shelf: VersionShelf, guarding losses: PromotionGuard?, progress: any ProgressPort,
        refused: @escaping (PromotionReport) throws -> Void
    ) {
        self.database = database
        self.shelf = shelf
        self.losses = losses
        self.progress = progress
        self.refused = refused
    }

    /// - Returns: what the guard found; nil when there was none, or no other version to compare with.
    /// - Throws: ``CommandFailure`` when the version cannot be used or is refused; what is active stays so.
    @discardableResult
    package func activate(_ id: ModelVersionID) async throws -> PromotionReport? {
        _ = try await shelf.open(id)
        var report: PromotionReport?
        if let losses, let active = try await shelf.models.activeID(), active != id {
            let comparison = try await ComparisonRun(
                database: database, shelf: shelf, progress: progress, file: losses.texts
            )
            .compare(active, id)
            let (limit, lost) = (losses.limit, losses.limit.losses(comparison))
            report = PromotionReport(
                active: lost.isEmpty ? id : active, maxLoss: limit.maximumLoss, texts: comparison.labelled.count,
                losses: lost, forgotten: limit.forgotten(lost, in: comparison))
        }
        if let report, !report.losses.isEmpty {
            try refused(report)
            throw CommandFailure(.data, report.refusal(of: id))
        }
        try await shelf.models.activate(id, at: Date())
        await AuditTrail.note(.modelActivated, id.rawValue, in: database, progress: progress)
        return report
    }
}

/// What a guard found, in `--json` output: `{active, max_loss, texts, losses, forgotten}`.
package struct PromotionReport: Encodable {
    /// What is live now.
    let active: ModelVersionID
    package let maxLoss: Double
    package let texts: Int
    let losses: [IntentChange]
    let forgotten: [ReplayedText]

    enum CodingKeys: String, CodingKey {
        case active, texts, losses, forgotten
        case maxLoss = "max_loss"
    }

    /// Forgotten texts that are listed on a terminal.
    private static let listed = 50

    /// Why `version` does not go live, with the list; A is the active version, B the refused one.
    func refusal(of version: ModelVersionID) -> String {
        let rest = forgotten.count - Self.listed
        let lines =
            [
                "\(version) is not made live: it loses more than \(String(format: "%g", maxLoss)) points against \(active), which stays active (\(texts) labelled texts)"
            ] + VersionComparison.table(losses) + ["  forgotten:"]
            + forgotten.prefix(Self.listed).map(VersionComparison.line)
            + (rest > 0 ? ["  and \(rest) more; --json gives all"] : [])
        return lines.joined(separator: "\n")
    }
}
