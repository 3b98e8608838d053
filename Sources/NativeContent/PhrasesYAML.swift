package import ConversationDomain
import Wording

/// Reads and writes `phrases/<locale>.yaml`: what visitors say by which speech act, and what the bot says by itself.
package struct PhrasesYAML {
    package static let folderName = "phrases"
    /// Keys that no other file has.
    package static let marks = [
        "acts", "refusals", "negations", "corrections", "joints", "pointers", "others", "spellings", "ordinals", "says",
        "contacts", "widget", "page",
    ]
    static let keys = ["locale"] + marks
    /// The most entries of one list.
    static let listLimit = 2_000
    /// Unicode scalars of a text that the widget or the demo page shows.
    static let shownLimit = 300
    /// Options that a message may name by their places.
    static let ordinals = ["1", "2", "3", "last"]

    private var reader: YAMLFieldReader

    /// Nil without a locale.
    package static func read(_ root: YAMLNode, path: String, limits: ContentLimits, log: inout IssueLog) -> Phrases? {
        var yaml = PhrasesYAML(reader: YAMLFieldReader(path: path, limits: limits, log: log))
        let phrases = yaml.phrases(root)
        log = yaml.reader.log
        return phrases
    }

    private mutating func phrases(_ root: YAMLNode) -> Phrases? {
        let fields = reader.fields(root, of: "phrases", expected: Self.keys)
        guard let field = fields["locale"], let written = reader.text(field.value, "'locale'", limit: 35) else {
            reader.error(root.line, "the key 'locale' with the phrases' language is missing")
            return nil
        }
        guard let locale = BotLocale(written) else {
            reader.error(field.line, "'locale' is '\(written)', expected a language tag such as en")
            return nil
        }
        var phrases = Phrases(
            locale: locale, acts: byCase(fields["acts"]), refusals: refusals(fields["refusals"]),
            negations: texts(fields["negations"]), corrections: texts(fields["corrections"]),
            joints: texts(fields["joints"]), pointers: texts(fields["pointers"]),
            others: texts(fields["others"]), spellings: spellings(fields["spellings"]), says: says(fields["says"]))
        for entry in entries(fields["ordinals"]) {
            if Self.ordinals.contains(entry.key) {
                phrases.ordinals[entry.key] = texts(entry)
            } else {
                reader.error(
                    entry.line,
                    "unknown key '\(entry.key)' in 'ordinals', expected \(YAMLFieldReader.list(Self.ordinals))")
            }
        }
        readContacts(fields["contacts"], into: &phrases)
        phrases.widget = fields["widget"].map { shown($0) }
        phrases.page = fields["page"].map { shown($0) }
        return phrases
    }

    private mutating func entries(_ field: YAMLEntry?) -> [YAMLEntry] {
        field.flatMap { reader.map($0.value, "'\($0.key)'") } ?? []
    }

    private mutating func texts(_ field: YAMLEntry?) -> [String] {
        guard let field, let list = reader.list(field.value, "'\(field.key)'") else { return [] }
        guard list.count <= Self.listLimit else {
            reader.error(field.line, "'\(field.key)' has \(list.count) entries, expected at most \(Self.listLimit)")
            return []
        }
        return list.compactMap {
            reader.text($0, "an entry of '\(field.key)'", limit: reader.limits.text)
        }
    }

    /// Lists by the names of `Key`'s cases.
    private mutating func byCase<Key: RawRepresentable<String> & CaseIterable & Hashable>(_ field: YAMLEntry?)
        -> [Key: [String]]
    {
        var lists: [Key: [String]] = [:]
        for entry in entries(field) {
            guard let key = Key(rawValue: entry.key) else {
                let expected = YAMLFieldReader.list(Key.allCases.map(\.rawValue))
                reader.error(entry.line, "unknown key '\(entry.key)' in '\(field?.key ?? "")', expected \(expected)")
                continue
            }
            lists[key] = texts(entry)
        }
        return lists
    }

    private mutating func spellings(_ field: YAMLEntry?) -> [String: [String]]? {
        guard let field else { return nil }
        let words = entries(field)
        guard words.count <= Self.listLimit else {
            reader.error(field.line, "'spellings' has \(words.count) words, expected at most \(Self.listLimit)")
            return nil
        }
        return Dictionary(words.map { ($0.key, texts($0)) }) { $0 + $1 }
    }

    private mutating func refusals(_ field: YAMLEntry?) -> [String] {
        let templates = texts(field)
        for template in templates where RefusalPattern(template) == nil {
            reader.error(
                field?.line ?? 1,
                "the refusal '\(template.prefix(80))' needs {} once, for the thing's name, or to be like '{}{1}了 = {}没{1}'"
            )
        }
        return templates
    }

    private mutating func says(_ field: YAMLEntry?) -> [BotPhrase: [String]] {
        let says: [BotPhrase: [String]] = byCase(field)
        for (phrase, variants) in says.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            if variants.isEmpty { reader.error(field?.line ?? 1, "'\(phrase.rawValue)' has nothing to say") }
            for variant in variants {
                do {
                    let named = try TemplateSyntax.variables(in: variant)
                    if let unknown = named.first(where: { !phrase.variables.contains($0) }) {
                        let expected =
                            phrase.variables.isEmpty
                            ? "none" : YAMLFieldReader.list(phrase.variables.map { "{{\($0)}}" })
                        reader.error(
                            field?.line ?? 1, "'\(phrase.rawValue)' names {{\(unknown)}}, expected \(expected)")
                    }
                } catch {
                    reader.error(field?.line ?? 1, "'\(phrase.rawValue)': \(error)")
                }
            }
        }
        return says
    }

    /// What is shown as it stands.
    private mutating func shown<Key: ShownText>(_ field: YAMLEntry) -> [Key: String] {
        var texts: [Key: String] = [:]
        for entry in entries(field) {
            guard let key = Key(rawValue: entry.key) else {
                let expected = YAMLFieldReader.list(Key.allCases.map(\.rawValue))
                reader.error(entry.line, "unknown key '\(entry.key)' in '\(field.key)', expected \(expected)")
                continue
            }
            guard let text = reader.text(entry.value, "'\(entry.key)' in '\(field.key)'", limit: Self.shownLimit)
            else { continue }
            let named = (try? TemplateSyntax.variables(in: text)).map(Set.init)
            if named == Set(key.variables) {
                texts[key] = text
            } else {
                let expected = key.variables.map { "{{\($0)}}" }.first ?? "no {{…}}"
                reader.error(
                    entry.line, "'\(entry.key)' in '\(field.key)' is '\(text)', expected a text with \(expected)")
            }
        }
        return texts
    }

    private mutating func readContacts(_ field: YAMLEntry?, into phrases: inout Phrases) {
        for entry in entries(field) {
            if entry.key == "confirmed" {
                phrases.contactsAreConfirmed = reader.flag(entry.value, "'confirmed' in 'contacts'")
            } else if let act = SpeechAct(rawValue: entry.key), act.isDanger {
                phrases.contacts[act] = reader.text(
                    entry.value, "the contact of '\(entry.key)'", limit: reader.limits.text)
            } else {
                let expected = ["confirmed"] + SpeechAct.allCases.filter(\.isDanger).map(\.rawValue)
                reader.error(
                    entry.line, "unknown key '\(entry.key)' in 'contacts', expected \(YAMLFieldReader.list(expected))")
            }
        }
    }
}

