import Application
import ArgumentParser
import Terminal
import Webhooks

/// Where events may be sent to.
struct ServeWebhooks: ParsableArguments {
    @Option(
        name: .customLong("webhooks-allow"),
        help: """
            Let webhooks and actions reach this address or network although it is one of this machine or a private one, such \
            as 127.0.0.1 or 10.1.2.0/24; may be repeated.
            """)
    var allowed: [String] = []

    @Flag(
        name: .customLong("webhooks-allow-private"),
        help: "Let webhooks and actions reach every address of this machine and of private networks.")
    var allowsPrivate = false

    func rules() throws -> TargetRules {
        TargetRules(
            allowsPrivate: allowsPrivate,
            allowed: try allowed.map { text in
                guard let range = AddressRange(text) else {
                    throw CommandFailure(
                        .data,
                        "--webhooks-allow: '\(text.prefix(60))' is not an address or a network such as 127.0.0.1 or 10.1.2.0/24"
                    )
                }
                return range
            })
    }
}
