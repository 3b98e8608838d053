public import ConversationDomain
import Inference
import IntentModel
public import ModelRecords

/// Learning from a label.
extension ReviewDesk {
    public func label(_ id: ReviewID, as label: ReviewLabel, scope: ReviewScope, force: Bool, by person: String)
        async throws -> ReviewOutcome
    {
        let content = try await parts.contents.content().content
        try Self.check(label, content)
        let items = try await chosen(id, scope)
        let report = try await report(on: items, label, content)
        guard force || report.regressions.count <= parts.toleratedRegressions else {
            return ReviewOutcome(items: [], status: .open, report: report, isRefused: true)
        }
        let decided = try await decide(id, items, label, by: person)
        return ReviewOutcome(items: decided, status: .labelled, report: report)
    }

    private static func check(_ label: ReviewLabel, _ content: BotContent) throws {
        let has = { (name: IntentName) in content.intents.contains { $0.name == name } }
        switch label {
        case .outOfScope: return
        case .intent(let name):
            guard has(name) else { throw ChatError(.notFound, "there is no intent '\(name)'") }
        case .newIntent(let name, _):
            guard !has(name), name != .outOfScope else {
                throw ChatError(.conflict, "there is an intent '\(name)' already")
            }
        case .knowledge(let id):
            guard content.knowledge.contains(where: { $0.id == id }) else {
                throw ChatError(.notFound, "there is no knowledge entry '\(id)'")
            }
        }
    }

    /// What the label does to the sentences that the bot knows, earlier labels among them.
    private func report(
        on items: [ReviewItem], _ label: ReviewLabel, _ content: BotContent
    ) async throws -> RegressionReport {
        let keys = Set(items.map { LabelledIndex.key(of: $0.text) })
        let model = try activeModel()
        let others = content.withoutLabels(of: keys)
        let known = try await parts.indexer.known(others, encoder: model.encoder)
        guard let intent = label.intent else { return Self.report(onQuestions: keys, known) }
        let labels = others.labels + items.map { KnownSentence(text: $0.text, locale: $0.locale, intent: intent) }
        let before = try await parts.indexer.index(content, encoder: model.encoder)
        let after = try await parts.indexer.index(labels, of: content, encoder: model.encoder)
        return try await DedicatedThread.run("review") { _ in
            RegressionCheck(known: known, head: model.head).compare(before: before, after: after)
        }
    }

    /// A question of the knowledge base goes before the intents for its very words only.
    private static func report(onQuestions keys: Set<UTF8Text>, _ known: KnownSentences) -> RegressionReport {
        let taken = known.sentences.filter { $0.intent != .outOfScope && keys.contains(LabelledIndex.key(of: $0.text)) }
        return RegressionReport(
            checked: known.sentences.count,
            regressions: taken.map { ReviewRegression(text: $0.text, intent: $0.intent, understood: nil) },
            improvements: 0)
    }
}

extension BotContent {
    /// Without what the review queue said of texts that are being decided on anew.
    fileprivate func withoutLabels(of keys: Set<UTF8Text>) -> BotContent {
        var content = BotContent(intents: intents, knowledge: knowledge)
        for place in content.intents.indices {
            content.intents[place].examples.removeAll {
                $0.origin != .written && keys.contains(LabelledIndex.key(of: $0.text))
            }
        }
        return content
    }
}
