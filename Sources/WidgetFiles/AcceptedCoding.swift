import ConversationDomain
import HTTPTypes

/// What a client says that it can unpack: `Accept-Encoding` (RFC 9110, section 12.5.3).
enum AcceptedCoding {
    /// Codings that are looked at; a browser names four or five.
    private static let limit = 32

    /// Whether gzip is taken. Without the field nothing is packed: the client may be a program that cannot unpack.
    static func takesGzip(_ fields: HTTPFields) -> Bool {
        var anything = false
        for part in UTF8Text(fields[.acceptEncoding] ?? "").parts(at: ",", atMost: limit).prefix(limit) {
            let words = part.parts(at: ";", atMost: 2, keepsEmpty: true)
            let isTaken = !words.dropFirst().contains(where: isZero)
            switch words[0].trimmed.lowercasedASCII {
            case "gzip", "x-gzip": return isTaken
            case "*": anything = isTaken
            default: break
            }
        }
        return anything
    }

    /// `q=0`, `q=0.000`
    private static func isZero(_ parameter: UTF8Text) -> Bool {
        guard let (name, value) = parameter.divided(at: "="), name.trimmed.lowercasedASCII == "q" else { return false }
        let digits = value.trimmed.utf8
        return digits.first == UInt8(ascii: "0") && digits.count <= 5
            && digits.dropFirst().allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "0") }
    }
}
