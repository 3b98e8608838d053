internal import Foundation

/// Writes texts as YAML that reads back as the same text, quoted only where it has to be.
package enum YAMLText {
    /// As the value of a key or an element of a list on a line of its own; also as a key.
    package static func scalar(_ text: String) -> String { isPlain(text, inFlow: false) ? text : quoted(text) }

    /// Between braces or brackets.
    static func flowScalar(_ text: String) -> String { isPlain(text, inFlow: true) ? text : quoted(text) }

    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                if isPrintable(scalar) {
                    quoted.unicodeScalars.append(scalar)
                } else {
                    quoted += "\\U" + String(format: "%08X", scalar.value)
                }
            }
        }
        return quoted + "\""
    }

    /// What YAML 1.1 may have in a document unescaped, without what ends lines.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2028, 0x2029, 0xFEFF: false
        case 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }

    private static func isPlain(_ text: String, inFlow: Bool) -> Bool {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.first, let last = scalars.last, scalars.allSatisfy(isPrintable) else { return false }
        if "-?:,[]{}#&*!|>'\"%@` \u{3000}".unicodeScalars.contains(first) { return false }
        if last == " " || last == ":" || isOtherType(text) { return false }
        if inFlow { return !scalars.contains { ",[]{}:?#&*!|>'\"%@`".unicodeScalars.contains($0) } }
        return !zip(scalars, scalars.dropFirst()).contains { ($0 == ":" && $1 == " ") || ($0 == " " && $1 == "#") }
    }

    /// Whether a YAML reader may take the plain text for null, a truth value, a number or a date.
    private static func isOtherType(_ text: String) -> Bool {
        if ["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", "="].contains(text.lowercased()) {
            return true
        }
        guard let first = text.utf8.first,
            (48...57).contains(first) || first == UInt8(ascii: "+") || first == UInt8(ascii: ".")
        else { return false }
        let numeric = "0123456789abcdefABCDEFxXoOTZinNyY_.:+- "
        return text.unicodeScalars.allSatisfy(numeric.unicodeScalars.contains)
    }
}
