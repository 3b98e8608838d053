import BERT
import Foundation
import Testing
import Tokenizers

@Suite("Unigram")
struct TokenizerUnigramTests {
    /// Ids from 3 on.
    static let pieces: [(String, Double)] = [
        ("▁", -3), ("▁where", -5), ("▁is", -4), ("w", -8), ("here", -6), ("s", -7), ("ab", -2), ("a", -3), ("b", -3),
        ("abc", -9), ("c", -3), ("中", -5),
    ]

    private func encode(
        _ text: String, normalizer: String = "null", added: String = "", preTokenizer: String? = nil
    ) throws -> [Int32] {
        let json = try TokenizerFixture.unigramJSON(
            Self.pieces, normalizer: normalizer, added: added,
            preTokenizer: preTokenizer ?? #"{"type":"Metaspace","replacement":"▁","add_prefix_space":true}"#)
        return try TokenizerFixture.load(json, .unigram).encode(text)
    }

    @Test("the most probable pieces win, not the longest")
    func viterbi() throws {
        #expect(try encode("where is") == [0, 4, 5, 1])
        // ab + c = -5 is better than abc = -9.
        #expect(try encode("abc") == [0, 3, 9, 13, 1])
    }

    @Test("neighbouring unknown scalars are one unknown token, within a word")
    func unknowns() throws {
        #expect(try encode("xyz") == [0, 3, 2, 1])
        #expect(try encode("x😀a文") == [0, 3, 2, 10, 2, 1])
        #expect(try encode("x x") == [0, 3, 2, 3, 2, 1])
    }

    @Test("spaces become marks, and each begins a word")
    func metaspace() throws {
        #expect(try encode("") == [0, 1])
        #expect(try encode(" ") == [0, 3, 1])
        #expect(try encode("a  b") == [0, 3, 10, 3, 3, 11, 1])
        #expect(try encode(" a") == [0, 3, 10, 1])
        let never = #"{"type":"Metaspace","replacement":"▁","add_prefix_space":false,"prepend_scheme":"never"}"#
        #expect(try encode("a b", preTokenizer: never) == [0, 10, 3, 11, 1])
        let first = #"{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}"#
        #expect(try encode("a<unk>b", preTokenizer: first) == [0, 3, 10, 2, 11, 1])
    }

    @Test("white space can be removed before the marks are set")
    func whitespaceSplit() throws {
        let sequence = """
            {"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
             {"type":"Metaspace","replacement":"▁","add_prefix_space":true}]}
            """
        #expect(try encode("  a\t\u{3000}b ", preTokenizer: sequence) == [0, 3, 10, 3, 11, 1])
    }

    @Test("the normaliser's steps run in their order")
    func steps() throws {
        let sequence = """
            {"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"xx"},"content":"  "},
             {"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},
             {"type":"Strip","strip_left":false,"strip_right":true}]}
            """
        #expect(try encode("axx  b  xx", normalizer: sequence) == [0, 3, 10, 3, 11, 1])
        let marks = #"{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"c"}"#
        #expect(try encode("a   b c", normalizer: marks) == [0, 3, 10, 13, 11, 3, 13, 1])
    }

    @Test("special tokens in the text are recognised, and each side of them is marked")
    func specials() throws {
        #expect(try encode("a</s>b<unk>") == [0, 3, 10, 1, 3, 11, 2, 1])
        let mask = #"{"id":99,"content":"<mask>","lstrip":true}"#
        #expect(try encode("a   <mask> b", added: mask) == [0, 3, 10, 99, 3, 11, 1])
    }
}
