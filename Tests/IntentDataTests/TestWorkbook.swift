import Foundation

/// Makes workbooks for tests: a zip archive of stored files, and the XML of sheets.
enum TestWorkbook {
    /// A workbook of sheets, in each of which a row is the XML of its cells.
    static func data(
        _ sheets: [(name: String, rows: [String])], hidden: Set<String> = [], tail: String = "", styles: String = "",
        strings: [String] = [], properties: String = ""
    ) -> Data {
        let list = sheets.enumerated().map { index, sheet in
            let state = hidden.contains(sheet.name) ? " state=\"hidden\"" : ""
            return "<sheet name=\"\(sheet.name)\" sheetId=\"\(index + 1)\"\(state) r:id=\"r\(index + 1)\"/>"
        }
        let targets = sheets.indices.map { "<Relationship Id=\"r\($0 + 1)\" Target=\"worksheets/s\($0 + 1).xml\"/>" }
        var files = [
            (
                "xl/workbook.xml",
                "<?xml version=\"1.0\"?><workbook>\(properties)<sheets>\(list.joined())</sheets></workbook>"
            ),
            ("xl/_rels/workbook.xml.rels", "<Relationships>\(targets.joined())</Relationships>"),
            ("xl/styles.xml", "<styleSheet>\(styles)</styleSheet>"),
            ("xl/sharedStrings.xml", "<sst>\(strings.map { "<si>\($0)</si>" }.joined())</sst>"),
        ]
        for (index, sheet) in sheets.enumerated() {
            let rows = sheet.rows.enumerated().map { "<row r=\"\($0 + 1)\">\($1)</row>" }.joined()
            files.append(
                ("xl/worksheets/s\(index + 1).xml", "<worksheet><sheetData>\(rows)</sheetData>\(tail)</worksheet>"))
        }
        return zip(files.map { ($0, Data($1.utf8)) })
    }

    /// A cell with its text in it.
    static func text(_ cell: String, _ text: String) -> String {
        "<c r=\"\(cell)\" t=\"inlineStr\"><is><t>\(text)</t></is></c>"
    }

    static func zip(_ files: [(name: String, data: Data)]) -> Data {
        var (archive, directory) = (Data(), Data())
        for (name, data) in files {
            let offset = archive.count
            let sums =
                number(crc32(data), 4) + number(data.count, 4) + number(data.count, 4) + number(name.utf8.count, 2)
            archive +=
                number(0x0403_4B50, 4) + number(20, 2) + number(0, 8) + sums + number(0, 2) + Data(name.utf8) + data
            directory += number(0x0201_4B50, 4) + number(20, 2) + number(20, 2) + number(0, 8) + sums + number(0, 12)
            directory += number(offset, 4) + Data(name.utf8)
        }
        let end = number(0x0605_4B50, 4) + number(0, 4) + number(files.count, 2) + number(files.count, 2)
        return archive + directory + end + number(directory.count, 4) + number(archive.count, 4) + number(0, 2)
    }

    /// A tar archive (ustar, or with pax records for names that are longer) that gzip packed without making it smaller.
    static func tarball(_ files: [(name: String, data: Data)]) -> Data {
        var tar = Data()
        for (name, data) in files {
            if name.utf8.count > 100 {
                let record = " path=\(name)\n"
                let length = record.utf8.count + 3
                tar += member("pax", Data("\(length)\(record)".utf8), type: "x")
            }
            tar += member(String(decoding: name.utf8.prefix(100), as: UTF8.self), data, type: "0")
        }
        return gzip(tar + Data(count: 1_024))
    }

    static func gzip(_ data: Data) -> Data {
        var packed = Data([0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 3]) + Data("bot.tar\0".utf8)
        let pieces = stride(from: 0, to: max(1, data.count), by: 65_535).map {
            data[(data.startIndex + $0)..<min(data.endIndex, data.startIndex + $0 + 65_535)]
        }
        for (index, piece) in pieces.enumerated() {
            packed += number(index == pieces.count - 1 ? 1 : 0, 1) + number(piece.count, 2)
            packed += number(~piece.count & 0xFFFF, 2) + piece
        }
        return packed + number(crc32(data), 4) + number(data.count, 4)
    }

    private static func member(_ name: String, _ data: Data, type: String) -> Data {
        var header = Data(count: 512)
        func put(_ text: String, at offset: Int) {
            header.replaceSubrange(offset..<(offset + text.utf8.count), with: Data(text.utf8))
        }
        put(name, at: 0)
        put(
            String(repeating: "0", count: 11 - String(data.count, radix: 8).count) + String(data.count, radix: 8),
            at: 124)
        put("        " + type, at: 148)
        put("ustar", at: 257)
        let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
        put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", at: 148)
        return header + data + Data(count: (512 - data.count % 512) % 512)
    }

    private static func number(_ value: Int, _ count: Int) -> Data {
        Data((0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> (8 * $0)) : 0 })
    }

    private static func crc32(_ data: Data) -> Int {
        let sum = data.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return Int(~sum)
    }
}
