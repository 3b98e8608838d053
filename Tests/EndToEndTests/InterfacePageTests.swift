import Foundation
import Testing

extension EndToEndTests {
    @Suite(
        "The interface's pages in a browser",
        .enabled(
            if: Browser.isInstalled && Installation.hasPages || Installation.isRequired,
            "needs chromedriver and Swagger UI"))
    struct InterfacePageTests {}
}

extension EndToEndTests.InterfacePageTests {
    /// A server with `/docs` open.
    private func page(_ body: (Browser, ServerProcess) async throws -> Void) async throws {
        let data = try await DataFolder.trained()
        try FileManager.default.createSymbolicLink(
            at: data.url.appendingPathComponent("pages"), withDestinationURL: Installation.pages)
        let server = try await ServerProcess.start(data)
        let browser = try await Browser.open(language: "en-US", width: 1280, height: 1000)
        do {
            try await browser.visit("http://127.0.0.1:\(server.port)/docs")
            try await body(browser, server)
        } catch {
            try? await browser.screenshot("failed-docs")
            await browser.close()
            throw error
        }
        await browser.close()
        #expect(try await server.stop() == 0)
    }

    private func wait(for what: String, _ condition: String, in browser: Browser) async throws {
        _ = try await eventually(what, within: 30) { () -> Bool? in
            try await browser.run("return Boolean(\(condition));").bool == true ? true : nil
        }
    }

    @Test("every call is shown, one is tried out with a key, and the page obeys its policy")
    func tryOut() async throws {
        try await page { browser, server in
            // All but /metrics, which has a listener of its own.
            try await wait(for: "all calls", "document.querySelectorAll('.opblock').length === 45", in: browser)
            // What the page was kept from doing, also before this.
            _ = try await browser.run(
                """
                window.violations = [];
                new ReportingObserver((all) => window.violations.push(...all.map((one) => JSON.stringify(one.body))),
                    { types: ["csp-violation"], buffered: true }).observe();
                """)
            try await browser.screenshot("docs")
            try await enterKey(try await server.data.makeKey(scopes: ["classify"]), in: browser)
            let call = "document.querySelector('#operations-Understanding-classify')"
            _ = try await browser.run(
                "\(call).scrollIntoView(); \(call).querySelector('.opblock-summary-control').click();")
            try await wait(for: "a call to execute", "\(call).querySelector('button.execute')", in: browser)
            _ = try await browser.run("\(call).querySelector('button.execute').click();")
            let answer = "\(call).querySelector('.live-responses-table .response .response-col_status')"
            try await wait(for: "an answer", "\(answer)?.innerText.startsWith('200')", in: browser)
            #expect(
                try await browser.run("return \(call).querySelector('.live-responses-table').innerText;").string?
                    .contains("A1234567") == true)
            try await browser.screenshot("docs-tried")
            #expect(
                try await browser.run(
                    "return performance.getEntriesByType('resource').map((one) => new URL(one.name).origin === location.origin);"
                ).elements.contains(.bool(false)) == false)
            #expect(try await browser.run("return window.violations;") == [])
            #expect(try await browser.run("return Object.keys(localStorage);") == [])
        }
    }

    private func enterKey(_ key: String, in browser: Browser) async throws {
        _ = try await browser.run("document.querySelector('.auth-wrapper .authorize').click();")
        try await wait(for: "a place for the key", "document.querySelector('.modal-ux input')", in: browser)
        _ = try await browser.run("document.querySelector('.modal-ux input').focus();")
        try await browser.type(key + Browser.enter)
        try await wait(
            for: "the key to be taken", "document.querySelector('.modal-ux')?.innerText.includes('Logout')", in: browser
        )
        _ = try await browser.run("document.querySelector('.modal-ux .btn-done').click();")
    }

    @Test("without Swagger UI the page says how to get it")
    func missing() async throws {
        let shared = try await SharedServer.shared.value
        let page = try await shared.server.call("GET", "/docs")
        #expect(page.status == 200 && page.text.contains("frontdesk docs install"))
    }
}
