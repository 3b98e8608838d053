internal import Foundation

/// A number format such as `#,##0.00 €`, as far as texts of a bot have it.
struct NumberFormat {
    private var prefix = ""
    private var suffix = ""
    private var digits = 0
    private var decimals = 0
    private var hasGroups = false
    private var isPercent = false

    /// Nil for what shows a number as usual, such as `General` and `@`.
    init?(_ code: String) {
        // Sections behind the first are for negative numbers, zero and text.
        var rest = Substring(code.split(separator: ";", omittingEmptySubsequences: false).first ?? "")
        var hasDigits = false
        var isDecimal = false
        func add(_ text: some StringProtocol, _ format: inout NumberFormat) {
            if hasDigits { format.suffix += text } else { format.prefix += text }
        }
        while let character = rest.popFirst() {
            switch character {
            case "0", "#", "?":
                hasDigits = true
                if isDecimal { decimals += 1 } else if character == "0" { digits += 1 }
            case ".": isDecimal = true
            case ",": hasGroups = hasGroups || hasDigits && rest.first.map { "0#?".contains($0) } ?? false
            case "%":
                isPercent = true
                add("%", &self)
            case "\"":
                add(rest.prefix { $0 != "\"" }, &self)
                rest = rest.drop { $0 != "\"" }.dropFirst()
            case "\\": if let next = rest.popFirst() { add(String(next), &self) }
            case "_", "*": _ = rest.popFirst()
            case "[":
                let inside = rest.prefix { $0 != "]" }
                rest = rest.drop { $0 != "]" }.dropFirst()
                if inside.hasPrefix("$") { add(inside.dropFirst().prefix { $0 != "-" }, &self) }
            case "E", "@", "G", "/": return nil
            default: add(String(character), &self)
            }
        }
        if !hasDigits { return nil }
    }

    func shown(_ value: Double) -> String {
        let number = isPercent ? value * 100 : value
        guard abs(number) < 1e15 else { return Self.general(value) }
        let text = String(format: "%.\(min(decimals, 15))f", abs(number))
        let parts = text.split(separator: ".")
        var whole = String(parts.first ?? "0")
        while whole.count < min(digits, 30) { whole = "0" + whole }
        if hasGroups { whole = Self.grouped(whole) }
        let isNegative = number < 0 && text.contains { $0 != "0" && $0 != "." }
        let fraction = parts.count > 1 ? "." + parts[1] : ""
        return (isNegative ? "-" : "") + prefix + whole + fraction + suffix
    }

    private static func grouped(_ whole: String) -> String {
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return result
    }

    /// As cells show numbers that have no format.
    static func general(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
        return String(format: "%.11g", value)
    }
}
