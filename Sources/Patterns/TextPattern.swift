/// A regular expression of a bot owner, matched in time that grows with the text's length alone.
///
/// It knows literals, `.`, classes `[a-z]` and `[^a-z]`, `\d \D \w \W \s \S`, groups `(…)` and `(?:…)`, `|`, `* + ?`,
/// `{n}`, `{n,}`, `{n,m}`, `^`, `$`, `\b` and `\B`; what needs backtracking (back-references, look-around) is refused. The letters'
/// case and full-width forms make no difference.
///
/// Source: the simulation of a nondeterministic automaton after K. Thompson, Regular expression search algorithm (1968), with
/// R. Cox, Regular expression matching: the virtual machine approach (2009).
public struct TextPattern: Hashable, Sendable {
    /// Unicode scalars of a pattern, and steps of the program that it becomes.
    public static let lengthLimit = 200
    public static let programLimit = 300
    /// Unicode scalars of a match.
    public static let matchLimit = 100

    /// Why a pattern is refused.
    public struct Fault: Error, Hashable, Sendable {
        public let message: String

        public init(message: String) { self.message = message }
    }

    enum Step: Hashable, Sendable {
        case scalar(ScalarSet)
        case fork(Int, Int)
        case jump(Int)
        case check(Check)
        case accept
    }

    /// What must hold at a place between two scalars.
    enum Check: Hashable, Sendable {
        case textStart, textEnd, wordBorder, noWordBorder
    }

    let program: [Step]

    /// - Throws: a fault whose message follows the pattern: `has a '(' without ')'`, ….
    public init(_ pattern: String) throws(Fault) {
        guard pattern.unicodeScalars.count <= Self.lengthLimit else {
            throw Fault(message: "is longer than \(Self.lengthLimit) characters")
        }
        var parser = PatternParser(pattern)
        var compiler = PatternCompiler()
        try compiler.compile(try parser.parse())
        program = compiler.program + [.accept]
        if firstMatch(in: [], from: 0) != nil { throw Fault(message: "matches the empty text") }
    }

    /// The longest of the matches that begin first, at `start` or later; nil when there is none.
    /// - Parameter text: folded by ``fold(_:)``.
    public func firstMatch(in text: [Unicode.Scalar], from start: Int) -> Range<Int>? {
        var threads = PatternThreads(program: program)
        var found: Range<Int>?
        var position = start
        while position <= text.count {
            if found == nil { threads.start(at: position) }
            threads.settle(at: position, in: text)
            if let begin = threads.accepted, found.map({ begin <= $0.lowerBound }) ?? true {
                found = begin..<position
            }
            guard position < text.count, !(threads.isEmpty && found != nil) else { break }
            let earliest = position + 1 - Self.matchLimit
            threads.step(over: text[position], from: earliest, to: found?.lowerBound ?? position)
            position += 1
        }
        return found
    }

    /// All matches that are not empty, from left to right, without overlap.
    /// - Parameter text: folded by ``fold(_:)``.
    public func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
        var matches: [Range<Int>] = []
        var position = 0
        while position < text.count, let match = firstMatch(in: text, from: position) {
            if !match.isEmpty { matches.append(match) }
            position = max(match.upperBound, position + 1)
        }
        return matches
    }

    /// Case and full-width forms made alike, scalar by scalar.
    public static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0..<0x41, 0x5B..<0x80: return scalar
        case 0x41...0x5A: return Unicode.Scalar(scalar.value + 32) ?? scalar
        case 0xFF01...0xFF5E: return fold(Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar)
        case 0x3000, 0xA0, 0x2009, 0x202F: return " "
        default:
            let lower = scalar.properties.lowercaseMapping.unicodeScalars
            return lower.count == 1 ? lower.first ?? scalar : scalar
        }
    }
}

