/// A message as the encoder reads it, and where each of its characters stands in the customer's own text.
///
/// Order numbers, telephone numbers and addresses are masked (see `MaskedText`), and white space is reduced to what tells words
/// apart: encoders read no more than that.
package struct ReadableText: Hashable, Sendable {
    package let text: String
    /// For each scalar of `text` the stretch of the customer's text that it stands for, in Unicode scalars.
    private let origins: [Range<Int>]

    package init(_ original: String) {
        let scalars = Array(original.unicodeScalars)
        var read = String.UnicodeScalarView()
        var origins: [Range<Int>] = []
        var space: Range<Int>?
        func append(_ scalar: Unicode.Scalar, _ origin: Range<Int>) {
            if scalar.properties.isWhitespace {
                if !origins.isEmpty, space == nil { space = origin }
                return
            }
            if let gap = space {
                read.append(" ")
                origins.append(gap)
                space = nil
            }
            read.append(scalar)
            origins.append(origin)
        }
        var position = 0
        for mask in MaskedText.masks(in: original) {
            for index in position..<mask.range.lowerBound { append(scalars[index], index..<index + 1) }
            for scalar in mask.text.unicodeScalars { append(scalar, mask.range) }
            position = mask.range.upperBound
        }
        for index in position..<scalars.count { append(scalars[index], index..<index + 1) }
        text = String(read)
        self.origins = origins
    }

    /// Where a stretch of `text` stands in the customer's.
    package func origin(of range: Range<Int>) -> Range<Int> {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= origins.count else { return 0..<0 }
        let start = origins[range.lowerBound].lowerBound
        return start..<max(start, origins[range.upperBound - 1].upperBound)
    }
}
