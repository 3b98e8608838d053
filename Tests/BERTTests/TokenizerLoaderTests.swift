import BERT
import Foundation
import TensorFiles
import Testing
import Tokenizers

@Suite("Loading tokenizers")
struct TokenizerLoaderTests {
    private let manifest = TokenizerFixture.manifest(.wordpiece)

    private func write(_ text: String, _ name: String, _ directory: URL) throws {
        try Data(text.utf8).write(to: directory.appendingPathComponent(name))
    }

    @Test("the compiled file is used again, and made again when it is damaged or its source changes")
    func compiledFile() throws {
        let manifest = TokenizerFixture.manifest(.unigram)
        try TestModel.withTemporaryDirectory { directory in
            let compiled = directory.appendingPathComponent(TokenizerLoader.compiledFileName)
            func ids() throws -> [Int32] {
                try TokenizerLoader.load(directory: directory, manifest: manifest).encode("a b")
            }
            func fileNumber() throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: compiled.path)[.systemFileNumber] as? Int
            }
            try write(TokenizerFixture.unigramJSON([("▁a", -1), ("▁", -1)]), "tokenizer.json", directory)
            #expect(try ids() == [0, 3, 4, 2, 1])
            let first = try Data(contentsOf: compiled)
            let number = try fileNumber()
            #expect(try ids() == [0, 3, 4, 2, 1])
            #expect(try fileNumber() == number)

            for position in stride(from: 0, to: first.count, by: 61) {
                var damaged = first
                damaged[position] ^= 0x55
                try damaged.write(to: compiled)
                #expect(try ids() == [0, 3, 4, 2, 1])
                #expect(try Data(contentsOf: compiled) == first)
            }
            try first.prefix(100).write(to: compiled)
            #expect(try ids() == [0, 3, 4, 2, 1])
            #expect(try Data(contentsOf: compiled) == first)

            try write(TokenizerFixture.unigramJSON([("▁b", -1), ("▁", -1)]), "tokenizer.json", directory)
            #expect(try ids() == [0, 4, 2, 3, 1])
        }
    }

    @Test("vocab.txt is enough, with the options of tokenizer_config.json")
    func vocabularyText() throws {
        try TestModel.withTemporaryDirectory { directory in
            try write("[PAD]\n[UNK]\n[CLS]\r\n[SEP]\n[MASK]\nab\n##c\nAB\n", "vocab.txt", directory)
            #expect(
                try TokenizerLoader.load(directory: directory, manifest: manifest).encode("ABC [MASK] x")
                    == [2, 5, 6, 4, 1, 3])
            try write(#"{"do_lower_case":false}"#, "tokenizer_config.json", directory)
            #expect(
                try TokenizerLoader.load(directory: directory, manifest: manifest).encode("ABc ab") == [2, 7, 6, 5, 3])
        }
    }

    @Test("a file cut anywhere is refused, never misread")
    func truncated() throws {
        let whole = try TokenizerFixture.wordPieceJSON(["ab", "é\\\"x😀"])
        try TestModel.withTemporaryDirectory { directory in
            let bytes = Array(whole.utf8)
            for length in stride(from: 0, to: bytes.count - 1, by: 7) {
                try Data(bytes[..<length]).write(to: directory.appendingPathComponent("tokenizer.json"))
                #expect(throws: ModelError.self) { try TokenizerLoader.load(directory: directory, manifest: manifest) }
            }
        }
    }

    static let unsupported: [(String, String)] = [
        (#"{"model":{"type":"BPE","vocab":{"a":0}}}"#, "BPE"),
        (#"{"model":{"type":"Unigram","unk_id":null,"vocab":[["a",0]]}}"#, "unknown token"),
        (#"{"model":{"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["a",0]]}}"#, "byte_fallback"),
        (#"{"model":{"type":"WordPiece","vocab":{"[UNK]":0}},"pre_tokenizer":{"type":"ByteLevel"}}"#, "ByteLevel"),
        (#"{"model":{"type":"Unigram","unk_id":0,"vocab":[["a",0]]},"normalizer":{"type":"NFKC"}}"#, "NFKC"),
    ]

    @Test("what is not implemented is refused by name", arguments: unsupported)
    func refusals(json: String, word: String) throws {
        try TestModel.withTemporaryDirectory { directory in
            try write(json, "tokenizer.json", directory)
            let error = #expect(throws: ModelError.self) {
                try TokenizerLoader.load(directory: directory, manifest: manifest)
            }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains(word) == true)
        }
    }

    @Test("a directory without a tokenizer, or with another one than its manifest says, is refused")
    func mismatch() throws {
        try TestModel.withTemporaryDirectory { directory in
            #expect(TestModel.code { _ = try TokenizerLoader.load(directory: directory, manifest: manifest) } == .io)
            try write(TokenizerFixture.unigramJSON([("a", -1)]), "tokenizer.json", directory)
            #expect(
                TestModel.code { _ = try TokenizerLoader.load(directory: directory, manifest: manifest) }
                    == .invalidFile)
            #expect(try TokenizerLoader.compile(directory: directory) == .unigram)
        }
    }
}
