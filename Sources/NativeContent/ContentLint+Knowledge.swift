internal import ConversationDomain
internal import Foundation

extension LintRun {
    /// Who answers a question already.
    private struct Answerer {
        let id: KnowledgeID
        let place: SourcePlace?
    }

    mutating func checkKnowledge() {
        var ids: [KnowledgeID: SourcePlace?] = [:]
        var questions: [ExampleKey: Answerer] = [:]
        let named = Set(content.knowledge.map(\.id))
        for entry in existing?.knowledge ?? [] where !named.contains(entry.id) && !entry.isPassage {
            for question in entry.questions {
                let key = ExampleKey(text: ComparableText.key(question), locale: entry.locale)
                questions[key] = Answerer(id: entry.id, place: nil)
            }
        }
        for entry in content.knowledge {
            if let earlier = ids[entry.id] {
                log.error(entry.place, "the id '\(entry.id)' is used twice, first\(Self.at(earlier))")
                continue
            }
            ids.updateValue(entry.place, forKey: entry.id)
            checkQuestions(of: entry, &questions)
            checkAnswer(of: entry)
        }
    }

    private mutating func checkQuestions(of entry: KnowledgeEntry, _ questions: inout [ExampleKey: Answerer]) {
        if entry.questions.isEmpty { log.error(entry.place, "'\(entry.id)' has no question") }
        for (index, question) in entry.questions.enumerated() {
            let place = places[.question(entry.id, index + 1)] ?? entry.place
            if question.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
                log.error(place, "a question of '\(entry.id)' is empty")
                continue
            }
            // Headings of different pages may be the same.
            guard !entry.isPassage else { continue }
            let key = ExampleKey(text: ComparableText.key(question), locale: entry.locale)
            guard let earlier = questions[key] else {
                questions[key] = Answerer(id: entry.id, place: place)
                continue
            }
            if earlier.id == entry.id {
                log.warning(place, "'\(entry.id)' has '\(question.prefix(80))' twice, first\(Self.at(earlier.place))")
            } else {
                log.error(
                    place,
                    "'\(question.prefix(80))' is a question of '\(entry.id)' and of '\(earlier.id)'\(Self.at(earlier.place)); expected one of them"
                )
            }
        }
    }

    private mutating func checkAnswer(of entry: KnowledgeEntry) {
        let place = places[.knowledgeAnswer(entry.id)] ?? entry.place
        if entry.answer.unicodeScalars.allSatisfy(\.properties.isWhitespace) {
            log.error(place, "the answer of '\(entry.id)' is empty")
        }
        let limit = ContentLimits().answer
        if entry.answer.unicodeScalars.count > limit {
            log.error(place, "the answer of '\(entry.id)' is longer than \(limit) characters")
        }
        if let link = entry.link, !Self.isWebAddress(link) {
            log.error(
                places[.link(entry.id)] ?? entry.place,
                "the link of '\(entry.id)' is '\(link.prefix(80))', expected an address that starts with https:// or http://"
            )
        }
    }

    package static func isWebAddress(_ text: String) -> Bool {
        guard let url = URL(string: text), let scheme = url.scheme?.lowercased(), scheme == "https" || scheme == "http"
        else { return false }
        return url.host()?.isEmpty == false && !text.contains(where: \.isWhitespace)
    }
}
