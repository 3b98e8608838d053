import NativeContent

/// How the cells of a workbook show their numbers.
struct CellFormats {
    /// Days are counted from 1904 and not from 1900.
    var is1904 = false
    private var codes: [Int: String] = [:]
    /// The number format of each style.
    private var styles: [Int] = []

    mutating func read(_ xml: XMLPull) throws(ReadFault) {
        var xml = xml
        var isInCells = false
        while let event = try xml.next() {
            switch event {
            case .start("numFmt", let fields):
                if let id = fields["numFmtId"].flatMap({ Int($0) }), codes.count < 10_000 {
                    codes[id] = fields["formatCode"] ?? ""
                }
            case .start("cellXfs", _): isInCells = true
            case .end("cellXfs"): isInCells = false
            case .start("xf", let fields):
                if isInCells, styles.count < 100_000 { styles.append(fields["numFmtId"].flatMap { Int($0) } ?? 0) }
            default: break
            }
        }
    }

    /// The text that a number shows in a style.
    func shown(_ value: String, style: Int) -> String {
        guard let number = Double(value) else { return value }
        let id = styles.indices.contains(style) ? styles[style] : 0
        guard let code = codes[id] ?? Self.builtIn(id) else { return NumberFormat.general(number) }
        if DateFormat.isDate(code) { return DateFormat(code).shown(number + (is1904 ? 1462 : 0)) }
        return NumberFormat(code)?.shown(number) ?? NumberFormat.general(number)
    }

    /// The formats that every workbook has (ECMA-376 part 1, 18.8.30); those that differ by country are shown as ISO dates.
    private static func builtIn(_ id: Int) -> String? {
        switch id {
        case 1: "0"
        case 2: "0.00"
        case 3, 37, 38: "#,##0"
        case 4, 39, 40: "#,##0.00"
        case 9: "0%"
        case 10: "0.00%"
        case 14, 30: "yyyy-mm-dd"
        case 15: "d-mmm-yy"
        case 16: "d-mmm"
        case 17: "mmm-yy"
        case 18: "h:mm AM/PM"
        case 19: "h:mm:ss AM/PM"
        case 20: "h:mm"
        case 21: "h:mm:ss"
        case 22: "yyyy-mm-dd h:mm"
        case 27, 36, 50, 52, 57: "yyyy\"年\"m\"月\""
        case 28, 29, 51, 53, 54, 58: "m\"月\"d\"日\""
        case 31: "yyyy\"年\"m\"月\"d\"日\""
        case 32, 55: "h\"时\"mm\"分\""
        case 33, 56: "h\"时\"mm\"分\"ss\"秒\""
        case 45: "mm:ss"
        case 46: "[h]:mm:ss"
        default: nil
        }
    }
}
