/// An e-mail address in what a visitor wrote.
public enum EmailAddress {
    /// Unicode scalars of a text that are looked at, and signs of an address in it.
    private static let textLimit = 4_000
    private static let signLimit = 16
    /// Characters of the part before the sign, of the host and of the whole.
    private static let localLimit = 64
    private static let hostLimit = 253
    private static let limit = 254

    /// The first plausible address: `name@host.tld`, the host in lower case. Characters in full width count as their usual ones.
    public static func first(in text: String) -> String? { find(in: text)?.address }

    /// The first plausible address, and the text without it, trimmed.
    public static func find(in text: String) -> (address: String, rest: String)? {
        let scalars = scalars(of: text)
        let signs = scalars.indices.lazy.filter { scalars[$0] == "@" }.prefix(signLimit)
        guard let (address, range) = signs.compactMap({ address(around: $0, scalars) }).first else { return nil }
        let rest = scalars[..<range.lowerBound] + [" "] + scalars[range.upperBound...]
        let isSpace = { (scalar: Unicode.Scalar) in scalar.properties.isWhitespace }
        let trimmed = rest.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return (address, String(String.UnicodeScalarView(trimmed)))
    }

    /// Whether the text looks as if it were to hold an address.
    public static func isMeant(in text: String) -> Bool { scalars(of: text).contains("@") }

    private static func scalars(of text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.prefix(textLimit).map { scalar in
            (0xFF01...0xFF5E).contains(scalar.value) ? Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar : scalar
        }
    }

    private static func address(around sign: Int, _ scalars: [Unicode.Scalar]) -> (String, Range<Int>)? {
        var start = sign
        while start > 0, sign - start <= localLimit, isLocal(scalars[start - 1]) { start -= 1 }
        while start < sign, ".'".unicodeScalars.contains(scalars[start]) { start += 1 }
        var end = sign + 1
        while end < scalars.count, end - sign <= hostLimit, isHost(scalars[end]) { end += 1 }
        // A full stop behind the address belongs to the sentence.
        while end > sign + 1, ".-".unicodeScalars.contains(scalars[end - 1]) { end -= 1 }
        let local = String(String.UnicodeScalarView(scalars[start..<sign]))
        let host = String(String.UnicodeScalarView(scalars[sign + 1..<end])).lowercased()
        guard (1...localLimit).contains(local.utf8.count), !local.contains(".."), local.last != ".", isName(host),
            // Two signs make no address.
            end == scalars.count || scalars[end] != "@", start == 0 || scalars[start - 1] != "@"
        else { return nil }
        let address = local + "@" + host
        return address.utf8.count <= limit ? (address, start..<end) : nil
    }

    private static func isLetterOrDigit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    private static func isLocal(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || "._%+-'&=~".unicodeScalars.contains(scalar)
    }

    private static func isHost(_ scalar: Unicode.Scalar) -> Bool {
        isLetterOrDigit(scalar) || scalar == "." || scalar == "-"
    }

    private static func isName(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.utf8.count >= 2,
            last.hasPrefix("xn--") || last.utf8.allSatisfy({ (97...122).contains($0) })
        else { return false }
        return labels.allSatisfy { (1...63).contains($0.utf8.count) && $0.first != "-" && $0.last != "-" }
    }
}
