import Foundation
import Testing

extension EndToEndTests {
    @Suite("The widget with people", .enabled(if: Browser.isInstalled || Installation.isRequired, "needs chromedriver"))
    struct WidgetTests {}
}

extension EndToEndTests.WidgetTests {
    @Test(
        "a person answers: name and presence, read marks both ways, who writes, the badge over a reload, and the page is told"
    )
    func people() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            let mia = try await ChatPage.agent("Mia Chen", of: server)
            _ = try await browser.run(
                """
                window.told = [];
                document.querySelector("script[data-key]").dataset.unreadTitle = "";
                for (const name of ["open", "close", "message", "unread", "handoff"])
                    Frontdesk.on(name, (detail) => told.push([name, detail.status ?? detail.count ?? detail.from ?? ""].join(" ").trim()));
                addEventListener("frontdesk:unread", ({ detail }) => { window.lastUnread = detail.count; });
                """)
            try await browser.click("bubble")
            try await ChatPage.say("I want to talk to a person", in: browser)
            try await ChatPage.wait("it waits", "return /person/.test(all('status')[0].innerText);", in: browser)
            let path = try await ChatPage.conversation(in: browser)
            #expect(try await mia.post("\(path)/take", [:]).status == 200)
            try await ChatPage.wait(
                "the name",
                "return all('title')[0].innerText === 'Mia Chen' && all('subtitle')[0].innerText === 'Online now';",
                in: browser)
            #expect(try await mia.post("\(path)/replies", ["text": "Hello, Mia here."]).status == 201)
            try await ChatPage.wait(
                "her message", "return all('message-agent').at(-1)?.querySelector('.from').innerText === 'Mia Chen';",
                in: browser)
            let seq = try #require(try await mia.get(path).json["last_seq"].integer)
            _ = try await eventually("what is on the screen is read") { () -> Bool? in
                try await mia.get(path).json["read"]["visitor"].integer == seq ? true : nil
            }
            try await ChatPage.say("thanks", in: browser)
            try await ChatPage.wait(
                "it is sent", "return all('message-visitor').at(-1).dataset.state === 'sent';", in: browser)
            #expect(try await browser.run("return all('seen').length;").integer == 0)
            #expect(try await mia.post("\(path)/read", ["seq": .number(Double(seq + 1))]).status == 200)
            try await ChatPage.wait("seen", "return all('seen')[0]?.innerText === 'Seen';", in: browser)
            #expect(try await mia.post("\(path)/typing", ["on": true]).status == 204)
            try await ChatPage.wait(
                "she writes",
                "return shown(all('typing')[0]) && all('typing')[0].innerText.includes('Mia Chen is typing');",
                in: browser)
            try await browser.screenshot("people-en")

