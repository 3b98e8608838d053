import Foundation
import TensorFiles

/// The small parts of a `tokenizer.json`: what happens to a text before and after the model.
struct TokenizerSettings {
    let addedTokens: [AddedToken]
    private let normalizer: Normalizer?
    private let preTokenizer: PreTokenizer?
    private let postProcessor: PostProcessor?

    /// - Parameter parts: The file's top-level members as JSON.
    init(_ parts: [String: Data]) throws {
        normalizer = try parts["normalizer"].flatMap { try Self.decode(Normalizer?.self, from: $0) }
        preTokenizer = try parts["pre_tokenizer"].flatMap { try Self.decode(PreTokenizer?.self, from: $0) }
        postProcessor = try parts["post_processor"].flatMap { try Self.decode(PostProcessor?.self, from: $0) }
        addedTokens = try parts["added_tokens"].flatMap { try Self.decode([AddedToken]?.self, from: $0) } ?? []
    }

    /// Decodes a small JSON value.
    static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw ModelError(.invalidFile, "wrong tokenizer setting (\(DecodingFault.summary(of: error)))")
        }
    }

    /// The special tokens around a single sequence.
    func frame() throws -> TokenizerFrame { try postProcessor?.frame() ?? TokenizerFrame(opening: [], closing: []) }

    /// The settings of a WordPiece model.
    func wordPiece(_ model: TokenizerSource.Model) throws -> TokenizerSpecification.WordPiece {
        let token = try model.string("unk_token") ?? "[UNK]"
        guard let unknown = model.vocabulary.id(of: token) else {
            throw ModelError(.invalidFile, "the vocabulary has no \(token.prefix(32))")
        }
        guard preTokenizer?.type == "BertPreTokenizer" else {
            throw ModelError(.unsupported, "pre-tokenizer \(preTokenizer?.type ?? "none"), expected BertPreTokenizer")
        }
        return TokenizerSpecification.WordPiece(
            unknown: unknown, continuation: try model.string("continuing_subword_prefix") ?? "##",
            wordLimit: try model.settings["max_input_chars_per_word"].map { try Self.decode(Int.self, from: $0) }
                ?? 100,
            normalizer: try normalizer?.bert() ?? .none)
    }

    /// The settings of a Unigram model, and its published character map.
    func unigram(
        _ model: TokenizerSource.Model
    ) throws -> (model: TokenizerSpecification.Unigram, characterMap: [UInt8]) {
        let unknown = try model.settings["unk_id"].flatMap { try Self.decode(Int?.self, from: $0) }
        guard let unknown, unknown >= 0, unknown < model.vocabulary.count else {
            throw ModelError(.unsupported, "the Unigram model has no unknown token")
        }
        if let fallback = model.settings["byte_fallback"], try Self.decode(Bool?.self, from: fallback) == true {
            throw ModelError(.unsupported, "byte_fallback is not supported")
        }
        let steps = try normalizer?.steps() ?? (steps: [], characterMap: [])
        var specification = TokenizerSpecification.Unigram(
            unknown: Int32(unknown), unknownScore: (model.vocabulary.scores.min() ?? 0) - 10, steps: steps.steps,
            splitsWhitespace: false, metaspace: nil)
        try preTokenizer?.apply(to: &specification)
        return (specification, steps.characterMap)
    }
}

extension TokenizerSource.Model {
    func string(_ key: String) throws -> String? {
        try settings[key].flatMap { try TokenizerSettings.decode(String?.self, from: $0) }
    }
}

extension TokenizerSpecification.WordPiece.Normalizer {
    /// Leaves the text alone.
    static let none = Self(
        cleansText: false, isolatesIdeographs: false, stripsAccents: false, lowercases: false)
}

extension TokenizerSettings {
    struct AddedToken: Decodable {
        let token: TokenizerSpecification.AddedToken

        private enum CodingKeys: String, CodingKey {
            case id, content, lstrip, rstrip, normalized
            case singleWord = "single_word"
        }

        init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: CodingKeys.self)
            token = TokenizerSpecification.AddedToken(
                id: try values.decode(Int32.self, forKey: .id),
                content: try values.decode(String.self, forKey: .content),
                singleWord: try values.decodeIfPresent(Bool.self, forKey: .singleWord) ?? false,
                stripsLeft: try values.decodeIfPresent(Bool.self, forKey: .lstrip) ?? false,
                stripsRight: try values.decodeIfPresent(Bool.self, forKey: .rstrip) ?? false,
                normalized: try values.decodeIfPresent(Bool.self, forKey: .normalized) ?? false)
            guard token.id >= 0 else {
                throw DecodingError.dataCorruptedError(forKey: .id, in: values, debugDescription: "negative id")
            }
        }
    }

    struct Normalizer: Decodable {
        struct Pattern: Decodable {
            let string: String?
            let regex: String?

            enum CodingKeys: String, CodingKey {
                case string = "String"
                case regex = "Regex"
            }
        }

        let type: String
        let normalizers: [Normalizer]?
        let characterMap: Data?
        let pattern: Pattern?
        let content: String?
        let stripLeft: Bool?
        let stripRight: Bool?
        let cleanText: Bool?
        let handleChineseChars: Bool?
        let stripAccents: Bool?
        let lowercase: Bool?

        enum CodingKeys: String, CodingKey {
            case type, normalizers, pattern, content, lowercase
            case characterMap = "precompiled_charsmap"
            case stripLeft = "strip_left"
            case stripRight = "strip_right"
            case cleanText = "clean_text"
            case handleChineseChars = "handle_chinese_chars"
            case stripAccents = "strip_accents"
        }

        func bert() throws -> TokenizerSpecification.WordPiece.Normalizer {
            guard type == "BertNormalizer" else {
                throw ModelError(.unsupported, "normalizer \(type.prefix(32)), expected BertNormalizer")
            }
            let lowercases = lowercase ?? true
            return .init(
                cleansText: cleanText ?? true, isolatesIdeographs: handleChineseChars ?? true,
                stripsAccents: stripAccents ?? lowercases, lowercases: lowercases)
        }

        func steps() throws -> (steps: [TokenizerSpecification.Unigram.Step], characterMap: [UInt8]) {
            switch type {
            case "Sequence":
                let parts = try (normalizers ?? []).map { try $0.steps() }
                let maps = parts.map(\.characterMap).filter { !$0.isEmpty }
                guard maps.count <= 1 else { throw ModelError(.unsupported, "two precompiled character maps") }
                return (parts.flatMap(\.steps), maps.first ?? [])
            case "Precompiled":
                guard let characterMap, !characterMap.isEmpty else { return ([], []) }
                return ([.precompiled], Array(characterMap))
            case "Replace":
                return ([try replacement()], [])
            case "Strip":
                return ([.strip(left: stripLeft ?? true, right: stripRight ?? true)], [])
            default:
                throw ModelError(
                    .unsupported, "normalizer \(type.prefix(32)), expected Precompiled, Replace, Strip or Sequence")
            }
        }

        private func replacement() throws -> TokenizerSpecification.Unigram.Step {
            if let text = pattern?.string, !text.isEmpty { return .replace(text: text, with: content ?? "") }
            if pattern?.regex == " {2,}" { return .replaceSpaceRuns(with: content ?? "") }
            let shown = (pattern?.regex ?? "none").prefix(32)
            throw ModelError(.unsupported, "normalizer Replace with pattern \(shown), expected a string or ' {2,}'")
        }
    }
}
