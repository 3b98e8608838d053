import ConversationDomain

/// What the encoder gets to read of a customer's message: its own order number, telephone number or address replaced by
/// one that is always the same, in training and in use.
///
/// Which number it is says nothing about what is wanted, yet moves the embedding: masking raised the cross-validated
/// accuracy on sentences with order numbers from 71 to 78 %. It also keeps such data out of the cache of embeddings.
package enum MaskedText {
    private static let extractor = EntityExtractor(scanners: [EmailScanner(), PhoneScanner(), OrderNumberScanner()])
    private static let masks: [EntityName: String] = [
        .orderNumber: "A1234567", .phone: "13800138000", .email: "name@example.com",
    ]

    /// A part of a text, in Unicode scalars, and what stands in its place.
    struct Mask: Hashable {
        let range: Range<Int>
        let text: String
    }

    /// The parts that are masked, from left to right.
    static func masks(in text: String) -> [Mask] {
        extractor.entities(in: text).map {
            Mask(range: $0.start..<$0.end, text: masks[$0.entity] ?? $0.text)
        }
    }

    package static func masking(_ text: String) -> String {
        let found = masks(in: text)
        guard !found.isEmpty else { return text }
        let scalars = Array(text.unicodeScalars)
        var masked = String.UnicodeScalarView()
        var position = 0
        for mask in found {
            masked.append(contentsOf: scalars[position..<mask.range.lowerBound])
            masked.append(contentsOf: mask.text.unicodeScalars)
            position = mask.range.upperBound
        }
        masked.append(contentsOf: scalars[position...])
        return String(masked)
    }
}
