import BERT
import ConversationDomain
import Foundation
import NativeContent
import SQLiteKnowledge
import SQLiteStore
import Synchronization
import Testing

@testable import Application
@testable import Inference

private final class Silence: ProgressPort {
    private let kept = Mutex<[String]>([])
    var notes: [String] { kept.withLock { $0 } }
    func step(_ subject: String, _ done: Int, _ total: Int, detail: String) {}
    func note(_ text: String) { kept.withLock { $0.append(text) } }
}

@Suite("Synchronising documents, in process")
struct KnowledgeSyncTests {
    private final class Fixture {
        let folder: URL
        let database: SQLiteDatabase
        let progress = Silence()
        let encoder = WordEncoder()
        var docs: URL { folder.appending(path: "docs") }
        var contents: SQLiteContentStore { SQLiteContentStore(database) }

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "sync-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: folder.appending(path: "docs/sub"), withIntermediateDirectories: true)
            database = try SQLiteDatabase(url: folder.appending(path: "frontdesk.sqlite"))
            try write(
                "a.md", "# Alpha\n\nThe first animal is an armadillo.\n\n## Food\n\nIt eats beetles every evening.\n")
            try write("sub/b.html", "<h1>Beta</h1><p>The second animal is a badger.</p>")
        }

        deinit {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: docs.appending(path: name))
        }

        func sync(_ collection: String = "docs", dryRun: Bool = false, embeds: Bool = false) async throws
            -> KnowledgeSync.Outcome
        {
            let sync = KnowledgeSync(
                collection: CollectionName(trusted: collection), baseURL: "https://d.example", isDryRun: dryRun,
                progress: progress)
            let vectors = PassageVectors(
                DataDirectory(url: folder, progress: progress), database, encoder: encoder,
                model: ModelVersionID(trusted: "model_test"), options: TrainingRun.queueOptions)
            return try await sync.run(docs, into: database, vectors: embeds ? vectors : nil)
        }

        func answers() async throws -> [String] {
            try await contents.content().content.knowledge.map(\.answer).sorted()
        }
    }

    @Test("what is new is added, what differs changed, what is gone retired, and the rest left alone")
    func counts() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.sync().change == CollectionChange(added: 3))
        let revision = try await fixture.contents.revision()
        #expect(try await fixture.sync().change == CollectionChange(unchanged: 3))
        #expect(try await fixture.contents.revision() == revision)

        try fixture.write("a.md", "# Alpha\n\nThe first animal is an anteater.\n")
        try fixture.write("c.md", "# Gamma\n\nThe third animal is a camel.\n")
        let change = CollectionChange(added: 1, changed: 1, retired: 1, unchanged: 1)
        #expect(try await fixture.sync(dryRun: true).change == change)
        #expect(try await fixture.answers().contains("The first animal is an armadillo."))
        #expect(try await fixture.sync().change == change)
        #expect(
            try await fixture.answers() == [
                "The first animal is an anteater.", "The second animal is a badger.", "The third animal is a camel.",
            ])
        #expect(try await fixture.contents.revision() == revision + 1)
    }

    @Test("other collections, and entries that somebody wrote, stay as they are")
    func others() async throws {
        let fixture = try Fixture()
        let written = KnowledgeEntry(
            id: KnowledgeID(trusted: "hand.written"), locale: .english, questions: ["Who?"], answer: "Me.")
        _ = try await fixture.contents.apply(
            BotContent(knowledge: [written]), replacing: false, dryRun: false, progress: { _, _ in })
        _ = try await fixture.sync("one")
        _ = try await fixture.sync("two")
        try FileManager.default.removeItem(at: fixture.docs.appending(path: "a.md"))
        #expect(try await fixture.sync("two").change == CollectionChange(retired: 2, unchanged: 1))
        let kept = try await KnowledgeCollections.list(fixture.database)
        #expect(kept.map(\.name.rawValue) == ["one", "two"] && kept.map(\.passages) == [3, 1])
        #expect(
            try await KnowledgeCollections.remove(CollectionName(trusted: "one"), from: fixture.database).retired == 3)
        let left = try await fixture.contents.content().content.knowledge
        #expect(left.map(\.collection?.rawValue) == [nil, "two"])
        #expect(left.first { !$0.isPassage } == written)
    }

    @Test("after one page was edited only that page is encoded; after none, nothing is")
    func encodesWhatChanged() async throws {
        let fixture = try Fixture()
        let first = try await fixture.sync(embeds: true)
        let texts = Set(fixture.encoder.takeTexts())
        #expect(first.encoded > 0)
        for text in ["Alpha › Food", "It eats beetles every evening.", "The second animal is a badger."] {
            #expect(texts.contains(text), "\(text)")
        }
        try fixture.write("sub/b.html", "<h1>Beta</h1><p>The second animal is a beaver.</p>")
        let second = try await fixture.sync(embeds: true)
        #expect(second.change == CollectionChange(changed: 1, unchanged: 2))
        let edited = fixture.encoder.takeTexts()
        #expect(Set(edited) == ["The second animal is a beaver.", "Beta\nThe second animal is a beaver."])
        #expect(second.encoded == edited.count)
        #expect(try await fixture.sync(embeds: true).encoded == 0)
        #expect(fixture.encoder.takeTexts().isEmpty)
    }

    @Test("wordings from the review queue stay with their passage")
    func reviewed() async throws {
        let fixture = try Fixture()
        _ = try await fixture.sync()
        var content = try await fixture.contents.content().content
        let place = try #require(content.knowledge.firstIndex { $0.answer.contains("badger") })
        let entry = content.knowledge[place]
        content.knowledge[place] = KnowledgeEntry(
            id: entry.id, locale: entry.locale, title: entry.title, questions: entry.questions + ["what digs here"],
            reviewed: ["what digs here"], answer: entry.answer, link: entry.link, collection: entry.collection)
        _ = try await fixture.contents.apply(content, replacing: false, dryRun: false, progress: { _, _ in })
        #expect(try await fixture.sync().change == CollectionChange(unchanged: 3))
        try fixture.write("sub/b.html", "<h1>Beta</h1><p>The second animal is a beaver.</p>")
        #expect(try await fixture.sync().change == CollectionChange(changed: 1, unchanged: 2))
        let kept = try await fixture.contents.content().content.knowledge.first { $0.answer.contains("beaver") }
        #expect(kept?.questions == ["Beta", "what digs here"] && kept?.reviewed == ["what digs here"])
    }

    @Test("nothing is changed by a page that cannot be read, a folder without pages, or an id that is taken")
    func refused() async throws {
        let fixture = try Fixture()
        _ = try await fixture.sync()
        try fixture.write("bad.md", "---\ntitle: &x A\n---\ntext\n")
        let failure = await #expect(throws: CommandFailure.self) { try await fixture.sync() }
        #expect(failure?.message.contains("docs/bad.md:2: error: the front matter cannot be read") == true)
        try FileManager.default.removeItem(at: fixture.docs)
        await #expect(throws: CommandFailure.self) { try await fixture.sync() }
        try FileManager.default.createDirectory(at: fixture.docs, withIntermediateDirectories: true)
        let empty = await #expect(throws: CommandFailure.self) { try await fixture.sync() }
        #expect(empty?.message.contains("there is no page, expected files that end in .md or .html") == true)
        #expect(try await fixture.answers().count == 3)
    }
}
