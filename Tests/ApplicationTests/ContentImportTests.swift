import Application
import ConversationDomain
import Foundation
import IntentModel
import ModelRecords
import NativeContent
import SQLiteStore
import Testing

@Suite("Importing content, in process")
struct ContentImportTests {
    /// A bot of two intents with a classifier beside them, and a database of its own.
    private final class Fixture {
        let folder: URL
        let database: SQLiteDatabase
        let progress = TestProgress()
        var contents: SQLiteContentStore { SQLiteContentStore(database) }
        var labelSets: SQLiteLabelSetStore { SQLiteLabelSetStore(database) }
        var bot: String { folder.appending(path: "bot").path }

        init(labels: String) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "application-\(UUID().uuidString)")
            let bot = folder.appending(path: "bot")
            let classifiers = bot.appending(path: "classifiers")
            try FileManager.default.createDirectory(at: classifiers, withIntermediateDirectories: true)
            for name in ["hello", "bye"] {
                let text = """
                    intent: \(name)
                    description: Says \(name).
                    examples:
                      en: [\(name), \(name) there]
                    """
                try Data(text.utf8).write(to: bot.appending(path: "\(name).yaml"))
            }
            try Data(labels.utf8).write(to: classifiers.appending(path: "mood.csv"))
            database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
        }

        deinit {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }

        func run(isDryRun: Bool = false) async throws -> (content: ContentChange, labelSets: [LabelSetChange]) {
            let sets = try LabelSetImport(progress: progress).readFolders([bot])
            return try await ContentImport(isDryRun: isDryRun, labelSets: sets, progress: progress)
                .run([bot], into: contents)
        }
    }

    private static let labels = "text,label\nawful,bad\nfine,good\n"

    @Test("content and label sets are stored together, and how far it is and what is odd is told through the port")
    func together() async throws {
        let fixture = try Fixture(labels: Self.labels)
        let dry = try await fixture.run(isDryRun: true)
        #expect(dry.content.intentsAdded.map(\.rawValue) == ["bye", "hello"])
        #expect(try await fixture.contents.content().content.intents.isEmpty)
        #expect(try await fixture.labelSets.labelSets().isEmpty)

        let done = try await fixture.run()
        #expect(done.content == dry.content && done.labelSets == dry.labelSets)
        #expect(try await fixture.contents.content().content.intents.map(\.name.rawValue) == ["bye", "hello"])
        #expect(try await fixture.labelSets.labelSets().map(\.texts.count) == [2])
        let told = fixture.progress.told
        #expect(told.contains(.step("import", 2, 2, "")))
        #expect(told.contains { if case .note(let text) = $0 { text.contains("has no answer") } else { false } })
        let again = try await fixture.run()
        #expect(again.content.isEmpty && again.labelSets.allSatisfy(\.isEmpty))
    }

    @Test("a label set that does not fit leaves the content as it was")
    func refusedLabels() async throws {
        // One label is nothing to tell texts apart by; only the store knows whether it has another.
        let fixture = try Fixture(labels: "text,label\nawful,bad\n")
        let failure = await #expect(throws: CommandFailure.self) { try await fixture.run() }
        #expect(failure?.message.hasPrefix("the import was refused, nothing was changed") == true)
        #expect(try await fixture.contents.content().content.intents.isEmpty)
        #expect(try await fixture.labelSets.labelSets().isEmpty)
    }

    @Test("content that cannot be written leaves the label sets as they were, and the next import works")
    func refusedContent() async throws {
        let fixture = try Fixture(labels: Self.labels)
        try Data("intent: hello\n".utf8).write(to: URL(filePath: fixture.bot).appending(path: "twice.yaml"))
        await #expect(throws: CommandFailure.self) { try await fixture.run() }
        #expect(try await fixture.contents.content().content.intents.isEmpty)
        #expect(try await fixture.labelSets.labelSets().isEmpty)
        try FileManager.default.removeItem(at: URL(filePath: fixture.bot).appending(path: "twice.yaml"))
        #expect(try await fixture.run().content.intentsAdded.count == 2)
    }

    @Test("how far a training is, is told with what is left")
    func training() {
        let progress = TestProgress()
        progress.show(.embedding(done: 3, total: 9))
        progress.show(.fitting(done: 1, total: 6))
        #expect(progress.told == [.step("embedding", 3, 9, ""), .step("training", 1, 6, "")])
    }
}
