public import ConversationDomain
import Measures

/// What a bot does with whole messages: it answers, asks back, or says that it does not know. As JSON: snake_case.
///
/// Sentences in scope and foreign ones are counted apart, and weighed for shares of foreign messages that owners meet: a file
/// seldom has them as customers do.
public struct ReplyReport: Hashable, Sendable, Codable {
    /// How often each thing was done with a kind of sentence.
    public struct Counts: Hashable, Sendable, Codable {
        public internal(set) var texts = 0
        public internal(set) var answeredRight = 0
        public internal(set) var answeredWrong = 0
        /// The right one was among what was offered.
        public internal(set) var askedBackRight = 0
        public internal(set) var askedBackWrong = 0
        public internal(set) var rejected = 0

        enum CodingKeys: String, CodingKey {
            case texts, rejected
            case answeredRight = "answered_right"
            case answeredWrong = "answered_wrong"
            case askedBackRight = "asked_back_right"
            case askedBackWrong = "asked_back_wrong"
        }
    }

    /// Where the foreign sentences come from.
    public enum ForeignSource: String, Hashable, Sendable, Codable {
        /// The file calls them so.
        case file
        /// The file has none: they are the program's own, each judged by a bot that does not know its category.
        case background
    }

    /// Shares of all messages when this share of them is foreign.
    public struct Row: Hashable, Sendable, Codable {
        public let foreignShare: Double
        public let answeredRight: Double
        public let answeredWrong: Double
        public let askedBackRight: Double
        public let askedBackWrong: Double
        /// A foreign message, which is right, and one in scope.
        public let rejectedRight: Double
        public let rejectedWrong: Double
        /// Of what was answered; nil when nothing was.
        public let rightWhenAnswering: Double?
        /// The share of messages in scope that were answered, rightly or not.
        public let coverage: Double

        /// Messages in a hundred that got a reply to something else.
        public let wrongPerHundred: Double

        enum CodingKeys: String, CodingKey {
            case coverage
            case foreignShare = "foreign_share"
            case answeredRight = "answered_right"
            case answeredWrong = "answered_wrong"
            case askedBackRight = "asked_back_right"
            case askedBackWrong = "asked_back_wrong"
            case rejectedRight = "rejected_right"
            case rejectedWrong = "rejected_wrong"
            case rightWhenAnswering = "right_when_answering"
            case wrongPerHundred = "wrong_per_hundred"
        }
    }

    /// Foreign sentences of one kind.
    public struct Category: Hashable, Sendable, Codable {
        public let name: String
        public let counts: Counts
    }

    /// A sentence that was answered with something else. As JSON: snake_case.
    public struct WrongReply: Hashable, Sendable, Codable {
        public let text: String
        /// Names of intents and ids of entries; empty for a foreign sentence.
        public let expected: [String]
        public let reply: String
    }

    public let inScope: Counts
    public let foreign: Counts
    public let foreignSource: ForeignSource
    /// Of the background set, most answers first; empty for a file's own foreign sentences.
    public let categories: [Category]
    /// One for each of ``foreignShares``; only that without foreign messages where there are none, none without sentences in
    /// scope.
    public let shares: [Row]
    /// In the order of the sentences.
    public let wrong: [WrongReply]

    public static let foreignShares = [0, 0.2, 0.5]

    enum CodingKeys: String, CodingKey {
        case foreign, categories, shares, wrong
        case inScope = "in_scope"
        case foreignSource = "foreign_source"
    }

    /// - Parameters:
    ///   - outcomes: what was done with each sentence.
    ///   - foreignSource: where those without a truth come from.
    public init(_ outcomes: [(text: TestTexts.Text, reply: OpeningReply)], foreignSource: ForeignSource) {
        var (inScope, foreign) = (Counts(), Counts())
        var categories: [String: Counts] = [:]
        for (text, reply) in outcomes {
            if text.isForeign { foreign.take(reply, text) } else { inScope.take(reply, text) }
            if let category = text.category { categories[category, default: Counts()].take(reply, text) }
        }
        (self.inScope, self.foreign, self.foreignSource) = (inScope, foreign, foreignSource)
        self.categories = categories.map(Category.init).sorted {
            ($1.counts.answeredWrong, $0.name) < ($0.counts.answeredWrong, $1.name)
        }
        shares =
            inScope.texts == 0
            ? []
            : Self.foreignShares.filter { $0 == 0 || foreign.texts > 0 }
                .map { Row(foreignShare: $0, inScope: inScope, foreign: foreign) }
        wrong = outcomes.compactMap { text, reply in
            guard case .acted(let subject) = reply, !text.truths.contains(subject) else { return nil }
            return WrongReply(text: text.text, expected: text.truths.map(\.label), reply: subject.label)
        }
    }
}

extension ReplyReport.Counts {
    fileprivate mutating func take(_ reply: OpeningReply, _ text: TestTexts.Text) {
        texts += 1
        switch reply {
        case .acted(let subject) where text.truths.contains(subject): answeredRight += 1
        case .acted: answeredWrong += 1
        case .askedBack(let subjects) where subjects.contains(where: text.truths.contains): askedBackRight += 1
        case .askedBack: askedBackWrong += 1
        case .rejected: rejected += 1
        }
    }

    fileprivate func share(_ count: Int) -> Double { LabelCounts.share(count, of: texts) }
}

extension ReplyReport.Row {
    fileprivate init(foreignShare: Double, inScope: ReplyReport.Counts, foreign: ReplyReport.Counts) {
        let own = 1 - foreignShare
        self.foreignShare = foreignShare
        answeredRight = own * inScope.share(inScope.answeredRight)
        answeredWrong =
            own * inScope.share(inScope.answeredWrong) + foreignShare * foreign.share(foreign.answeredWrong)
        askedBackRight = own * inScope.share(inScope.askedBackRight)
        askedBackWrong =
            own * inScope.share(inScope.askedBackWrong) + foreignShare * foreign.share(foreign.askedBackWrong)
        rejectedRight = foreignShare * foreign.share(foreign.rejected)
        rejectedWrong = own * inScope.share(inScope.rejected)
        wrongPerHundred = 100 * answeredWrong
        let answered = answeredRight + answeredWrong
        rightWhenAnswering = answered > 0 ? answeredRight / answered : nil
        coverage = inScope.share(inScope.answeredRight + inScope.answeredWrong)
    }
}

extension Candidate.Subject {
    fileprivate var label: String {
        switch self {
        case .intent(let name): name.rawValue
        case .knowledge(let id): id.rawValue
        }
    }
}
