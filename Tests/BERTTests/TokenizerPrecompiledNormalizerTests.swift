import Foundation
import TensorFiles
import Testing

@testable import Tokenizers

@Suite("Precompiled character map")
struct TokenizerPrecompiledNormalizerTests {
    /// Builds a map in the published form by trying offsets until all units fit.
    struct MapBuilder {
        private var units: [UInt32: UInt32] = [:]
        private var texts: [UInt8] = []

        /// - Parameter replacements: From UTF-8 sequences to what takes their place.
        static func map(_ replacements: [String: String]) throws -> [UInt8] {
            var builder = MapBuilder()
            builder.units[0] = 0
            let keys = replacements.map { (Array($0.key.utf8), $0.value) }
            try builder.place(keys, at: 0, depth: 0)
            let count = (builder.units.keys.max() ?? 0) + 1
            let trie = (0..<count).flatMap { index in
                withUnsafeBytes(of: (builder.units[index] ?? 0xFF).littleEndian) { Array($0) }
            }
            return withUnsafeBytes(of: UInt32(trie.count).littleEndian) { Array($0) } + trie + builder.texts
        }

        private mutating func place(_ keys: [([UInt8], String)], at node: UInt32, depth: Int) throws {
            let groups = Dictionary(grouping: keys.filter { $0.0.count > depth }, by: { $0.0[depth] })
            let leaf = keys.first { $0.0.count == depth }
            let labels = groups.keys.map { UInt32($0) } + (leaf == nil ? [] : [0])
            let offset = try #require(
                (1..<UInt32(1 << 20)).first { offset in
                    labels.allSatisfy { units[node ^ offset ^ $0] == nil }
                })
            units[node, default: 0] |= offset << 10 | (leaf == nil ? 0 : 1 << 8)
            if let leaf {
                units[node ^ offset] = UInt32(texts.count) | 1 << 31
                texts += Array(leaf.1.utf8) + [0]
            }
            for (label, _) in groups { units[node ^ offset ^ UInt32(label)] = UInt32(label) }
            for (label, group) in groups { try place(group, at: node ^ offset ^ UInt32(label), depth: depth + 1) }
        }
    }

    private func normalize(_ text: String, _ replacements: [String: String]) throws -> String {
        let json = try TokenizerFixture.unigramJSON(
            [("a", -1)],
            normalizer: """
                {"type":"Precompiled","precompiled_charsmap":
                 "\(Data(MapBuilder.map(replacements)).base64EncodedString())"}
                """)
        let source = try Data(json.utf8).withUnsafeBytes { try TokenizerSource(tokenizerJSON: $0) }
        let image = try TokenizerImage(copying: TokenizerCompiled.image(of: source, key: 0))
        let normalizer = try TokenizerPrecompiledNormalizer(
            units: image.table(.characterMap, of: UInt32.self), texts: image.table(.characterText, of: UInt8.self))
        var output = TokenizerAlignedText(isTracking: false)
        var text = text
        text.withUTF8 { normalizer.normalize($0, into: &output) }
        return String(decoding: output.bytes, as: UTF8.self)
    }

    @Test("scalars in the map are replaced, others stay")
    func scalars() throws {
        let map = ["Ａ": "A", "ﬁ": "fi", "\u{200B}": "", "\t": " "]
        #expect(try normalize("Ａﬁx\u{200B}\ty", map) == "Afix y")
    }

    @Test("a short grapheme is replaced as a whole, even by what its first scalar maps to")
    func graphemes() throws {
        let map = ["e": "E", "e\u{301}": "é", "\r": " "]
        // The shortest match counts: the accent is lost with its letter.
        #expect(try normalize("e\u{301}", map) == "E")
        #expect(try normalize("\r\n", map) == " ")
        #expect(try normalize("a\u{301}", ["a\u{301}": "á"]).unicodeScalars.count == 1)
    }

    @Test("a long grapheme is mapped scalar by scalar")
    func longGraphemes() throws {
        #expect(try normalize("e\u{301}\u{302}\u{303}", ["e": "E", "\u{302}": ""]) == "E\u{301}\u{303}")
    }

    @Test(
        "a map whose trie does not fit is refused",
        arguments: [[], [1, 2, 3], [8, 0, 0, 0, 1], [3, 0, 0, 0, 1, 2, 3]])
    func damaged(bytes: [UInt8]) {
        #expect(throws: ModelError.self) { try TokenizerPrecompiledNormalizer.parts(of: bytes) }
    }
}
