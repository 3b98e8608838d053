import Foundation
import Testing

extension EndToEndTests {
    @Suite(
        "The widget and a server that is killed",
        .enabled(if: Browser.isInstalled || Installation.isRequired, "needs chromedriver"))
    struct WidgetCrashTests {}
}

extension EndToEndTests.WidgetCrashTests {
    /// How soon the chat is back for somebody who looks on, once the server is: its longest wait is 5 s.
    private static let patience = 8.0

    @Test(
        "handed over, answered, killed again and again, given back: the page shows every message once, as the server has it"
    )
    func killed() async throws {
        try await ChatPage.open(language: "en-US") { browser, first in
            var server = first
            let key = try await ChatPage.agent("Mia Chen", of: server).key
            var mia: Caller { Caller(server: server, key: key) }
            try await browser.click("bubble")
            try await ChatPage.say("I want to talk to a person", in: browser)
            try await ChatPage.wait("it waits", "return Frontdesk.status.status === 'waiting';", in: browser)
            let path = try await ChatPage.conversation(in: browser)
            #expect(try await mia.post("\(path)/take", [:]).status == 200)
            try await ChatPage.wait("she has it", "return Frontdesk.status.agent === 'Mia Chen';", in: browser)
            for round in 1...4 {
                #expect(try await mia.post("\(path)/replies", ["text": "answer \(round)"]).status == 201)
                try await ChatPage.say("question \(round)", in: browser)
                // In the middle of it, now earlier, now later.
                try await Task.sleep(for: .milliseconds(round * 7))
                server.child.send(SIGKILL)
                _ = try await server.child.wait(within: 10)
                try await ChatPage.say("written offline \(round)", in: browser)
                server = try await ServerProcess.launch(first.data, port: first.port)
                try await server.untilReady()
                try await ChatPage.wait(
                    "everything is sent",
                    "return Frontdesk.status.connection === 'ready' && all('message-visitor').every((one) => one.dataset.state === 'sent');",
                    within: Self.patience, in: browser)
                #expect(
                    try await browser.run("return [Frontdesk.status.agent, all('title')[0].innerText];") == [
                        "Mia Chen", "Mia Chen",
                    ])
            }
            #expect(try await mia.post("\(path)/return", [:]).status == 200)
            try await ChatPage.wait("the bot has it", "return Frontdesk.status.status === 'bot';", in: browser)
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            let messages = try await mia.get("\(path)/messages?limit=500").json["messages"].elements
            let kept = messages.map {
                "\($0["seq"].integer ?? 0) \($0["from"].string ?? "") \($0["text"].string ?? "")"
            }
            let shown = """
                return [...root.querySelectorAll("[data-seq]")].map((one) => [one.dataset.seq,
                    ["visitor", "bot", "agent"].find((from) => one.classList.contains(from)), one.querySelector(".text").textContent].join(" "));
                """
            #expect(try await browser.run(shown).elements.compactMap(\.string) == kept)
            #expect(messages.map { $0["seq"].integer } == (1...messages.count).map { $0 })
            let said = messages.filter { $0["from"] == "visitor" }.compactMap { $0["text"].string }
            let written = (1...4).flatMap { ["question \($0)", "written offline \($0)"] }
            #expect(said == ["I want to talk to a person"] + written + ["where is my order"])
            #expect(messages.filter { $0["from"] == "agent" }.count == 4)
            try await browser.reload()
            try await browser.click("bubble")
            try await ChatPage.wait("a socket", "return Frontdesk.status.connection === 'ready';", in: browser)
            #expect(try await browser.run(shown).elements.compactMap(\.string) == kept)
            try await browser.screenshot("after-kills")
            try await browser.visit("about:blank")
            #expect(try await server.stop() == 0)
        }
    }
}
