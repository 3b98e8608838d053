import Foundation
import Testing

/// The demo page of a server in a browser, and what is done in its chat.
enum ChatPage {
    /// Opens the page of a new server; ends browser and server after `body`.
    /// - Parameter added: a locale that the bot has content in beside those of the starter bot.
    static func open(
        language: String, width: Int = 1100, settings: [String] = [], added: String? = nil,
        _ body: (Browser, ServerProcess) async throws -> Void
    ) async throws {
        let data = try await DataFolder.trained()
        if let added {
            let file = try Scratch.folder("added").appendingPathComponent("added.yaml")
            let text =
                "intent: shop.added\nexamples: { \(added): [\"Frontdesk?\"] }\nanswers: [{ \(added): Frontdesk. }]\n"
            try Data(text.utf8).write(to: file)
            let imported = try await data.run("import", file.path)
            try #require(imported.status == 0, "\(imported.errors)")
        }
        let server = try await ServerProcess.launch(data, settings)
        try await server.untilReady()
        let browser = try await Browser.open(language: language, width: width)
        do {
            try await browser.visit("http://127.0.0.1:\(server.port)/")
            try await body(browser, server)
        } catch {
            try? await browser.screenshot("failed-\(language)-\(width)")
            await browser.close()
            throw error
        }
        await browser.close()
        if server.child.status == nil { #expect(try await server.stop() == 0) }
    }

    static func say(_ text: String, in browser: Browser) async throws {
        _ = try await browser.run("all('input')[0].focus();")
        try await browser.type(text + Browser.enter)
    }

    /// Waits until a reply holds the words, gives all replies.
    @discardableResult
    static func reply(_ words: String, in browser: Browser) async throws -> [String] {
        try await eventually("a reply with '\(words)'", within: 20) { () -> [String]? in
            let replies = try await browser.texts("message-bot")
            return replies.last?.contains(words) == true ? replies : nil
        }
    }

    /// Waits until a function's body gives true in the page.
    static func wait(_ what: String, _ body: String, within seconds: Double = 20, in browser: Browser) async throws {
        _ = try await eventually(what, within: seconds) { () -> Bool? in
            try await browser.run(body).bool == true ? true : nil
        }
    }

    /// Whether the end of the conversation is on the screen.
    static let isAtEnd = "const one = all('scroll')[0]; return one.scrollHeight - one.scrollTop - one.clientHeight < 2;"

    /// The path of the conversation that the widget has.
    static func conversation(in browser: Browser) async throws -> String {
        let id = try await eventually("a conversation has begun", within: 20) {
            try await browser.run(
                """
                const name = Object.keys(localStorage).find((one) => one.startsWith("frontdesk:fd"));
                return JSON.parse(localStorage.getItem(name) ?? "{}").conversation;
                """
            ).string
        }
        return "/v1/conversations/\(id)"
    }

    /// An agent of the demo page's app.
    static func agent(_ name: String, of server: ServerProcess) async throws -> Caller {
        let made = try await server.data.run("agents create", "--app", "demo", "--name", name)
        try #require(made.status == 0, "\(made.errors)")
        let key: String = try #require(DataFolder.key(in: made.output))
        return Caller(server: server, key: key)
    }
}
