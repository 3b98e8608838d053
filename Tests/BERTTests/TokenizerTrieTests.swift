import Testing

@testable import Tokenizers

@Suite("Vocabulary trie")
struct TokenizerTrieTests {
    /// A small deterministic source of numbers.
    struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) ^ (state << 31)
        }
    }

    @Test("finds every piece and nothing else", arguments: [1, 40, 3000])
    func lookup(count: Int) throws {
        var numbers = Numbers(state: UInt64(count))
        var vocabulary = TokenizerVocabulary()
        var naive: [[UInt8]: Int32] = [:]
        for id in 0..<count {
            let length = Int.random(in: 1...6, using: &numbers)
            let wide = Bool.random(using: &numbers)
            let piece = (0..<length).map { _ in UInt8.random(in: wide ? 0...255 : 97...100, using: &numbers) }
            try vocabulary.append(piece)
            naive[piece] = Int32(id)
        }
        let image = TokenizerImage.assemble(
            key: 1, sections: [.trie: TokenizerTrieBuilder.build(vocabulary).withUnsafeBytes { Array($0) }])
        let trie = try TokenizerTrie(TokenizerImage(copying: image).table(.trie, of: TokenizerTrie.Unit.self))
        for (piece, id) in naive { #expect(trie.value(of: trie.node(for: piece)) == id) }
        for _ in 0..<count {
            let probe = (0..<Int.random(in: 1...6, using: &numbers)).map { _ in
                UInt8.random(in: 95...102, using: &numbers)
            }
            let node = trie.node(for: probe)
            #expect((node == 0 ? -1 : trie.value(of: node)) == naive[probe] ?? -1)
        }
    }
}
