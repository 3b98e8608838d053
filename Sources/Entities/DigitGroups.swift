import Foundation

/// Reads digits with their separators: `1234`, `1,234.50`, `49,99`, `1.234,56`, `1'234.50`, `1 234,50`, `12,34,567`.
///
/// A comma or point alone before one or two digits, and a point before four or more, begins the decimals; of two kinds of
/// separators the last one does. Thousands come in groups of three, in India above the last three in pairs.
struct DigitGroups {
    private var groups: [String]
    private var separators: [Unicode.Scalar] = []
    private var end: Int
    private var hasPlainSpace = false

    static func read(at start: Int, in text: ScannedText) -> NumberReading {
        let groups = DigitGroups(at: start, in: text)
        guard !groups.goesOn(in: text), let (plain, doubt) = groups.joined(), plain.utf8.count <= 16,
            let value = decimal(plain)
        else { return .unreadable(end: runEnd(groups.end, in: text)) }
        var reading = NumberReading(value: value, end: groups.end)
        reading.doubt = doubt
        return reading
    }

    private init(at start: Int, in text: ScannedText) {
        let first = text.digits(from: start, limit: 17)
        groups = [first]
        end = start + first.utf8.count
        while groups.count < 8, let next = separator(in: text) {
            let digits = text.digits(from: end + 1, limit: 17)
            separators.append(next)
            if next == " ", text.unfolded(end) == " " { hasPlainSpace = true }
            groups.append(digits)
            end += 1 + digits.utf8.count
        }
    }

    /// What joins the digits behind it to those before.
    private func separator(in text: ScannedText) -> Unicode.Scalar? {
        let scalar = text[end]
        guard text.isDigit(end + 1) else { return nil }
        switch scalar {
        case ",", ".": return scalar
        case "'", "’", "ʼ": return "'"
        case " ":
            // Spaces part groups of exactly three, from the first on.
            guard separators.allSatisfy({ $0 == " " }), groups[0].utf8.count <= 3, !groups[0].hasPrefix("0"),
                text.digitCount(from: end + 1, limit: 4) == 3, !text.isLetter(end + 4)
            else { return nil }
            return " "
        default: return nil
        }
    }

    /// More digits or groups than a number has.
    private func goesOn(in text: ScannedText) -> Bool {
        text.isDigit(end) || groups.count == 8 && ",.'’ʼ".unicodeScalars.contains(text[end]) && text.isDigit(end + 1)
    }

    /// Where a run of digits and what joins them ends; looks at 64 scalars.
    static func runEnd(_ start: Int, in text: ScannedText) -> Int {
        var end = start
        while end - start < 64,
            text.isDigit(end) || ",.'’ʼ/:-点".unicodeScalars.contains(text[end]) && text.isDigit(end + 1)
        { end += 1 }
        return end
    }

    /// The digits with at most one decimal point, and what is doubtful about them; nil when they are no number.
    private func joined() -> (String, NumberReading.Doubt?)? {
        guard let last = separators.last, let tail = groups.last else { return (groups[0], nil) }
        if separators.count == 1, last == "," || last == "." {
            let isGroup = tail.utf8.count == 3 && groups[0].utf8.count <= 3 && !groups[0].hasPrefix("0")
            if last == "." { return (groups[0] + "." + tail, isGroup ? .point : nil) }
            if isGroup { return (groups[0] + tail, .comma) }
            return tail.utf8.count < 3 || groups[0] == "0" ? (groups[0] + "." + tail, nil) : nil
        }
        let isGrouped = separators.allSatisfy { $0 == last }
        let hasDecimals = !isGrouped && (last == "," || last == ".")
        guard isGrouped || hasDecimals else { return nil }
        let whole = hasDecimals ? Array(groups.dropLast()) : groups
        guard let thousands = separators.first, separators.prefix(whole.count - 1).allSatisfy({ $0 == thousands }),
            hasDecimals ? thousands != last : true, Self.areThousands(whole, separator: thousands)
        else { return nil }
        let doubt: NumberReading.Doubt? = hasPlainSpace && groups.count == 2 ? .spaces : nil
        return (whole.joined() + (hasDecimals ? "." + tail : ""), doubt)
    }

    private static func areThousands(_ groups: [String], separator: Unicode.Scalar) -> Bool {
        let sizes = groups.map(\.utf8.count)
        guard (1...3).contains(sizes[0]), !groups[0].hasPrefix("0"), sizes.last == 3 else { return false }
        if sizes.dropFirst().allSatisfy({ $0 == 3 }) { return true }
        // 12,34,567
        return separator == "," && sizes[0] <= 2 && sizes.dropFirst().dropLast().allSatisfy { $0 == 2 }
    }

    /// - Parameter plain: digits with at most one decimal point.
    private static func decimal(_ plain: String) -> Decimal? {
        if let whole = Int(plain) { return Decimal(whole) }
        return Decimal(string: plain, locale: Locale(identifier: "en_US_POSIX"))
    }
}
