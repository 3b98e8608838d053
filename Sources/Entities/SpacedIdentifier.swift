/// An order number that is written in groups with spaces: A123 4567, 1234 5678 9012, A 1234567.
struct SpacedIdentifier {
    private let text: ScannedText
    private let first: IdentifierToken.Group
    /// The digits of each group, without those behind letters in the first.
    private var sizes: [Int] = []
    private(set) var end: Int

    /// Nil when no group follows the first.
    init?(_ token: IdentifierToken, in text: ScannedText) {
        // "it's 654321": no letter of its own.
        guard let group = token.groups.first, !"'’".unicodeScalars.contains(text[group.start - 1]), group.isPlain,
            group.letters <= 3, group.digits <= 4, group.count > 0
        else {
            return nil
        }
        self.text = text
        first = group
        end = group.end
        while sizes.count < 6, text[end] == " " {
            let count = text.digitCount(from: end + 1, limit: 10)
            guard (2...9).contains(count), !text.isLetterOrDigit(end + 1 + count),
                !(".,/:-".unicodeScalars.contains(text[end + 1 + count]) && text.isDigit(end + 2 + count))
            else { break }
            sizes.append(count)
            end += 1 + count
        }
        if sizes.isEmpty { return nil }
    }

    var value: String { text.slice(first.start, end).filter { $0 != " " }.uppercased() }

    func isOrderNumber(isAsked: Bool) -> Bool {
        let place = IdentifierPlace(text: text, start: first.start, end: end)
        let cue = place.cue
        guard !place.isCounted, !(cue?.isForeign ?? false) else { return false }
        let isTold = cue?.isOrder ?? false
        let total = first.digits + sizes.reduce(0, +)
        guard let last = sizes.last else { return false }
        if first.letters == 0 { return isRow(total, last, place, isTold: isTold, isAsked: isAsked) }
        if first.digits == 0 {
            // A 1234567, k 441 0927: the letters are no word.
            let letters = text.slice(first.start, first.end)
            let isUpper =
                ("A"..."Z").contains(text.unfolded(first.start)) || ("Ａ"..."Ｚ").contains(text.unfolded(first.start))
            let isGrouped = sizes.count > 1 && (first.letters > 1 || !sizes.allSatisfy { (3...4).contains($0) })
            guard !isGrouped, (first.letters == 1 ? 6 : 5)...9 ~= total, !Self.words.contains(letters) else {
                return false
            }
            return isUpper && sizes.count == 1 && (isTold || isAsked)
                || (isTold || isAsked) && place.isWrappedAnswer && letters != "a" || isUpper && place.isWholeMessage
        }
        guard first.digits >= 2, sizes.allSatisfy({ $0 <= 4 }), (6...15).contains(total) else { return false }
        if isTold || place.isWholeMessage || isAsked && place.isWrappedAnswer { return true }
        // In a sentence the second group may as well count something: a year, the dots of a mouse.
        let number = Int(text.slice(end - last, end)) ?? 0
        return total >= 7 && first.digits >= 3 && last >= 3 && !(1900...2099).contains(number)
    }

    /// Groups of three or four digits, or three, seven and seven.
    private func isRow(_ total: Int, _ last: Int, _ place: IdentifierPlace, isTold: Bool, isAsked: Bool) -> Bool {
        guard isTold || isAsked && place.isWrappedAnswer, (8...20).contains(total) else { return false }
        let all = [first.digits] + sizes
        if all == [3, 7, 7] { return true }
        // A card's number.
        guard all != [4, 4, 4, 4] || isTold else { return false }
        let isEven = (3...4).contains(all[0]) && all.dropLast().allSatisfy { $0 == all[0] } && last <= all[0]
        guard isEven else { return false }
        return PhoneScanner().match(at: first.start, in: text, locale: nil, isAsked: false) == nil
    }

    private static let words: Set<String> = [
        "i", "no", "nr", "id", "po", "zip", "tel", "usd", "eur", "gbp", "rs", "kr", "am", "is",
    ]
}
