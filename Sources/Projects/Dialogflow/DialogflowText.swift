internal import ConversationDomain
import NativeContent
import Tables

/// Texts of Dialogflow: training phrases in parts, and answers with `$parameters`.
enum DialogflowText {
    /// The slot that a parameter becomes; nil when no slot can have such a name.
    static func slotName(_ parameter: String) -> String? {
        let name = parameter.replacing("-", with: "_")
        return SlotName.isValid(name) ? name : nil
    }

    /// The entity that a type names: `@city`, `@sys.date`.
    static func entity(_ type: String) -> EntityName? {
        var name = type.hasPrefix("@") ? type.dropFirst() : Substring(type)
        if let slash = name.lastIndex(of: "/") { name = name[name.index(after: slash)...] }
        guard name.hasPrefix("sys.") else { return EntityName(String(name)) }
        let own = String(name.dropFirst(4))
        // What Dialogflow ignores or takes anything for is no entity.
        return ["ignore", "any"].contains(own) ? nil : EntityName.builtIn(own) ?? EntityName(own)
    }

    /// The example that the parts of a training phrase make; marks are those parts that name an entity.
    static func row(
        _ parts: [JSONNode], label: String, locale: String?, file: String, line: Int, entity: (JSONNode) -> EntityName?
    ) -> LabelledRow? {
        var text = ""
        var slots: [RowSlot] = []
        var length = 0
        for part in parts {
            guard let piece = part["text"]?.string else { return nil }
            let end = length + piece.unicodeScalars.count
            if let name = entity(part), !piece.isBlank {
                slots.append(RowSlot(name: name.rawValue, start: length, end: end))
            }
            text += piece
            length = end
            if text.utf8.count > TextRule.byteLimit { break }
        }
        var row = LabelledRow(text: text, label: label, locale: locale, slots: slots, line: line)
        row.file = file
        return row
    }

    /// A text with `$parameter`, `#context.parameter` and `$session.params.parameter` written as `{{slot}}`; nil when it names
    /// something else that only Dialogflow knows.
    static func ours(_ written: String, _ parameters: Set<String>) -> String? {
        var text = ""
        var rest = written[...]
        while let start = rest.firstIndex(where: { $0 == "$" || $0 == "#" }) {
            text += rest[..<start]
            let after = rest[rest.index(after: start)...]
            let reference = after.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }
            guard let first = reference.first, first.isLetter, rest[start] == "$" || reference.contains(".") else {
                text.append(rest[start])
                rest = after
                continue
            }
            guard let (name, length) = parameter(reference, isContext: rest[start] == "#"),
                parameters.contains(name), let slot = slotName(name)
            else { return nil }
            text += "{{\(slot)}}"
            rest = after.dropFirst(length)
        }
        return text + rest
    }

    /// The parameter of a reference, and how many characters name it.
    private static func parameter(_ reference: Substring, isContext: Bool) -> (name: String, length: Int)? {
        let parts = reference.split(separator: ".", omittingEmptySubsequences: false)
        var first = isContext ? 1 : 0
        if parts.count >= 3, ["session", "intent", "page"].contains(parts[0]), parts[1] == "params" { first = 2 }
        guard parts.count > first else { return nil }
        let end = parts[first].last == "-" ? parts[first].dropLast() : parts[first]
        var length = parts[..<first].reduce(0) { $0 + $1.count + 1 } + end.count
        if parts.count > first + 1, ["original", "resolved", "name"].contains(parts[first + 1]) {
            length += 1 + parts[first + 1].count
        }
        return end.isEmpty ? nil : (String(end), length)
    }
}

/// What a Dialogflow bot says in one turn: messages, each with texts to choose between.
struct DialogflowMessages {
    private struct Group {
        let locale: BotLocale?
        let channel: ChannelName?
        var variants: [ProjectVariant] = []
    }

    private static let groupLimit = 200

    let parameters: Set<String>
    let limits: ContentLimits
    private var groups: [Group] = []

    init(parameters: Set<String>, limits: ContentLimits) { (self.parameters, self.limits) = (parameters, limits) }

    var variants: [ProjectVariant] { groups.flatMap(\.variants) }

    /// Adds a message: the first one's texts are variants, of those after it one is said below them.
    mutating func add(
        _ texts: [String], locale: BotLocale?, channel: ChannelName? = nil, at place: SourcePlace,
        _ leftovers: inout ProjectLeftovers, _ log: inout IssueLog
    ) {
        var variants: [ProjectVariant] = []
        for text in texts where !text.isBlank {
            guard let ours = DialogflowText.ours(text, parameters) else {
                leftovers.add(
                    text, place, "answers with values that only Dialogflow knows",
                    "write them with {{slot}} of a slot of the intent")
                continue
            }
            do {
                let template = try AnswerText(try TextRule.checked(ours, limit: limits.answer))
                variants.append(ProjectVariant(template: template, channel: channel, locale: locale, place: place))
            } catch let fault as TextRule.Fault {
                log.warning(place, "an answer \(fault.message) and is left out")
            } catch {
                log.warning(place, "the answer '\(text.prefix(40))' is left out: \(error)")
            }
        }
        guard let first = variants.first else { return }
        guard let index = index(locale, channel) else {
            return leftovers.add(
                first.template.text, place, "answers of more than \(Self.groupLimit) languages and platforms",
                "write them with 'when'")
        }
        if groups[index].variants.isEmpty {
            groups[index].variants = variants
        } else {
            groups[index].variants = groups[index].variants.map { said in
                let length = said.template.text.unicodeScalars.count + first.template.text.unicodeScalars.count
                return length < limits.answer ? said.followed(by: first) : said
            }
        }
    }

    /// Adds what visitors may press, below all that is said already.
    mutating func add(replies: [String], locale: BotLocale?, channel: ChannelName?) {
        guard let index = index(locale, channel) else { return }
        for variant in groups[index].variants.indices { groups[index].variants[variant].replies += replies }
    }

    /// Nil when there are too many.
    private mutating func index(_ locale: BotLocale?, _ channel: ChannelName?) -> Int? {
        if let index = groups.firstIndex(where: { $0.locale == locale && $0.channel == channel }) { return index }
        guard groups.count < Self.groupLimit else { return nil }
        groups.append(Group(locale: locale, channel: channel))
        return groups.count - 1
    }
}

extension ProjectContent {
    /// Adds the entries of an entity type: values with synonyms, or patterns.
    mutating func addEntries(
        _ entries: [JSONNode], to entity: EntityName, isPattern: Bool, locale: String, _ file: String,
        _ log: inout IssueLog
    ) {
        for entry in entries {
            let place = SourcePlace(path: file, line: entry.line)
            let synonyms = (entry["synonyms"]?.list ?? []).compactMap(\.string)
            guard let written = entry["value"]?.string ?? synonyms.first else { continue }
            if isPattern {
                for pattern in synonyms.isEmpty ? [written] : synonyms {
                    entities.add(pattern: pattern, to: entity, place, &log)
                }
            } else if ([written] + synonyms).contains(where: { $0.contains("@") }) {
                leftovers.add(
                    "\(entity): \(written)", place, "values that are made of other entities", "write them as values")
            } else if let value = entities.phrase(written, place, &log) {
                let words = synonyms.compactMap { entities.phrase($0, place, &log) }
                let locale = BotLocale(otherProducts: entry["languageCode"]?.string ?? locale)
                entities.add(words, for: value, of: entity, locale: locale, place)
            }
        }
    }
}
