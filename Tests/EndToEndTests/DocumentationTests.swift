import Foundation
import Testing

extension EndToEndTests {
    @Suite("Answers from documentation") struct DocumentationTests {}
}

extension EndToEndTests.DocumentationTests {
    @Test(
        "a running server quotes a page soon after it was synchronised, follows its edit, and forgets it when it is gone"
    )
    func followed() async throws {
        let data = try await DataFolder.trained()
        let caller = Caller(server: try await ServerProcess.start(data), key: try await data.makeKey())
        let folder = try Scratch.folder("zeppelin-docs")
        let page = folder.appendingPathComponent("airship.md")
        func write(_ metres: Int) throws {
            let text = """
                # The airship

                Our museum shows an airship of 1931. It was built in Friedrichshafen.

                ## Mooring mast

                The mooring mast of the airship is \(metres) metres high. Visitors climb it on Sundays. It was painted red in spring. \
                The paint came from Bremen.
                """
            try Data(text.utf8).write(to: page)
        }
        try write(61)
        func sync() async throws {
            let result = try await data.run(
                "knowledge sync", [folder.path, "--base-url", "https://docs.example", "--collection", "museum"])
            #expect(result.status == 0, "\(result.errors)")
        }
        func reply(_ part: String) async throws -> JSON {
            try await eventually("the reply has '\(part)'", within: 10) { () -> JSON? in
                let turn = try await caller.start(["locale": "en"]).say("how high is the mooring mast of the airship?")
                return turn.replyText.contains(part) ? turn : nil
            }
        }
        try await sync()
        let turn = try await reply("61 metres")
        #expect(turn["decision"]["action"] == "search")
        #expect(turn.replyText.contains("https://docs.example/airship#mooring-mast"))
        #expect(!turn.replyText.contains("Bremen"))

        try write(62)
        try await sync()
        _ = try await reply("62 metres")

        let removed = try await data.run("knowledge remove", ["museum"])
        #expect(removed.status == 0, "\(removed.errors)")
        _ = try await eventually("the page is forgotten", within: 10) { () -> Bool? in
            let turn = try await caller.start(["locale": "en"]).say("how high is the mooring mast of the airship?")
            return turn.replyText.contains("metres") ? nil : true
        }
        #expect(try await caller.server.stop() == 0)
    }
}
