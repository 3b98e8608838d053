/// Everything about a tokenizer except its vocabulary: small, and stored as JSON in the compiled file.
struct TokenizerSpecification: Codable, Sendable, Equatable {
    /// What differs between the two families.
    enum Model: Codable, Sendable, Equatable {
        case wordPiece(WordPiece)
        case unigram(Unigram)
    }

    /// Greedy longest match, word by word.
    struct WordPiece: Codable, Sendable, Equatable {
        /// Given for a word that cannot be put together from pieces.
        var unknown: Int32
        /// Starts every piece but a word's first one, `##`.
        var continuation: String
        /// A word with more scalars than this is unknown.
        var wordLimit: Int
        var normalizer: Normalizer

        /// The options of BERT's own normaliser.
        struct Normalizer: Codable, Sendable, Equatable {
            var cleansText = true
            var isolatesIdeographs = true
            var stripsAccents = true
            var lowercases = true
        }
    }

    /// The most probable way to cut a word into pieces.
    struct Unigram: Codable, Sendable, Equatable {
        /// Given for text that no piece covers.
        var unknown: Int32
        /// What a scalar that no piece covers costs: ten less than the least probable piece.
        var unknownScore: Double
        /// Applied in order before the text is split.
        var steps: [Step]
        /// Words end at white space, which is removed.
        var splitsWhitespace: Bool
        var metaspace: Metaspace?

        enum Step: Codable, Sendable, Equatable {
            /// The character map stored beside this specification.
            case precompiled
            case replace(text: String, with: String)
            /// Two or more spaces in a row become this.
            case replaceSpaceRuns(with: String)
            case strip(left: Bool, right: Bool)
        }

        /// Spaces become a visible mark, which also begins the text.
        struct Metaspace: Codable, Sendable, Equatable {
            enum Prepend: String, Codable, Sendable {
                case always
                /// Only at the very beginning of the text.
                case first
                case never
            }
            var mark: String
            var prepend: Prepend
            /// Whether every mark begins a new word.
            var splits: Bool
        }
    }

    /// A token that is recognised in the text before anything else is done to it.
    struct AddedToken: Codable, Sendable, Equatable {
        var id: Int32
        var content: String
        /// Matches only when no word character touches it.
        var singleWord = false
        /// Swallows the white space before it.
        var stripsLeft = false
        /// Swallows the white space after it.
        var stripsRight = false
        /// Matched in the normalised text instead of the original.
        var normalized = false
    }

    var model: Model
    var frame: TokenizerFrame
    var addedTokens: [AddedToken]

    var kind: TokenizerKind {
        switch model {
        case .wordPiece: .wordpiece
        case .unigram: .unigram
        }
    }
}