/// Scalars of a class; `\w`, `\s` and `\d` in it are told apart by their properties.
struct ScalarSet: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case word, space, digit

        func contains(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .digit: scalar.properties.generalCategory == .decimalNumber
            case .space: scalar.properties.isWhitespace
            case .word:
                scalar == "_" || scalar.properties.isAlphabetic
                    || scalar.properties.generalCategory == .decimalNumber
            }
        }
    }

    var ranges: [ClosedRange<UInt32>] = []
    var kinds: [Kind] = []
    var excludedKinds: [Kind] = []
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let isInside =
            ranges.contains { $0.contains(scalar.value) } || kinds.contains { $0.contains(scalar) }
            || excludedKinds.contains { !$0.contains(scalar) }
        return isInside != isNegated
    }

    /// Adds a range as it is after folding.
    mutating func insert(_ range: ClosedRange<UInt32>) {
        ranges.append(range)
        let capitals = range.clamped(to: 0x41...0x5A)
        if range.overlaps(0x41...0x5A) { ranges.append(capitals.lowerBound + 32...capitals.upperBound + 32) }
        if range.lowerBound == range.upperBound, let scalar = Unicode.Scalar(range.lowerBound) {
            let folded = TextPattern.fold(scalar).value
            ranges.append(folded...folded)
        }
    }
}

/// Where the matching is: for each step of the program that a thread stands at, the earliest begin of its match.
private struct PatternThreads {
    private static let nobody = Int.max

    private let program: [TextPattern.Step]
    private var begins: [Int]
    /// Steps that somebody stands at, and those of them that read a scalar.
    private var standing: [Int] = []
    private var waiting: [Int] = []
    /// The earliest begin of a match that ends here.
    private(set) var accepted: Int?

    init(program: [TextPattern.Step]) {
        self.program = program
        begins = [Int](repeating: Self.nobody, count: program.count)
    }

    var isEmpty: Bool { waiting.isEmpty }

    mutating func start(at position: Int) {
        guard begins[0] == Self.nobody else { return }
        begins[0] = position
        standing.append(0)
    }

    /// Follows the steps that read no scalar.
    mutating func settle(at position: Int, in text: [Unicode.Scalar]) {
        accepted = nil
        waiting.removeAll(keepingCapacity: true)
        // The latest begins lie lowest, so that a step is rarely reached twice.
        var stack = standing.map { (step: $0, begin: begins[$0]) }.sorted { $0.begin > $1.begin }
        for step in standing { begins[step] = Self.nobody }
        standing.removeAll(keepingCapacity: true)
        while let (step, begin) = stack.popLast() {
            guard begin < begins[step] else { continue }
            if begins[step] == Self.nobody {
                standing.append(step)
                if case .scalar = program[step] { waiting.append(step) }
            }
            begins[step] = begin
            switch program[step] {
            case .scalar: break
            case .fork(let first, let second): stack += [(second, begin), (first, begin)]
            case .jump(let target): stack.append((target, begin))
            case .check(let check): if holds(check, at: position, in: text) { stack.append((step + 1, begin)) }
            case .accept: accepted = begin
            }
        }
    }

    /// Takes the threads over a scalar whose match began within the bounds.
    mutating func step(over scalar: Unicode.Scalar, from earliest: Int, to latest: Int) {
        var moved: [(step: Int, begin: Int)] = []
        for step in waiting where (earliest...max(earliest, latest)).contains(begins[step]) {
            guard case .scalar(let set) = program[step], set.contains(scalar) else { continue }
            moved.append((step + 1, begins[step]))
        }
        for step in standing { begins[step] = Self.nobody }
        standing = moved.map(\.step)
        for (step, begin) in moved { begins[step] = begin }
    }

    private func holds(_ check: TextPattern.Check, at position: Int, in text: [Unicode.Scalar]) -> Bool {
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && ScalarSet.Kind.word.contains(text[index]) }
        switch check {
        case .textStart: return position == 0
        case .textEnd: return position == text.count
        case .wordBorder: return isWord(position - 1) != isWord(position)
        case .noWordBorder: return isWord(position - 1) == isWord(position)
        }
    }
}
