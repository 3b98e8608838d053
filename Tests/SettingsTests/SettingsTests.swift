import ConversationDomain
import Foundation
import Testing

@testable import Settings

@Suite("What a server is told")
struct SettingsTests {
    /// As ArgumentParser tells of a command, with one of each kind of flag.
    private static let description = """
        {"serializationVersion": 0, "command": {"commandName": "serve", "arguments": [
          {"kind": "option", "names": [{"kind": "long", "name": "host"}], "isRepeating": false, "isOptional": true,
           "defaultValue": "127.0.0.1", "valueName": "host", "abstract": "The address."},
          {"kind": "option", "names": [{"kind": "long", "name": "port"}], "isRepeating": false, "isOptional": true,
           "defaultValue": "8080", "valueName": "port", "abstract": "The port."},
          {"kind": "option", "names": [{"kind": "long", "name": "threads"}], "isRepeating": false, "isOptional": true,
           "defaultValue": "2", "valueName": "threads", "abstract": "Threads (default: one per core)."},
          {"kind": "option", "names": [{"kind": "long", "name": "trusted-proxy"}], "isRepeating": true,
           "isOptional": true, "valueName": "address|cidr", "abstract": "Proxies."},
          {"kind": "option", "names": [{"kind": "long", "name": "mail-password"}], "isRepeating": false,
           "isOptional": true, "valueName": "text", "abstract": "A secret."},
          {"kind": "flag", "names": [{"kind": "long", "name": "demo"}], "isRepeating": false, "isOptional": true,
           "defaultValue": "--demo", "abstract": "The demo."},
          {"kind": "flag", "names": [{"kind": "long", "name": "no-demo"}], "isRepeating": false, "isOptional": true,
           "abstract": "The demo."},
          {"kind": "flag", "names": [{"kind": "long", "name": "access-log"}], "isRepeating": false,
           "isOptional": true, "abstract": "Log requests."},
          {"kind": "option", "names": [{"kind": "long", "name": "config"}], "isRepeating": false, "isOptional": true,
           "abstract": "The file."},
          {"kind": "flag", "names": [{"kind": "short", "name": "h"}, {"kind": "long", "name": "help"}],
           "isRepeating": false, "isOptional": true, "abstract": "Help."}
        ]}}
        """

    private let settings: [Setting]
    private let folder: URL

