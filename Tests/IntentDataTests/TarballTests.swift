import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

/// Projects in tar archives that gzip packed.
@Suite struct TarballTests {
    private static func files(_ prefix: String = "") -> [(name: String, data: Data)] {
        BotpressTests.bot.sorted { $0.key < $1.key }.map { (prefix + $0.key, Data($0.value.utf8)) }
    }

    @Test(
        "a bot of Botpress in a .tgz is read as its folder is, whatever stands before its names",
        arguments: ["", "./", "vans/", "./" + String(repeating: "a", count: 120) + "/"])
    func botpress(prefix: String) throws {
        let folder = try TestFolder(BotpressTests.bot)
        let packed = try TestFolder()
        try packed.write("bot.tgz", TestWorkbook.tarball(Self.files(prefix)))
        #expect(try packed.read("bot.tgz").content.withoutPlaces == folder.read().content.withoutPlaces)
    }

    @Test("pictures and models beside it are not unpacked into memory, and places name the file in the archive")
    func places() throws {
        let packed = try TestFolder()
        let model = (name: "models/a.model", data: Data(repeating: 7, count: 300_000))
        let wrong = (name: "intents/z.json", data: Data("{\"utterances\": {}}".utf8))
        try packed.write("bot.tar.gz", TestWorkbook.tarball(Self.files() + [model, wrong]))
        #expect(
            packed.errors("bot.tar.gz") == ["bot.tar.gz#intents/z.json:1: error: an intent of Botpress without 'name'"])
    }

    @Test("what is no archive of a project is refused with what to do")
    func refused() throws {
        let folder = try TestFolder()
        let bot = TestWorkbook.tarball(Self.files())
        var flipped = bot
        flipped[flipped.startIndex + 4_000] ^= 1
        let damaged = "error: a gzip archive that is damaged or not complete"
        let other = "error: a gzip archive of something else than a tar archive; unpack it and import the file"
        for (data, error) in [
            (bot.prefix(bot.count / 2), damaged), (bot.prefix(20), damaged), (flipped, damaged),
            (TestWorkbook.gzip(Data("text,intent\nhello,greeting\n".utf8)), other),
            (TestWorkbook.gzip(Data(repeating: 65, count: 2_000)), other),
            (
                TestWorkbook.tarball([("readme.json", Data("{}".utf8))]),
                "error: an archive of no project that is known, expected what Botpress or Dialogflow exports; unpack it first"
            ),
        ] {
            try folder.write("bot.tgz", Data(data))
            #expect(folder.errors("bot.tgz") == ["bot.tgz:1: " + error])
        }
        try folder.write("bot.csv", bot)
        #expect(folder.errors("bot.csv") == ["bot.csv:1: error: a gzip archive; unpack it first"])
    }
}
