import Foundation
import Testing

extension EndToEndTests {
    @Suite("From another bot, and to another one") struct MigrationTests {}
}

extension EndToEndTests.MigrationTests {
    @Test("an old bot's log is held with the new bot: agreement, changes and differences, nothing stored")
    func replay() async throws {
        let data = try await DataFolder.trained()
        let log = try Scratch.folder("log").appendingPathComponent("log.csv")
        try Data(
            """
            conversation,message,intent,reply,locale
            1,where is my order,order.status,,en
            2,where is my order,order.cancel,,en
            1,it is A1234567,,Sent yesterday.,en

            """.utf8
        ).write(to: log)
        let result = try await data.run("migrate-check", "--replay", log.path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output.hasPrefix(
                "agreement: 1 of 3 (33 %) messages\nsame intent: 1 of 2 (50 %)\nsame reply: 0 of 1 (0 %)\n"))
        #expect(result.output.contains("order.cancel → order.status: 1\n"))
        #expect(result.output.contains("\(log.path):3: \"where is my order\": order.cancel became order.status: "))
        let strict = try await data.run("migrate-check", "--replay", log.path, "--at-least", "0.5", "--json")
        #expect(strict.status == 1)
        #expect(strict.json["messages"].integer == 3 && strict.json["agreeing"].integer == 1)
        #expect(try await data.run("review list", "--json").json["total"].integer == 0)
        try Data("message\nhi\n".utf8).write(to: log)
        let broken = try await data.run("migrate-check", "--replay", log.path)
        #expect(
            broken.status == 65 && broken.errors.contains("\(log.path):1: error: not a log: expected a message column"))
    }

    @Test("the shipped bot goes out as tables and as Rasa's projects, which can be imported")
    func export() async throws {
        let data = try await DataFolder.trained()
        for (format, files) in [("csv", ["intents.csv", "faq.csv"]), ("rasa", ["en", "zh"])] {
            let folder = try Scratch.unusedPath(format)
            let result = try await data.run("export", folder.path, "--format", format)
            #expect(result.status == 0 && result.errors.contains("cannot hold, and the files lack"), "\(result.errors)")
            for file in files {
                let other = try DataFolder.empty(withModels: false)
                let path = folder.appendingPathComponent(file).path
                let imported = try await other.run("import", path)
                #expect(imported.status == 0, "\(imported.errors)")
            }
        }
        let wrong = try await data.run("export", "nowhere", "--format", "xml")
        #expect(wrong.status == 65 && wrong.errors.contains("'xml' is none of native, csv, rasa"))
    }
}