// MARK: - Writing

extension PhrasesYAML {
    static func text(of phrases: Phrases) -> String {
        var lines = ["locale: " + YAMLText.scalar(phrases.locale.rawValue)]
        func section(_ key: String, _ lists: [(String, [String])]) {
            guard !lists.isEmpty else { return }
            lines.append("\(key):")
            for (name, texts) in lists {
                lines.append("  \(YAMLText.scalar(name)):" + (texts.isEmpty ? " []" : ""))
                lines += texts.map { "    - " + YAMLText.scalar($0) }
            }
        }
        func list(_ key: String, _ texts: [String]) {
            guard !texts.isEmpty else { return }
            lines.append("\(key):")
            lines += texts.map { "  - " + YAMLText.scalar($0) }
        }
        section("acts", SpeechAct.allCases.compactMap { act in phrases.acts[act].map { (act.rawValue, $0) } })
        list("refusals", phrases.refusals)
        list("negations", phrases.negations)
        list("corrections", phrases.corrections)
        list("joints", phrases.joints)
        list("pointers", phrases.pointers)
        list("others", phrases.others)
        section("spellings", (phrases.spellings ?? [:]).sorted { $0.key < $1.key })
        section("ordinals", ordinals.compactMap { key in phrases.ordinals[key].map { (key, $0) } })
        section("says", BotPhrase.allCases.compactMap { phrase in phrases.says[phrase].map { (phrase.rawValue, $0) } })
        if !phrases.contacts.isEmpty {
            lines += ["contacts:", "  confirmed: \(phrases.contactsAreConfirmed)"]
            for act in SpeechAct.allCases {
                if let contact = phrases.contacts[act] {
                    lines.append("  \(act.rawValue): " + YAMLText.scalar(contact))
                }
            }
        }
        func shown<Key: ShownText>(_ key: String, _ texts: [Key: String]?) {
            guard let texts, !texts.isEmpty else { return }
            lines.append("\(key):")
            lines += Key.allCases.compactMap { key in
                texts[key].map { "  \(key.rawValue): " + YAMLText.scalar($0) }
            }
        }
        shown("widget", phrases.widget)
        shown("page", phrases.page)
        return lines.joined(separator: "\n") + "\n"
    }
}
