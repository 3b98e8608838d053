import ConversationDomain

/// Reads the main content of an HTML page: what is in `main`, else in `article`, else the whole body; without navigation, headers and
/// footers of the page, asides, forms, scripts and what is hidden.
struct HTMLPage {
    private static let dropped: Set<String> = [
        "script", "style", "template", "noscript", "iframe", "svg", "math", "nav", "footer", "aside", "button",
        "select", "dialog", "canvas", "object", "video", "audio", "textarea", "menu",
    ]
    private static let droppedRoles: Set<String> = [
        "navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog", "alertdialog",
    ]
    /// What has no end tag.
    private static let void: Set<String> = [
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    ]
    private static let blocks: Set<String> = [
        "p", "div", "section", "article", "main", "ul", "ol", "table", "blockquote", "dl", "figure", "figcaption",
        "header", "details", "summary", "address", "form", "fieldset", "body", "caption", "thead", "tbody", "tfoot",
    ]
    private static let headings: [String: Int] = ["h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6]

    /// Where a block was found.
    private enum Place: Int {
        case body
        case article
        case main
    }

    private let limits: DocumentLimits
    private var page = DocumentPage()
    /// One a section, of where it began, and one a block of it.
    private var places: [(section: Place, blocks: [Place])] = [(.body, [])]
    private var text = ""
    private var prefix = ""
    private var isItem = false
    private var heading: (level: Int, anchor: String?)?
    private var preDepth = 0
    private var code = ""
    /// The element that is passed over, and how deep in others of its name.
    private var drop: (name: String, depth: Int)?
    private var mainDepth = 0
    private var articleDepth = 0
    private var headDepth = 0
    private var inTitle = false
    private var pageTitle = ""
    private var pendingAnchor: String?
    private var table = TableReader()

    static func read(_ html: String, limits: DocumentLimits) -> DocumentPage {
        var reader = HTMLPage(limits: limits)
        var tokens = HTMLTokens(html)
        while let token = tokens.next() { reader.take(token) }
        return reader.finished()
    }

    private init(limits: DocumentLimits) { self.limits = limits }

    private var place: Place { mainDepth > 0 ? .main : articleDepth > 0 ? .article : .body }

    private mutating func take(_ token: HTMLTokens.Token) {
        switch token {
        case .text(let text): if drop == nil { add(text) }
        case .start(let name, let attributes):
            if let current = drop {
                if current.name == name, !attributes.isClosed, !Self.isRaw(name) { drop?.depth += 1 }
            } else {
                start(name, attributes)
            }
        case .end(let name):
            guard let current = drop else { return end(name) }
            guard current.name == name else { return }
            if current.depth > 0 { drop?.depth -= 1 } else { drop = nil }
        }
    }

    private static func isRaw(_ name: String) -> Bool { ["script", "style", "iframe", "textarea"].contains(name) }

    private func isDropped(_ name: String, _ attributes: HTMLAttributes) -> Bool {
        if Self.dropped.contains(name) { return true }
        if name == "header", mainDepth == 0, articleDepth == 0 { return true }
        if let role = attributes["role"]?.lowercased(), Self.droppedRoles.contains(role) { return true }
        return attributes["hidden"] != nil || attributes["aria-hidden"]?.lowercased() == "true"
    }

    private mutating func start(_ name: String, _ attributes: HTMLAttributes) {
        if isDropped(name, attributes), !Self.void.contains(name), !["html", "body", "main"].contains(name) {
            if !attributes.isClosed || Self.dropped.contains(name) { drop = (name, 0) }
            return
        }
        if let level = Self.headings[name] {
            endLine()
            heading = (level, attributes["id"] ?? pendingAnchor)
            pendingAnchor = nil
            return
        }
        switch name {
        case "html": page.locale = (attributes["lang"] ?? attributes["xml:lang"]).flatMap { BotLocale($0) }
        case "head": headDepth = 1
        case "body": headDepth = 0
        case "title": inTitle = true
        case "meta": meta(attributes)
        case "link":
            if attributes["rel"]?.lowercased() == "canonical" { page.address = attributes["href"] }
        case "main": mainDepth += 1
        case "article": articleDepth += 1
        default: break
        }
        if name != "main", attributes["role"]?.lowercased() == "main" { mainDepth = 1 }
        if let anchor = attributes["id"] ?? (name == "a" ? attributes["name"] : nil) {
            if let open = heading {
                if open.anchor == nil { heading?.anchor = anchor }
            } else if ["section", "div", "a", "span"].contains(name) {
                pendingAnchor = anchor
            }
        }
        open(name)
    }

    private mutating func meta(_ attributes: HTMLAttributes) {
        guard page.locale == nil, attributes["http-equiv"]?.lowercased() == "content-language" else { return }
        page.locale = attributes["content"].flatMap { BotLocale($0) }
    }

    private mutating func open(_ name: String) {
        switch name {
        case "br": lineBreak()
        case "hr": endLine()
        case "li":
            endLine()
            isItem = true
        case "dt":
            endLine()
        case "dd":
            let term = DocumentText.collapsed(text)
            if !term.isEmpty { text = term.hasSuffix(":") || term.hasSuffix("：") ? term + " " : term + ": " }
        case "pre":
            endLine()
            preDepth += 1
        case "table":
            endLine()
            table.begin()
        case "tr": endRow()
        case "td", "th": endCell(nextIsHeader: name == "th")
        default: if Self.blocks.contains(name), !table.isInRow { endLine() }
        }
    }

    private mutating func end(_ name: String) {
        if Self.headings[name] != nil { return endHeading() }
        switch name {
        case "title": inTitle = false
        case "head": headDepth = 0
        case "main":
            endLine()
            mainDepth = max(0, mainDepth - 1)
        case "article":
            endLine()
            articleDepth = max(0, articleDepth - 1)
        case "pre":
            guard preDepth > 0 else { return }
            preDepth -= 1
            if preDepth == 0 { endCode() }
        case "td", "th": endCell(nextIsHeader: nil)
        case "tr": endRow()
        case "table":
            endRow()
            table.end()
        case "li", "dd": endLine()
        default: if Self.blocks.contains(name), !table.isInRow { endLine() }
        }
    }
}

// MARK: - Texts

extension HTMLPage {
    private mutating func add(_ raw: String) {
        if inTitle {
            if pageTitle.isEmpty { pageTitle = CharacterReferences.decoded(String(raw.prefix(1_000))) }
        } else if headDepth > 0 {
            return
        } else if preDepth > 0, heading == nil {
            code += CharacterReferences.decoded(raw)
        } else {
            text += CharacterReferences.decoded(raw)
            if !raw.utf8.allSatisfy(\.isBlank), heading == nil { pendingAnchor = nil }
        }
    }

