internal import ConversationDomain
import NativeContent
import Tables

/// Reads the articles of a help centre, as Zendesk's and Freshdesk's interfaces give them, and Chatwoot's canned responses: each
/// becomes questions with answers.
struct HelpCentreExport: ProjectReader {
    private enum Product: String {
        case zendesk = "articles of a Zendesk help centre"
        case freshdesk = "articles of a Freshdesk knowledge base"
        case chatwoot = "canned responses of Chatwoot"
    }

    /// Longer articles are cut at their headings, and passages at the end of a line.
    private static let passageLength = 1_200
    private static let depthLimit = 8

    private let root: JSONNode
    private let file: String
    private let options: ReadOptions
    private let product: Product
    private var content: ProjectContent
    /// What is asked already, so that a title used twice does not refuse all others.
    private var asked: Set<ExampleKey> = []

    /// Nil when it is no such export.
    init?(_ root: JSONNode, path: String, options: ReadOptions) {
        guard let product = Self.product(root) else { return nil }
        self.root = root
        file = path
        self.product = product
        self.options = options
        content = ProjectContent(root: SourcePlace(path: path, line: 1), options: options)
    }

    private static func product(_ root: JSONNode) -> Product? {
        if let first = root["articles"]?.list?.first, first["body"] != nil, first["title"] != nil { return .zendesk }
        guard let first = (root.list ?? root["payload"]?.list)?.first else { return nil }
        if first["short_code"] != nil, first["content"] != nil { return .chatwoot }
        let inner = first["category"] ?? first
        if inner["folders"]?.list != nil || inner["articles"]?.list != nil { return .freshdesk }
        if first["body"] != nil, first["title"] != nil, first["section_id"] != nil { return .zendesk }
        return first["description"] != nil && first["title"] != nil && first["folder_id"] != nil ? .freshdesk : nil
    }

    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text> {
        switch product {
        case .chatwoot:
            for node in root.list ?? root["payload"]?.list ?? [] where !log.isFull { addResponse(node, &log) }
            log.warning(
                SourcePlace(path: file, line: 1),
                "the questions are the short codes' words; add what customers write ('questions' in knowledge/*.yaml after 'frontdesk export')"
            )
        case .zendesk, .freshdesk: addArticles(in: root, depth: 0, &log)
        }
        if let next = root["next_page"]?.string {
            log.warning(
                SourcePlace(path: file, line: 1),
                "this is one page of several: the next one is at \(next.prefix(200)); import it too")
        }
        content.finish(product.rawValue, into: &assembly, &log)
        return content.examples.foreignLabels
    }

    private func place(_ node: JSONNode) -> SourcePlace { SourcePlace(path: file, line: node.line) }

    // MARK: Articles

    /// Articles stand in lists, in folders, and in categories of folders.
    private mutating func addArticles(in node: JSONNode, depth: Int, _ log: inout IssueLog) {
        guard depth < Self.depthLimit else { return }
        if let list = node.list {
            for element in list where !log.isFull { addArticles(in: element, depth: depth + 1, &log) }
        } else if node["title"] != nil, node["body"] != nil || node["description"] != nil {
            addArticle(node, &log)
        } else {
            for key in ["articles", "category", "folders", "folder", "sub_folders"] {
                if let inner = node[key] { addArticles(in: inner, depth: depth + 1, &log) }
            }
        }
    }

