import Foundation
import Testing

extension EndToEndTests {
    @Suite(
        "The widget in a browser", .enabled(if: Browser.isInstalled || Installation.isRequired, "needs chromedriver"))
    struct BrowserTests {}
}

extension EndToEndTests.BrowserTests {
    @Test("a chat in English: typed, answered, a button pressed, a thumb given")
    func english() async throws {
        try await ChatPage.open(language: "en-US") { browser, _ in
            try await browser.click("bubble")
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            try await ChatPage.say("A1234567", in: browser)
            // The question names a number too; only the answer has the page's address.
            try await ChatPage.reply("/orders/A1234567", in: browser)
            #expect(try await browser.texts("message-visitor") == ["where is my order", "A1234567"])
            #expect(
                try await browser.run("return root.querySelectorAll('a[href*=\"A1234567\"][rel~=noopener]').length;")
                    .integer == 1)
            try await browser.screenshot("chat-en")
            try await browser.click("thumb-up")
            #expect(
                try await browser.run(
                    "return all('thumb-up').some((one) => one.getAttribute('aria-pressed') === 'true');"
                ).bool == true)
            let before = try await browser.texts("message-visitor").count
            try await browser.click("quick-reply")
            _ = try await eventually("the pressed button is a message") { () -> Bool? in
                try await browser.texts("message-visitor").count == before + 1 ? true : nil
            }
            try await browser.type(Browser.escape)
            #expect(try await browser.run("return shown(all('panel')[0]);").bool == false)
        }
    }

    @Test("a chat in Chinese, on a phone's width: the panel fills the screen")
    func chinese() async throws {
        try await ChatPage.open(language: "zh-CN", width: 390) { browser, _ in
            try await browser.click("bubble")
            try await ChatPage.say("我的快递到哪了", in: browser)
            try await ChatPage.reply("订单", in: browser)
            try await ChatPage.say("B7654321", in: browser)
            try await ChatPage.reply("B7654321", in: browser)
            #expect(
                try await browser.run("return all('panel')[0].getBoundingClientRect().width >= innerWidth - 1;").bool
                    == true)
            try await browser.screenshot("chat-zh-phone")
        }
    }

    @Test("a server that restarts in the middle: nothing is lost, nothing is doubled, also over a reload")
    func restart() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            try await browser.click("bubble")
            try await ChatPage.say("hello", in: browser)
            _ = try await eventually("a greeting") { () -> Bool? in
                try await browser.texts("message-bot").isEmpty ? nil : true
            }
            #expect(try await server.stop() == 0)
            try await ChatPage.say("where is my order", in: browser)
            _ = try await eventually("the message waits") { () -> Bool? in
                try await browser.run("return all('message-visitor').at(-1)?.dataset.state;").string == "sending"
                    ? true : nil
            }
            try await browser.screenshot("offline")
            let again = try await ServerProcess.launch(server.data, port: server.port)
            try await ChatPage.reply("order number", in: browser)
            #expect(try await browser.texts("message-visitor") == ["hello", "where is my order"])
            let replies = try await browser.texts("message-bot")
            try await browser.reload()
            try await browser.click("bubble")
            _ = try await eventually("the history is back") { () -> Bool? in
                try await browser.texts("message-bot").suffix(2) == replies.suffix(2) ? true : nil
            }
            #expect(try await browser.texts("message-visitor") == ["hello", "where is my order"])
            try await browser.visit("about:blank")
            #expect(try await again.stop() == 0)
        }
    }

    @Test("a conversation that the server has forgotten is begun anew, and what was written arrives")
    func forgotten() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            try await browser.click("bubble")
            func conversation() async throws -> String? {
                try await browser.run(
                    """
                    const name = Object.keys(localStorage).find((one) => one.startsWith("frontdesk:"));
                    return JSON.parse(localStorage.getItem(name) ?? "{}").conversation;
                    """
                ).string
            }
            let first = try await eventually("a conversation has begun", within: 20) { try await conversation() }
            // Nothing was said: the server keeps nothing of it over a restart.
            #expect(try await server.stop() == 0)
            let again = try await ServerProcess.launch(server.data, port: server.port)
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            #expect(try await browser.texts("message-visitor") == ["where is my order"])
            #expect(try await conversation() != first)
            try await browser.visit("about:blank")
            #expect(try await again.stop() == 0)
        }
    }

    @Test("a conversation that is gone while its socket is open is begun anew")
    func goneWhileOpen() async throws {
        try await ChatPage.open(language: "en-US", settings: ["--address-rate", "100000", "--call-rate", "100000"]) {
            browser, server in
            try await browser.click("bubble")
            _ = try await eventually("a conversation has begun", within: 20) { () -> Bool? in
                try await browser.run("return Object.values(localStorage).some((one) => one.includes('conv_'));").bool
                    == true ? true : nil
            }
            // So many others begin at this address that its oldest gives way.
            let key = try await browser.run("return document.querySelector('script[data-key]').dataset.key;").string
            let others = Caller(server: server, key: key, headers: [("Sec-Fetch-Site", "same-origin")])
            for _ in 0..<1_001 { _ = try await others.start() }
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            #expect(try await browser.texts("message-visitor") == ["where is my order"])
        }
    }

    @Test("what the widget keeps in the browser is bounded, and a full or blocked storage does not disturb it")
    func browserStorage() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            func stored() async throws -> JSON {
                try await browser.run(
                    """
                    const text = localStorage.getItem(Object.keys(localStorage).find((one) => one.startsWith("frontdesk:")));
                    const value = JSON.parse(text ?? "{}");
                    return { size: (text ?? "").length, messages: (value.messages ?? []).length,
                        rated: Object.keys(value.rated ?? {}).length };
                    """)
            }
            // What a widget would have kept before it had a bound: long messages and a rating for each of many.
            _ = try await browser.run(
                """
                const name = "frontdesk:" + document.querySelector("script[data-key]").dataset.key;
                const messages = Array.from({ length: 200 }, (_, at) => ({ id: "msg_" + at, seq: at + 1, from: "bot",
                    text: "x".repeat(2000), buttons: [], created_at: new Date().toISOString() }));
                const rated = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => ["old_" + at, "up"]));
                localStorage.setItem(name, JSON.stringify({ conversation: null, lastSeq: 200, messages, unsent: [], rated, ratings: rated }));
                """)
            try await browser.reload()
            try await browser.click("bubble")
            let kept = try await eventually("the storage is tidy", within: 20) { () -> JSON? in
                let now = try await stored()
                return (now["size"].integer ?? .max) <= 300_000 ? now : nil
            }
            #expect(kept["messages"].integer == 50 && kept["rated"].integer == 0, "\(kept)")
            // Somebody else fills the site's storage.
            _ = try await browser.run(
                """
                localStorage.clear();
                for (let size = 1 << 22; size >= 1; size >>= 1) {
                    try { for (let at = 0; ; at++) localStorage.setItem(`other-${size}-${at}`, "y".repeat(size)); } catch {}
                }
                """)
            try await browser.reload()
            try await browser.click("bubble")
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            #expect(try await browser.texts("message-visitor") == ["where is my order"])
        }
    }

    @Test("a visitor who is signed in goes on with their conversation on another device; signed out, nobody does")
    func identified() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            let more = ["--app", "demo"]
            let shop = Caller(server: server, key: try await server.data.makeKey("shop", scopes: ["agent"], more: more))
            let made = try await shop.post("/v1/visitor-tokens", ["visitor": ["id": "c-1", "name": "Ann"]])
            let token: String = try #require(made.json["token"].string, "\(made.text)")
            func identify() async throws {
                _ = try await browser.run(
                    "Frontdesk.identify(arguments[0], { plan: 'gold' });", .string(token))
            }
            try await identify()
            try await browser.click("bubble")
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            let listed = try await shop.get("/v1/conversations?visitor=c-1").json["conversations"].elements
            #expect(listed.count == 1 && listed[0]["visitor"]["name"] == "Ann")
            #expect(listed[0]["metadata"] == ["plan": "gold"])

            // Another device: nothing is stored there.
            _ = try await browser.run("localStorage.clear();")
            try await browser.reload()
            try await identify()
            try await browser.click("bubble")
            try await ChatPage.reply("order number", in: browser)
            #expect(try await browser.texts("message-visitor") == ["where is my order"])

            _ = try await browser.run("Frontdesk.identify(null);")
            _ = try await eventually("a chat of nobody's") { () -> Bool? in
                try await browser.texts("message-visitor").isEmpty ? true : nil
            }
            try await ChatPage.say("hello", in: browser)
            _ = try await eventually("a greeting") { () -> Bool? in
                try await browser.texts("message-bot").isEmpty ? nil : true
            }
            #expect(try await shop.get("/v1/conversations?visitor=c-1").json["conversations"].elements.count == 1)
            #expect(try await shop.get("/v1/conversations").json["conversations"].elements.count == 2)
        }
    }

    @Test("the token of a conversation is kept beside its id, and a page that has lost it begins another")
    func token() async throws {
        try await ChatPage.open(language: "en-US") { browser, _ in
            try await browser.click("bubble")
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            func stored(_ change: String) async throws -> String? {
                try await browser.run(
                    """
                    const name = Object.keys(localStorage).find((one) => one.startsWith("frontdesk:"));
                    const value = JSON.parse(localStorage.getItem(name) ?? "{}");
                    \(change)
                    return value.conversation;
                    """
                ).string
            }
            let first = try await stored("if (!/^rt_[a-z2-9]{52}$/.test(value.resumeToken)) return 'no token';")
            try await browser.reload()
            try await browser.click("bubble")
            try await ChatPage.say("hello", in: browser)
            _ = try await eventually("it goes on") { () -> Bool? in
                try await browser.texts("message-bot").count >= 2 ? true : nil
            }
            #expect(try await stored("") == first)
            _ = try await stored("localStorage.setItem(name, JSON.stringify({ ...value, resumeToken: null }));")
            try await browser.reload()
            try await browser.click("bubble")
            _ = try await eventually("another is begun") { () -> Bool? in
                let now = try await stored("")
                return now != nil && now != first ? true : nil
            }
            #expect(try await browser.texts("message-visitor").isEmpty)
        }
    }

    @Test("the demo page loads nothing from elsewhere")
    func ownResources() async throws {
        try await ChatPage.open(language: "en-US") { browser, _ in
            #expect(try await browser.run("return document.title;").string?.isEmpty == false)
            #expect(
                try await browser.run(
                    "return performance.getEntriesByType('resource').every((one) => one.name.startsWith(location.origin));"
                ).bool == true)
            try await browser.screenshot("page-en")
        }
    }
}
