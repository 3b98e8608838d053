import NativeContent

/// An Excel workbook (ECMA-376, SpreadsheetML): its sheets, texts and formats. Macros are not looked at, and of formulas only the
/// values that were saved with them.
struct Workbook {
    struct Sheet {
        let name: String
        /// Inside the archive.
        let path: String
        let isHidden: Bool
    }

    private static let sheetLimit = 1_000
    private static let stringLimit = 2_000_000
    private static let textBytes = 64 * 1024 * 1024
    private static let partBytes = 256 * 1024 * 1024
    /// Unpacked bytes of a sheet, which is read row by row.
    static let sheetBytes = 1024 * 1024 * 1024

    let archive: ZipEntries
    private(set) var sheets: [Sheet] = []
    private(set) var strings: [String] = []
    private(set) var formats = CellFormats()

    /// - Throws: ``ReadFault`` when the archive is no workbook or a damaged one.
    init(_ archive: ZipEntries, path: String) throws(ReadFault) {
        self.archive = archive
        let root = "xl/workbook.xml"
        guard archive.entries[root] != nil, SourceText.fileExtension(of: path) != "zip" else {
            throw ReadFault(line: 1, message: Self.refusal(archive))
        }
        let targets = try Self.targets(archive)
        try readWorkbook(root, targets)
        if sheets.isEmpty { throw ReadFault(line: 1, message: "the Excel workbook has no sheets") }
        try readStrings(targets.values.first { $0.hasSuffix("sharedStrings.xml") } ?? "xl/sharedStrings.xml")
        if let stream = try archive.stream("xl/styles.xml", limit: Self.partBytes) {
            try formats.read(XMLPull(stream, what: "styles.xml"))
        }
    }

    private static func refusal(_ archive: ZipEntries) -> String {
        let names = archive.entries
        if names["xl/workbook.bin"] != nil { return "a binary Excel workbook (.xlsb); save it as .xlsx" }
        if names["content.xml"] != nil { return "an OpenDocument file; save it as .xlsx or .csv" }
        if names["word/document.xml"] != nil { return "a Word document; expected a table, such as an Excel workbook" }
        return "a zip archive; unpack it and import the files in it"
    }

    /// The paths of the parts by the ids that the workbook calls them.
    private static func targets(_ archive: ZipEntries) throws(ReadFault) -> [String: String] {
        guard let stream = try archive.stream("xl/_rels/workbook.xml.rels", limit: partBytes) else { return [:] }
        var xml = XMLPull(stream, what: "workbook.xml.rels")
        var targets: [String: String] = [:]
        while let event = try xml.next() {
            guard case .start("Relationship", let fields) = event, let id = fields["Id"], let target = fields["Target"]
            else { continue }
            targets[id] = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
        }
        return targets
    }

    private mutating func readWorkbook(_ part: String, _ targets: [String: String]) throws(ReadFault) {
        guard let stream = try archive.stream(part, limit: Self.partBytes) else { throw ZipEntries.damaged }
        var xml = XMLPull(stream, what: "workbook.xml")
        while let event = try xml.next() {
            guard case .start(let name, let fields) = event else { continue }
            if name == "workbookPr" { formats.is1904 = ["1", "true"].contains(fields["date1904"] ?? "") }
            guard name == "sheet" else { continue }
            let path = fields["id"].flatMap { targets[$0] } ?? "xl/worksheets/sheet\(sheets.count + 1).xml"
            // A chart may be a sheet of its own.
            guard archive.entries[path] != nil, !path.contains("chartsheets/") else { continue }
            let isHidden = fields["state"].map { $0 != "visible" } ?? false
            sheets.append(Sheet(name: fields["name"] ?? "\(sheets.count + 1)", path: path, isHidden: isHidden))
            guard sheets.count <= Self.sheetLimit else {
                throw ReadFault(line: 1, message: "more than \(Self.sheetLimit) sheets")
            }
        }
    }

    private mutating func readStrings(_ part: String) throws(ReadFault) {
        guard let stream = try archive.stream(part, limit: Self.partBytes) else { return }
        var xml = XMLPull(stream, what: "sharedStrings.xml")
        var bytes = 0
        while let event = try xml.next() {
            guard case .start("si", _) = event else { continue }
            let text = try Self.richText(&xml, until: "si")
            bytes += text.utf8.count
            strings.append(text)
            guard strings.count <= Self.stringLimit, bytes <= Self.textBytes else {
                throw ReadFault(
                    line: 1, message: "a workbook of too many texts; expected at most \(Self.textBytes) bytes of them")
            }
        }
    }

    /// The text of an element in which parts may be formatted; how Chinese or Japanese is pronounced does not belong to it.
    static func richText(_ xml: inout XMLPull, until end: String) throws(ReadFault) -> String {
        var text = ""
        var isText = false
        while let event = try xml.next() {
            switch event {
            case .start("rPh", _): try xml.skip()
            case .start(let name, _): isText = name == "t"
            case .end(let name):
                if name == end { return unescaped(text) }
                isText = false
            case .text(let part): if isText { text += part }
            }
        }
        return unescaped(text)
    }

    /// `_x000D_` is how Excel writes characters that XML cannot have.
    static func unescaped(_ text: String) -> String {
        guard text.contains("_x") else { return text }
        let plain = text.replacing(/_x([0-9A-Fa-f]{4})_/) { match in
            UInt32(match.1, radix: 16).flatMap(Unicode.Scalar.init).map { String(Character($0)) } ?? ""
        }
        return plain.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
    }
}
