import Yams

/// A YAML value with the line it starts on. Numbers and booleans stay the text that was written.
package struct YAMLNode {
    package enum Kind {
        case null
        case text(String)
        case list([YAMLNode])
        case map([YAMLEntry])
    }

    /// From 1.
    package let line: Int
    package let kind: Kind

    /// The deepest nesting that any of our files has is seven levels.
    static let maximumDepth = 16

    /// Parses one document; nil when there is none.
    /// - Throws: ``ReadFault`` for what is no YAML, for several documents, anchors, aliases and deep nesting.
    package static func parse(_ text: String) throws(ReadFault) -> YAMLNode? {
        // Following aliases can take exponential time, in comparing keys already. With another character in place of
        // every asterisk the parser sees none; a plain scalar that starts with this character was an alias.
        guard let standIn = standIn(for: text) else {
            throw ReadFault(line: 1, message: "too many different private-use characters")
        }
        do {
            let parser = try Parser(yaml: text.exchanging("*", for: standIn), encoding: .utf8)
            // Anchors live as long as their parser does.
            return try withExtendedLifetime(parser) {
                try parser.singleRoot().map { try YAMLConversion(standIn: standIn).node($0, depth: 0, line: 1) }
            }
        } catch let fault as ReadFault {
            throw fault
        } catch {
            throw YAMLConversion(standIn: standIn).fault(error)
        }
    }

    private static func standIn(for text: String) -> Unicode.Scalar? {
        let used = Set(text.unicodeScalars.lazy.filter { (0xE000...0xE0FF).contains($0.value) })
        return (0xE000...0xE0FF).lazy.compactMap { Unicode.Scalar($0 as UInt32) }.first { !used.contains($0) }
    }
}

extension String {
    /// By scalars: an asterisk with a combining mark is still an asterisk.
    fileprivate func exchanging(_ old: Unicode.Scalar, for new: Unicode.Scalar) -> String {
        guard unicodeScalars.contains(old) else { return self }
        var exchanged = String.UnicodeScalarView()
        for scalar in unicodeScalars { exchanged.append(scalar == old ? new : scalar) }
        return String(exchanged)
    }
}

/// One key of a YAML mapping.
package struct YAMLEntry {
    package let key: String
    package let line: Int
    package let value: YAMLNode
}

/// Turns the parser's nodes into ours, asterisks restored.
private struct YAMLConversion {
    let standIn: Unicode.Scalar

    /// - Parameter line: of the key or list, for values that have no line.
    func node(_ node: Node, depth: Int, line: Int) throws(ReadFault) -> YAMLNode {
        let line = node.mark?.line ?? line
        guard depth <= YAMLNode.maximumDepth else {
            throw ReadFault(line: line, message: "nested deeper than \(YAMLNode.maximumDepth) levels")
        }
        if node.anchor != nil { throw ReadFault(line: line, message: "anchors (&name) are not supported") }
        switch node {
        case .scalar(let scalar): return YAMLNode(line: line, kind: try kind(scalar, line: line))
        case .sequence(let sequence):
            var list: [YAMLNode] = []
            for element in sequence { list.append(try self.node(element, depth: depth + 1, line: line)) }
            return YAMLNode(line: line, kind: .list(list))
        case .mapping(let mapping):
            var entries: [YAMLEntry] = []
            for (key, value) in mapping { entries.append(try entry(key, value, depth: depth, line: line)) }
            return YAMLNode(line: line, kind: .map(entries))
        case .alias: throw ReadFault(line: line, message: Self.aliases)
        }
    }

    private static let aliases = "aliases (*name) are not supported; put text that starts with * in quotes"

    private func kind(_ scalar: Node.Scalar, line: Int) throws(ReadFault) -> YAMLNode.Kind {
        if scalar.style == .plain {
            if scalar.string.unicodeScalars.first == standIn { throw ReadFault(line: line, message: Self.aliases) }
            if ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
        }
        return .text(restored(scalar.string))
    }

    private func entry(_ key: Node, _ value: Node, depth: Int, line: Int) throws(ReadFault) -> YAMLEntry {
        let line = key.mark?.line ?? line
        guard case .text(let name) = try node(key, depth: depth + 1, line: line).kind else {
            throw ReadFault(line: line, message: "a key must be plain text")
        }
        let value = try node(value, depth: depth + 1, line: line)
        // The parser places a missing value where the next token is.
        if case .null = value.kind {
            return YAMLEntry(key: name, line: line, value: YAMLNode(line: line, kind: .null))
        }
        return YAMLEntry(key: name, line: line, value: value)
    }

    private func restored(_ text: String) -> String { text.exchanging(standIn, for: "*") }

    func fault(_ error: any Error) -> ReadFault {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _):
            return ReadFault(line: mark.line, message: "not valid YAML: \(restored(problem))")
        case .composer(_, let problem, let mark, _):
            let told = problem.contains("another document") ? "only one YAML document per file" : problem
            return ReadFault(line: mark.line, message: told)
        case .duplicatedKeysInMapping(let keys, let context):
            let told = keys.first.map { "the key '\(restored($0))' occurs twice" } ?? "a key occurs twice"
            return ReadFault(line: context.mark.line, message: told)
        case .reader(let problem, let offset, _, let text):
            let line = 1 + text.prefix(max(0, offset ?? 0)).count(where: \.isNewline)
            return ReadFault(line: line, message: "not valid YAML: \(problem)")
        default: return ReadFault(line: 1, message: "not valid YAML")
        }
    }
}
