/// Character references of HTML (13.5) by number, and by the names that documents use; others stay as they are.
enum CharacterReferences {
    private static let named: [String: String] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'", "nbsp": "\u{A0}", "ndash": "–", "mdash": "—",
        "hellip": "…", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "sbquo": "‚", "bdquo": "„", "laquo": "«",
        "raquo": "»", "lsaquo": "‹", "rsaquo": "›", "euro": "€", "pound": "£", "yen": "¥", "cent": "¢", "copy": "©",
        "reg": "®", "trade": "™", "deg": "°", "times": "×", "divide": "÷", "plusmn": "±", "minus": "−", "middot": "·",
        "bull": "•", "rarr": "→", "larr": "←", "uarr": "↑", "darr": "↓", "harr": "↔", "sect": "§", "para": "¶",
        "auml": "ä", "ouml": "ö", "uuml": "ü", "Auml": "Ä", "Ouml": "Ö", "Uuml": "Ü", "szlig": "ß", "eacute": "é",
        "Eacute": "É", "egrave": "è", "ecirc": "ê", "euml": "ë", "aacute": "á", "agrave": "à", "acirc": "â",
        "atilde": "ã", "aring": "å", "Aring": "Å", "aelig": "æ", "oslash": "ø", "Oslash": "Ø", "oacute": "ó",
        "ocirc": "ô", "otilde": "õ", "iacute": "í", "icirc": "î", "iuml": "ï", "uacute": "ú", "ugrave": "ù",
        "ucirc": "û", "ccedil": "ç", "Ccedil": "Ç", "ntilde": "ñ", "Ntilde": "Ñ", "iexcl": "¡", "iquest": "¿",
        "ensp": " ", "emsp": " ", "thinsp": " ", "shy": "", "zwj": "", "zwnj": "", "lrm": "", "rlm": "", "sup2": "²",
        "sup3": "³", "frac12": "½", "frac14": "¼", "frac34": "¾", "micro": "µ", "le": "≤", "ge": "≥", "ne": "≠",
        "asymp": "≈", "infin": "∞", "check": "✓", "dagger": "†", "permil": "‰", "ordm": "º", "ordf": "ª", "not": "¬",
        "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "vert": "|", "num": "#", "colon": ":", "comma": ",",
        "period": ".", "sol": "/", "bsol": "\\", "lowbar": "_", "ast": "*", "Tab": " ", "NewLine": "\n",
    ]

    /// What 0x80 to 0x9F stand for, as browsers read them.
    private static let windows: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    /// Bytes of a reference that are looked at.
    private static let longest = 32

    static func decoded(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        out.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "&"),
                let end = bytes[index...].prefix(longest).firstIndex(of: UInt8(ascii: ";")),
                let character = character(String(decoding: bytes[(index + 1)..<end], as: UTF8.self))
            {
                out += character.utf8
                index = end + 1
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func character(_ name: String) -> String? {
        guard name.hasPrefix("#") else { return named[name] }
        let digits = name.dropFirst()
        let isHex = digits.hasPrefix("x") || digits.hasPrefix("X")
        let number = isHex ? digits.dropFirst() : digits
        guard !number.isEmpty, number.utf8.allSatisfy({ $0.isHexDigit }) else { return nil }
        guard let value = UInt32(number, radix: isHex ? 16 : 10) else { return nil }
        let mended = (0x80...0x9F).contains(value) ? windows[Int(value) - 0x80] : value
        return mended == 0 ? "\u{FFFD}" : Unicode.Scalar(mended).map { String($0) } ?? "\u{FFFD}"
    }
}

extension UInt8 {
    var isLetter: Bool { (self | 0x20) >= 97 && (self | 0x20) <= 122 }
    var isDigit: Bool { self >= 48 && self <= 57 }
    fileprivate var isHexDigit: Bool { isDigit || ((self | 0x20) >= 97 && (self | 0x20) <= 102) }
    /// Of ASCII.
    var isBlank: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }
}
