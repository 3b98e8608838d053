import Access
import Application
import ArgumentParser
import ConversationDomain
import Dialogue
import Foundation
import Terminal
import Wire

/// `frontdesk chat`: a conversation on the terminal, stored like any other.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat", abstract: "Chat with the bot on the terminal; the conversation is stored like any other.")

    @OptionGroup var data: DataOptions

    @Option(help: "The locale to begin with, such as en or zh.")
    var locale: String?

    @Flag(help: "Show the decision behind each reply.")
    var trace = false

    @OptionGroup var dates: TimeZoneFlags
    @OptionGroup var encoding: EncoderFlags

    func run() async throws {
        try await CommandFailure.reporting {
            let bot = try await Bot.open(
                data.directory, settings: BotSettings(timeZone: try dates.timeZone(), encoder: encoding.settings()))
            defer { bot.close() }
            let principal = Principal(
                key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "terminal"), scopes: [.chat])
            let request = ConversationRequest(
                locale: locale.flatMap(BotLocale.init), channel: ChannelName(trusted: "terminal"))
            let conversation = try await bot.chat.start(request, as: principal)
            if !data.json { Output.error("\(conversation.id): write a message, an empty line ends the chat") }
            let reader = RequestReader()
            while let line = prompt(), !line.isEmpty {
                do {
                    let message = InboundMessage(conversation: conversation.id, content: .text(try reader.text(line)))
                    show(try await bot.chat.respond(to: message, as: principal))
                } catch let error as ChatError {
                    Output.error(error.message)
                }
            }
        }
    }

    private func prompt() -> String? {
        if !data.json { FileHandle.standardError.write(Data("> ".utf8)) }
        return readLine()
    }

    private func show(_ result: TurnResult) {
        if data.json { return Output.line(String(decoding: result.body, as: UTF8.self)) }
        for reply in result.turn.replies {
            Output.line(reply.text)
            for button in reply.buttons { Output.line("  [\(button.title)]") }
        }
        if trace, let decision = result.turn.decision {
            let confidence = decision.confidence.map { String(format: " %.3f", $0) } ?? ""
            Output.line(
                "  — \(decision.action.rawValue), \(decision.rule), \(decision.intent?.rawValue ?? "no intent")\(confidence)"
            )
        }
    }
}
