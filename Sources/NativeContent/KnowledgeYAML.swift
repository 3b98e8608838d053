package import ConversationDomain

/// Reads the knowledge entries of a YAML document.
package struct KnowledgeYAML {
    private var reader: YAMLFieldReader
    private let options: ReadOptions
    private var places = ContentPlaces()

    package static let keys = ["locale", "entries"]

    private init(_ reader: YAMLFieldReader, options: ReadOptions) {
        self.reader = reader
        self.options = options
    }

    package static func read(
        _ root: YAMLNode, path: String, options: ReadOptions, log: inout IssueLog, places: inout ContentPlaces
    ) -> [KnowledgeEntry] {
        var yaml = KnowledgeYAML(YAMLFieldReader(path: path, limits: options.limits, log: log), options: options)
        let entries = yaml.entries(root)
        log = yaml.reader.log
        places.merge(yaml.places)
        return entries
    }

    private mutating func entries(_ root: YAMLNode) -> [KnowledgeEntry] {
        let fields = reader.fields(root, of: "a knowledge file", expected: Self.keys)
        guard let list = fields["entries"] else {
            reader.error(root.line, "the key 'entries' with the list of questions and answers is missing")
            return []
        }
        var locale: BotLocale?
        if let entry = fields["locale"], let text = reader.text(entry.value, "'locale'", limit: 35) {
            locale = BotLocale(text)
            if locale == nil {
                reader.error(entry.value.line, "'locale' is '\(text)', expected a language tag such as en or zh-TW")
            }
        }
        return (reader.list(list.value, "'entries'") ?? []).compactMap { entry($0, locale: locale) }
    }

    private mutating func entry(_ node: YAMLNode, locale: BotLocale?) -> KnowledgeEntry? {
        guard case .map = node.kind else {
            _ = reader.map(node, "a knowledge entry")
            return nil
        }
        let fields = reader.fields(
            node, of: "a knowledge entry",
            expected: ["id", "title", "questions", "reviewed", "answer", "link", "collection"])
        let missing = ["id", "questions", "answer"].filter { fields[$0] == nil }
        guard let idEntry = fields["id"], let questionsEntry = fields["questions"], let answerEntry = fields["answer"]
        else {
            reader.error(node.line, "a knowledge entry needs '\(missing.joined(separator: "' and '"))'")
            return nil
        }
        let id: KnowledgeID? = reader.name(idEntry.value, "the id of a knowledge entry")
        let questions = questions(questionsEntry, of: id)
        if case .list(let list) = questionsEntry.value.kind, list.isEmpty {
            reader.error(questionsEntry.value.line, "'questions' is empty")
        }
        let reviewed = fields["reviewed"].map { self.questions($0, of: id, after: questions.count) } ?? []
        let answer = reader.text(answerEntry.value, "the answer", limit: reader.limits.answer)
        let link = fields["link"].flatMap { reader.text($0.value, "the link", limit: reader.limits.text) }
        let title = fields["title"].flatMap { reader.text($0.value, "the title", limit: reader.limits.text) }
        let collection: CollectionName? = fields["collection"].flatMap { reader.name($0.value, "the collection") }
        guard let id, let first = questions.first, let answer else { return nil }
        places.note(.knowledgeAnswer(id), at: reader.place(answerEntry.line))
        places.note(.link(id), at: fields["link"].map { reader.place($0.line) })
        places.note(.knowledgeTitle(id), at: fields["title"].map { reader.place($0.line) })
        return KnowledgeEntry(
            id: id, locale: locale ?? options.locale(of: first), title: title, questions: questions + reviewed,
            reviewed: reviewed, answer: answer, link: link, collection: collection,
            place: reader.place(node.line))
    }

    /// - Parameter count: how many questions the entry has already.
    private mutating func questions(_ field: YAMLEntry, of id: KnowledgeID?, after count: Int = 0) -> [String] {
        guard let list = reader.list(field.value, "'\(field.key)'") else { return [] }
        var questions: [String] = []
        for element in list {
            guard let question = reader.text(element, "a question", limit: reader.limits.text) else { continue }
            questions.append(question)
            if let id { places.note(.question(id, count + questions.count), at: reader.place(element.line)) }
        }
        return questions
    }
}
