import BERT
import Foundation
import Testing
import Tokenizers

@Suite("WordPiece")
struct TokenizerWordPieceTests {
    /// Ids from 4 on.
    static let pieces = [
        "refund", "re", "##fund", "##s", "cafe", "中", "文", "?", "café", "İ", "i\u{307}", "I", "want", "##", "#", "ok",
    ]

    private func encode(_ text: String, normalizer: String? = nil, added: String = "") throws -> [Int32] {
        let json = try TokenizerFixture.wordPieceJSON(
            Self.pieces, normalizer: normalizer ?? #"{"type":"BertNormalizer","lowercase":true}"#, added: added)
        return try TokenizerFixture.load(json, .wordpiece).encode(text)
    }

    @Test("a word is cut into the longest pieces")
    func longestMatch() throws {
        #expect(try encode("refunds") == [1, 4, 7, 2])
        #expect(try encode("Want REFUND") == [1, 16, 4, 2])
    }

    @Test("a word that the pieces do not cover is unknown as a whole, and so is one above the length limit")
    func unknown() throws {
        #expect(try encode("refundx refund") == [1, 0, 4, 2])
        #expect(try encode("rerefund") == [1, 0, 2])
        #expect(try encode("refundssssss refundsssssss") == [1, 4, 7, 7, 7, 7, 7, 7, 0, 2])
    }

    @Test("accents, controls and odd spaces go; ideographs and punctuation stand alone")
    func normalisation() throws {
        #expect(try encode("CAFÉ\u{3000}re\u{200B}fund?\u{0}") == [1, 8, 4, 11, 2])
        #expect(try encode("ok中文ok") == [1, 19, 9, 10, 19, 2])
        #expect(try encode("##s") == [1, 18, 18, 0, 2])
        #expect(try encode("") == [1, 2])
        #expect(try encode(" \u{FFFD}\t") == [1, 2])
    }

    @Test("the file's own options count")
    func options() throws {
        let cased = #"{"type":"BertNormalizer","lowercase":false,"strip_accents":null,"handle_chinese_chars":false}"#
        #expect(try encode("café Café I 中文", normalizer: cased) == [1, 12, 0, 15, 0, 2])
        let accents = #"{"type":"BertNormalizer","lowercase":true,"strip_accents":false}"#
        #expect(try encode("CAFÉ İ", normalizer: accents) == [1, 12, 14, 2])
    }

    @Test("special tokens in the text are recognised exactly as written")
    func specials() throws {
        #expect(try encode("ok[MASK]ok [SEP]") == [1, 19, 3, 19, 2, 2])
        #expect(try encode("[mask]") == [1, 0, 0, 0, 2])
    }

    @Test("added tokens keep to their rules on word borders, spaces and normalisation")
    func addedTokens() throws {
        let added = """
            {"id":30,"content":"ACME","single_word":true,"normalized":false},
            {"id":31,"content":"<x>","lstrip":true,"rstrip":true,"normalized":false},
            {"id":32,"content":"<xy>","normalized":false},
            {"id":33,"content":"Ünlü","normalized":true}
            """
        #expect(try encode("ok ACME", added: added) == [1, 19, 30, 2])
        #expect(try encode("okACME", added: added) == [1, 0, 2])
        #expect(try encode("ok  <x>  <xy>", added: added) == [1, 19, 31, 32, 2])
        #expect(try encode("okUNLU", added: added) == [1, 19, 33, 2])
    }

    @Test(
        "a limit cuts tokens before the closing one",
        arguments: [
            (Int.max, [1, 4, 7, 4, 2] as [Int32]), (5, [1, 4, 7, 4, 2]), (4, [1, 4, 7, 2]), (2, [1, 2]), (1, [1]),
            (0, []),
            (-5, []),
        ])
    func limits(limit: Int, ids: [Int32]) throws {
        let json = try TokenizerFixture.wordPieceJSON(Self.pieces)
        #expect(try TokenizerFixture.load(json, .wordpiece).encode("refunds refund", limit: limit) == ids)
    }

    @Test("pieces that differ in Unicode normalisation only are different pieces")
    func normalisationForms() throws {
        let pieces = ["\u{E9}", "e\u{301}"]
        let json = try TokenizerFixture.wordPieceJSON(pieces, normalizer: "null")
        let tokenizer = try TokenizerFixture.load(json, .wordpiece)
        #expect(tokenizer.encode("\u{E9} e\u{301}") == [1, 4, 5, 2])
    }
}