    private mutating func lineBreak() {
        if preDepth > 0 {
            code += "\n"
        } else if heading != nil || table.isInRow {
            text += " "
        } else {
            endLine()
        }
    }

    private mutating func endLine() {
        if heading != nil { return endHeading() }
        let line = DocumentText.collapsed(text)
        text = ""
        guard !line.isEmpty else { return }
        append(isItem ? .item(line) : .text(line))
        isItem = false
    }

    private mutating func append(_ block: DocumentPage.Block) {
        page.add(block)
        places[places.count - 1].blocks.append(place)
    }

    private mutating func endHeading() {
        guard let open = heading else { return }
        heading = nil
        var title = DocumentText.collapsed(text)
        text = ""
        // The links by which a heading is copied.
        while let last = title.last, "¶#§🔗 ".contains(last) { title.removeLast() }
        guard !title.isEmpty else { return }
        guard page.sections.count < limits.sections else { return append(.text(title)) }
        page.sections.append(
            DocumentPage.Section(
                level: open.level, heading: DocumentText.beginning(title, limits.heading),
                anchor: open.anchor.flatMap(Self.anchor), line: 1))
        places.append((place, []))
    }

    /// What can stand in an address behind `#`.
    static func anchor(_ id: String) -> String? {
        let isPlain = id.unicodeScalars.allSatisfy {
            !DocumentText.isSpace($0) && $0.value >= 0x20 && !"<>\"#%".unicodeScalars.contains($0)
        }
        return isPlain && (1...200).contains(id.unicodeScalars.count) ? id : nil
    }

    private mutating func endCode() {
        let lines = code.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(DocumentText.codeLine)
        code = ""
        let written = lines.filter { !$0.isEmpty }
        if !written.isEmpty { append(.code(written.joined(separator: "\n"))) }
    }

    private mutating func endCell(nextIsHeader: Bool?) {
        guard table.isOpen else { return endLine() }
        table.endCell(DocumentText.collapsed(text), nextIsHeader: nextIsHeader)
        text = ""
    }

    private mutating func endRow() {
        guard table.isOpen else { return endLine() }
        if !text.utf8.allSatisfy(\.isBlank) || table.isInCell { endCell(nextIsHeader: nil) }
        text = ""
        if let row = table.endRow() { append(.item(row)) }
    }

    private mutating func finished() -> DocumentPage {
        if table.isOpen { endRow() }
        if preDepth > 0 { endCode() }
        endLine()
        let best = places.lazy.flatMap { [$0.section] + $0.blocks }.map(\.rawValue).max() ?? 0
        var kept: [DocumentPage.Section] = []
        for (section, place) in zip(page.sections, places) {
            var section = section
            section.blocks = zip(section.blocks, place.blocks).filter { $1.rawValue == best }.map(\.0)
            if kept.isEmpty, section.level > 0 { kept.append(DocumentPage().sections[0]) }
            if section.level == 0 || place.section.rawValue == best { kept.append(section) }
        }
        page.sections = kept
        let title = DocumentText.collapsed(pageTitle)
        page.title = title.isEmpty ? nil : DocumentText.beginning(title, limits.heading)
        return page
    }
}

/// The rows of tables, each as one line that names its columns.
struct TableReader {
    /// Cells of a row that are read.
    private static let columns = 64

    private var depth = 0
    private var header: [String] = []
    private var cells: [(text: String, isHeader: Bool)] = []
    private var isHeader = false
    private(set) var isInCell = false

    var isOpen: Bool { depth > 0 }
    var isInRow: Bool { isOpen && (isInCell || !cells.isEmpty) }

    mutating func begin() {
        depth += 1
        (header, cells, isInCell) = ([], [], false)
    }

    mutating func end() {
        depth = max(0, depth - 1)
        (header, cells, isInCell) = ([], [], false)
    }

    mutating func endCell(_ text: String, nextIsHeader: Bool?) {
        if isInCell || !text.isEmpty, cells.count < Self.columns { cells.append((text, isHeader)) }
        isInCell = nextIsHeader != nil
        isHeader = nextIsHeader ?? false
    }

    /// Nil for a row of names and for one without a text.
    mutating func endRow() -> String? {
        defer { (cells, isInCell) = ([], false) }
        if header.isEmpty, cells.count > 1, cells.allSatisfy(\.isHeader) {
            header = cells.map(\.text)
            return nil
        }
        return Self.line(cells.map(\.text), under: header)
    }

    /// `Plan: Team; Price: 12 €`.
    static func line(_ cells: [String], under header: [String]) -> String? {
        let parts = cells.enumerated().compactMap { index, cell -> String? in
            guard !cell.isEmpty else { return nil }
            let name = index < header.count ? header[index] : ""
            return name.isEmpty ? cell : "\(name): \(cell)"
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}
