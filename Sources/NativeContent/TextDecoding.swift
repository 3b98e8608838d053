package import Foundation

/// Turns the bytes of a file into text, also those that spreadsheets save without telling how.
package enum TextDecoding {
    /// A text, and in what encoding it was if that is not UTF-8 as expected.
    package struct Decoded {
        package let text: String
        /// Follows `read as `.
        package var encoding: String?
    }

    /// - Parameter guesses: whether an encoding may be assumed; files of our own formats are UTF-8.
    /// - Throws: ``ReadFault`` with the line that is in no known encoding, or in another one than the rest.
    package static func decode(_ data: Data, guesses: Bool) throws(ReadFault) -> Decoded {
        let bytes = data.starts(with: [0xEF, 0xBB, 0xBF]) ? data.dropFirst(3) : data[...]
        if let text = String(validating: bytes, as: UTF8.self), !guesses || !text.utf8.prefix(64).contains(0) {
            return Decoded(text: text)
        }
        if let mark = utf16Mark(data) { return try utf16(data.dropFirst(2), mark, guesses: guesses) }
        guard guesses else { throw invalid(bytes) }
        if let order = utf16Order(data) { return try utf16(data, order, guesses: true) }
        return try guess(bytes)
    }

    private static func invalid(_ bytes: Data) -> ReadFault {
        ReadFault(line: firstInvalidLine(bytes), message: "not valid UTF-8; save the file in that encoding")
    }

    private static func firstInvalidLine(_ bytes: Data) -> Int {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return 1 + (lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0)
    }
}

// MARK: - UTF-16

extension TextDecoding {
    private static func utf16Mark(_ data: Data) -> String.Encoding? {
        if data.starts(with: [0xFF, 0xFE]) { return .utf16LittleEndian }
        return data.starts(with: [0xFE, 0xFF]) ? .utf16BigEndian : nil
    }

    /// The byte order of text without a mark, as every other byte of its ASCII characters is zero.
    private static func utf16Order(_ data: Data) -> String.Encoding? {
        let sample = data.prefix(512)
        let zeros = sample.enumerated().reduce(into: (even: 0, odd: 0)) { count, byte in
            guard byte.element == 0 else { return }
            if byte.offset % 2 == 0 { count.even += 1 } else { count.odd += 1 }
        }
        guard sample.count >= 8 else { return nil }
        if zeros.even == 0, zeros.odd * 8 >= sample.count { return .utf16LittleEndian }
        return zeros.odd == 0 && zeros.even * 8 >= sample.count ? .utf16BigEndian : nil
    }

    private static func utf16(_ data: Data, _ order: String.Encoding, guesses: Bool) throws(ReadFault) -> Decoded {
        guard guesses else { throw ReadFault(line: 1, message: "encoded as UTF-16; expected UTF-8") }
        guard data.count % 2 == 0, let text = String(data: Data(data), encoding: order) else {
            throw ReadFault(line: 1, message: "UTF-16 that is damaged; save the file as UTF-8")
        }
        return Decoded(text: text, encoding: "UTF-16")
    }
}

// MARK: - Guessing

extension TextDecoding {
    private static func guess(_ bytes: Data) throws(ReadFault) -> Decoded {
        guard !bytes.contains(where: { $0 == 0 }) else {
            throw ReadFault(line: 1, message: "no text; expected a table, JSON or YAML")
        }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let written = lines.filter { line in line.contains { $0 >= 0x80 } }
        let valid = written.count { String(validating: $0, as: UTF8.self) != nil }
        guard valid * 4 < written.count || valid == 0 else {
            throw ReadFault(
                line: firstInvalidLine(bytes),
                message: "not valid UTF-8, while other lines are: encodings are mixed; save the whole file as UTF-8")
        }
        if looksChinese(bytes), let text = String(data: Data(bytes), encoding: gb18030) {
            return Decoded(text: text, encoding: "GB18030 (GBK), since it is not UTF-8")
        }
        if let text = windows1252(bytes) {
            return Decoded(text: text, encoding: "Windows-1252, since it is not UTF-8")
        }
        throw invalid(bytes)
    }

    /// `NSStringEncoding` of kCFStringEncodingGB_18030_2000.
    private static let gb18030 = String.Encoding(rawValue: 0x8000_0632)

    /// Whether bytes above ASCII come in pairs as those of GB 2312's characters do, most of them of its frequent rows: western letters
    /// mostly stand alone.
    private static func looksChinese(_ bytes: Data) -> Bool {
        var (paired, frequent, all) = (0, 0, 0)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            guard byte >= 0x80 else { continue }
            all += 1
            guard let next = iterator.next() else { break }
            guard next >= 0xA1, next < 0xFF else { continue }
            paired += 1
            if (0xA1...0xA3).contains(byte) || (0xB0...0xD7).contains(byte) { frequent += 1 }
        }
        return paired * 5 >= all * 4 && frequent * 2 >= paired
    }

    private static func windows1252(_ bytes: Data) -> String? {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            let value = (0x80...0x9F).contains(byte) ? upperControls[Int(byte) - 0x80] : UInt32(byte)
            guard value > 0, let scalar = Unicode.Scalar(value) else { return nil }
            text.append(scalar)
        }
        return String(text)
    }

    /// What 0x80 to 0x9F are in Windows-1252; 0 for those that are nothing.
    private static let upperControls: [UInt32] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0,
        0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]
}
