import Foundation
import Testing

extension EndToEndTests {
    @Suite(
        "How the widget looks and behaves",
        .enabled(if: Browser.isInstalled || Installation.isRequired, "needs chromedriver"))
    struct WidgetLooksTests {}
}

extension EndToEndTests.WidgetLooksTests {
    /// The least contrast of texts in the panel with what they stand on (WCAG 2.2), by a name of each.
    private static let contrasts = """
        const numbers = (text) => { const found = text.match(/[\\d.]+/g).map(Number); return text.startsWith("rgb") ? found.slice(0, 3).map((one) => one / 255) : found.slice(0, 3); };
        const light = (text) => { const [r, g, b] = numbers(text).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const contrast = (a, b) => { const [low, high] = [light(a), light(b)].sort((x, y) => x - y); return (high + 0.05) / (low + 0.05); };
        const style = (one) => getComputedStyle(one);
        const text = root.querySelector(".message.bot .text");
        return {
            header: contrast(style(all("title")[0]).color, style(root.querySelector("header")).backgroundColor),
            own: contrast(style(root.querySelector(".message.visitor .text")).color, style(root.querySelector(".message.visitor .text")).backgroundColor),
            bot: contrast(style(text).color, style(text).backgroundColor),
            button: contrast(style(all("quick-reply")[0]).color, style(all("panel")[0]).backgroundColor),
            link: contrast(style(root.querySelector(".message.bot a")).color, style(text).backgroundColor),
            time: contrast(style(root.querySelector("time")).color, style(all("panel")[0]).backgroundColor),
        };
        """

    @Test(
        "text can be read on every colour of a page, light and dark, and the page or the visitor changes between them")
    func contrast() async throws {
        try await ChatPage.open(language: "en-US") { browser, _ in
            try await browser.click("bubble")
            try await ChatPage.say("where is my order A1234567", in: browser)
            try await ChatPage.wait("an answer with buttons", "return all('quick-reply').length > 0;", in: browser)
            for color in ["#3157e0", "#1f6f5c", "#ffd400", "white", "black", "oklch(70% 0.2 40)", "rgb(255 0 128)"] {
                for theme in ["light", "dark"] {
                    _ = try await browser.run(
                        "document.querySelector('script[data-key]').dataset.color = arguments[0]; Frontdesk.theme(arguments[1]);",
                        .string(color), .string(theme))
                    try await ChatPage.wait(
                        "the colour",
                        "return document.querySelector('#frontdesk-widget').dataset.theme === '\(theme)';",
                        in: browser)
                    for (name, value) in try await browser.run(Self.contrasts).members {
                        #expect((value.number ?? 0) >= 4.45, "\(name) on \(color), \(theme): \(value)")
                    }
                    try await browser.screenshot("color-\(color.filter(\.isLetter))-\(theme)")
                }
            }
            // The visitor's own choice holds over a reload; the page's word ends it.
            _ = try await browser.run(
                "Frontdesk.theme('light'); document.querySelector('script[data-key]').dataset.themeSwitch = '';")
            try await browser.click("theme")
            let isDark = "return document.querySelector('#frontdesk-widget').dataset.theme === 'dark';"
            try await ChatPage.wait("dark", isDark, in: browser)
            try await browser.reload()
            _ = try await browser.run("document.querySelector('script[data-key]').dataset.themeSwitch = '';")
            try await ChatPage.wait("still dark", isDark, in: browser)
            _ = try await browser.run("Frontdesk.theme('light');")
            #expect(try await browser.run(isDark).bool == false)
        }
    }

