import Foundation

/// Turns a tokenizer's source into an image, and an image into a tokenizer.
enum TokenizerCompiled {
    /// Compiles `source`; `key` tells later which files it was made from.
    static func image(of source: TokenizerSource, key: UInt64) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        var sections: [TokenizerImage.Section: [UInt8]] = [
            .specification: Array(try encoder.encode(source.specification)),
            .trie: bytes(of: TokenizerTrieBuilder.build(source.vocabulary)),
        ]
        switch source.specification.model {
        case .wordPiece(let model):
            let table = TokenizerScalarTableBuilder(model.normalizer)
            sections[.scalarBlocks] = bytes(of: table.blocks)
            sections[.scalarEntries] = bytes(of: table.entries)
            sections[.scalarSequences] = bytes(of: table.sequences)
        case .unigram:
            sections[.scores] = bytes(of: source.vocabulary.scores)
            if !source.characterMap.isEmpty {
                let parts = try TokenizerPrecompiledNormalizer.parts(of: source.characterMap)
                sections[.characterMap] = parts.trie
                sections[.characterText] = parts.texts
            }
        }
        return TokenizerImage.assemble(key: key, sections: sections)
    }

    /// The tokenizer that lies in `image`.
    static func tokenizer(_ image: TokenizerImage) throws -> (any Tokenizer, TokenizerSpecification) {
        let specification = try TokenizerSettings.decode(
            TokenizerSpecification.self, from: image.data(.specification))
        let trie = try TokenizerTrie(image.table(.trie, of: TokenizerTrie.Unit.self))
        switch specification.model {
        case .wordPiece(let model):
            let table = try TokenizerScalarTable(
                blocks: image.table(.scalarBlocks, of: UInt16.self),
                entries: image.table(.scalarEntries, of: TokenizerScalarTable.Entry.self),
                sequences: image.table(.scalarSequences, of: UInt32.self))
            return (TokenizerWordPiece(model, specification, trie: trie, table: table), specification)
        case .unigram(let model):
            let units = try image.table(.characterMap, of: UInt32.self)
            let texts = try image.table(.characterText, of: UInt8.self)
            let map = units.elements.isEmpty ? nil : TokenizerPrecompiledNormalizer(units: units, texts: texts)
            let tokenizer = TokenizerUnigram(
                model, specification, trie: trie, scores: try image.table(.scores, of: Double.self),
                normalizer: TokenizerTextNormalizer(model.steps, precompiled: map))
            return (tokenizer, specification)
        }
    }

    /// The elements as they lie in memory; all supported machines are little-endian.
    private static func bytes<Element: BitwiseCopyable>(of elements: [Element]) -> [UInt8] {
        elements.withUnsafeBytes { Array($0) }
    }
}
