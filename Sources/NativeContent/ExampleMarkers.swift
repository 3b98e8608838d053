package import ConversationDomain

/// Entities marked in an example: `[A1234567](order_number)`. A backslash before a bracket or a backslash makes it plain.
package struct MarkedText: Hashable {
    /// Markers removed.
    package let text: String
    package let spans: [EntitySpan]

    package init(text: String, spans: [EntitySpan]) {
        self.text = text
        self.spans = spans
    }

    /// - Throws: ``MarkerFault`` for a broken marker.
    init(parsing marked: String) throws(MarkerFault) {
        var parser = MarkerParser(rest: marked.unicodeScalars[...])
        try parser.parse()
        text = String(parser.plain)
        spans = parser.spans
    }

    /// What ``init(parsing:)`` reads as this value.
    var marked: String {
        let scalars = Array(text.unicodeScalars)
        var written = String.UnicodeScalarView()
        var next = spans.sorted { $0.start < $1.start }[...]
        var open: EntitySpan?
        for offset in 0...scalars.count {
            if let span = open, span.end == offset {
                written.append(contentsOf: "](\(span.entity.rawValue))".unicodeScalars)
                open = nil
            }
            if open == nil, let span = next.first, span.start == offset, span.end > offset, span.end <= scalars.count {
                written.append("[")
                open = next.removeFirst()
            }
            guard offset < scalars.count else { break }
            if "\\[]".unicodeScalars.contains(scalars[offset]) { written.append("\\") }
            written.append(scalars[offset])
        }
        return String(written)
    }
}

/// What is wrong with a marker.
struct MarkerFault: Error {
    let message: String

    init(_ found: String) {
        message = "broken marker: \(found); expected [text](entity), or \\[ and \\] for plain brackets"
    }
}

private struct MarkerParser {
    var rest: Substring.UnicodeScalarView
    var plain = String.UnicodeScalarView()
    var spans: [EntitySpan] = []

    mutating func parse() throws(MarkerFault) {
        var length = 0
        while let scalar = rest.popFirst() {
            switch scalar {
            case "[":
                let start = length
                length += try markedPart()
                spans.append(EntitySpan(entity: try entity(), start: start, end: length))
            case "]": throw MarkerFault("']' without '['")
            case "\\":
                plain.append(escaped())
                length += 1
            default:
                plain.append(scalar)
                length += 1
            }
        }
    }

    /// Reads to the closing bracket; returns the scalars between.
    private mutating func markedPart() throws(MarkerFault) -> Int {
        var length = 0
        while let scalar = rest.popFirst() {
            switch scalar {
            case "]":
                guard length > 0 else { throw MarkerFault("nothing between '[' and ']'") }
                return length
            case "[": throw MarkerFault("'[' inside '['")
            case "\\": plain.append(escaped())
            default: plain.append(scalar)
            }
            length += 1
        }
        throw MarkerFault("'[' without ']'")
    }

    private mutating func entity() throws(MarkerFault) -> EntityName {
        guard rest.popFirst() == "(" else { throw MarkerFault("no '(' after ']'") }
        guard let end = rest.firstIndex(of: ")") else { throw MarkerFault("'(' without ')'") }
        let name = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        guard let entity = EntityName(name) else { throw MarkerFault("'\(name)' is no entity's name") }
        return entity
    }

    /// What follows a backslash, or the backslash itself when nothing special follows.
    private mutating func escaped() -> Unicode.Scalar {
        guard let next = rest.first, "\\[]".unicodeScalars.contains(next) else { return "\\" }
        rest.removeFirst()
        return next
    }
}