    init() throws {
        settings = try Setting.all(describedBy: Data(Self.description.utf8))
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ text: String, _ name: String = "frontdesk.yaml") throws -> String {
        let url = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: url)
        return url.path
    }

    private func resolve(_ arguments: String..., environment: [String: String] = [:]) throws -> ResolvedSettings {
        try ResolvedSettings(settings, arguments: arguments, environment: environment)
    }

    private func refusal(_ arguments: String..., environment: [String: String] = [:]) -> String? {
        do {
            _ = try ResolvedSettings(settings, arguments: arguments, environment: environment)
            return nil
        } catch {
            return (error as? ChatError)?.message ?? "\(error)"
        }
    }

    private func shown(_ resolved: ResolvedSettings) -> [String] {
        resolved.values.filter { $0.source != .usual }.map {
            "\($0.setting.key) \($0.text ?? "-") \($0.source.text.split(separator: "/").last ?? "")"
        }
    }

    @Test("the flags of a command are its settings, with a variable, a key and a row of the table each")
    func declaration() {
        #expect(
            Setting.table(settings) == """
                | flag | variable | key | default | what |
                | --- | --- | --- | --- | --- |
                | `--host host` | `FRONTDESK_HOST` | `host` | 127.0.0.1 | The address. |
                | `--port port` | `FRONTDESK_PORT` | `port` | 8080 | The port. |
                | `--threads threads` | `FRONTDESK_THREADS` | `threads` | one per core | Threads. |
                | `--trusted-proxy address\\|cidr …` | `FRONTDESK_TRUSTED_PROXY` | `trusted_proxy` | – | Proxies. |
                | `--mail-password text` | `FRONTDESK_MAIL_PASSWORD` | `mail_password` | – | A secret. |
                | `--demo`, `--no-demo` | `FRONTDESK_DEMO` | `demo` | true | The demo. |
                | `--access-log` | `FRONTDESK_ACCESS_LOG` | `access_log` | false | Log requests. |
                """)
    }

    @Test("a flag counts before the environment, that before the file, that before the default")
    func precedence() throws {
        let path = try file("host: a.example\nport: 1\ndemo: no\ntrusted_proxy: [10.0.0.0/8, 'fd00::/8']\n")
        let environment = [
            "FRONTDESK_PORT": "2", "FRONTDESK_HOST": "b.example", "FRONTDESK_ACCESS_LOG": "yes", "HOME": "/",
            "FRONTDESK_THREADS": "",
        ]
        let all = try resolve("--config", path, "--host", "c.example", environment: environment)
        #expect(
            shown(all) == [
                "host c.example command line", "port 2 FRONTDESK_PORT",
                "trusted_proxy 10.0.0.0/8, fd00::/8 frontdesk.yaml", "demo false frontdesk.yaml",
                "access_log true FRONTDESK_ACCESS_LOG",
            ])
        #expect(
            all.arguments == [
                "--port=2", "--trusted-proxy=10.0.0.0/8", "--trusted-proxy=fd00::/8", "--no-demo", "--access-log",
            ])
        #expect(all.values.first { $0.setting.name == "threads" }?.text == "one per core")
        let named = try resolve(
            "--demo", "--trusted-proxy", "127.0.0.1", "::1", environment: ["FRONTDESK_CONFIG": path])
        #expect(
            shown(named) == [
                "host a.example frontdesk.yaml", "port 1 frontdesk.yaml", "trusted_proxy 127.0.0.1, ::1 command line",
                "demo true command line",
            ])
        #expect(named.arguments == ["--host=a.example", "--port=1"])
        #expect(
            try resolve(environment: ["FRONTDESK_TRUSTED_PROXY": "127.0.0.1, ::1"]).arguments
                == ["--trusted-proxy=127.0.0.1", "--trusted-proxy=::1"])
        #expect(try resolve("--no-demo", "--port=9", "--", "--host", "x").arguments == [])
    }

    @Test("JSON says the same as YAML")
    func json() throws {
        let path = try file(
            #"{"port": 8443, "trusted_proxy": ["10.0.0.0/8"], "access_log": true, "host": "::1"}"#, "frontdesk.json")
        #expect(
            try resolve("--config=\(path)").arguments == [
                "--host=::1", "--port=8443", "--trusted-proxy=10.0.0.0/8", "--access-log",
            ])
        #expect(refusal("--config", try file("[1]", "list.json"))?.contains("expected a JSON object") == true)
        #expect(refusal("--config", try file(#"{"port": {}}"#, "deep.json"))?.contains("'port' is a text") == true)
        #expect(refusal("--config", try file(#"{"prot": 1}"#, "typo.json"))?.hasSuffix("did you mean port?") == true)
    }

    @Test("a name that no setting has is an error that names the nearest")
    func unknown() throws {
        #expect(
            refusal(environment: ["FRONTDESK_TRUSTED_PROXIES": "::1"])
                == "the variable FRONTDESK_TRUSTED_PROXIES is no setting of the server; did you mean FRONTDESK_TRUSTED_PROXY?"
        )
        // What scripts and tests read.
        #expect(refusal(environment: ["FRONTDESK_MODELS": "/m", "FRONTDESK_REQUIRE_MODELS": "1"]) == nil)
        let path = try file("port: 1\nacces-log: true\n")
        #expect(
            refusal("--config", path)
                == "\(path):2: 'acces-log' is no setting of the server; did you mean access_log?")
        let far = try file("an_entirely_different_thing: 1\n")
        #expect(refusal("--config", far) == "\(far):1: 'an_entirely_different_thing' is no setting of the server")
        #expect(
            try ResolvedSettings(
                settings, arguments: [], environment: ["FRONTDESK_NOTHING": "1"], checksNames: false
            ).arguments == [])
    }

    @Test("what a file cannot be is told with its line")
    func badFiles() throws {
        func fault(_ text: String) throws -> String? {
            let path = try file(text)
            return refusal("--config", path)?.replacingOccurrences(of: path, with: "F")
        }
        #expect(try fault("- port\n")?.contains("expected one key a line") == true)
        #expect(try fault("port:\n") == "F:1: 'port' has no value")
        #expect(try fault("host: a\nport: [1]\n") == "F:2: 'port' has one value, not a list")
        #expect(try fault("port: {a: 1}\n")?.contains("'port' has keys of its own") == true)
        #expect(try fault("trusted_proxy:\n  - {a: 1}\n")?.contains("F:2: 'trusted_proxy' is a list of plain") == true)
        #expect(try fault("demo: maybe\n") == "F: 'demo' is 'maybe', expected true or false")
        #expect(try fault("port: 1\nport: 2\n")?.contains("occurs twice") == true)
        #expect(try fault("a: &a [x]\nb: *a\n") != nil)
        #expect(try fault("host: \(String(repeating: "x", count: 5_000))\n")?.contains("longer than") == true)
        #expect(try fault(String(repeating: "#", count: 70_000))?.contains("more than 65536 bytes") == true)
        #expect(try fault("") == nil)
        #expect(refusal("--config", folder.path)?.contains("no such file") == true)
        #expect(refusal(environment: ["FRONTDESK_DEMO": "perhaps"])?.contains("FRONTDESK_DEMO is 'perhaps'") == true)
    }

    @Test("a refused value is traced to where it was set; secrets are not shown")
    func origins() throws {
        let path = try file("port: 99999\nmail_password: swordfish\n")
        let all = try resolve("--config", path, environment: ["FRONTDESK_THREADS": "many"])
        #expect(
            all.origins(in: "--port: 99999 is not between 0 and 65535") == ["--port was set by 'port' in \(path)"])
        #expect(
            all.origins(in: "The value 'many' is invalid for '--threads <threads>'")
                == ["--threads was set by the variable FRONTDESK_THREADS"])
        #expect(all.origins(in: "--portable and --host") == [])
        #expect(shown(all).contains("mail_password (hidden) frontdesk.yaml"))
        #expect(all.arguments.contains("--mail-password=swordfish"))
    }

    @Test("a command is known by its names, and with it whether it takes a flag")
    func commands() throws {
        let tree = Data(
            """
            {"command": {"commandName": "frontdesk", "arguments": [], "subcommands": [{"commandName": "keys",
             "subcommands": [{"commandName": "list", "arguments": [{"kind": "option", "isRepeating": false,
             "names": [{"kind": "long", "name": "data"}]}]}]}]}}
            """.utf8)
        #expect(try Setting.isTaken("data", by: ["keys", "list", "--json"], describedBy: tree))
        #expect(try !Setting.isTaken("data", by: ["keys"], describedBy: tree))
        #expect(try !Setting.isTaken("data", by: ["--version"], describedBy: tree))
    }
}
