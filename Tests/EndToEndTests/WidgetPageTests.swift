import Foundation
import Testing

extension EndToEndTests {
    @Suite(
        "The widget and the page that it is on",
        .enabled(if: Browser.isInstalled || Installation.isRequired, "needs chromedriver"))
    struct WidgetPageTests {}
}

extension EndToEndTests.WidgetPageTests {
    /// Puts the widget into the page as a developer would, and notes what the console and the page are told.
    private static let embed = """
        window.told = [];
        const real = console.error;
        console.error = (...all) => { told.push(all.join(" ")); real(...all); };
        addEventListener("frontdesk:error", ({ detail }) => told.push(detail.code));
        const tag = document.createElement("script");
        tag.src = arguments[0];
        if (arguments[1]) tag.dataset.key = arguments[1];
        document.body.append(tag);
        """

    @Test("a key or an origin that is wrong is told to the developer, and the visitor sees no chat that cannot work")
    func refused() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            let key = try await browser.run("return document.querySelector('script[data-key]').dataset.key;")
            let elsewhere = try await server.data.makePublishableKey("shop", origins: ["https://shop.example"])
            let own = "http://127.0.0.1:\(server.port)"
            let other = "http://localhost:\(server.port)"
            let unknown = "fd_pk_" + String(repeating: "a", count: 40)
            for (page, key, code, words) in [
                (own, JSON.string(unknown), "unauthorized", "the key in data-key is unknown, expired or revoked"),
                (own, .string(elsewhere), "forbidden", "make one with --origin \(own)"),
                (other, key, "forbidden", "make one with --origin \(other)"),
            ] {
                try await browser.visit("\(page)/health/live")
                try await browser.run(Self.embed, .string("\(own)/widget.js"), key)
                // Nobody has pressed anything.
                try await ChatPage.wait("it is hidden", "return root && !shown(all('bubble')[0]);", in: browser)
                let told = try await browser.run("return told;").elements.compactMap(\.string)
                #expect(told.count == 2 && told[0].contains(words) && told[1] == code, "\(told)")
                #expect(try await browser.run("return Frontdesk.status.connection;") == "refused")
            }
            try await browser.visit("\(own)/health/live")
            try await browser.run(Self.embed, .string("\(own)/widget.js"), .null)
            try await ChatPage.wait(
                "the missing key is told", "return !window.Frontdesk && told[0]?.includes('data-key');", in: browser)
        }
    }

    @Test("a server that is away while the page loads is no refusal, and the chat that waits for it begins")
    func awayAtFirst() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            let own = "http://127.0.0.1:\(server.port)"
            // The script is there, and behind it a proxy whose server is not: its pages of faults no page may read.
            try await browser.visit("\(own)/health/live")
            try await browser.run(
                """
                sessionStorage.clear();
                window.asked = 0;
                const real = window.fetch;
                window.fetch = (...all) => (asked++, isAway ? Promise.reject(new TypeError("away")) : real(...all));
                window.isAway = true;
                """)
            _ = try await browser.run(
                Self.embed, .string("\(own)/widget.js"),
                .string(try await server.data.makePublishableKey("page", origins: [own])))
            try await ChatPage.wait("it has asked", "return asked >= 2;", in: browser)
            _ = try await browser.run("window.isAway = false;")
            #expect(try await browser.run("return [told, shown(all('bubble')[0])];") == [[], true])
            #expect(try await server.stop() == 0)
            try await browser.click("bubble")
            try await ChatPage.say("hello", in: browser)
            try await ChatPage.wait("it is lost", "return Frontdesk.status.connection === 'lost';", in: browser)
            let again = try await ServerProcess.launch(server.data, port: server.port)
            try await ChatPage.wait("a greeting", "return all('message-bot').length === 1;", within: 30, in: browser)
            #expect(try await browser.run("return [told, all('message-visitor').length];") == [[], 1])
            try await browser.visit("about:blank")
            #expect(try await again.stop() == 0)
        }
    }

    @Test("the page is told of the connection, the status, and tokens that are refused; a listener's fault is its own")
    func events() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            try await browser.run(
                """
                window.told = [];
                const note = (name) => (detail) => told.push([name, ...Object.values(detail)].join(" "));
                Frontdesk.on("ready", () => { throw new Error("the page's own fault"); });
                window.stop = Frontdesk.on("status", ({ status, connection }) => told.push(`status ${status} ${connection}`));
                Frontdesk.on("ready", ({ conversation }) => told.push(`ready ${conversation}`));
                Frontdesk.on("error", ({ code, message }) => told.push(`error ${code} ${message.startsWith("identify: ")}`));
                """)
            let faults = try await browser.run(
                """
                return [() => Frontdesk.on("nothing", () => {}), () => Frontdesk.on("ready"), () => Frontdesk.theme("pink")]
                    .map((act) => { try { act(); } catch (fault) { return fault.name; } });
                """)
            #expect(faults == ["TypeError", "TypeError", "TypeError"])
            try await browser.run("Frontdesk.identify('fv1.nonsense.nonsense'); Frontdesk.open();")
            // A token that is refused costs the visitor nothing.
            try await ChatPage.say("hello", in: browser)
            try await ChatPage.wait("a greeting", "return all('message-bot').length === 1;", in: browser)
            let told = try await browser.run("return told;").elements.compactMap(\.string)
            #expect(
                told == ["ready null", "status bot connecting", "error forbidden true", "status bot ready"]
                    || told == [
                        "ready null", "status bot connecting", "error invalid_request true", "status bot ready",
                    ],
                "\(told)")
            let path = try await ChatPage.conversation(in: browser)
            let mia = try await ChatPage.agent("Mia Chen", of: server)
            #expect(try await mia.post("\(path)/close", [:]).status == 200)
            try await ChatPage.wait(
                "it has ended",
                "return told.at(-1) === 'status closed ready' && shown(all('start-again')[0]) && !all('quick-reply').length;",
                in: browser)
            #expect(try await browser.run("stop(); return Frontdesk.status;")["status"] == "closed")
            // The line that says so takes nothing of the conversation's end.
            try await ChatPage.wait("the end", ChatPage.isAtEnd, in: browser)
            try await browser.screenshot("closed-en")
            try await browser.click("start-again")
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            #expect(try await browser.run("return told.at(-1);") == "status closed ready")
        }
    }

    @Test("the chat speaks the first of the visitor's languages that the bot has, else the one that its owner named")
    func languages() async throws {
        let settings = ["--default-locale", "en"]
        let shown =
            "return [root.querySelector('.root').lang, all('title')[0].textContent, document.documentElement.lang];"
        try await ChatPage.open(language: "fr-FR,zh-CN", settings: settings) { browser, _ in
            #expect(try await browser.run(shown) == ["zh", "在线客服", "zh"])
            try await browser.run("document.querySelector('script[data-key]').dataset.locale = 'en_GB';")
            try await ChatPage.wait("English", "return root.querySelector('.root').lang === 'en';", in: browser)
            #expect(try await browser.run("return all('input')[0].placeholder;") == "Write a message …")
        }
        try await ChatPage.open(language: "fr-FR", settings: settings) { browser, _ in
            let now = try await browser.run(shown)
            #expect(now == ["en", "Customer service", "en"])
        }
    }

    @Test("on a dark device the chat is dark, and whoever cannot see it is told what everything is and what is new")
    func accessible() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            try await browser.devtools(
                "Emulation.setEmulatedMedia",
                ["features": [["name": "prefers-color-scheme", "value": "dark"]]])
            try await ChatPage.wait(
                "dark", "return document.querySelector('#frontdesk-widget').dataset.theme === 'dark';", in: browser)
            try await browser.click("bubble")
            // What a screen reader is told to say: nodes that come under the log while it is live.
            try await browser.run(
                """
                window.heard = [];
                new MutationObserver((changes) => {
                    for (const { addedNodes } of changes) for (const node of addedNodes) {
                        const live = node.closest?.("[aria-live]")?.getAttribute("aria-live");
                        if (live === "polite" && node.classList.contains("row")) heard.push(node.querySelector(".message").innerText.split("\\n")[0].trim());
                    }
                }).observe(root.querySelector("[role=log]"), { childList: true });
                """)
            try await ChatPage.say("where is my order A1234567", in: browser)
            try await ChatPage.wait("an answer with buttons", "return all('quick-reply').length > 0;", in: browser)
            let heard = try await browser.run("return heard;").elements.compactMap(\.string)
            #expect(heard.count == 2 && heard[0].hasPrefix("You:") && heard[1].hasPrefix("Bot:"), "\(heard)")
            try await browser.screenshot("device-dark")

            let tree = try await browser.devtools("Accessibility.getFullAXTree")["nodes"].elements.filter {
                $0["ignored"].bool != true
            }
            func names(_ role: String) -> [String] {
                tree.filter { $0["role"]["value"].string == role }.map { $0["name"]["value"].string ?? "" }
            }
            #expect(names("dialog") == ["Customer service"])
            #expect(names("log") == ["Messages"])
            #expect(names("textbox") == ["Write a message …"])
            let buttons = names("button")
            for name in [
                "Send", "Close the chat", "New conversation", "Helpful", "Not helpful", "Colours: like this device",
            ] {
                #expect(buttons.contains(name), "\(buttons)")
            }
            #expect(!buttons.contains("") && !names("link").contains(""))
            // The keyboard reaches everything in the order in which it stands there.
            _ = try await browser.run("all('panel')[0].focus();")
            var reached: [String] = []
            for _ in 0..<12 {
                try await browser.type(Browser.tab)
                reached.append(try await browser.run("return root.activeElement?.dataset.testid ?? '';").string ?? "")
            }
            let order = ["theme", "new-conversation", "close", "scroll", "", "quick-reply"]
            #expect(Array(reached.prefix(order.count)) == order, "\(reached)")
            #expect(reached.contains("thumb-up") && reached.contains("input"), "\(reached)")
            // Escape closes the chat from the launcher, too.
            _ = try await browser.run("all('bubble')[0].focus();")
            try await browser.type(Browser.escape)
            #expect(
                try await browser.run("return [shown(all('panel')[0]), root.activeElement === all('bubble')[0]];")
                    == [false, true])
            try await browser.click("bubble")
            #expect(try await server.stop() == 0)
            try await ChatPage.say("hello", in: browser)
            try await ChatPage.wait(
                "it waits",
                "return all('message-visitor').at(-1).dataset.state === 'sending' && !all('quick-reply').length;",
                in: browser)
            try await ChatPage.wait(
                "what is not sent is told",
                "return all('status')[0].getAttribute('role') === 'status' && all('status')[0].innerText.includes('No connection');",
                in: browser)
            try await ChatPage.wait("the end", ChatPage.isAtEnd, in: browser)
            try await browser.screenshot("offline-dark")
        }
    }
}
