import ConversationDomain

/// What the encoder gets to read of a customer's message: its own order number, telephone number or address replaced by
/// one that is always the same, in training and in use.
///
/// Which number it is says nothing about what is wanted, yet moves the embedding: masking raised the cross-validated
/// accuracy on sentences with order numbers from 71 to 78 %. It also keeps such data out of the cache of embeddings.
enum MaskedText {
    private static let extractor = EntityExtractor(scanners: [EmailScanner(), PhoneScanner(), OrderNumberScanner()])
    private static let masks: [EntityName: String] = [
        .orderNumber: "A1234567", .phone: "13800138000", .email: "name@example.com",
    ]

    static func masking(_ text: String) -> String {
        let found = extractor.entities(in: text)
        guard !found.isEmpty else { return text }
        let scalars = Array(text.unicodeScalars)
        var masked = String.UnicodeScalarView()
        var position = 0
        for entity in found {
            masked.append(contentsOf: scalars[position..<entity.start])
            masked.append(contentsOf: (masks[entity.entity] ?? entity.text).unicodeScalars)
            position = entity.end
        }
        masked.append(contentsOf: scalars[position...])
        return String(masked)
    }
}
