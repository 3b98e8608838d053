import Access
import Application
import ArgumentParser
import ConversationDomain
import Foundation
import SQLiteStore

/// What a server stores at most, and for how long.
struct ServeStorage: ParsableArguments {
    @Option(
        help: """
            Bytes that publishable keys may have stored from one address (IPv6: one /64 network) within 24 hours, such as \
            20MB or 500kB; 'none' for any number.
            """)
    var addressQuota = "20MB"

    @Option(
        help: """
            Bytes that all publishable keys of one app may have stored within 24 hours, such as 2GB; 'none' for any number.
            """)
    var appQuota = "2GB"

    @Option(
        help: """
            Remove conversations so long after their last message: hours, days or weeks, such as 36h, 400d or 52w \
            (default: keep all).
            """)
    var keepConversations: String?

    @Option(help: "Remove what the audit log has after so long: hours, days or weeks, such as 400d or 52w.")
    var keepAudit = "400d"

    func auditTime() throws -> KeepingTime { try time(keepAudit, of: "--keep-audit") }

    func quotas() throws -> StorageQuotas {
        var quotas = StorageQuotas()
        quotas.address = try bytes(addressQuota, of: "--address-quota")
        quotas.app = try bytes(appQuota, of: "--app-quota")
        return quotas
    }

    func retention() throws -> RetentionRun.Rules {
        var rules = RetentionRun.Rules()
        guard let keepConversations else { return rules }
        rules.conversations = try time(keepConversations, of: "--keep-conversations")
        return rules
    }

    private func time(_ text: String, of option: String) throws -> KeepingTime {
        guard let time = KeepingTime(text) else {
            throw CommandFailure(
                .data, "\(option): '\(text.prefix(40))' is not a time of 1h to 100 years such as 36h, 400d or 52w")
        }
        return time
    }

    private func bytes(_ text: String, of option: String) throws -> ByteCount? {
        if text == "none" { return nil }
        guard let count = ByteCount(text), count >= ByteCount(1_000) else {
            throw CommandFailure(
                .data,
                "\(option): '\(text.prefix(40))' is not a size of at least 1kB such as 500kB, 20MB or 1.5GiB, nor 'none'"
            )
        }
        return count
    }
}
