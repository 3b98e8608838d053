import BERT
import Foundation
import Synchronization
import Tokenizers

/// Tokenizers made by hand, written to a temporary directory and loaded from there.
enum TokenizerFixture {
    /// Ids count from 0 in the order of `pieces`; `[UNK]`, `[CLS]`, `[SEP]` and `[MASK]` are 0 to 3.
    static func wordPieceJSON(
        _ pieces: [String], normalizer: String = #"{"type":"BertNormalizer","lowercase":true}"#,
        added: String = "", preTokenizer: String = #"{"type":"BertPreTokenizer"}"#
    ) throws -> String {
        let all = ["[UNK]", "[CLS]", "[SEP]", "[MASK]"] + pieces
        let vocabulary = try all.enumerated().map { "\(try quoted($1)):\($0)" }.joined(separator: ",")
        let specials = (0..<4).map { #"{"id":\#($0),"content":"\#(all[$0])","special":true,"normalized":false}"# }
        return """
            {"version":"1.0","truncation":{"max_length":4},"padding":{"strategy":{"Fixed":9}},
             "added_tokens":[\(specials.joined(separator: ","))\(added.isEmpty ? "" : "," + added)],
             "normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),
             "post_processor":{"type":"TemplateProcessing",
              "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},
                        {"SpecialToken":{"id":"[SEP]","type_id":0}}],
              "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[1]},"[SEP]":{"id":"[SEP]","ids":[2]}}},
             "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
                      "max_input_chars_per_word":12,"vocab":{\(vocabulary)}}}
            """
    }

    /// Ids: `<s>` 0, `</s>` 1, `<unk>` 2, then `pieces` from 3.
    static func unigramJSON(
        _ pieces: [(String, Double)], normalizer: String = "null", added: String = "",
        preTokenizer: String = #"{"type":"Metaspace","replacement":"▁","add_prefix_space":true}"#
    ) throws -> String {
        let all = [("<s>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + pieces
        let vocabulary = try all.map { "[\(try quoted($0.0)),\($0.1)]" }.joined(separator: ",")
        return """
            {"added_tokens":[{"id":0,"content":"<s>"},{"id":1,"content":"</s>"},{"id":2,"content":"<unk>"}
             \(added.isEmpty ? "" : "," + added)],
             "normalizer":\(normalizer),"pre_tokenizer":\(preTokenizer),
             "post_processor":{"type":"RobertaProcessing","cls":["<s>",0],"sep":["</s>",1]},
             "model":{"type":"Unigram","unk_id":2,"vocab":[\(vocabulary)]}}
            """
    }

    static func manifest(_ kind: TokenizerKind) -> ModelManifest {
        ModelManifest(
            name: "tiny", source: "test", license: "MIT", weightsSHA256: String(repeating: "0", count: 64),
            tokenizer: kind, hidden: 4, layers: 1, queryPrefix: "", passagePrefix: "", featureScaling: .unit,
            languages: ["en"])
    }

    /// Loads `json` as a model directory's `tokenizer.json`. The same again is the same tokenizer: compiling the table of a
    /// normaliser takes longer than all that the tests do with it.
    static func load(_ json: String, _ kind: TokenizerKind) throws -> any Tokenizer {
        try loaded.withLock { loaded in
            if let tokenizer = loaded[json] { return tokenizer }
            let tokenizer = try TestModel.withTemporaryDirectory { directory in
                try Data(json.utf8).write(to: directory.appendingPathComponent("tokenizer.json"))
                return try TokenizerLoader.load(directory: directory, manifest: manifest(kind))
            }
            loaded[json] = tokenizer
            return tokenizer
        }
    }

    private static let loaded = Mutex<[String: any Tokenizer]>([:])

    private static func quoted(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }
}
