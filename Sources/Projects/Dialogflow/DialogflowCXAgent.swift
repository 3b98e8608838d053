internal import ConversationDomain
import NativeContent
import Tables

/// Reads an agent of Dialogflow CX as it is exported as a JSON package: a zip archive, or the folder of it, with `agent.json`,
/// `intents`, `entityTypes` and `flows`.
struct DialogflowCXAgent: ProjectReader {
    private var tree: ProjectTree
    private var reader: DialogflowIntents
    private var pages: [String: (file: String, node: JSONNode)] = [:]

    static func isAgent(_ tree: ProjectTree) -> Bool {
        guard tree.contains("agent.json") else { return false }
        return tree.paths.contains {
            $0.hasPrefix("flows/") || ($0.hasPrefix("intents/") && $0.contains("/trainingPhrases/"))
        }
    }

    init(_ tree: ProjectTree, options: ReadOptions) {
        self.tree = tree
        reader = DialogflowIntents(root: tree.root, options: options)
    }

    mutating func read(into assembly: inout ContentAssembly, _ log: inout IssueLog) -> Set<UTF8Text> {
        if let agent = tree.json("agent.json", &log), let language = agent["defaultLanguageCode"]?.string {
            reader.language = language
        }
        // Of each folder first what it is, then what is in it.
        readParts("intents", "trainingPhrases", &log)
        readParts("entityTypes", "entities", &log)
        readFlows(&log)
        reader.finish("a Dialogflow CX agent", into: &assembly, &log)
        return reader.content.examples.foreignLabels
    }

    private mutating func readParts(_ folder: String, _ inner: String, _ log: inout IssueLog) {
        let paths = tree.paths(in: folder)
        let isInner = { (path: String) in path.split(separator: "/").dropLast().last == inner[...] }
        for path in paths where !isInner(path) && !log.isFull {
            guard let node = tree.json(path, &log) else { continue }
            if inner == "entities" {
                reader.addEntityType(node, tree.file(path), &log)
            } else {
                let own = path.split(separator: "/").dropLast().last.map(String.init)
                reader.addIntent(node, folder: own, tree.file(path), &log)
            }
        }
        for path in paths where isInner(path) && !log.isFull {
            guard let node = tree.json(path, &log), let list = node[inner]?.list,
                let name = path.split(separator: "/").dropLast(2).last.map(String.init)
            else { continue }
            let locale = KnowledgeMarkdown.stem(path)
            if inner == "entities" {
                reader.addEntities(list, to: name, locale: locale, tree.file(path), &log)
            } else {
                reader.addPhrases(list, to: name, locale: locale, tree.file(path), &log)
            }
        }
    }

    // MARK: Flows

    private mutating func readFlows(_ log: inout IssueLog) {
        let paths = tree.paths(in: "flows")
        var routes: [(path: String, list: [JSONNode])] = []
        for path in paths where !log.isFull {
            guard let node = tree.json(path, &log) else { continue }
            let parts = path.split(separator: "/")
            // Pages are known by the name of their flow and their own.
            if parts.count == 4, parts[2] == "pages", let name = node["displayName"]?.string {
                pages["\(parts[1])/\(name)"] = (tree.file(path), node)
                for route in node["transitionRoutes"]?.list ?? [] where route["intent"] != nil {
                    reader.content.leftovers.add(
                        route["intent"]?.string ?? name, tree.place(path, route.line), "routes of pages",
                        "write what follows an answer as intents of their own, or as 'slots'")
                }
            } else if parts.count == 3 || (parts.count == 4 && parts[2] == "transitionRouteGroups") {
                routes.append((path, node["transitionRoutes"]?.list ?? []))
            }
        }
        for (path, list) in routes { for route in list { readRoute(route, path, &log) } }
    }

    private mutating func readRoute(_ route: JSONNode, _ path: String, _ log: inout IssueLog) {
        let place = tree.place(path, route.line)
        guard let intent = route["intent"]?.string, !intent.isBlank else { return }
        let condition = route["condition"]?.string ?? ""
        guard condition.isBlank || condition.lowercased() == "true" else {
            return reader.content.leftovers.add(
                intent, place, "routes with a condition", "write them as answers with 'when'")
        }
        let label = reader.label(of: intent)
        guard reader.content.said[label] == nil else {
            return reader.content.leftovers.add(
                intent, place, "further routes of intents that are answered already", "the first one is taken")
        }
        let flow = path.split(separator: "/")[1]
        let page = route["targetPage"]?.string.flatMap { pages["\(flow)/\($0)"] }
        var messages = reader.messages(to: label)
        reader.add(route["triggerFulfillment"], to: &messages, label, tree.file(path), &log)
        var slots: [ProjectContent.Slot] = []
        if let page {
            let form = page.node["form"]?["parameters"]?.list ?? []
            slots = form.compactMap { reader.slot(ofForm: $0, page.file) }
            if form.isEmpty {
                reader.add(page.node["entryFulfillment"], to: &messages, label, page.file, &log)
            } else {
                messages = reader.messages(to: label, more: slots.map(\.name))
                let last = (page.node["transitionRoutes"]?.list ?? []).first { route in
                    let condition = route["condition"]?.string ?? ""
                    return route["intent"] == nil && (condition == "true" || condition.contains("\"FINAL\""))
                }
                reader.add(last?["triggerFulfillment"], to: &messages, label, page.file, &log)
                if let next = last?["targetPage"]?.string.flatMap({ pages["\(flow)/\($0)"] }) {
                    reader.add(next.node["entryFulfillment"], to: &messages, label, next.file, &log)
                }
            }
        }
        guard !messages.variants.isEmpty else {
            return reader.content.leftovers.add(
                intent, place, "routes that say nothing", "write what the bot says as 'answers' of the intent")
        }
        reader.content.say(
            ProjectContent.Said(slots: slots, variants: messages.variants, place: place), to: label)
    }
}
