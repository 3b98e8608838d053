/// What identifiers of a shop look like, such as `[ORD-]######`: `#` is a digit, `@` a letter, `*` a letter or a digit, everything
/// else stands for itself; what is in square brackets may be left out.
///
/// Customers leave out marks and the letters' case and put spaces and marks of their own between characters; a value has the
/// format's. Letters and marks in brackets are put in where they were left out, digits cannot be.
public struct IdentifierFormat: Hashable, Sendable {
    /// Characters of a format, brackets in it, and what a value may have at least.
    public static let lengthLimit = 60
    public static let bracketLimit = 4
    public static let leastPlaces = 3
    /// Marks and spaces of their own that customers may put between characters.
    private static let ownMarks = 5

    private enum Part: Hashable {
        case digit, letter, either
        case literal(Unicode.Scalar)

        var isPlace: Bool { if case .literal = self { false } else { true } }
    }

    private struct Element: Hashable {
        let part: Part
        /// False for what is put in without being written.
        let isWritten: Bool
    }

    public let text: String
    /// All ways to leave out what may be left out, the longest first.
    private let variants: [[Element]]

    /// - Throws: a fault whose message follows the format: `has a '[' without ']'`, ….
    public init(_ text: String) throws(TextPattern.Fault) {
        self.text = text
        guard text.unicodeScalars.count <= Self.lengthLimit else {
            throw TextPattern.Fault(message: "is longer than \(Self.lengthLimit) characters")
        }
        let pieces = try Self.pieces(of: text)
        guard pieces.filter(\.isOptional).count <= Self.bracketLimit else {
            throw TextPattern.Fault(message: "has more than \(Self.bracketLimit) pairs of brackets")
        }
        let certain = pieces.filter { !$0.isOptional }.flatMap(\.parts).filter(\.isPlace).count
        guard certain >= Self.leastPlaces else {
            throw TextPattern.Fault(
                message: "has \(certain) of #, @ and * outside brackets, expected at least \(Self.leastPlaces)")
        }
        var variants: [[Element]] = [[]]
        for piece in pieces {
            let written = piece.parts.map { Element(part: $0, isWritten: true) }
            let with = variants.map { $0 + written }
            guard piece.isOptional else {
                variants = with
                continue
            }
            let isFixed = !piece.parts.contains(where: \.isPlace)
            let left = isFixed ? piece.parts.map { Element(part: $0, isWritten: false) } : []
            variants = with + variants.map { $0 + left }
        }
        self.variants = variants.sorted { $0.filter(\.isWritten).count > $1.filter(\.isWritten).count }
    }

    /// The longest value that begins at a place, and where it ends; nil when none does, or when it is part of something longer.
    /// - Parameter text: folded by ``TextPattern/fold(_:)`` or as much: half width, letters in one case.
    public func match(in text: [Unicode.Scalar], at start: Int) -> (value: String, end: Int)? {
        guard start < text.count, Self.canBegin(start, in: text) else { return nil }
        var best: (value: String, end: Int)?
        for variant in variants {
            guard let found = Self.match(variant, in: text, at: start), Self.canEnd(found.end, in: text) else {
                continue
            }
            if best.map({ found.end > $0.end }) ?? true { best = found }
        }
        return best
    }

    /// The value that a whole text is; nil when it is none.
    public func value(of text: String) -> String? {
        let scalars = text.unicodeScalars.map(TextPattern.fold)
        return match(in: scalars, at: 0).flatMap { $0.end == scalars.count ? $0.value : nil }
    }

    private static func match(_ variant: [Element], in text: [Unicode.Scalar], at start: Int) -> (
        value: String, end: Int
    )? {
        var value = String.UnicodeScalarView()
        var (index, own) = (start, 0)
        for element in variant {
            if case .literal(let scalar) = element.part, isMark(scalar) {
                // A mark of the format's may be missing, or be another.
                if element.isWritten, index > start, index < text.count, isMark(text[index]) { index += 1 }
                value.append(scalar)
                continue
            }
            guard element.isWritten else {
                if case .literal(let scalar) = element.part { value.append(scalar) }
                continue
            }
            if index > start, index + 1 < text.count, isMark(text[index]), own < ownMarks {
                index += 1
                own += 1
            }
            guard index < text.count, let written = written(text[index], as: element.part) else { return nil }
            value.append(written)
            index += 1
        }
        return (String(value), index)
    }

    /// The character of the value.
    private static func written(_ scalar: Unicode.Scalar, as part: Part) -> Unicode.Scalar? {
        let upper = scalar.properties.uppercaseMapping.unicodeScalars.first ?? scalar
        return switch part {
        case .digit: isDigit(scalar) ? scalar : nil
        case .letter: isLetter(scalar) ? upper : nil
        case .either: isLetterOrDigit(scalar) ? upper : nil
        case .literal(let own): TextPattern.fold(own) == TextPattern.fold(scalar) ? own : nil
        }
    }

    private static func canBegin(_ index: Int, in text: [Unicode.Scalar]) -> Bool {
        guard isLetterOrDigit(text[index]) else { return !isMark(text[index]) }
        guard index > 0 else { return true }
        let before = text[index - 1]
        if isLetterOrDigit(before) || "@+".unicodeScalars.contains(before) { return false }
        // Part of an identifier or a number that goes on to the left.
        return !(isJoint(before) && index > 1 && isLetterOrDigit(text[index - 2]))
    }

    private static func canEnd(_ index: Int, in text: [Unicode.Scalar]) -> Bool {
        guard index < text.count else { return true }
        if isLetterOrDigit(text[index]) || text[index] == "@" { return false }
        return !(isJoint(text[index]) && index + 1 < text.count && isLetterOrDigit(text[index + 1]))
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }
    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool { isDigit(scalar) || isLetter(scalar) }
    private static func isJoint(_ scalar: Unicode.Scalar) -> Bool { "-./_:,".unicodeScalars.contains(scalar) }
    /// What may stand between the characters of an identifier.
    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "-", " ", ".", "/", "_", "#", "\u{A0}", "\u{2010}"..."\u{2015}": true
        default: false
        }
    }

    private static func pieces(of text: String) throws(TextPattern.Fault) -> [(parts: [Part], isOptional: Bool)] {
        var pieces: [(parts: [Part], isOptional: Bool)] = [([], false)]
        for scalar in text.unicodeScalars {
            let isInside = pieces[pieces.count - 1].isOptional
            switch scalar {
            case "[":
                if isInside { throw TextPattern.Fault(message: "has brackets in brackets") }
                pieces.append(([], true))
            case "]":
                if !isInside { throw TextPattern.Fault(message: "has a ']' without '['") }
                pieces.append(([], false))
            case "#": pieces[pieces.count - 1].parts.append(.digit)
            case "@": pieces[pieces.count - 1].parts.append(.letter)
            case "*": pieces[pieces.count - 1].parts.append(.either)
            default: pieces[pieces.count - 1].parts.append(.literal(scalar))
            }
        }
        if pieces[pieces.count - 1].isOptional { throw TextPattern.Fault(message: "has a '[' without ']'") }
        return pieces.filter { !$0.parts.isEmpty }
    }
}
