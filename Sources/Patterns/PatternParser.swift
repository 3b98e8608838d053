/// What a pattern is made of.
indirect enum PatternNode: Hashable, Sendable {
    case empty
    case scalar(ScalarSet)
    case check(TextPattern.Check)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, least: Int, most: Int?)
}

/// Reads the text of a pattern.
struct PatternParser {
    /// How often a part may be asked to repeat, and how deep groups may nest.
    private static let repeatLimit = 200
    private static let depthLimit = 20

    private var rest: Substring.UnicodeScalarView
    private var depth = 0

    init(_ pattern: String) { rest = pattern[...].unicodeScalars }

    mutating func parse() throws(TextPattern.Fault) -> PatternNode {
        let node = try choice()
        guard rest.isEmpty else { throw TextPattern.Fault(message: "has a ')' without '('") }
        return node
    }

    private mutating func choice() throws(TextPattern.Fault) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(TextPattern.Fault) -> PatternNode {
        var parts: [PatternNode] = []
        while let next = rest.first, next != "|", next != ")" { parts.append(try quantified()) }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    private mutating func quantified() throws(TextPattern.Fault) -> PatternNode {
        var node = try atom()
        while let (least, most) = try quantifier() {
            if case .repeated = node {
                throw TextPattern.Fault(message: "repeats a repetition; expected a group around it")
            }
            node = .repeated(node, least: least, most: most)
            // Lazy and greedy forms find the same longest match.
            _ = take("?")
        }
        return node
    }

    private mutating func quantifier() throws(TextPattern.Fault) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        guard take("{") else { return nil }
        guard let least = number() else {
            throw TextPattern.Fault(message: "has a '{' without a number; write \\{ for the character")
        }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else { throw TextPattern.Fault(message: "has a '{' without '}'") }
        guard least <= Self.repeatLimit, (most ?? least) <= Self.repeatLimit, (most ?? least) >= least else {
            throw TextPattern.Fault(message: "repeats {\(least),…}, expected at most \(Self.repeatLimit) times")
        }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var digits = ""
        while let next = rest.first, ("0"..."9").contains(next), digits.utf8.count < 4 {
            digits.unicodeScalars.append(next)
            rest.removeFirst()
        }
        return Int(digits)
    }

    private mutating func atom() throws(TextPattern.Fault) -> PatternNode {
        guard let scalar = rest.popFirst() else { return .empty }
        switch scalar {
        case "(": return try group()
        case "[": return .scalar(try characterClass())
        case ".": return .scalar(ScalarSet(ranges: [0x0A...0x0A], isNegated: true))
        case "^": return .check(.textStart)
        case "$": return .check(.textEnd)
        case "\\": return try escape()
        case "*", "+", "?", "{": throw TextPattern.Fault(message: "has a '\(scalar)' with nothing before it to repeat")
        default:
            var set = ScalarSet()
            set.insert(scalar.value...scalar.value)
            return .scalar(set)
        }
    }

    private mutating func group() throws(TextPattern.Fault) -> PatternNode {
        if take("?"), !take(":") {
            throw TextPattern.Fault(
                message: "has a '(?' that is no (?:…); look-around and named groups are not supported")
        }
        depth += 1
        guard depth <= Self.depthLimit else {
            throw TextPattern.Fault(message: "nests groups deeper than \(Self.depthLimit)")
        }
        let node = try choice()
        depth -= 1
        guard take(")") else { throw TextPattern.Fault(message: "has a '(' without ')'") }
        return node
    }

    private mutating func escape() throws(TextPattern.Fault) -> PatternNode {
        guard let scalar = rest.popFirst() else { throw TextPattern.Fault(message: "ends with a backslash") }
        switch scalar {
        case "b": return .check(.wordBorder)
        case "B": return .check(.noWordBorder)
        default:
            var set = ScalarSet()
            try insertEscape(scalar, into: &set)
            return .scalar(set)
        }
    }

    /// - Returns: the scalar that the escape stands for; nil for a kind of them.
    @discardableResult
    private func insertEscape(
        _ scalar: Unicode.Scalar, into set: inout ScalarSet
    ) throws(TextPattern.Fault) -> Unicode.Scalar? {
        switch scalar {
        case "d": set.kinds.append(.digit)
        case "w": set.kinds.append(.word)
        case "s": set.kinds.append(.space)
        case "D": set.excludedKinds.append(.digit)
        case "W": set.excludedKinds.append(.word)
        case "S": set.excludedKinds.append(.space)
        case "t": set.insert(0x09...0x09)
        case "n": set.insert(0x0A...0x0A)
        case "a"..."z", "A"..."Z", "0"..."9":
            throw TextPattern.Fault(message: "has '\\\(scalar)', which is not supported")
        default:
            set.insert(scalar.value...scalar.value)
            return scalar
        }
        return nil
    }

    private mutating func characterClass() throws(TextPattern.Fault) -> ScalarSet {
        var set = ScalarSet(isNegated: take("^"))
        var isFirst = true
        while let scalar = rest.popFirst() {
            if scalar == "]", !isFirst { return set }
            isFirst = false
            var low: Unicode.Scalar? = scalar
            if scalar == "\\" {
                guard let escaped = rest.popFirst() else { break }
                low = try insertEscape(escaped, into: &set)
            } else {
                set.insert(scalar.value...scalar.value)
            }
            guard let low, rest.first == "-", let high = rest.dropFirst().first, high != "]" else { continue }
            guard high != "\\", low.value <= high.value else {
                throw TextPattern.Fault(message: "has the range \(low)-\(high), expected the lower end first")
            }
            rest.removeFirst(2)
            set.insert(low.value...high.value)
        }
        throw TextPattern.Fault(message: "has a '[' without ']'")
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == scalar else { return false }
        rest.removeFirst()
        return true
    }
}

/// Turns a pattern into the program of its automaton.
struct PatternCompiler {
    private(set) var program: [TextPattern.Step] = []
    /// Nodes that were written out; repeated empty groups make no steps.
    private var nodes = 0

    mutating func compile(_ node: PatternNode) throws(TextPattern.Fault) {
        nodes += 1
        guard program.count < TextPattern.programLimit, nodes < 4 * TextPattern.programLimit else {
            throw TextPattern.Fault(message: "is too large once its repetitions are written out")
        }
        switch node {
        case .empty: break
        case .scalar(let set): program.append(.scalar(set))
        case .check(let check): program.append(.check(check))
        case .sequence(let parts): for part in parts { try compile(part) }
        case .choice(let branches): try compile(branches[...])
        case .repeated(let part, let least, let most):
            for _ in 0..<least { try compile(part) }
            if let most {
                for _ in least..<most { try compileOptional(part) }
            } else {
                let fork = program.count
                program.append(.accept)
                try compile(part)
                program.append(.jump(fork))
                program[fork] = .fork(fork + 1, program.count)
            }
        }
    }

    private mutating func compileOptional(_ part: PatternNode) throws(TextPattern.Fault) {
        let fork = program.count
        program.append(.accept)
        try compile(part)
        program[fork] = .fork(fork + 1, program.count)
    }

    private mutating func compile(_ branches: ArraySlice<PatternNode>) throws(TextPattern.Fault) {
        guard let first = branches.first else { return }
        guard branches.count > 1 else { return try compile(first) }
        let fork = program.count
        program.append(.accept)
        try compile(first)
        let jump = program.count
        program.append(.accept)
        program[fork] = .fork(fork + 1, program.count)
        try compile(branches.dropFirst())
        program[jump] = .jump(program.count)
    }
}