            try await browser.click("close")
            #expect(try await browser.run("return root.activeElement === all('bubble')[0];").bool == true)
            for text in ["It is on its way.", "Anything else?"] {
                #expect(try await mia.post("\(path)/replies", ["text": .string(text)]).status == 201)
            }
            let badge =
                "return shown(all('badge')[0]) && all('badge')[0].innerText === '2' && document.title.startsWith('(2) ');"
            try await ChatPage.wait("the badge", badge, in: browser)
            try await browser.screenshot("badge-en")
            #expect(try await browser.run("return [lastUnread, Frontdesk.unread];") == [2, 2])
            let told = try await browser.run("return told;").elements.compactMap(\.string)
            #expect(
                told.filter { !$0.hasPrefix("unread") } == [
                    "open", "message visitor", "message bot", "handoff waiting", "handoff agent", "message agent",
                    "message visitor", "close", "message agent", "message agent",
                ])
            #expect(told.suffix(2) == ["message agent", "unread 2"])
            try await browser.reload()
            _ = try await browser.run("document.querySelector('script[data-key]').dataset.unreadTitle = '';")
            try await ChatPage.wait("the badge is back", badge, in: browser)
            try await browser.click("bubble")
            try await ChatPage.wait(
                "nothing is unread", "return !shown(all('badge')[0]) && !document.title.startsWith('(');", in: browser)
            #expect(try await mia.post("\(path)/return", [:]).status == 200)
            try await ChatPage.wait(
                "the bot's title again", "return all('title')[0].innerText !== 'Mia Chen';", in: browser)
        }
    }

    @Test("a long conversation is loaded upward in pages, to its first message, and what is on the screen stays there")
    func history() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            let mia = try await ChatPage.agent("Mia Chen", of: server)
            try await browser.click("bubble")
            try await ChatPage.say("hello", in: browser)
            try await ChatPage.wait("a greeting", "return all('message-bot').length === 1;", in: browser)
            let path = try await ChatPage.conversation(in: browser)
            for number in 3...330 {
                try #require(try await mia.post("\(path)/replies", ["text": .string("number \(number)")]).status == 201)
            }
            let shown = "const seqs = [...root.querySelectorAll('[data-seq]')].map((one) => Number(one.dataset.seq));"
            try await ChatPage.wait("all have come", "\(shown) return seqs.at(-1) === 330;", in: browser)
            try await browser.reload()
            try await browser.click("bubble")
            try await ChatPage.wait(
                "the kept part", "\(shown) return seqs.length === 200 && seqs[0] === 131 && shown(all('earlier')[0]);",
                in: browser)
            // Near the top one page more comes, and the message that was looked at stays where it is.
            let moved = try await browser.run(
                """
                const scroll = all("scroll")[0];
                scroll.scrollTop = 100;
                const first = root.querySelector("[data-seq='133']");
                // Within the scrolled part, since the panel itself may still be moving in.
                const place = () => first.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
                const before = place();
                return new Promise((done) => {
                    const look = () => root.querySelector("[data-seq='81']")
                        ? requestAnimationFrame(() => done(Math.abs(place() - before)))
                        : setTimeout(look, 20);
                    look();
                });
                """)
            #expect((moved.number ?? 99) <= 1, "moved by \(moved)")
            try await ChatPage.wait(
                "the whole of it",
                "\(shown) if (seqs[0] > 1) all('scroll')[0].scrollTop = 0; return seqs[0] === 1 && seqs.length === 330 && seqs.every((seq, at) => seq === at + 1);",
                in: browser)
            #expect(
                try await browser.run("return shown(all('earlier')[0]) || !shown(all('greeting')[0]);").bool == false)
            // Who wrote what came before this page is known too.
            #expect(
                try await browser.run("return root.querySelector(\"[data-seq='3'] .from\").innerText;").string
                    == "Mia Chen")
            // Somebody who reads above is told of a new message, not taken to it.
            _ = try await browser.run("all('scroll')[0].scrollTop = 400;")
            #expect(try await mia.post("\(path)/replies", ["text": "the newest"]).status == 201)
            try await ChatPage.wait("it is told", "return shown(all('below')[0]);", in: browser)
            #expect(try await browser.run("return all('scroll')[0].scrollTop;").integer == 400)
            try await browser.click("below")
            try await ChatPage.wait("the end", ChatPage.isAtEnd, in: browser)
        }
    }

    @Test("nobody is there: the visitor is offered a form, which takes an address and no other text")
    func missed() async throws {
        try await ChatPage.open(language: "de-DE", width: 375, added: "de") { browser, server in
            let file = try Scratch.folder("teams").appendingPathComponent("teams.yaml")
            let day = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"][
                (Calendar(identifier: .gregorian).component(.weekday, from: Date()) + 1) % 7]
            try Data("teams: { support: { hours: { \(day): 08:00-08:01 } } }\n".utf8).write(to: file)
            let imported = try await server.data.run("import", file.path)
            try #require(imported.status == 0, "\(imported.errors)")
            let shop = Caller(
                server: server, key: try await server.data.makeKey("shop", scopes: ["agent"], more: ["--app", "demo"]))
            try await browser.click("bubble")
            try await ChatPage.say("Ich möchte mit einem Menschen sprechen", in: browser)
            try await ChatPage.wait("a form", "return shown(all('mail-form')[0]);", in: browser)
            #expect(
                try await browser.run("return root.querySelector('label[for=mail]').innerText.trim();")
                    == "Wir können Ihnen auch per E-Mail antworten. An welche Adresse?")
            try await browser.screenshot("missed-de-phone")
            func write(_ text: String) async throws {
                _ = try await browser.run("all('mail-input')[0].value = ''; all('mail-input')[0].focus();")
                try await browser.type(text + Browser.enter)
            }
            for wrong in ["ann", "ann@", "ann@mail", "ann b@mail.example"] {
                try await write(wrong)
                #expect(
                    try await browser.run(
                        "return shown(all('mail-fault')[0]) && all('mail-input')[0].getAttribute('aria-invalid') === 'true';"
                    ).bool == true, "\(wrong)")
            }
            try await write("ann@mail.example")
            try await ChatPage.reply("ann@mail.example", in: browser)
            #expect(try await browser.texts("message-visitor").last == "ann@mail.example")
            #expect(try await browser.run("return all('mail-form').length;").integer == 0)
            let path = try await ChatPage.conversation(in: browser)
            #expect(try await shop.get(path).json["visitor"]["email"] == "ann@mail.example")
            try await browser.reload()
            try await browser.click("bubble")
            try await ChatPage.wait(
                "it goes on",
                "return Frontdesk.status.connection === 'ready' && Frontdesk.status.status === 'waiting';",
                in: browser)
            #expect(try await browser.run("return all('mail-form').length;").integer == 0)
        }
    }

    @Test("a conversation is dropped only when the visitor means it, and has ended then for the people too")
    func dropped() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            let mia = try await ChatPage.agent("Mia Chen", of: server)
            try await browser.click("bubble")
            try await ChatPage.say("where is my order", in: browser)
            try await ChatPage.reply("order number", in: browser)
            let path = try await ChatPage.conversation(in: browser)
            for isPressed in [false, true] {
                try await browser.click("new-conversation")
                #expect(try await browser.run("return root.activeElement === all('keep')[0];").bool == true)
                // Tab stays in what asks.
                for _ in 0..<3 { try await browser.type(Browser.tab) }
                #expect(try await browser.run("return all('sheet')[0].contains(root.activeElement);").bool == true)
                if isPressed { try await browser.click("keep") } else { try await browser.type(Browser.escape) }
                #expect(try await browser.run("return all('sheet').length;").integer == 0)
                #expect(try await browser.run("return root.activeElement === all('new-conversation')[0];").bool == true)
            }
            #expect(try await browser.texts("message-visitor") == ["where is my order"])
            try await browser.click("new-conversation")
            try await browser.screenshot("drop-en")
            try await browser.click("drop")
            try await ChatPage.wait("an empty chat", "return all('message-visitor').length === 0;", in: browser)
            _ = try await eventually("the old one has ended") { () -> Bool? in
                try await mia.get(path).json["status"] == "closed" ? true : nil
            }
            try await ChatPage.say("hello", in: browser)
            try await ChatPage.wait("a greeting", "return all('message-bot').length === 1;", in: browser)
            #expect(try await ChatPage.conversation(in: browser) != path)
        }
    }
}
