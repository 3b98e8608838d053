import ConversationDomain

/// Order numbers as shops have them: A1234567, ORD-12345, SO-2026-0001, 112-1234567-1234567, #1001, A123 4567, rows of digits,
/// and AB12CD34 behind "order".
///
/// The value is in upper case and half width, without spaces and `#`, with its hyphens. Telephone numbers, dates, postcodes,
/// prices, house numbers and parts of longer identifiers are none. Asked for, shorter forms count, if nothing else is said
/// of them.
struct OrderNumberScanner: EntityScanner {
    let entity = EntityName.orderNumber

    func isWorthSearching(_ text: ScannedText) -> Bool { text.hasDigit }

    func match(at start: Int, in text: ScannedText, locale: BotLocale?, isAsked: Bool) -> EntityMatch? {
        guard let token = IdentifierToken(at: start, in: text) else { return nil }
        if token.groups.count == 1, let spaced = SpacedIdentifier(token, in: text),
            spaced.isOrderNumber(isAsked: isAsked)
        {
            return EntityMatch(value: spaced.value, start: start, end: spaced.end)
        }
        guard token.digits > 0, isOrderNumber(token, in: text, isAsked: isAsked) else { return nil }
        return EntityMatch(value: text.slice(start, token.end).uppercased(), start: start, end: token.end)
    }

    private func isOrderNumber(_ token: IdentifierToken, in text: ScannedText, isAsked: Bool) -> Bool {
        let place = IdentifierPlace(text: text, start: token.start, end: token.end)
        let group = token.groups[0]
        // "K2938104块" is no price: prices have no letters before them.
        guard group.letters > 0 && group.digits >= 6 || !place.isCounted else { return false }
        guard token.groups.count == 1 else { return isHyphenated(token, place, isAsked: isAsked) }
        if group.letters == 0 { return isRow(group, place, isAsked: isAsked) }
        if group.isPlain, group.letters <= 3 {
            guard
                (isAsked ? 4 : 6)...15 ~= group.digits
                    || place.cue == .orderNumber && group.digits >= 4 && group.digits <= 15
            else { return false }
            return !(place.cue?.isForeign ?? false)
        }
        return isMixed(group, place, isAsked: isAsked)
    }

    /// Digits alone.
    private func isRow(_ group: IdentifierToken.Group, _ place: IdentifierPlace, isAsked: Bool) -> Bool {
        let count = group.digits
        guard count <= 20, count >= 3 else { return false }
        let digits = place.text.slice(group.start, group.end)
        let cue = place.cue
        if cue?.isForeign ?? false { return false }
        let isMarked = place.text[group.start - 1] == "#"
        if cue == .orderNumber { return count >= (isMarked ? 3 : 4) }
        if cue == .order, count >= 5 { return true }
        if isMarked { return count >= (isAsked ? 3 : 4) }
        guard !IdentifierPlace.isPhone(digits), !place.isDate else { return false }
        if isAsked {
            if count >= 8 { return !IdentifierPlace.isNorthAmericanPhone(digits) || place.isWrappedAnswer }
            return count >= 4 && place.isWrappedAnswer
        }
        guard count >= 8 else { return false }
        return place.isSought
            || NumericDate.compactDay(digits) == nil && !IdentifierPlace.isNorthAmericanPhone(digits)
    }

    /// Letters and digits in turn, or a long word before digits: rather a product's name, unless it is said to be an order.
    private func isMixed(_ group: IdentifierToken.Group, _ place: IdentifierPlace, isAsked: Bool) -> Bool {
        guard (6...20).contains(group.count), group.digits >= 3 else { return false }
        let cue = place.cue
        if cue?.isForeign ?? false { return false }
        if cue?.isOrder ?? false { return true }
        if place.text[group.start - 1] == "#" { return group.count != 6 }
        return place.isWholeMessage || place.isSought || isAsked && place.isWrappedAnswer
    }

    /// ORD-12345, SO-2026-0001, 112-1234567-1234567.
    private func isHyphenated(_ token: IdentifierToken, _ place: IdentifierPlace, isAsked: Bool) -> Bool {
        let (groups, sizes) = (token.groups, token.sizes)
        guard groups.allSatisfy({ $0.letters <= 5 && $0.count <= 20 }),
            groups[groups.count - 1].digits > 0 || groups.count == 2 && groups[1].letters <= 2,
            token.digits <= 24
        else {
            return false
        }
        let cue = place.cue
        if cue?.isForeign ?? false { return false }
        let isTold = isAsked || (cue?.isOrder ?? false)
        if token.isNumeric {
            if sizes == [3, 7, 7] { return true }
            let isDate =
                sizes[0] == 4 && sizes.count == 3 && sizes[1] <= 2 && sizes[2] <= 2 || sizes.allSatisfy { $0 <= 4 }
            let isPostcode = sizes == [5, 4]
            return isTold && !isDate && !isPostcode && token.digits >= 8 && !isPhone(token, in: place.text)
        }
        let isPrefixed = groups[0].digits == 0 && groups.dropFirst().allSatisfy { $0.letters == 0 }
        if isPrefixed, token.digits >= (groups.count == 2 ? 5 : 6) { return true }
        return isTold && token.digits >= 4
    }

    private func isPhone(_ token: IdentifierToken, in text: ScannedText) -> Bool {
        let phone = PhoneScanner().match(at: token.start, in: text, locale: nil, isAsked: false)
        return phone.map { $0.end >= token.end } ?? false
    }
}
