import BERT
import Foundation
import Testing
import Tokenizers

/// Where tokens stand in the caller's text, by the tokenizers made by hand and by the installed ones.
@Suite("Places of tokens")
struct TokenPlacesTests {
    /// Each token's number with the part of the text that it comes from.
    private struct Placed: Equatable, CustomStringConvertible {
        let id: Int32
        let text: String
        var description: String { "\(id):'\(text)'" }
    }

    private func placed(_ text: String, _ tokenizer: any Tokenizer, limit: Int = .max) -> [Placed] {
        let scalars = Array(text.unicodeScalars)
        let tokenized = tokenizer.tokenize(text, limit: limit)
        return zip(tokenized.ids, tokenized.places).map { id, place in
            Placed(id: id, text: String(String.UnicodeScalarView(scalars[place])))
        }
    }

    private func pieces(_ text: String, _ tokenizer: any Tokenizer) -> [String] {
        placed(text, tokenizer).map(\.text).filter { !$0.isEmpty }
    }

    private func wordPiece() throws -> any Tokenizer {
        try TokenizerFixture.load(
            TokenizerFixture.wordPieceJSON(TokenizerWordPieceTests.pieces), .wordpiece)
    }

    @Test("WordPiece: lower-casing, accents, controls and ideographs keep the caller's places")
    func wordPiecePlaces() throws {
        let tokenizer = try wordPiece()
        let text = " CAFÉ\u{3000}re\u{200B}fundS中文?[MASK]x"
        #expect(
            placed(text, tokenizer) == [
                Placed(id: 1, text: ""), Placed(id: 8, text: "CAFÉ"), Placed(id: 4, text: "re\u{200B}fund"),
                Placed(id: 7, text: "S"), Placed(id: 9, text: "中"), Placed(id: 10, text: "文"),
                Placed(id: 11, text: "?"), Placed(id: 3, text: "[MASK]"), Placed(id: 0, text: "x"),
                Placed(id: 2, text: ""),
            ])
        // The accent is dropped before words are cut, so it belongs to no piece.
        #expect(pieces("cafe\u{301}s", tokenizer) == ["cafe", "s"])
        #expect(pieces("refunde\u{301}", tokenizer) == ["refunde"])
    }

    @Test("Unigram: a mark belongs to no character, and neighbouring unknown scalars are one stretch")
    func unigramPlaces() throws {
        let json = try TokenizerFixture.unigramJSON(
            TokenizerUnigramTests.pieces,
            normalizer: """
                {"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"xx"},"content":"ab"},
                 {"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "}]}
                """)
        let tokenizer = try TokenizerFixture.load(json, .unigram)
        #expect(
            placed("a   xxc 😀文 where", tokenizer) == [
                Placed(id: 0, text: ""), Placed(id: 3, text: ""), Placed(id: 10, text: "a"), Placed(id: 3, text: ""),
                Placed(id: 9, text: "xx"), Placed(id: 13, text: "c"), Placed(id: 3, text: ""),
                Placed(id: 2, text: "😀文"), Placed(id: 4, text: "where"), Placed(id: 1, text: ""),
            ])
        #expect(placed("a b c", tokenizer, limit: 5).map(\.text) == ["", "", "a", "", ""])
    }

    @Test(
        "the installed tokenizers place what they change: full width, ligatures, squares, emoji, accents",
        .enabled(if: TokenizerGoldenTests.mayRun))
    func installed() throws {
        let e5 = try Self.tokenizer("multilingual-e5-small")
        #expect(pieces("Ｏｒｄｅｒ １２", e5).joined() == "Ｏｒｄｅｒ１２")
        #expect(pieces("我想退货。", e5).joined() == "我想退货。")
        // The joiners are dropped before pieces are cut, so they belong to none.
        #expect(pieces("family 👩‍👩‍👧‍👦 trip", e5).joined() == "family👩👩👧👦trip")
        #expect(pieces("cafe\u{301} crème", e5).joined() == "cafe\u{301}crème")
        #expect(pieces("  two   words ", e5).joined(separator: "|").hasPrefix("two"))
        let minilm = try Self.tokenizer("all-minilm-l6-v2")
        #expect(
            pieces("Where's Order A1234567?", minilm) == ["Where", "'", "s", "Order", "A1", "23", "45", "6", "7", "?"])
        #expect(pieces("我的 ORDER", minilm) == ["我", "的", "ORDER"])
    }

    @Test(
        "every text gets the same tokens with places as without; places ascend and lie in the text",
        .enabled(if: TokenizerGoldenTests.mayRun), arguments: TokenizerGoldenTests.names)
    func consistency(name: String) throws {
        let tokenizer = try Self.tokenizer(name)
        for row in try TokenizerGoldenTests.golden(name) {
            let tokenized = tokenizer.tokenize(row.text, limit: .max)
            #expect(tokenized.ids == row.ids)
            #expect(tokenized.places.count == row.ids.count)
            let count = row.text.unicodeScalars.count
            var previous = 0
            for place in tokenized.places.filter({ !$0.isEmpty }) {
                #expect(place.lowerBound >= previous && place.upperBound <= count, "\(row.text.prefix(80))")
                previous = place.lowerBound
            }
            #expect(tokenizer.tokenize(row.text, limit: 8).ids == tokenizer.encode(row.text, limit: 8))
        }
    }

    private static func tokenizer(_ name: String) throws -> any Tokenizer {
        let directory = TokenizerGoldenTests.directory(name)
        return try TokenizerLoader.load(directory: directory, manifest: ModelManifest.load(from: directory))
    }
}
