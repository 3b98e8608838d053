public import ConversationDomain
import Foundation
import Knowledge
import Synchronization

/// How well the search finds passages for messages that nothing of the bot answers, locale by locale: what a message has to surpass for
/// a passage to answer it. Measured on background messages with the search as it is, so that it holds for ten passages and for 50,000.
final class PassageBounds: Sendable {
    struct Bound: Hashable, Sendable {
        /// The score of the best passage that so many foreign messages do not reach.
        let score: Double
        /// A deviation of those scores.
        let spread: Double
    }

    /// Which foreign messages' score is the bound.
    static let quantile = 0.9
    /// Background messages that are looked at for a locale.
    static let sample = 150
    /// What a deviation more makes of a passage's odds, as a power of e.
    static let weight = 3.0
    /// Passages that are looked at for a message.
    static let hits = 60

    private let bounds = Mutex<[BotLocale: Bound]>([:])

    subscript(locale: BotLocale) -> Bound? { bounds.withLock { $0[locale] } }

    func set(_ measured: [BotLocale: Bound]) { bounds.withLock { $0 = measured } }

    /// - Parameter scores: of the best passages for foreign messages.
    static func bound(_ scores: [Double]) -> Bound? {
        guard scores.count >= 20 else { return nil }
        let sorted = scores.sorted()
        let (middle, upper) = (sorted[sorted.count / 2], sorted[sorted.count * 9 / 10])
        // 1.28 deviations of a normal distribution lie between its middle and the upper tenth.
        return Bound(score: sorted[Int(quantile * Double(sorted.count - 1))], spread: max(0.1, (upper - middle) / 1.28))
    }
}

extension ContentRanking {
    /// Measures what a passage's score means; before it no passage is a candidate. The search must have the same content.
    public func measurePassages(model: ModelVersionID) async {
        guard let knowledge, !index.passages.isEmpty else { return }
        var measured: [BotLocale: PassageBounds.Bound] = [:]
        for locale in index.passages.locales {
            let isCJK = ForeignMessages.isCJK(locale)
            let messages = background.map(\.text).filter {
                $0.unicodeScalars.contains(where: SearchTerms.isCJK) == isCJK
            }
            var scores: [Double] = []
            for text in stride(from: 0, to: messages.count, by: max(1, messages.count / PassageBounds.sample))
                .map({ messages[$0] })
            {
                guard let embedding = index.embedding(ofBackground: text),
                    let hits = try? await knowledge.search(
                        text, embedding: embedding, model: model, locale: locale, limit: PassageBounds.hits),
                    let best = hits.first(where: { $0.entry.isPassage })
                else { continue }
                scores.append(Self.logit(best.score))
            }
            measured[locale] = PassageBounds.bound(scores)
        }
        passageBounds.set(measured)
    }

    /// With the passages that were found: they share what intents and entries that somebody wrote leave. Passages of one page do not
    /// compete: the best of them has what they have together.
    func withPassages(_ candidates: [Candidate], _ hits: [KnowledgeHit]) -> [Candidate] {
        var best: [Substring: (id: KnowledgeID, odds: Double, largest: Double)] = [:]
        for hit in hits where hit.entry.isPassage {
            guard let bound = passageBounds[hit.entry.locale] else { continue }
            let odds =
                exp(min(12, PassageBounds.weight * (Self.logit(hit.score) - bound.score) / bound.spread)) / foreignOdds
            let page = hit.entry.pageOfPassage
            let known = best[page]
            let isBetter = odds > known?.largest ?? 0
            best[page] = (
                isBetter ? hit.entry.id : known?.id ?? hit.entry.id, odds + (known?.odds ?? 0),
                max(odds, known?.largest ?? 0)
            )
        }
        let sum = best.values.reduce(0) { $0 + $1.odds }
        guard sum > 0 else { return candidates }
        let left = max(0, 1 - candidates.reduce(0) { $0 + $1.probability })
        let passages = best.values.map {
            Candidate(subject: .knowledge($0.id), probability: left * $0.odds / (1 + sum))
        }
        return Array((candidates + passages).sorted { $0.probability > $1.probability }.prefix(Self.candidateLimit))
    }

    /// What the owner's share of foreign messages makes of the odds of "nothing".
    private var foreignOdds: Double {
        func odds(_ share: Double) -> Double { min(0.99, max(0.01, share)) / (1 - min(0.99, max(0.01, share))) }
        return odds(foreignShare) / odds(RankingModel.fittedForeignShare)
    }
}
