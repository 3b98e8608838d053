import ConversationDomain

/// A piece of a page below a heading.
struct CutPassage {
    /// The titles that lead to it, the page's first.
    let path: [String]
    let anchor: String?
    let line: Int
    let text: String

    /// `Guide › Returns › Abroad`.
    var pathText: String { path.joined(separator: " › ") }
}

/// Cuts a page into passages: one below each heading, long ones between paragraphs, sentences or words.
struct PassageCutter {
    /// Columns of a sentence that is cut between words.
    private static let longestSentence = 600

    let limits: DocumentLimits

    /// - Parameter name: what the page is called when it has no title.
    func cut(_ page: DocumentPage, name: String) -> [CutPassage] {
        let first = page.sections.first { $0.level == 1 }?.heading
        let title = first ?? page.title ?? name
        var passages: [CutPassage] = []
        var open: [(level: Int, heading: String)] = []
        for section in page.sections {
            if section.level > 0 {
                open.removeAll { $0.level >= section.level }
                open.append((section.level, section.heading))
            }
            let below = open.map(\.heading).filter { $0 != title }
            // The heading that is the page's title is its beginning.
            let anchor = below.isEmpty ? nil : section.anchor
            for text in pieces(section.blocks) {
                passages.append(CutPassage(path: [title] + below, anchor: anchor, line: section.line, text: text))
            }
        }
        return passages
    }

    private func pieces(_ blocks: [DocumentPage.Block]) -> [String] {
        var pieces: [String] = []
        var text = ""
        var width = 0
        var sentences = 0
        func end() {
            if text.contains(where: { $0.isLetter || $0.isNumber }) { pieces.append(text) }
            (text, width, sentences) = ("", 0, 0)
        }
        for part in blocks.flatMap(parts) {
            let partWidth = DocumentText.width(part)
            let partSentences = Passage.sentences(of: part).count
            if width > 0, width + partWidth > limits.passage || sentences + partSentences > Passage.sentenceLimit {
                end()
            }
            text += text.isEmpty ? part : "\n" + part
            width += partWidth + 1
            sentences += partSentences
        }
        end()
        return pieces
    }

    /// The lines of a block, none wider than a passage may be.
    private func parts(of block: DocumentPage.Block) -> [String] {
        switch block {
        case .text(let text): lines(text, mark: "")
        case .item(let text): lines(text, mark: "- ")
        case .code(let text): codeParts(text)
        }
    }

    private func lines(_ text: String, mark: String) -> [String] {
        var rest = text[...]
        var lines: [String] = []
        while !rest.isEmpty {
            let part = beginning(of: rest)
            lines.append((lines.isEmpty ? mark : "") + part)
            rest = rest[part.endIndex...].drop(while: \.isWhitespace)
        }
        return lines
    }

    /// As many sentences as fit; of a sentence that does not fit as many words. Only as much is looked at as could fit.
    private func beginning(of text: Substring) -> Substring {
        let scalars = text.unicodeScalars
        let bound =
            scalars.index(scalars.startIndex, offsetBy: limits.passage + 1, limitedBy: scalars.endIndex)
            ?? scalars.endIndex
        let window = String(text[..<bound])
        let found = Passage.sentences(of: window)
        if bound == text.endIndex, found.count < Passage.sentenceLimit, DocumentText.width(window) <= limits.passage {
            return text
        }
        var width = 0
        var end = window.startIndex
        for sentence in found.prefix(min(Passage.sentenceLimit - 1, max(1, found.count - 1))) {
            width += DocumentText.width(window[end..<sentence.endIndex])
            guard width <= limits.passage else { break }
            end = sentence.endIndex
        }
        guard end > window.startIndex else { return words(of: text) }
        let bytes = window.utf8.distance(from: window.startIndex, to: end)
        return text[..<text.utf8.index(text.startIndex, offsetBy: bytes)]
    }

    private func words(of text: Substring) -> Substring {
        var width = 0
        var end = text.startIndex
        var lastSpace: Substring.Index?
        while end < text.endIndex, width < Self.longestSentence {
            if text[end].isWhitespace { lastSpace = end }
            width += max(1, DocumentText.width(String(text[end])))
            end = text.index(after: end)
        }
        guard end < text.endIndex, let space = lastSpace, space > text.startIndex else { return text[..<end] }
        return text[..<space]
    }

    private func codeParts(_ code: String) -> [String] {
        var parts: [String] = []
        var part: [String] = []
        var width = 0
        for line in code.split(separator: "\n") {
            let line = "    " + DocumentText.beginning(String(line), limits.passage / 2)
            let lineWidth = DocumentText.width(line)
            if !part.isEmpty, width + lineWidth > limits.passage {
                parts.append(part.joined(separator: "\n"))
                (part, width) = ([], 0)
            }
            part.append(line)
            width += lineWidth + 1
        }
        if !part.isEmpty { parts.append(part.joined(separator: "\n")) }
        return parts
    }
}
