/// What letters are written in. A word counts once where scripts have words, a character where they do not.
enum Script: Hashable, Sendable {
    case latin, greek, cyrillic, han, kana, hangul
    /// Any other script, told apart by its block of Unicode: 128 places hold one script of India, or Thai, Hebrew, Georgian, ….
    case other(block: UInt32)

    /// Nil for what is no letter.
    init?(_ scalar: Unicode.Scalar) {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x24F, 0x1E00...0x1EFF: self = .latin
        case 0x370...0x3FF, 0x1F00...0x1FFF: self = .greek
        case 0x400...0x52F: self = .cyrillic
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x323AF, 0x3005: self = .han
        case 0x3041...0x309F, 0x30A1...0x30FA, 0x30FC...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF9F: self = .kana
        case 0xAC00...0xD7AF, 0x1100...0x11FF, 0x3131...0x318E: self = .hangul
        // Arabic has its letters in several blocks.
        case 0x600...0x77F, 0x8A0...0x8FF, 0xFB50...0xFDFF, 0xFE70...0xFEFC:
            guard scalar.properties.isAlphabetic else { return nil }
            self = .other(block: 0x600 >> 7)
        case 0x530...:
            guard scalar.properties.isAlphabetic, scalar.value < 0x2000 || scalar.value > 0x2BFF else { return nil }
            self = .other(block: scalar.value >> 7)
        default: return nil
        }
    }

    /// Whether its texts put no space between words.
    var isUnspaced: Bool {
        switch self {
        case .han, .kana: true
        default: false
        }
    }
}

/// The words and characters of a text that say something about its language. Numbers, identifiers, addresses, links and emoji do
/// not: `SF-1234`, `shop.example`, `me@shop.example`.
struct WrittenWords {
    /// Words of a script that puts spaces between them, in lower case.
    private(set) var words: [(script: Script, text: [Unicode.Scalar])] = []
    /// Runs of characters of scripts that do not.
    private(set) var runs: [[Unicode.Scalar]] = []
    /// How much of the text is in each script: a character of an unspaced script says as much as two words.
    private(set) var weights: [Script: Int] = [:]

    private var word: [Unicode.Scalar] = []
    private var script: Script?
    private var isWord = true
    private var endsInDot = false

    /// - Parameter limit: Unicode scalars that are looked at.
    init(_ text: String, limit: Int) {
        for scalar in text.unicodeScalars.prefix(limit) { add(scalar) }
        endWord()
    }

    var isEmpty: Bool { weights.isEmpty }

    private mutating func add(_ scalar: Unicode.Scalar) {
        if let next = Script(scalar) {
            if next.isUnspaced { return addCharacter(scalar, next) }
            if let script, script != next, !word.isEmpty { endWord() }
            script = next
            // `shop.example` is an address.
            if endsInDot { isWord = false }
            endsInDot = false
            word.append(contentsOf: scalar.properties.lowercaseMapping.unicodeScalars)
            return
        }
        switch scalar.value {
        // Inside a token these make it a number, an identifier, an address or a link.
        case 0x30...0x39, 0x23, 0x40, 0x3A, 0x2F, 0x5F, 0x3D, 0x26: isWord = false
        case 0x2E: endsInDot = !word.isEmpty
        // A hyphen or an apostrophe belongs to the token it stands in: `SF-1234`, `don't`.
        case 0x2D, 0x27, 0x2019: break
        default:
            // Marks that combine with a letter belong to it.
            if !word.isEmpty, scalar.properties.generalCategory == .nonspacingMark { return word.append(scalar) }
            endWord()
        }
    }

    private mutating func addCharacter(_ scalar: Unicode.Scalar, _ next: Script) {
        endWord()
        weights[next, default: 0] += 2
        if isOpen { runs[runs.count - 1].append(scalar) } else { runs.append([scalar]) }
        isOpen = true
    }

    /// Whether the last run goes on.
    private var isOpen = false

    private mutating func endWord() {
        if let script, isWord, word.count >= 2 || script == .hangul && !word.isEmpty {
            words.append((script, word))
            weights[script, default: 0] += 1
        }
        word.removeAll(keepingCapacity: true)
        script = nil
        isWord = true
        endsInDot = false
        isOpen = false
    }
}