    private mutating func addArticle(_ node: JSONNode, _ log: inout IssueLog) {
        let place = place(node)
        guard let written = node["title"]?.string, let title = try? TextRule.checked(written, limit: 500) else {
            return log.rowError(place, "an article without 'title', or with one of more than 500 characters")
        }
        // Freshdesk: 1 is a draft, 2 is published.
        guard node["draft"]?.flag != true, node["status"]?.integer != 1 else {
            return content.leftovers.add(title, place, "drafts", "publish them and export again")
        }
        guard let html = (node["body"] ?? node["description"])?.string else {
            return content.leftovers.add(title, place, "articles without a text", "write an answer")
        }
        let passages = HTMLText.passages(html)
        guard !passages.isEmpty else {
            return content.leftovers.add(title, place, "articles without a text", "write an answer")
        }
        let whole = passages.map { $0.heading.isEmpty ? $0.text : $0.heading + "\n" + $0.text }.joined(separator: "\n")
        let id = node["id"]?.integer.map(String.init)
        let tag = (node["locale"] ?? node["language"])?.string
        let locale = tag.flatMap { BotLocale(otherProducts: $0) } ?? options.locale(of: title + whole)
        let link = node["html_url"]?.string
        guard passages.count > 1, whole.unicodeScalars.count > Self.passageLength else {
            return add([title], whole, title: title, id: id, link: link, locale, place)
        }
        for (index, passage) in passages.enumerated() {
            let question = passage.heading.isEmpty ? title : "\(title): \(passage.heading)"
            let anchored = passage.anchor.flatMap { anchor in link.map { "\($0)#\(anchor)" } }
            add(
                passage.heading.isEmpty ? [question] : [question, passage.heading], passage.text, title: question,
                id: id.map { index == 0 ? $0 : "\($0).\(index + 1)" }, link: anchored ?? link, locale, place)
        }
    }

    private mutating func add(
        _ questions: [String], _ text: String, title: String, id: String?, link: String?, _ locale: BotLocale,
        _ place: SourcePlace
    ) {
        let wanted = questions.filter { question in
            asked.insert(ExampleKey(text: ComparableText.key(question), locale: locale)).inserted
        }
        guard let first = wanted.first, first == questions[0] else {
            return content.leftovers.add(
                title, place, "articles whose title another one has", "give them titles that tell them apart")
        }
        let answer = Self.beginning(text)
        if answer.utf8.count < text.utf8.count {
            content.leftovers.add(
                title, place, "what is beyond \(Self.passageLength) characters of a passage",
                link == nil
                    ? "divide it with headings"
                    : "the link leads to the whole; divide it with headings to answer with more"
            )
        }
        // The id of another product is a number.
        let own = id.map { "\(KnowledgeMarkdown.stem(file)).\($0)" }.flatMap(KnowledgeID.init)?.rawValue
        let entry = RowEntry(
            alternatives: Array(wanted.dropFirst()), answer: answer, link: link,
            title: title.count <= 200 ? title : nil,
            id: own)
        content.examples.add(
            LabelledRow(text: first, label: "", locale: locale.rawValue, entry: entry, line: place.line))
    }

    /// The text up to the last line, sentence or word that ends within the bound.
    private static func beginning(_ text: String) -> String {
        guard text.unicodeScalars.count > passageLength else { return text }
        let cut = String(String.UnicodeScalarView(text.unicodeScalars.prefix(passageLength - 1)))
        for mark in ["\n", ". ", "。", " "] {
            if let end = cut.ranges(of: mark).last,
                cut.distance(from: cut.startIndex, to: end.lowerBound) > cut.count / 2
            {
                return LabelledRows.trimmed(String(cut[..<end.upperBound])) + " …"
            }
        }
        return cut + "…"
    }

    // MARK: Canned responses

    private mutating func addResponse(_ node: JSONNode, _ log: inout IssueLog) {
        let place = place(node)
        guard let code = node["short_code"]?.string, let text = node["content"]?.string, !text.isBlank else {
            return log.rowError(place, "a canned response without 'short_code' and 'content'")
        }
        guard !text.contains("{{"), !text.contains("{%") else {
            return content.leftovers.add(
                code, place, "canned responses with values of the contact or agent", "write them without {{…}}")
        }
        let question = code.split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
        guard let question = try? TextRule.checked(question, limit: 200) else {
            return log.rowError(place, "the short code of a canned response has no letters")
        }
        let locale = options.locale(of: text)
        guard asked.insert(ExampleKey(text: ComparableText.key(question), locale: locale)).inserted else {
            return content.leftovers.add(
                code, place, "canned responses whose short code another one has", "rename one of them")
        }
        let entry = RowEntry(answer: text, id: KnowledgeID(code)?.rawValue)
        content.examples.add(
            LabelledRow(text: question, label: "", locale: locale.rawValue, entry: entry, line: node.line))
    }
}
