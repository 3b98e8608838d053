import Foundation
import Testing

extension EndToEndTests {
    @Suite("Settings in flags, environment and file") struct ConfigurationTests {}
}

extension EndToEndTests.ConfigurationTests {
    private func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> CommandResult {
        let child = try Child(arguments, environment: environment)
        let status = try await child.wait(within: 60)
        return CommandResult(status: status, output: child.output, errors: child.errors)
    }

    private func file(_ text: String) throws -> String {
        let url = try Scratch.folder("settings").appendingPathComponent("frontdesk.yaml")
        try Data(text.utf8).write(to: url)
        return url.path
    }

    @Test("docs/configuration.md has every setting, as the flags declare it")
    func documented() async throws {
        let table = try await run(["config", "table"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/configuration.md")
        #expect(table.split(separator: "\n").count > 40)
        #expect(try String(contentsOf: page, encoding: .utf8).contains("\n\(table)\n"))
    }

    @Test("config show says of every setting where it comes from, and a wrong name or value is refused with its place")
    func show() async throws {
        let path = try file("port: 9443\ndemo: no\nheartbeat: 10\n")
        let shown = try await run(
            ["config", "show", "--config", path, "--trusted-proxy", "127.0.0.1", "--json"],
            environment: ["FRONTDESK_HEARTBEAT": "20"])
        #expect(shown.status == 0, "\(shown.errors)")
        let rows = try JSON(parsing: Data(shown.output.utf8)).elements
        func row(_ key: String) -> [String?] {
            rows.filter { $0["key"].string == key }.flatMap { [$0["value"].string, $0["source"].string] }
        }
        #expect(row("port") == ["9443", path])
        #expect(row("demo") == ["false", path])
        #expect(row("heartbeat") == ["20", "FRONTDESK_HEARTBEAT"])
        #expect(row("trusted_proxy") == ["127.0.0.1", "command line"])
        #expect(row("host") == ["127.0.0.1", "default"])

        for arguments in [["config", "show"], ["serve"]] {
            let variable = try await run(arguments, environment: ["FRONTDESK_HARTBEAT": "3"])
            #expect(variable.status == 65)
            #expect(
                variable.errors == """
                    frontdesk: the variable FRONTDESK_HARTBEAT is no setting of the server; did you mean FRONTDESK_HEARTBEAT?

                    """)
            let key = try await run(arguments + ["--config", try file("hearbeat: 3\n")])
            #expect(key.status == 65 && key.errors.contains(":1: 'hearbeat' is no setting"))
            let value = try await run(arguments, environment: ["FRONTDESK_HEARTBEAT": "0"])
            #expect(value.status == 65)
            #expect(
                value.errors
                    == "frontdesk: --heartbeat: 1 to 3600 seconds; --heartbeat was set by the variable FRONTDESK_HEARTBEAT\n"
            )
        }
    }

    @Test("a server is what the file and the environment say, and commands find its folder")
    func serving() async throws {
        let data = try await DataFolder.trained()
        let (port, metrics) = (try await ServerProcess.freePort(), try await ServerProcess.freePort())
        let path = try file(
            "data: \(data.url.path)\nport: 1\nmetrics_address: 127.0.0.1:\(metrics)\nrasa: true\ndemo: false\n")
        let environment = ["FRONTDESK_CONFIG": path, "FRONTDESK_PORT": "\(port)"]
        let child = try Child(["serve"], environment: environment)
        _ = try await eventually("the server listens", within: 60) { () -> Bool? in
            child.output.contains("listening on http://127.0.0.1:\(port)") ? true : nil
        }
        let key = try await data.makeKey()
        let connection = try await Connection.open(port: port)
        let parsed = try await connection.request(
            "POST", "/model/parse?token=\(key)", body: Data(#"{"text":"hello"}"#.utf8))
        #expect(parsed.status == 200 && parsed.json["intent"]["name"].string != nil, "\(parsed.text)")
        let said = try await connection.request(
            "POST", "/webhooks/rest/webhook", headers: [("Authorization", "Bearer \(key)")],
            body: Data(#"{"sender":"ann","message":"hello"}"#.utf8))
        #expect(said.status == 200 && said.json[0]["recipient_id"] == "ann" && said.json[0]["text"].string != nil)
        await connection.close()
        let keys = try await run(["keys", "list", "--json"], environment: environment)
        #expect(keys.status == 0 && keys.output.contains("\"scopes\""), "\(keys.errors)")
        child.send(SIGTERM)
        #expect(try await child.wait(within: 30) == 0)
        #expect(!child.errors.contains(key) && !child.output.contains(key))
    }
}
