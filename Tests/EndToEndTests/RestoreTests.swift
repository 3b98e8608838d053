import Foundation
import Testing

extension EndToEndTests {
    @Suite("Backups are checked, and a restore replaces everything or nothing") struct RestoreTests {}
}

extension EndToEndTests.RestoreTests {
    private static let manager = FileManager.default

    /// The names in a folder, hidden ones too.
    private func names(_ url: URL) throws -> [String] {
        try Self.manager.contentsOfDirectory(atPath: url.path).sorted()
    }

    @Test("a backup taken before a crash replaces database and log, and the log left behind comes into nothing")
    func staleLog() async throws {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        let server = try await ServerProcess.start(data)
        let caller = Caller(server: server, key: key)
        let kept = try await caller.start(["locale": "en"])
        _ = try await kept.say("hello")
        let history = try await kept.history()
        let file = try Scratch.unusedPath("bot.backup")
        let saved = try await data.run("backup", "--json", file.path)
        #expect(saved.status == 0 && saved.json["named"] == ["multilingual-e5-small"], "\(saved.errors)")
        let later = try await caller.start(["locale": "en"])
        for _ in 0..<5 { _ = try await later.say("thanks") }
        server.child.send(SIGKILL)
        #expect(try await server.child.wait(within: 5) == -SIGKILL)
        #expect(try names(data.url).contains("frontdesk.sqlite-wal"))

        let refused = try await data.run("restore", file.path)
        #expect(refused.status == 77 && refused.errorLines.count == 1 && refused.errors.contains("--replace"))
        #expect(try names(data.url).contains("frontdesk.sqlite-wal"))
        let restored = try await data.run("restore", "--replace", "--json", file.path)
        #expect(restored.status == 0 && restored.errors.isEmpty, "\(restored.errors)")
        let aside = try #require(restored.json["replaced"].string.map { URL(fileURLWithPath: $0, isDirectory: true) })
        #expect(try names(aside).contains("frontdesk.sqlite") && names(aside).contains("frontdesk.sqlite-wal"))
        #expect(try await data.run("migrate").status == 0)

        let again = Caller(server: try await ServerProcess.start(data), key: key)
        #expect(try await Chat(caller: again, id: kept.id).history() == history)
        #expect(try await again.get(later.path).status == 404)
        #expect(try await Chat(caller: again, id: kept.id).say("hello")["message"]["seq"].integer == 3)
        #expect(try await again.server.stop() == 0)

        // What was moved aside is whole: it opens as it was left.
        let former = DataFolder(url: aside)
        try Self.manager.createSymbolicLink(
            at: aside.appendingPathComponent("models"), withDestinationURL: Installation.models)
        let old = Caller(server: try await ServerProcess.start(former), key: key)
        #expect(try await Chat(caller: old, id: later.id).history().count == 10)
        #expect(try await old.server.stop() == 0)
    }

    @Test("beside a server a restore is refused and names it; import, keys and backup work")
    func beside() async throws {
        let data = try await DataFolder.trained()
        let server = try await ServerProcess.start(data)
        let file = try Scratch.unusedPath("bot.backup")
        #expect(try await data.run("backup", "--without-models", file.path).status == 0)
        #expect(try await data.run("keys list").status == 0)
        #expect(try await data.run("import", Installation.intents.path).status == 0)
        let before = try names(data.url)
        let refused = try await data.run("restore", "--replace", file.path)
        #expect(refused.status == 69 && refused.errorLines.count == 1)
        #expect(refused.errors.contains("process \(server.child.pid) "), "\(refused.errors)")
        #expect(try names(data.url) == before)

        let second = try await ServerProcess.launch(data)
        #expect(try await second.child.wait(within: 30) == 69)
        #expect(second.child.errors.contains("process \(server.child.pid) "), "\(second.child.errors)")
        server.child.send(SIGKILL)
        #expect(try await server.child.wait(within: 5) == -SIGKILL)
        let third = try await ServerProcess.start(data)
        #expect(try await third.stop() == 0)
    }

    @Test("a changed, cut or foreign backup is found by --verify and refused by a restore that changes nothing")
    func damaged() async throws {
        let data = try await DataFolder.trained()
        let folder = try Scratch.folder("backups")
        let file = folder.appendingPathComponent("good.backup")
        #expect(try await data.run("backup", file.path).status == 0)
        let verified = try await Child(["backup", "--verify", file.path]).result()
        #expect(verified.status == 0 && verified.output.contains("multilingual-e5-small"), "\(verified.errors)")
        #expect(try names(folder) == ["good.backup"])

        let good = try Data(contentsOf: file)
        let text = try #require(good.range(of: Data("where is my order".utf8)))
        var changes: [(String, Data)] = []
        var altered = good
        altered.replaceSubrange(text.lowerBound..<text.lowerBound + 5, with: Data("WHERE".utf8))
        changes.append(("frontdesk.sqlite' is damaged", altered))
        changes.append(("cut off", good.prefix(good.count / 2)))
        changes.append(("cut off", good.prefix(good.count - 512)))
        let before = try names(data.url)
        let database = try Data(contentsOf: data.database)
        for (words, bytes) in changes {
            let bad = folder.appendingPathComponent("bad.backup")
            try bytes.write(to: bad)
            let verified = try await Child(["backup", "--verify", bad.path]).result()
            #expect(verified.status == 65 && verified.errorLines.count == 1 && verified.errors.contains(words))
            let restored = try await data.run("restore", "--replace", bad.path)
            #expect(restored.status == 65 && restored.errorLines.count == 1 && restored.errors.contains(words))
            #expect(try names(data.url).filter { $0 != "frontdesk.lock" } == before)
            #expect(try Data(contentsOf: data.database) == database)
        }
    }

    /// The names in an archive: each header of 512 bytes begins with the name and has the size in octal digits from byte 124 on.
    private static func members(of archive: Data) throws -> [String] {
        var names: [String] = []
        var start = archive.startIndex
        while start + 512 <= archive.endIndex, archive[start] != 0 {
            func text(_ range: Range<Int>) -> String {
                let bytes = archive[start + range.lowerBound..<start + range.upperBound]
                return String(decoding: bytes.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }, as: UTF8.self)
            }
            names.append(text(0..<100))
            let size = try #require(Int(text(124..<136), radix: 8))
            start += 512 + (size + 511) / 512 * 512
        }
        return names.sorted()
    }

    @Test("a restore without the encoder that it needs says what to install")
    func withoutEncoder() async throws {
        let data = try await DataFolder.trained()
        let file = try Scratch.unusedPath("bot.backup")
        #expect(try await data.run("backup", file.path).status == 0)
        // The encoder is named in it, and not in it.
        #expect(try Self.members(of: Data(contentsOf: file)) == ["frontdesk.sqlite", "manifest.json"])
        let elsewhere = try DataFolder.empty(withModels: false)
        let restored = try await elsewhere.run("restore", file.path)
        #expect(restored.status == 0)
        #expect(restored.errorLines.count == 1)
        #expect(
            restored.errors.contains("multilingual-e5-small") && restored.errors.contains("model install"),
            "\(restored.errors)")
    }
}

extension Child {
    /// Waits for its end.
    func result(within seconds: Double = 120) async throws -> CommandResult {
        let status = try await wait(within: seconds)
        return CommandResult(status: status, output: output, errors: errors)
    }
}
