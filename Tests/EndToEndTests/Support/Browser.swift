import Foundation

/// A headless Chromium, driven through chromedriver's plain HTTP (W3C WebDriver).
final class Browser: Sendable {
    struct Failed: Error, CustomStringConvertible {
        let description: String
    }

    private let driver: Child
    private let port: Int
    private let session: String

    static let executable = URL(fileURLWithPath: "/usr/bin/chromedriver")
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: executable.path) }

    /// - Parameters:
    ///   - language: what `navigator.languages` says, with commas.
    ///   - width: of the window, pixels.
    static func open(language: String, width: Int = 1100, height: Int = 800) async throws -> Browser {
        let port = try await ServerProcess.freePort()
        let driver = try Child(["--port=\(port)"], program: executable)
        _ = try await eventually("chromedriver listens", within: 30) { () -> Bool? in
            let status = try? await send("GET", "/status", nil, port: port)
            return status?["value"]["ready"].bool == true ? true : nil
        }
        let arguments: JSON = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--lang=\(language.prefix { $0 != "," })",
            "--window-size=\(width),\(height)", "--force-color-profile=srgb",
        ]
        // The window of the new headless mode has a least width; a phone is narrower.
        var options: JSON = ["args": arguments, "prefs": ["intl.accept_languages": .string(language)]]
        if width < 500 {
            options["mobileEmulation"] = [
                "deviceMetrics": [
                    "width": .number(Double(width)), "height": .number(Double(height)), "pixelRatio": 2, "mobile": true,
                ]
            ]
        }
        let request: JSON = ["capabilities": ["alwaysMatch": ["browserName": "chrome", "goog:chromeOptions": options]]]
        let answer = try await send("POST", "/session", request, port: port)
        guard let session = answer["value"]["sessionId"].string else {
            driver.send(SIGTERM)
            throw Failed(description: "no browser session: \(answer.text.prefix(600))")
        }
        return Browser(driver: driver, port: port, session: session)
    }

    private init(driver: Child, port: Int, session: String) {
        self.driver = driver
        self.port = port
        self.session = session
    }

    func close() async {
        _ = try? await call("DELETE", "", nil)
        driver.send(SIGTERM)
        _ = try? await driver.wait(within: 10)
    }

    func visit(_ address: String) async throws { _ = try await call("POST", "/url", ["url": .string(address)]) }

    func reload() async throws { _ = try await call("POST", "/refresh", [:]) }

    /// Runs a function's body in the page. `root` is the widget's shadow root; `all(id)` its elements of that test id.
    @discardableResult
    func run(_ body: String, _ arguments: JSON...) async throws -> JSON {
        let script = """
            const root = document.querySelector("#frontdesk-widget")?.shadowRoot
                ?? [...document.querySelectorAll("*")].map((one) => one.shadowRoot).find((one) => one?.querySelector("[data-testid=bubble]"));
            const all = (id) => root ? [...root.querySelectorAll(`[data-testid="${id}"]`)] : [];
            const shown = (one) => one && one.getClientRects().length > 0;
            \(body)
            """
        return try await call("POST", "/execute/sync", ["script": .string(script), "args": .array(arguments)])
    }

    /// A command of Chromium's own protocol: what no page can do, such as being on a dark device.
    @discardableResult
    func devtools(_ command: String, _ parameters: JSON = [:]) async throws -> JSON {
        try await call("POST", "/goog/cdp/execute", ["cmd": .string(command), "params": parameters])
    }

    func click(_ testID: String) async throws {
        _ = try await eventually("there is a \(testID) to click") { () -> Bool? in
            try await run("const one = all(arguments[0]).find(shown); one?.click(); return !!one;", .string(testID))
                .bool == true ? true : nil
        }
    }

    /// Types on the keyboard into whatever has the focus.
    func type(_ text: String) async throws {
        let keys = text.flatMap { character -> [JSON] in
            [
                ["type": "keyDown", "value": .string(String(character))],
                ["type": "keyUp", "value": .string(String(character))],
            ]
        }
        _ = try await call(
            "POST", "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": .array(keys)]]])
    }

    static let enter = "\u{E007}"
    static let escape = "\u{E00C}"
    static let tab = "\u{E004}"

    /// The texts of the elements of a test id that can be seen, in their order.
    func texts(_ testID: String) async throws -> [String] {
        try await run(
            "return all(arguments[0]).filter(shown).map((one) => (one.querySelector('.text') ?? one).innerText.trim());",
            .string(testID)
        )
        .elements.compactMap(\.string)
    }

    /// A PNG in the folder that FRONTDESK_SCREENSHOTS names, if it does.
    func screenshot(_ name: String) async throws {
        guard let folder = ProcessInfo.processInfo.environment["FRONTDESK_SCREENSHOTS"] else { return }
        // What writes goes on moving.
        let isStill =
            "return !root?.getAnimations().some((one) => one.effect.getComputedTiming().iterations !== Infinity);"
        _ = try await eventually("nothing moves in") { () -> Bool? in try await run(isStill).bool == true ? true : nil }
        let picture = try await call("GET", "/screenshot", nil).string.flatMap { Data(base64Encoded: $0) }
        let place = URL(fileURLWithPath: folder, isDirectory: true)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        try picture?.write(to: place.appendingPathComponent("\(name).png"))
    }

    private func call(_ method: String, _ path: String, _ body: JSON?) async throws -> JSON {
        let answer = try await Self.send(method, "/session/\(session)\(path)", body, port: port)
        if let error = answer["value"]["error"].string {
            throw Failed(description: "\(method) \(path): \(error): \(answer["value"]["message"].string ?? "")")
        }
        return answer["value"]
    }

    private static func send(_ method: String, _ path: String, _ body: JSON?, port: Int) async throws -> JSON {
        let connection = try await Connection.open(port: port)
        defer { Task { await connection.close() } }
        return try await connection.request(
            method, path, headers: [("Content-Type", "application/json")],
            body: body?.data ?? (method == "GET" ? nil : Data()),
            within: 60
        ).json
    }
}
