internal import ConversationDomain
import NativeContent

/// Makes plain text of what people paste into tables.
struct TextCleaner {
    private var hasToldSpaces = false

    /// A space stands for every control character and every kind of space; characters of no width that say nothing are dropped.
    mutating func cleaned(_ text: String, _ place: SourcePlace, _ log: inout IssueLog) -> String {
        // Most texts have none of them, and those of ASCII are seen byte by byte.
        if text.utf8.allSatisfy({ $0 >= 32 && $0 < 0x7F }) { return text }
        var (hasControls, hasSpaces) = (false, false)
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch Self.kind(of: scalar) {
            case .plain: clean.append(scalar)
            case .control:
                hasControls = true
                clean.append(" ")
            case .space:
                hasSpaces = true
                clean.append(" ")
            case .nothing: hasSpaces = true
            }
        }
        if hasControls { log.warning(place, "the text has control characters; they are read as spaces") }
        if hasSpaces, !hasToldSpaces {
            hasToldSpaces = true
            log.warning(
                place,
                "from here on, no-break and other odd spaces are read as plain ones, those of no width not at all")
        }
        return hasControls || hasSpaces ? String(clean) : text
    }

    private enum Kind { case plain, control, space, nothing }

    private static func kind(of scalar: Unicode.Scalar) -> Kind {
        switch scalar.value {
        case 9, 10, 13: .plain
        case 0..<32, 0x7F...0x9F: .control
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: .space
        // Joiners (200C, 200D) are part of Persian words and of emoji.
        case 0xAD, 0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, 0xFFFC: .nothing
        default: .plain
        }
    }
}
