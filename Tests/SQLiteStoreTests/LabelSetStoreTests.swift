import ConversationDomain
import Foundation
import ModelRecords
import SQLiteStore
import Testing

@Suite("Label sets in the store")
struct LabelSetStoreTests {
    let fixture: StoreFixture
    private var store: SQLiteLabelSetStore { SQLiteLabelSetStore(fixture.database) }

    init() throws { fixture = try StoreFixture() }

    private static func set(_ rows: [(String, String)], _ name: String = "sentiment") -> LabelSet {
        LabelSet(
            classifier: ClassifierName(trusted: name),
            texts: rows.map { LabelSetText(text: $0, label: LabelName(trusted: $1)) })
    }

    private static let first = set([("awful", "negative"), ("fine", "positive"), ("great", "positive")])

    private func summary(_ labels: [String: Int]) -> LabelSetSummary {
        LabelSetSummary(
            classifier: ClassifierName(trusted: "sentiment"),
            labels: Dictionary(uniqueKeysWithValues: labels.map { (LabelName(trusted: $0), $1) }))
    }

    @Test("texts are added, get new labels, and go where an import replaces them; a second import changes nothing")
    func apply() async throws {
        let made = try await store.apply(Self.first, replacing: false, dryRun: false)
        #expect(
            made
                == LabelSetChange(
                    after: summary(["negative": 1, "positive": 2]), isNew: true, added: 3, relabelled: 0, removed: 0))
        #expect(try await store.labelSets() == [Self.first])
        #expect(try await store.apply(Self.first, replacing: true, dryRun: false).isEmpty)

        let more = Self.set([("fine", "neutral"), ("bad", "negative")])
        let dry = try await store.apply(more, replacing: false, dryRun: true)
        #expect(try await store.labelSets() == [Self.first])
        let merged = try await store.apply(more, replacing: false, dryRun: false)
        #expect(dry == merged)
        #expect(
            merged
                == LabelSetChange(
                    after: summary(["negative": 2, "neutral": 1, "positive": 1]), isNew: false, added: 1, relabelled: 1,
                    removed: 0))
        let replaced = try await store.apply(more, replacing: true, dryRun: false)
        #expect(
            replaced
                == LabelSetChange(
                    after: summary(["negative": 1, "neutral": 1]), isNew: false, added: 0, relabelled: 0, removed: 2,
                    vanished: [LabelName(trusted: "positive")]))
        #expect(try await store.summaries() == [summary(["negative": 1, "neutral": 1])])
    }

    @Test("one label, too many labels, texts or classifiers are refused, and nothing is kept")
    func bounds() async throws {
        func refusal(_ set: LabelSet) async -> String? {
            do {
                _ = try await store.apply(set, replacing: false, dryRun: false)
                return nil
            } catch {
                return (error as? ChatError)?.message
            }
        }
        #expect(
            await refusal(Self.set([("a", "x"), ("b", "x")]))
                == "the classifier 'sentiment' would have 1 label (x), expected 2 to 200")
        #expect(
            await refusal(Self.set((0...200).map { ("\($0)", "l\($0)") }))
                == "the classifier 'sentiment' would have 201 labels, expected 2 to 200")
        #expect(
            await refusal(Self.set((0...LabelSet.textLimit).map { ("\($0)", "l\($0 % 2)") }))
                == "the classifier 'sentiment' would have 100001 texts, at most 100000 can be kept")
        #expect(try await store.summaries() == [])
        for index in 0..<LabelSet.countLimit {
            #expect(await refusal(Self.set([("a", "x"), ("b", "y")], "c\(index)")) == nil)
        }
        #expect(
            await refusal(Self.set([("a", "x"), ("b", "y")])) == "33 classifiers, at most 32 can be kept")
    }

    @Test("a removed classifier goes with its texts, and a backup has what there is")
    func removed() async throws {
        _ = try await store.apply(Self.first, replacing: false, dryRun: false)
        let copy = fixture.folder.appending(path: "copy.sqlite")
        try fixture.database.backup(to: copy)
        #expect(try await store.remove(ClassifierName(trusted: "sentiment")))
        #expect(try await store.remove(ClassifierName(trusted: "sentiment")) == false)
        #expect(try await store.labelSets() == [])
        let restored = try SQLiteDatabase(url: copy)
        #expect(try await SQLiteLabelSetStore(restored).labelSets() == [Self.first])
        try restored.close()
    }
}