    @Test("Arabic runs from right to left: in the panel where the content has words, in a message wherever it stands")
    func rightToLeft() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            try await browser.click("bubble")
            try await ChatPage.say("أين طلبي؟ رقمه A1234567", in: browser)
            try await ChatPage.wait("it is there", "return all('message-visitor').length === 1;", in: browser)
            #expect(
                try await browser.run(
                    "return getComputedStyle(root.querySelector('.message.visitor .text')).direction + getComputedStyle(root.querySelector('.root')).direction;"
                ) == "rtlltr")
            let file = try Scratch.folder("phrases").appendingPathComponent("phrases/ar.yaml")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(
                "locale: ar\nwidget:\n  title: \"خدمة العملاء\"\n  input: \"اكتب رسالة…\"\n  hello: \"مرحبًا! كيف يمكننا مساعدتك؟\"\n"
                    .utf8
            ).write(to: file)
            let example = file.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
                "hours.yaml")
            try Data("intent: ar.hours\nexamples:\n  ar:\n    - متى تفتحون\nanswers:\n  - ar: \"كل يوم.\"\n".utf8)
                .write(to: example)
            let imported = try await server.data.run(
                "import", example.deletingLastPathComponent().path)
            try #require(imported.status == 0, "\(imported.errors)")
            try await browser.run("localStorage.clear();")
            let isThere = "return all('title')[0]?.innerText === 'خدمة العملاء';"
            _ = try await eventually("the words are live", within: 20) { () -> Bool? in
                // A page's copy of the script may be five minutes old.
                try await browser.visit("http://127.0.0.1:\(server.port)/?\(UUID().uuidString)")
                _ = try await browser.run(
                    "return fetch('/widget.js', { cache: 'reload' }).then((one) => one.text()).then(() => 1);")
                try await browser.reload()
                try await browser.run("document.querySelector('script[data-key]').dataset.locale = 'ar-EG';")
                try await browser.run("window.Frontdesk?.open();")
                return try await browser.run(isThere).bool == true ? true : nil
            }
            #expect(try await browser.run("return getComputedStyle(root.querySelector('.root')).direction;") == "rtl")
            // English words, which this content does not have in Arabic, stand at the same edge.
            #expect(try await browser.run("return getComputedStyle(all('subtitle')[0]).textAlign;") == "right")
            try await ChatPage.say("متى تفتحون؟", in: browser)
            try await ChatPage.wait(
                "it is sent", "return all('message-visitor').at(-1)?.dataset.state === 'sent';", in: browser)
            // The visitor's own messages stand at the line's end, which is the left here.
            #expect(
                try await browser.run(
                    "return all('message-visitor')[0].getBoundingClientRect().left < all('greeting')[0].getBoundingClientRect().left;"
                ).bool == true)
            try await browser.screenshot("chat-ar")
        }
    }

    @Test("on a phone the panel covers the page and keeps the keyboard's focus; Escape gives both back")
    func phone() async throws {
        try await ChatPage.open(language: "ja-JP", width: 375, added: "ja") { browser, _ in
            try await browser.click("bubble")
            let panel = try await browser.run(
                "const one = all('panel')[0]; return [one.getAttribute('role'), one.getAttribute('aria-modal'), document.documentElement.style.overflow, getComputedStyle(one).width];"
            )
            #expect(panel == ["dialog", "true", "hidden", "375px"])
            #expect(try await browser.run("return document.documentElement.scrollWidth <= innerWidth;").bool == true)
            for _ in 0..<12 {
                try await browser.type(Browser.tab)
                #expect(try await browser.run("return all('panel')[0].contains(root.activeElement);").bool == true)
            }
            #expect(
                try await browser.run(
                    "const log = root.querySelector('[role=log]'); return [log.getAttribute('aria-label'), root.querySelector('.root').lang];"
                ) == ["メッセージ", "ja"])
            try await ChatPage.say("注文はどこですか", in: browser)
            try await ChatPage.wait("a reply", "return all('message-bot').length === 1;", in: browser)
            #expect(
                try await browser.run("return root.querySelector('[role=log]').getAttribute('aria-live');") == "polite")
            try await browser.screenshot("chat-ja-phone")
            try await browser.type(Browser.escape)
            #expect(
                try await browser.run(
                    "return shown(all('panel')[0]) || root.activeElement !== all('bubble')[0] || document.documentElement.style.overflow === 'hidden';"
                ).bool == false)
        }
    }

    @Test("a server that was away for long is met at once when the visitor comes back to the page")
    func backAtOnce() async throws {
        try await ChatPage.open(language: "en-US") { browser, server in
            try await browser.click("bubble")
            // What is begun is kept over a restart from the first message on.
            try await ChatPage.say("hello", in: browser)
            try await ChatPage.wait("a greeting", "return all('message-bot').length === 1;", in: browser)
            try await browser.click("close")
            _ = try await browser.run(
                "window.tries = 0; const Real = WebSocket; window.WebSocket = class extends Real { constructor(...all) { super(...all); tries += 1; } };"
            )
            #expect(try await server.stop() == 0)
            // Nobody looks on: after some tries the waits are long.
            try await ChatPage.wait("some tries", "return tries >= 5;", within: 60, in: browser)
            let again = try await ServerProcess.launch(server.data, port: server.port)
            try await again.untilReady()
            let started = ContinuousClock.now
            _ = try await browser.run("window.dispatchEvent(new Event('online'));")
            try await ChatPage.wait(
                "it is back", "return Frontdesk.status.connection === 'ready';", within: 3, in: browser)
            #expect(ContinuousClock.now - started < .seconds(3))
            try await browser.visit("about:blank")
            #expect(try await again.stop() == 0)
        }
    }

    @Test(
        "the widget comes packed in at most 30 kB, and neither it nor the page breaks a policy without inline code or styles"
    )
    func packed() async throws {
        try await ChatPage.open(language: "zh-TW") { browser, server in
            let policy = try await server.call("GET", "/")["Content-Security-Policy"] ?? ""
            #expect(policy.contains("script-src 'self'; style-src 'self'") && !policy.contains("unsafe"))
            let sizes = try await browser.run(
                "const one = performance.getEntriesByType('resource').find((one) => one.name.endsWith('/widget.js')); return [one.encodedBodySize, one.decodedBodySize];"
            )
            let sent = sizes[0].integer ?? .max
            #expect(sent > 5_000 && sent <= 30_000 && sent * 2 < sizes[1].integer ?? 0, "\(sizes)")
            _ = try await browser.run(
                "window.broken = []; document.addEventListener('securitypolicyviolation', (event) => broken.push(event.violatedDirective));"
            )
            try await browser.click("bubble")
            try await ChatPage.say("我的包裹在哪裡", in: browser)
            try await ChatPage.wait("a reply", "return all('message-bot').length === 1;", in: browser)
            #expect(try await browser.run("return [broken.length, root.adoptedStyleSheets.length];") == [0, 1])
            #expect(try await browser.run("return root.querySelector('.root').lang;") == "zh-Hant")
            try await browser.screenshot("chat-zh-Hant")
        }
    }
}
