import BERT
import Foundation
import Testing
import Tokenizers

/// The installed tokenizers against ids that Hugging Face's own tokenizers gave.
///
/// They need `data/models/<name>` of this package, or of the folder that FRONTDESK_MODELS names. Where the environment
/// has CI or FRONTDESK_REQUIRE_MODELS, a missing model is a failure; elsewhere the test is skipped.
@Suite("Installed tokenizers")
struct TokenizerGoldenTests {
    struct Row: Decodable, Equatable {
        let text: String
        let ids: [Int32]
    }

    static let names = ["all-minilm-l6-v2", "multilingual-e5-small"]

    static func directory(_ name: String) -> URL {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("data/models")
        let models = ProcessInfo.processInfo.environment["FRONTDESK_MODELS"].map {
            URL(fileURLWithPath: $0, isDirectory: true)
        }
        return (models ?? root).appendingPathComponent(name)
    }

    static let mayRun: Bool = {
        let environment = ProcessInfo.processInfo.environment
        if environment["CI"] != nil || environment["FRONTDESK_REQUIRE_MODELS"] != nil { return true }
        return names.allSatisfy {
            FileManager.default.fileExists(atPath: directory($0).appendingPathComponent("manifest.json").path)
        }
    }()

    static func golden(_ name: String) throws -> [Row] {
        try String(contentsOf: TestModel.fixture("tokens-\(name).jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
    }

    @Test("every text gets the published tokenizer's ids", .enabled(if: mayRun), arguments: names)
    func agreement(name: String) throws {
        let directory = Self.directory(name)
        let tokenizer = try TokenizerLoader.load(directory: directory, manifest: ModelManifest.load(from: directory))
        let rows = try Self.golden(name)
        #expect(rows.count == 158)
        for row in rows { #expect(tokenizer.encode(row.text) == row.ids, "\(row.text.prefix(80))") }
    }

    @Test("a cut keeps the first tokens and the closing special token", .enabled(if: mayRun), arguments: names)
    func limit(name: String) throws {
        let directory = Self.directory(name)
        let tokenizer = try TokenizerLoader.load(directory: directory, manifest: ModelManifest.load(from: directory))
        for row in try Self.golden(name) where row.ids.count > 8 {
            let cut = tokenizer.encode(row.text, limit: 8)
            #expect(cut == Array(row.ids.prefix(7)) + row.ids.suffix(1))
        }
    }

    @Test("the vocabulary alone gives the same ids as the full tokenizer file", .enabled(if: mayRun))
    func vocabularyOnly() throws {
        let name = "all-minilm-l6-v2"
        try TestModel.withTemporaryDirectory { copy in
            let source = Self.directory(name).appendingPathComponent("vocab.txt")
            try FileManager.default.copyItem(at: source, to: copy.appendingPathComponent("vocab.txt"))
            let manifest = try ModelManifest.load(from: Self.directory(name))
            let tokenizer = try TokenizerLoader.load(directory: copy, manifest: manifest)
            for row in try Self.golden(name) { #expect(tokenizer.encode(row.text) == row.ids) }
        }
    }
}
