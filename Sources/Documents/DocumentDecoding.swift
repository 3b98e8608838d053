import ConversationDomain
import Foundation
import NativeContent

/// Turns the bytes of a page into text: UTF-8, what a byte order mark or the page itself says, else what is assumed of tables too.
enum DocumentDecoding {
    /// Bytes in which a page says its encoding.
    private static let declared = 4_096

    /// - Throws: ``ReadFault`` for what is no text.
    static func text(_ data: Data, isHTML: Bool) throws(ReadFault) -> (text: String, encoding: String?) {
        if isHTML, String(validating: data, as: UTF8.self) == nil, !data.starts(with: [0xFF, 0xFE]),
            !data.starts(with: [0xFE, 0xFF]),
            let name = name(in: data)
        {
            guard let encoding = encoding(name) else {
                throw ReadFault(
                    line: 1,
                    message: "the page says that it is in '\(name)', which is not read; save it as UTF-8")
            }
            guard let text = String(data: data, encoding: encoding) else {
                throw ReadFault(
                    line: 1, message: "the page says that it is in '\(name)', and it is not; save it as UTF-8")
            }
            return (text, name)
        }
        let decoded = try TextDecoding.decode(data, guesses: true)
        return (decoded.text, decoded.encoding)
    }

    /// `<meta charset="…">`, `<meta … content="text/html; charset=…">`, `<?xml … encoding="…"?>`.
    private static func name(in data: Data) -> String? {
        let head = String(decoding: data.prefix(declared).map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
            .lowercased()
        for mark in ["charset", "encoding"] {
            guard let start = head.range(of: mark)?.upperBound else { continue }
            let rest = head[start...].drop { $0 == " " }
            guard rest.first == "=" else { continue }
            let value = rest.dropFirst().drop { " \"'".contains($0) }
                .prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            if !value.isEmpty { return String(value.prefix(40)) }
        }
        return nil
    }

    private static func encoding(_ name: String) -> String.Encoding? {
        switch name {
        case "gb2312", "gbk", "gb18030", "x-gbk", "chinese": String.Encoding(rawValue: 0x8000_0632)
        case "big5", "big5-hkscs", "x-x-big5": String.Encoding(rawValue: 0x8000_0A03)
        case "shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j": .shiftJIS
        case "euc-jp", "x-euc-jp": .japaneseEUC
        case "iso-2022-jp": .iso2022JP
        case "euc-kr", "ks_c_5601-1987": String.Encoding(rawValue: 0x8000_0940)
        case "iso-8859-1", "latin1", "windows-1252", "us-ascii", "ascii", "cp1252", "iso-8859-15": .windowsCP1252
        case "iso-8859-2": .isoLatin2
        case "windows-1250": .windowsCP1250
        case "windows-1251": .windowsCP1251
        case "utf-16", "utf-16le": .utf16LittleEndian
        case "utf-16be": .utf16BigEndian
        default: nil
        }
    }
}
