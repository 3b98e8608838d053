internal import ConversationDomain
import NativeContent

/// Makes knowledge entries of the rows of one table of questions and answers.
struct EntryRows {
    private struct Draft {
        let id: KnowledgeID
        let locale: BotLocale
        var questions: [(text: String, place: SourcePlace)]
        let answer: String
        var title: String?
        var link: String?
        let place: SourcePlace
    }

    private let path: String
    private let options: ReadOptions
    private let stem: String
    private var drafts: [Draft] = []
    /// Rows with the same answer are wordings of one question.
    private var byAnswer: [UTF8Text: Int] = [:]
    private var byID: [KnowledgeID: Int] = [:]
    private var askers: [ExampleKey: Int] = [:]

    init(path: String, options: ReadOptions) {
        self.path = path
        self.options = options
        let name = KnowledgeMarkdown.stem(path)
        let plain = KnowledgeID.isValid(name) ? name : KnowledgeMarkdown.slug(name)
        stem = plain.isEmpty ? "faq" : String(plain.prefix(40))
    }

    func finish(into assembly: inout ContentAssembly) {
        for draft in drafts {
            for (index, question) in draft.questions.enumerated() {
                assembly.places.note(.question(draft.id, index + 1), at: question.place)
            }
        }
        assembly.add(
            drafts.map { draft in
                KnowledgeEntry(
                    id: draft.id, locale: draft.locale, title: draft.title, questions: draft.questions.map(\.text),
                    answer: draft.answer, link: draft.link, place: draft.place)
            })
    }

    /// Checks a row and takes it; false when reading on is useless.
    mutating func add(
        _ row: LabelledRow, _ locale: BotLocale, _ cleaner: inout TextCleaner, _ log: inout IssueLog
    ) -> Bool {
        let place = row.place(path)
        guard let fields = row.entry else { return true }
        do {
            let question = try checked(row.text, "the question", options.limits.text, place, &cleaner, &log)
            let answer = try checked(fields.answer, "the answer", options.limits.answer, place, &cleaner, &log)
            var questions = [question]
            for text in fields.alternatives where !text.isBlank {
                questions.append(try checked(text, "a question", options.limits.text, place, &cleaner, &log))
            }
            let link = link(fields.link, place, &log)
            let title = fields.title.flatMap { try? TextRule.checked($0, limit: options.limits.text) }
            try take(questions, answer, fields, locale, title, link, place, &log)
        } catch {
            log.rowError(place, error.message)
        }
        return !log.isFull
    }

    private func checked(
        _ text: String, _ what: String, _ limit: Int, _ place: SourcePlace, _ cleaner: inout TextCleaner,
        _ log: inout IssueLog
    ) throws(TextRule.Fault) -> String {
        do {
            return try TextRule.checked(cleaner.cleaned(text, place, &log), limit: limit)
        } catch {
            throw TextRule.Fault(message: "\(what) \(error.message)")
        }
    }

    /// An address without a scheme is one of the web's; what is none is left out.
    private func link(_ written: String?, _ place: SourcePlace, _ log: inout IssueLog) -> String? {
        guard let written, !written.isBlank else { return nil }
        var link = LabelledRows.trimmed(written)
        if link.lowercased().hasPrefix("www.") { link = "https://" + link }
        if link.utf8.count <= options.limits.text, LintRun.isWebAddress(link) { return link }
        log.warning(place, "the link '\(link.prefix(80))' is no web address; it is left out")
        return nil
    }
}

// MARK: - Putting together

extension EntryRows {
    private mutating func take(
        _ questions: [String], _ answer: String, _ fields: RowEntry, _ locale: BotLocale, _ title: String?,
        _ link: String?,
        _ place: SourcePlace, _ log: inout IssueLog
    ) throws(TextRule.Fault) {
        let own = try ownID(fields.id)
        let known = own.map { byID[$0] } ?? byAnswer[UTF8Text("\(locale) \(answer)")]
        if let known, let own, drafts[known].answer != answer {
            throw TextRule.Fault(message: "the id '\(own)' is used twice, first (\(drafts[known].place))")
        }
        let position = known ?? drafts.count
        let new = try fresh(questions, for: position, locale, place, &log)
        if let known {
            drafts[known].questions += new.map { ($0, place) }
            drafts[known].link = drafts[known].link ?? link
            drafts[known].title = drafts[known].title ?? title
        } else {
            let id = own ?? freshID(of: questions[0], in: fields.category)
            byID[id] = position
            if own == nil { byAnswer[UTF8Text("\(locale) \(answer)")] = position }
            drafts.append(
                Draft(
                    id: id, locale: locale, questions: new.map { ($0, place) }, answer: answer, title: title,
                    link: link,
                    place: place))
        }
        for question in new { askers[ExampleKey(text: ComparableText.key(question), locale: locale)] = position }
    }

    /// The questions that the entry does not have yet.
    /// - Throws: a fault when another entry answers the first question; other wordings that it answers are left out.
    private func fresh(
        _ questions: [String], for position: Int, _ locale: BotLocale, _ place: SourcePlace, _ log: inout IssueLog
    ) throws(TextRule.Fault) -> [String] {
        var keys: Set<ExampleKey> = []
        var new: [String] = []
        for (index, question) in questions.enumerated() {
            let key = ExampleKey(text: ComparableText.key(question), locale: locale)
            guard let other = askers[key] else {
                if keys.insert(key).inserted { new.append(question) }
                continue
            }
            let shown = question.prefix(80)
            let first = drafts[other].place
            if other == position {
                log.warning(place, "'\(shown)' stands there already (\(first)); the second is left out")
            } else if index == 0 {
                throw TextRule.Fault(
                    message: "'\(shown)' has another answer already (\(first)); expected one of them")
            } else {
                log.warning(place, "'\(shown)' has another answer already (\(first)); the second is left out")
            }
        }
        return new
    }

    /// The id in the row; a bare number is one in this file only.
    private func ownID(_ written: String?) throws(TextRule.Fault) -> KnowledgeID? {
        guard let written, !written.isBlank else { return nil }
        let text = LabelledRows.trimmed(written)
        let name = text.utf8.allSatisfy { (48...57).contains($0) } ? "\(stem).\(text)" : text
        if let id = KnowledgeID(name) { return id }
        let slug = KnowledgeMarkdown.slug(text)
        if let id = KnowledgeID(slug) { return id }
        throw TextRule.Fault(
            message: "the id cannot be '\(text.prefix(80))', expected 1 to 128 letters, digits and . _ - / :")
    }

    /// The file's name, the category and the question's words: `faq.delivery.how-long-does-it-take`; repeated ones are numbered.
    private func freshID(of question: String, in category: String?) -> KnowledgeID {
        let parts = [stem, String(KnowledgeMarkdown.slug(category ?? "").prefix(20)), KnowledgeMarkdown.slug(question)]
        let name = parts.filter { !$0.isEmpty }.joined(separator: ".")
        var unique = KnowledgeID(
            trusted: KnowledgeID.isValid(name) && name != stem ? name : "\(stem).\(drafts.count + 1)")
        var repetition = 1
        while byID[unique] != nil {
            repetition += 1
            unique = KnowledgeID(trusted: "\(name)-\(repetition)")
        }
        return unique
    }
}
