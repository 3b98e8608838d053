/// The name of the passages that came from one place, such as a folder of documentation.
public struct CollectionName: ChosenName {
    public let rawValue: String
    public init(trusted rawValue: String) { self.rawValue = rawValue }
}

extension CollectionName {
    /// Named after a folder or file, with hyphens for what a name cannot have.
    public init(naming text: String) {
        var name = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(60) {
            let isPlain =
                scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "._-".unicodeScalars.contains(scalar)
            name.append(isPlain ? scalar : "-")
        }
        self = CollectionName(String(name)) ?? CollectionName(trusted: "documents")
    }
}

/// A passage is a piece of a document below a heading. It has no question: its first texts are the headings that lead to it, and it
/// is found by them and by its sentences.
extension KnowledgeEntry {
    /// Whether it was cut out of a document.
    public var isPassage: Bool { collection != nil }

    /// The sentences of a passage as they are compared.
    public var plainSentences: [String] { Passage.sentences(of: answer).map { Passage.plain($0) } }

    /// The passage with only the sentences that answer; all else as it is.
    /// - Parameter sentences: their numbers, see ``Passage/sentences(of:)``; the first ones when there are none.
    public func quoting(_ sentences: [Int]) -> KnowledgeEntry {
        guard isPassage else { return self }
        return KnowledgeEntry(
            id: id, locale: locale, title: title, questions: questions, reviewed: reviewed,
            answer: Passage.quotation(answer, sentences), link: link, collection: collection, place: place)
    }
}

/// How the text of a passage is read: blocks are lines, and lines that begin with four spaces are code, which is one piece.
public enum Passage {
    /// Sentences of a passage that a message is compared with; what follows belongs to the last one.
    public static let sentenceLimit = 12
    /// Sentences that are quoted.
    public static let quoted = 3
    /// Letters that a sentence has at least; less belongs to the one before it.
    private static let fewestLetters = 8

    /// The sentences of a passage in their order, at most ``sentenceLimit``: they end at `.`, `!`, `?`, at `。`, `！`, `？` and with
    /// their line.
    public static func sentences(of text: String) -> [Substring] {
        var sentences: [Substring] = []
        var start = text.startIndex
        var lineStart = text.startIndex
        while lineStart < text.endIndex {
            let lineEnd = text[lineStart...].firstIndex(of: "\n") ?? text.endIndex
            let line = text[lineStart..<lineEnd]
            let next = lineEnd < text.endIndex ? text.index(after: lineEnd) : lineEnd
            if isCode(line) {
                // A block of code goes on to the last of its lines.
                if !isCode(text[next...].prefix { $0 != "\n" }) { add(text[start..<lineEnd], to: &sentences, in: text) }
            } else {
                for end in ends(of: line) { add(text[start..<end], to: &sentences, in: text); start = end }
                add(text[start..<lineEnd], to: &sentences, in: text)
            }
            if !isCode(line) || !isCode(text[next...].prefix { $0 != "\n" }) { start = next }
            lineStart = next
        }
        return sentences
    }

    /// A sentence as it is compared: in one line, without the mark of a list.
    public static func plain(_ sentence: Substring) -> String {
        var words = sentence.split(whereSeparator: \.isWhitespace)
        if let first = words.first, words.count > 1, first == "-" || isNumber(first) { words.removeFirst() }
        return words.joined(separator: " ")
    }

    /// The chosen sentences in the order of the text, with `…` where some between them are left out.
    public static func quotation(_ text: String, _ chosen: [Int]) -> String {
        let all = sentences(of: text)
        let wanted = Set(chosen).filter(all.indices.contains).sorted().prefix(quoted)
        let numbers = wanted.isEmpty ? Array(all.indices.prefix(quoted)) : Array(wanted)
        var quotation = ""
        var previous: Int?
        for number in numbers {
            let sentence = all[number]
            if let before = previous {
                let between = text[all[before].endIndex..<sentence.startIndex]
                if number == before + 1 {
                    quotation += between
                } else {
                    quotation += text[all[before].endIndex..<sentence.startIndex].contains("\n") ? "\n…\n" : " … "
                }
            }
            quotation += sentence
            previous = number
        }
        return quotation
    }

    private static func isCode(_ line: Substring) -> Bool { line.hasPrefix("    ") }

    private static func isNumber(_ word: Substring) -> Bool {
        word.utf8.count <= 4 && word.last == "." && word.dropLast().allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// Without the space around it; what is too short to say anything belongs to the sentence before it on its line.
    private static func add(_ part: Substring, to sentences: inout [Substring], in text: String) {
        var part = part
        if !isCode(part) { part = part.drop(while: \.isWhitespace) }
        while part.last?.isWhitespace == true { part.removeLast() }
        guard part.contains(where: { $0.isLetter || $0.isNumber }) else { return }
        if let last = sentences.last {
            let isSameLine = !text[last.endIndex..<part.startIndex].contains("\n")
            if sentences.count == sentenceLimit || (isSameLine && isTooShort(part)) {
                sentences[sentences.count - 1] = text[last.startIndex..<part.endIndex]
                return
            }
        }
        sentences.append(part)
    }

    private static func isTooShort(_ part: Substring) -> Bool {
        part.lazy.filter { $0.isLetter || $0.isNumber }.prefix(fewestLetters).count < fewestLetters
            && !part.unicodeScalars.contains(where: SearchTerms.isCJK)
    }

    /// Where the sentences of a line end. By scalars: most of them are looked at once and are no end.
    private static func ends(of line: Substring) -> [Substring.Index] {
        let scalars = line.unicodeScalars
        var ends: [Substring.Index] = []
        var index = scalars.startIndex
        while index < scalars.endIndex {
            let mark = scalars[index]
            var after = scalars.index(after: index)
            guard isEnd(mark) else {
                index = after
                continue
            }
            while after < scalars.endIndex, isEnd(scalars[after]) || isClosing(scalars[after]) {
                after = scalars.index(after: after)
            }
            if isWide(mark) || isFollowedByBeginning(line[after...], before: line[..<index], mark) {
                ends.append(after)
            }
            index = after
        }
        return ends
    }

    private static func isEnd(_ mark: Unicode.Scalar) -> Bool {
        switch mark.value {
        case 0x2E, 0x21, 0x3F, 0x2026: true
        default: isWide(mark)
        }
    }

    private static func isWide(_ mark: Unicode.Scalar) -> Bool {
        switch mark.value {
        case 0x3002, 0xFF01, 0xFF1F, 0xFF61: true
        default: false
        }
    }

    private static func isClosing(_ mark: Unicode.Scalar) -> Bool { "\"'”’»)]）」』】".unicodeScalars.contains(mark) }

    /// `3. May`, `e.g. this` and `v2.1` go on.
    private static func isFollowedByBeginning(_ rest: Substring, before: Substring, _ mark: Unicode.Scalar) -> Bool {
        guard let space = rest.first, space.isWhitespace, let next = rest.first(where: { !$0.isWhitespace }) else {
            return false
        }
        if next.isLowercase { return false }
        guard mark == "." else { return true }
        let word = before.reversed().prefix { !$0.isWhitespace }
        let letters = word.prefix(12).filter { !$0.unicodeScalars.allSatisfy(isClosing) }
        if letters.count == 1 || letters.contains(".") { return false }
        return !(letters.count <= 3 && letters.allSatisfy { $0.isASCII && $0.isNumber } && before.count == word.count)
    }
}
