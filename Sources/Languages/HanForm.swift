import CEmbeddedFiles

/// The two ways of writing Chinese, told by the characters that only one of them has.
enum HanForm: Hashable, Sendable {
    case simplified, traditional

    /// Nil where as many characters speak for one as for the other, such as none.
    init?(of runs: [[Unicode.Scalar]]) {
        var lead = 0
        for run in runs {
            for scalar in run {
                switch Self.forms[scalar] {
                case .simplified: lead -= 1
                case .traditional: lead += 1
                case nil: break
                }
            }
        }
        guard lead != 0 else { return nil }
        self = lead < 0 ? .simplified : .traditional
    }

    /// The characters that the transforms Traditional-Simplified and Simplified-Traditional of the Unicode CLDR change in one
    /// direction and leave in the other. The file has the simplified ones in its first line, the traditional ones in its second.
    private static let forms: [Unicode.Scalar: HanForm] = {
        let file = embedded_han_forms()
        let text = String(decoding: UnsafeRawBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
        var forms: [Unicode.Scalar: HanForm] = [:]
        for (line, form) in zip(text.split(separator: "\n"), [HanForm.simplified, .traditional]) {
            for scalar in line.unicodeScalars { forms[scalar] = form }
        }
        return forms
    }()
}
