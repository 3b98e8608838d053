import Foundation
import Testing

extension EndToEndTests {
    @Suite("A database that is lost is told, and what is stored is private") struct StorageTests {}
}

extension EndToEndTests.StorageTests {
    private static let manager = FileManager.default

    /// Runs the program with an umask that keeps nothing from anybody.
    private func openHanded(_ arguments: [String]) throws -> Child {
        let words = ([Installation.program.path] + arguments).map { "'\($0)'" }.joined(separator: " ")
        return try Child(["-c", "umask 000; exec \(words)"], program: URL(fileURLWithPath: "/bin/sh"))
    }

    /// Names with modes of what others could read or write, links aside.
    private func open(below folder: URL) throws -> [String] {
        let names = try Self.manager.subpathsOfDirectory(atPath: folder.path)
        return try (["."] + names).compactMap { name in
            let attributes = try Self.manager.attributesOfItem(atPath: folder.appendingPathComponent(name).path)
            let mode = attributes[.posixPermissions] as? Int ?? 0
            guard attributes[.type] as? FileAttributeType != .typeSymbolicLink, mode & 0o077 != 0 else { return nil }
            return "\(name) \(String(mode, radix: 8))"
        }
    }

    @Test(
        "a database deleted under a server: turns get 503, readiness says why, the server lives, and is no new bot later"
    )
    func deleted() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let chat = try await Caller(server: server, key: key).start()
        _ = try await chat.say("hello")
        for suffix in ["", "-wal", "-shm"] {
            try Self.manager.removeItem(at: data.url.appendingPathComponent("frontdesk.sqlite\(suffix)"))
        }
        expectProblem(try await chat.post(["text": "hello"]), 503, "not_ready", naming: "deleted")
        expectProblem(try await chat.caller.post("/v1/conversations", [:]), 503, "not_ready", naming: "deleted")
        _ = try await eventually("readiness fails") { () -> Bool? in
            try await server.call("GET", "/health/ready").status == 503 ? true : nil
        }
        expectProblem(try await server.call("GET", "/health/ready"), 503, "not_ready", naming: "deleted")
        #expect(try await server.call("GET", "/health/live").status == 200)
        #expect(server.child.errors.contains("nothing can be stored"))
        #expect(try await server.stop() == 0)
        let again = try await ServerProcess.launch(data)
        #expect(try await again.child.wait(within: 30) == 65)
        #expect(again.child.errors.contains("the database is missing"), "\(again.child.errors)")
    }

    @Test("an emptied database is no new bot")
    func emptied() async throws {
        let data = try await DataFolder.trained()
        try Data().write(to: data.database)
        try? Self.manager.removeItem(at: data.url.appendingPathComponent("frontdesk.sqlite-wal"))
        for result in [try await ServerProcess.launch(data).child.result(), try await data.run("keys list")] {
            #expect(result.status == 65 && result.errors.contains("is empty"), "\(result.errors)")
        }
        #expect(try Data(contentsOf: data.database).isEmpty)
    }

    @Test("whatever the umask, folder and files are their owner's alone")
    func umask() async throws {
        let data = DataFolder(url: try Scratch.unusedPath("made"))
        let imported = try await openHanded(["import", "--data", data.url.path, Installation.intents.path]).result()
        #expect(imported.status == 0, "\(imported.errors)")
        #expect(try open(below: data.url).isEmpty)
        #expect(
            try await openHanded(["backup", "--data", data.url.path, data.url.path + "/b.tar"]).result().status == 0)
        #expect(try open(below: data.url).isEmpty)
    }

    @Test("an open folder of an older version is closed and told once")
    func tightened() async throws {
        let data = try await DataFolder.trained()
        for (path, mode) in [(data.url.path, 0o755), (data.database.path, 0o644)] {
            try Self.manager.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        }
        let first = try await data.run("keys list")
        #expect(first.status == 0 && first.errors.contains("other users could read this folder"), "\(first.errors)")
        #expect(try open(below: data.url).isEmpty)
        #expect(try await data.run("keys list").errors.isEmpty)
    }

    @Test("SIGHUP does not end the server")
    func hangUp() async throws {
        let server = try await ServerProcess.start(try await DataFolder.trained())
        server.child.send(SIGHUP)
        // It is delivered before the process goes on; had it ended the server, nothing would answer.
        #expect(try await server.call("GET", "/health/ready").status == 200)
        #expect(try await server.stop() == 0)
    }

    @Test(
        "an address that cannot be listened at is told in one line",
        arguments: [
            ("no.such.host.invalid", "no address of this name"), ("192.0.2.1", "does not have that address"),
        ])
    func address(host: String, words: String) async throws {
        let server = try await ServerProcess.launch(try await DataFolder.trained(), ["--host", host])
        #expect(try await server.child.wait(within: 60) == 69)
        let lines = server.child.errors.split(separator: "\n").filter { $0.hasPrefix("frontdesk: ") }
        #expect(lines.count == 1 && lines[0].contains(words), "\(server.child.errors)")
    }
}
