internal import ConversationDomain
import NativeContent
import Tables

/// Which texts follow which intent in the flows of a Botpress bot.
struct BotpressFlows {
    struct Turn {
        let intent: String
        /// The ids of the contents that are said, in their order.
        let contents: [String]
        let place: SourcePlace
    }

    private struct Node {
        let file: String
        let node: JSONNode
    }

    private struct Choice {
        let condition: String
        let target: String
        let flow: String
        let place: SourcePlace
    }

    /// By flow and name.
    private var nodes: [String: Node] = [:]
    private var starts: [String: String] = [:]
    private var choices: [Choice] = []

    /// How many nodes are followed from an intent.
    private static let stepLimit = 10

    mutating func add(_ root: JSONNode, _ flow: String, _ file: String) {
        starts[flow] = root["startNode"]?.string
        let list = root["nodes"]?.list ?? []
        for node in list {
            guard let name = node["name"]?.string else { continue }
            nodes["\(flow)#\(name)"] = Node(file: file, node: node)
        }
        for next in ([root["catchAll"]].compactMap(\.self) + list).flatMap({ $0["next"]?.list ?? [] }) {
            guard let condition = next["condition"]?.string, let target = next["node"]?.string else { continue }
            choices.append(
                Choice(
                    condition: condition, target: target, flow: flow,
                    place: SourcePlace(path: file, line: next.line)))
        }
    }

    /// What is said to each intent; of several the first counts.
    func turns(_ leftovers: inout ProjectLeftovers) -> [Turn] {
        var turns: [Turn] = []
        var seen: Set<String> = []
        for choice in choices where choice.condition.contains("nlu.intent") {
            guard !choice.condition.contains("&&") else {
                leftovers.add(
                    choice.condition, choice.place, "transitions with more conditions than the intent",
                    "write them as answers with 'when'")
                continue
            }
            let contents = contents(from: choice, &leftovers)
            for intent in Self.quoted(choice.condition) where !contents.isEmpty && seen.insert(intent).inserted {
                turns.append(Turn(intent: intent, contents: contents, place: choice.place))
            }
        }
        return turns
    }

    /// What is said from a node on, until the bot waits or has a choice.
    private func contents(from choice: Choice, _ leftovers: inout ProjectLeftovers) -> [String] {
        var contents: [String] = []
        var position = resolved(choice.target, in: choice.flow)
        for _ in 0..<Self.stepLimit {
            guard let (flow, name) = position, let found = nodes["\(flow)#\(name)"] else { break }
            for action in found.node["onEnter"]?.list ?? [] {
                guard let action = action.string else { continue }
                if let id = Self.content(of: action) {
                    contents.append(id)
                } else {
                    leftovers.add(
                        action, SourcePlace(path: found.file, line: found.node.line), "actions of flows",
                        "their code is not run; write answers that say where the customer sees it")
                }
            }
            let next = found.node["next"]?.list ?? []
            guard found.node["onReceive"]?.list == nil, next.count == 1,
                ["true", "always"].contains(next[0]["condition"]?.string ?? ""), let target = next[0]["node"]?.string
            else { break }
            position = resolved(target, in: flow)
        }
        return contents
    }

    /// `node`, `other.flow.json` or `other.flow.json#node`; nil for the end and for the way back.
    private func resolved(_ target: String, in flow: String) -> (flow: String, name: String)? {
        if target == "END" || target.hasPrefix("#") || target.isEmpty { return nil }
        let parts = target.split(separator: "#", maxSplits: 1).map(String.init)
        guard parts[0].hasSuffix(".flow.json") else { return (flow, target) }
        return (parts.count > 1 ? parts[1] : starts[parts[0]]).map { (parts[0], $0) }
    }

    /// The id in `say #!builtin_text-id`.
    private static func content(of action: String) -> String? {
        let words = action.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "say", words[1].hasPrefix("#!") else { return nil }
        return String(words[1].dropFirst(2))
    }

    /// The texts in quotes.
    private static func quoted(_ condition: String) -> [String] {
        var texts: [String] = []
        var rest = condition[...]
        while let open = rest.firstIndex(where: { $0 == "'" || $0 == "\"" || $0 == "`" }) {
            let inner = rest[rest.index(after: open)...]
            guard let close = inner.firstIndex(of: rest[open]) else { break }
            texts.append(String(inner[..<close]))
            rest = inner[inner.index(after: close)...]
        }
        return texts
    }
}

/// The content elements of a Botpress bot, by their ids.
struct BotpressTexts {
    private struct Element {
        let node: JSONNode
        let place: SourcePlace
    }

    let language: String
    let limits: ContentLimits
    private var elements: [String: Element] = [:]

    init(language: String, limits: ContentLimits) { (self.language, self.limits) = (language, limits) }

    mutating func add(_ element: JSONNode, _ place: SourcePlace) {
        guard let id = element["id"]?.string, elements[id] == nil else { return }
        elements[id] = Element(node: element["formData"] ?? element, place: place)
    }

    /// What the contents say one after another, in each language; what is no text is told.
    func variants(
        _ contents: [String], slots: Set<String>, _ place: SourcePlace, _ leftovers: inout ProjectLeftovers,
        _ log: inout IssueLog
    ) -> [ProjectVariant] {
        var said: [String: [ProjectVariant]] = [:]
        for id in contents {
            guard let element = elements[id] else { continue }
            var hasText = false
            for (tag, texts) in self.texts(of: element.node) where !texts.isEmpty {
                hasText = true
                let choices = (element.node["choices$\(tag)"] ?? element.node["choices"])?.list ?? []
                var next = texts.compactMap { variant($0, tag, slots, element.place, &leftovers) }
                for index in next.indices { next[index].replies = choices.compactMap { $0["title"]?.string } }
                guard let first = next.first else { continue }
                said[tag] =
                    said[tag].map { before in
                        before.map { variant in
                            let length =
                                variant.template.text.unicodeScalars.count + first.template.text.unicodeScalars.count
                            return length < limits.answer ? variant.followed(by: first) : variant
                        }
                    } ?? next
            }
            if !hasText {
                leftovers.add(
                    id, element.place, "cards, pictures and other contents",
                    "answers are plain text; write an address into it")
            }
        }
        return said.sorted { $0.key < $1.key }.flatMap(\.value)
    }

    /// The text and its variations by language: `text$en` and `variations$en`.
    private func texts(of form: JSONNode) -> [(tag: String, texts: [String])] {
        (form.map ?? []).compactMap { key, value in
            guard key == "text" || key.hasPrefix("text$"), let text = value.string else { return nil }
            let suffix = key.dropFirst("text".count)
            let more = form["variations\(suffix)"]?.list ?? []
            return (
                suffix.isEmpty ? language : String(suffix.dropFirst()),
                ([text] + more.compactMap(\.string)).filter { !$0.isBlank }
            )
        }
    }

    private func variant(
        _ written: String, _ tag: String, _ slots: Set<String>, _ place: SourcePlace,
        _ leftovers: inout ProjectLeftovers
    ) -> ProjectVariant? {
        var text = written
        for slot in slots.sorted() {
            for name in ["event.nlu.slots", "session.slots", "state.session.slots"] {
                text = text.replacing("{{\(name).\(slot).value}}", with: "{{\(slot)}}")
            }
        }
        guard let checked = try? TextRule.checked(text, limit: limits.answer), let template = try? AnswerText(checked)
        else {
            leftovers.add(
                written, place, "answers with values that only Botpress knows",
                "write them with {{slot}} of a slot of the intent")
            return nil
        }
        return ProjectVariant(template: template, locale: BotLocale(otherProducts: tag), place: place)
    }
}
