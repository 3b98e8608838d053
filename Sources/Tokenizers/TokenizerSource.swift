import Foundation
import TensorFiles

/// A tokenizer as it was read from `tokenizer.json` or `vocab.txt`, before it is compiled. Settings for truncation
/// and padding are ignored: whoever encodes says how long a sequence may be.
struct TokenizerSource {
    /// Published tokenizer files have 20 MB at most.
    static let sizeLimit = 256 * 1024 * 1024

    var specification: TokenizerSpecification
    var vocabulary: TokenizerVocabulary
    /// `precompiled_charsmap` as published, empty when there is none.
    var characterMap: [UInt8] = []

    /// Reads the bytes of a `tokenizer.json`.
    ///
    /// - Throws: `ModelError` with `invalidFile`, `unsupported` or `tooLarge`.
    init(tokenizerJSON bytes: UnsafeRawBufferPointer) throws {
        let (parts, model) = try Self.scan(bytes)
        let settings = try TokenizerSettings(parts)
        vocabulary = model.vocabulary
        let frame = try settings.frame()
        let added = settings.addedTokens.map(\.token)
        switch model.kind {
        case .wordpiece:
            specification = TokenizerSpecification(
                model: .wordPiece(try settings.wordPiece(model)), frame: frame, addedTokens: added)
        case .unigram:
            let unigram = try settings.unigram(model)
            specification = TokenizerSpecification(
                model: .unigram(unigram.model), frame: frame, addedTokens: added)
            characterMap = unigram.characterMap
        }
    }

    /// Reads a `vocab.txt` with one WordPiece per line; `configuration` is the `tokenizer_config.json` beside it.
    init(vocabularyText bytes: UnsafeRawBufferPointer, configuration: Data?) throws {
        var vocabulary = TokenizerVocabulary()
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            try vocabulary.append(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
        let options = try configuration.map { try TokenizerSettings.decode(VocabularyOptions.self, from: $0) }
        guard let unknown = vocabulary.id(of: "[UNK]"), let opening = vocabulary.id(of: "[CLS]"),
            let closing = vocabulary.id(of: "[SEP]")
        else {
            throw ModelError(.invalidFile, "vocab.txt has no [UNK], [CLS] or [SEP]")
        }
        let lowercases = options?.doLowerCase ?? true
        let model = TokenizerSpecification.WordPiece(
            unknown: unknown, continuation: "##", wordLimit: 100,
            normalizer: .init(
                isolatesIdeographs: options?.tokenizeChineseChars ?? true,
                stripsAccents: options?.stripAccents ?? lowercases, lowercases: lowercases))
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        let added = special.compactMap { content in
            vocabulary.id(of: content).map { TokenizerSpecification.AddedToken(id: $0, content: content) }
        }
        self.vocabulary = vocabulary
        specification = TokenizerSpecification(
            model: .wordPiece(model), frame: .init(opening: [opening], closing: [closing]), addedTokens: added)
    }

    private struct VocabularyOptions: Decodable {
        let doLowerCase: Bool?
        let stripAccents: Bool?
        let tokenizeChineseChars: Bool?

        enum CodingKeys: String, CodingKey {
            case doLowerCase = "do_lower_case"
            case stripAccents = "strip_accents"
            case tokenizeChineseChars = "tokenize_chinese_chars"
        }
    }
}

extension TokenizerSource {
    /// The `model` of a tokenizer file.
    struct Model {
        var kind: TokenizerKind
        var vocabulary: TokenizerVocabulary
        /// The small values beside the vocabulary, as JSON.
        var settings: [String: Data]
    }

    /// Walks the file once: small parts are returned as JSON, the vocabulary is read on the way.
    private static func scan(_ bytes: UnsafeRawBufferPointer) throws -> (parts: [String: Data], model: Model) {
        var scanner = TokenizerJSONScanner(bytes)
        var parts: [String: Data] = [:]
        var model: Model?
        try scanner.object { scanner, key in
            if key.elementsEqual("model".utf8) {
                model = try scanModel(&scanner)
            } else {
                parts[String(decoding: key, as: UTF8.self)] = Data(try scanner.skip())
            }
        }
        guard let model else { throw ModelError(.invalidFile, "tokenizer.json has no model") }
        return (parts, model)
    }

    private static func scanModel(_ scanner: inout TokenizerJSONScanner) throws -> Model {
        var settings: [String: Data] = [:]
        var vocabulary: TokenizerVocabulary?
        var scored = false
        try scanner.object { scanner, key in
            guard key.elementsEqual("vocab".utf8) else {
                settings[String(decoding: key, as: UTF8.self)] = Data(try scanner.skip())
                return
            }
            scored = scanner.isNext(UInt8(ascii: "["))
            vocabulary = scored ? try scanScored(&scanner) : try scanNumbered(&scanner)
        }
        guard let vocabulary, vocabulary.count > 0 else {
            throw ModelError(.invalidFile, "tokenizer.json has no vocabulary")
        }
        let type = try settings["type"].map { try TokenizerSettings.decode(String.self, from: $0) }
        switch (type, scored) {
        case ("Unigram", true), (nil, true):
            return Model(kind: .unigram, vocabulary: vocabulary, settings: settings)
        case ("WordPiece", false):
            return Model(kind: .wordpiece, vocabulary: vocabulary, settings: settings)
        case (nil, false) where settings["continuing_subword_prefix"] != nil:
            return Model(kind: .wordpiece, vocabulary: vocabulary, settings: settings)
        default:
            throw ModelError(
                .unsupported, "tokenizer model \(type?.prefix(32) ?? "of unknown type"), expected WordPiece or Unigram")
        }
    }

    /// `[["piece", score], …]`, in the order of the ids.
    private static func scanScored(_ scanner: inout TokenizerJSONScanner) throws -> TokenizerVocabulary {
        var vocabulary = TokenizerVocabulary()
        var piece: [UInt8] = []
        try scanner.array { scanner in
            var position = 0
            var score = 0.0
            try scanner.array { scanner in
                switch position {
                case 0: try scanner.string(into: &piece)
                case 1: score = try scanner.number()
                default: throw ModelError(.invalidFile, "a vocabulary entry must be a piece and a score")
                }
                position += 1
            }
            guard position == 2 else {
                throw ModelError(.invalidFile, "a vocabulary entry must be a piece and a score")
            }
            try vocabulary.append(piece, score: score)
        }
        return vocabulary
    }

    /// `{"piece": id, …}`, in any order.
    private static func scanNumbered(_ scanner: inout TokenizerJSONScanner) throws -> TokenizerVocabulary {
        var unordered = TokenizerVocabulary()
        var entries: [Int] = []
        try scanner.object { scanner, key in
            let id = try scanner.number()
            guard id >= 0, id < Double(TokenizerVocabulary.countLimit), id.rounded() == id else {
                throw ModelError(.invalidFile, "a vocabulary id must be a number from 0 to 3,999,999")
            }
            let index = Int(id)
            if index >= entries.count {
                entries += [Int](repeating: -1, count: index + 1 - entries.count)
            }
            entries[index] = unordered.count
            try unordered.append(key)
        }
        var vocabulary = TokenizerVocabulary()
        for entry in entries {
            try vocabulary.append(entry < 0 ? [] : unordered.bytes[unordered.range(entry)])
        }
        return vocabulary
    }
}
