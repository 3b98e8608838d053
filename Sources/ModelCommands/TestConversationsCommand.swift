import Application
package import ArgumentParser
import Foundation
import Terminal

/// `frontdesk test-conversations`: holds written conversations with the bot and compares what it does.
package struct TestConversationsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "test-conversations",
        abstract: "Hold written conversations with the bot, without a server, and compare what it does.",
        discussion: """
            Every conversation begins afresh and is not stored. The exit code is 1 when a turn was none of what is expected, \
            and 65 when a file is wrong.

            conversations:
              - name: a late parcel
                locale: en
                turns:
                  - say: my parcel is late
                    expect:
                      - { action: ask, intent: order.status }
                      - { knowledge: delivery.late.en }
                  - press: { intent: order.status, slots: { order_number: A1234567 } }
                    expect: { action: answer, contains: A1234567 }
            """)

    @OptionGroup var data: DataOptions

    @Option(
        help:
            "Test the bot that this folder makes, trained for the purpose with the encoder of --data, and not the stored one."
    )
    var intents: String?

    @Option(help: "A file with what the shop's services answer (docs/actions.md); without it none is called.")
    var actions: String?

    @Option(help: "Write the outcome into this file, as JUnit's XML.")
    var junit: String?

    @Option(help: "Conversations that are held at the same time, 1 to 256 (default: one a core).")
    var jobs: Int?

    @OptionGroup var dates: TimeZoneFlags
    @OptionGroup var encoding: EncoderFlags

    @Argument(help: "A file of conversations, or a folder of such files.")
    var path: String

    package init() {}

    package func run() async throws {
        try await CommandFailure.reporting {
            if let jobs, !(1...256).contains(jobs) {
                throw CommandFailure(.data, "--jobs: \(jobs) is not between 1 and 256")
            }
            var run = ConversationRun(
                directory: data.directory, encoder: encoding.settings(), timeZone: try dates.timeZone(),
                progress: TerminalProgress())
            (run.intents, run.actions) = (intents, actions)
            if let jobs { run.jobs = jobs }
            try ConversationRun.show(
                try await run.run(path), junit: junit.map(URL.init(userPath:)), asJSON: data.json)
        }
    }
}
