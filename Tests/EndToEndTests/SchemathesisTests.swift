import Foundation
import Testing

extension EndToEndTests {
    @Suite(
        "The REST interface under schemathesis",
        .enabled(if: Installation.hasSchemathesis || Installation.isRequired, "needs schemathesis"))
    struct SchemathesisTests {}
}

extension EndToEndTests.SchemathesisTests {
    @Test("whatever the description allows is accepted, whatever it does not is refused, and every answer is described")
    func phases() async throws {
        let server = try await ServerProcess.start(
            try await DataFolder.trained(), "--secret-rate", "1000000", "--failure-rate", "1000000")
        let key = try await server.data.makeKey(scopes: ["chat", "classify", "search", "agent"])
        let settings = Installation.packageRoot.appendingPathComponent("Tests/Schemathesis")
        let work = try Scratch.folder("schemathesis")
        let child = try Child(
            [
                "--config-file", settings.appendingPathComponent("schemathesis.toml").path, "run",
                "http://127.0.0.1:\(server.port)/openapi.json", "--header", "Authorization: Bearer \(key)",
            ], program: Installation.schemathesis, folder: work,
            environment: [
                "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": settings.path, "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONUTF8": "1",
            ])
        let status = try await child.wait(within: 240)
        #expect(status == 0, "\(child.output)\(child.errors)")
        #expect(child.output.contains("Stateful") && child.output.contains("Coverage"))
        #expect(try await server.stop() == 0)
    }
}
