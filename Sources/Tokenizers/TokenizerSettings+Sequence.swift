import TensorFiles

/// How `tokenizer.json` describes the splitting of a text and the special tokens around it.
extension TokenizerSettings {
    struct PreTokenizer: Decodable {
        let type: String
        let pretokenizers: [PreTokenizer]?
        let replacement: String?
        let addPrefixSpace: Bool?
        let prependScheme: TokenizerSpecification.Unigram.Metaspace.Prepend?
        let split: Bool?

        enum CodingKeys: String, CodingKey {
            case type, pretokenizers, replacement, split
            case addPrefixSpace = "add_prefix_space"
            case prependScheme = "prepend_scheme"
        }

        /// Adds the steps to a Unigram specification, which takes a split at white space and then a metaspace.
        func apply(to model: inout TokenizerSpecification.Unigram) throws {
            switch type {
            case "Sequence":
                for part in pretokenizers ?? [] { try part.apply(to: &model) }
            case "WhitespaceSplit" where model.metaspace == nil:
                model.splitsWhitespace = true
            case "Metaspace" where model.metaspace == nil:
                let prepend = addPrefixSpace == false ? .never : prependScheme ?? .always
                let mark = replacement ?? "\u{2581}"
                guard mark.unicodeScalars.count == 1 else {
                    throw ModelError(.invalidFile, "Metaspace must have one character as replacement")
                }
                model.metaspace = .init(mark: mark, prepend: prepend, splits: split ?? true)
            default:
                throw ModelError(
                    .unsupported, "pre-tokenizer \(type.prefix(32)), expected WhitespaceSplit and then Metaspace")
            }
        }
    }

    struct PostProcessor: Decodable {
        /// One element of a template: a special token, or the sequence itself.
        struct Part: Decodable {
            struct Name: Decodable { let id: String }
            let special: Name?
            let sequence: Name?

            enum CodingKeys: String, CodingKey {
                case special = "SpecialToken"
                case sequence = "Sequence"
            }
        }
        struct Special: Decodable { let ids: [Int32] }
        /// `["[SEP]", 102]`
        struct Pair: Decodable {
            let id: Int32

            init(from decoder: any Decoder) throws {
                var values = try decoder.unkeyedContainer()
                _ = try values.decode(String.self)
                id = try values.decode(Int32.self)
            }
        }

        let type: String
        let single: [Part]?
        let specials: [String: Special]?
        let cls: Pair?
        let sep: Pair?

        enum CodingKeys: String, CodingKey {
            case type, single, cls, sep
            case specials = "special_tokens"
        }

        func frame() throws -> TokenizerFrame {
            switch type {
            case "TemplateProcessing":
                return try template()
            case "BertProcessing", "RobertaProcessing":
                guard let cls, let sep else { throw ModelError(.invalidFile, "\(type) lacks cls or sep") }
                return TokenizerFrame(opening: [cls.id], closing: [sep.id])
            default:
                throw ModelError(.unsupported, "post-processor \(type.prefix(32)), expected TemplateProcessing")
            }
        }

        private func template() throws -> TokenizerFrame {
            var frame = TokenizerFrame(opening: [], closing: [])
            var sequences = 0
            for part in single ?? [] {
                if part.sequence != nil { sequences += 1 }
                guard let name = part.special?.id else { continue }
                guard let ids = specials?[name]?.ids, ids.allSatisfy({ $0 >= 0 }) else {
                    throw ModelError(.invalidFile, "the template's token \(name.prefix(32)) is not defined")
                }
                if sequences == 0 { frame.opening += ids } else { frame.closing += ids }
            }
            guard sequences == 1 else { throw ModelError(.unsupported, "the template must hold one sequence") }
            return frame
        }
    }
}
