/// Chinese numerals, and figures between them, up to where they cannot go on.
struct NumeralRun {
    private enum Part {
        /// - Parameter width: digits that it is written with.
        case digit(Int, width: Int)
        /// 两三, one or the other.
        case pair(Int, Int)
        case zero
        case unit(Int)
    }

    private var parts: [Part] = []
    private(set) var end: Int
    private(set) var hasPair = false
    private var isBroken = false

    /// Two or three, seven or eight; also three or five.
    static func isPair(_ first: Int, _ second: Int) -> Bool {
        first > 0 && (second == first + 1 || (first, second) == (3, 5))
    }

    /// - Parameter figures: a number that the run begins with, before `start`.
    init(at start: Int, behind figures: Int?, limit: Int, in text: ScannedText) {
        end = start
        if let figures { parts.append(.digit(figures, width: String(figures).utf8.count)) }
        while end - start < limit, take(in: text) {}
    }

    private mutating func take(in text: ScannedText) -> Bool {
        let scalar = text[end]
        if let unit = ChineseNumber.units[scalar] {
            parts.append(.unit(unit))
        } else if let digit = ChineseNumber.digits[scalar] {
            if digit == 0 {
                parts.append(.zero)
            } else if case .digit(let first, 1)? = parts.last, !text.isDigit(end - 1) {
                guard Self.isPair(first, digit), !hasPair else { return stop() }
                parts[parts.count - 1] = .pair(first, digit)
                hasPair = true
            } else {
                parts.append(.digit(digit, width: 1))
            }
        } else if text.isDigit(end) {
            return takeFigures(in: text)
        } else if scalar == "、", case .digit(let first, 1)? = parts.last,
            let second = ChineseNumber.digits[text[end + 1]],
            Self.isPair(first, second), ChineseNumber.units[text[end + 2]] != nil, !hasPair
        {
            // 两、三百
            parts[parts.count - 1] = .pair(first, second)
            hasPair = true
            end += 1
        } else {
            return false
        }
        end += 1
        return true
    }

    private mutating func takeFigures(in text: ScannedText) -> Bool {
        switch parts.last {
        case .unit, .zero: break
        // The 20 of 周一20个 is a number of its own.
        default: return false
        }
        let count = text.digitCount(from: end, limit: 9)
        guard count < 9, let value = Int(text.slice(end, end + count)), text[end] != "0",
            !((text[end + count] == "." || text[end + count] == ",") && text.isDigit(end + count + 1))
        else { return stop() }
        parts.append(.digit(value, width: count))
        end += count
        return true
    }

    private mutating func stop() -> Bool {
        isBroken = true
        return false
    }

    /// The largest unit.
    var scale: Int {
        parts.reduce(1) { scale, part in
            guard case .unit(let unit) = part else { return scale }
            return max(scale, unit)
        }
    }

    /// - Parameter choose: which of two numbers in a pair.
    /// - Returns: nil when the numerals are not in the order of a number.
    func value(ofPairs choose: ((Int, Int)) -> Int) -> Int? {
        guard !isBroken, !parts.isEmpty else { return nil }
        var sum = Sum()
        for (index, part) in parts.enumerated() {
            let isGood =
                switch part {
                case .digit(let value, let width): sum.take(value, width: width, isFirst: index == 0)
                case .pair(let first, let second): sum.takePair(choose((first, second)))
                case .zero: sum.takeZero(isAlone: parts.count == 1)
                case .unit(let unit): sum.take(unit: unit)
                }
            guard isGood else { return nil }
        }
        return sum.value
    }

    /// Digits with their units.
    private struct Sum {
        private var total = 0
        private var section = 0
        private var digit: Int?
        private var width = 1
        private var lastUnit = 1
        private var lastMyriad = Int.max
        private var isAfterZero = false
        private var isBehindPair = false

        mutating func take(_ value: Int, width: Int, isFirst: Bool) -> Bool {
            guard digit == nil, !isBehindPair, isFirst || value < lastUnit || lastUnit == 1 else { return false }
            (digit, self.width) = (value, width)
            return true
        }

        /// Units alone may follow: 两三百万; without any it must stand for itself: 十七八.
        mutating func takePair(_ value: Int) -> Bool {
            guard digit == nil, !isBehindPair else { return false }
            (digit, width, isBehindPair) = (value, 1, true)
            return true
        }

        mutating func takeZero(isAlone: Bool) -> Bool {
            guard digit == nil, !isBehindPair, isAlone || total + section > 0 else { return false }
            if isAlone { digit = 0 }
            isAfterZero = true
            return true
        }

        mutating func take(unit: Int) -> Bool {
            if unit < 10_000 {
                // 一百十五 is said for 一百一十五.
                guard unit < lastUnit || lastUnit == 1 || lastUnit >= 10_000,
                    digit != nil || unit == 10 && (section == 0 || lastUnit > 10),
                    section == 0 && total == 0 || (digit ?? 1) < 10
                else { return false }
                section += (digit ?? 1) * unit
            } else {
                let amount = section + (digit ?? 0)
                guard unit < lastMyriad || unit > 10_000 && lastMyriad == 10_000,
                    amount > 0 || total > 0 && unit > 10_000, total < 1_000_000_000_000, amount < 1_000_000_000_000,
                    total == 0 || unit > 10_000 || amount < 10_000
                else { return false }
                total = unit > 10_000 ? (total + amount) * unit : total + amount * unit
                section = 0
                lastMyriad = unit
            }
            digit = nil
            lastUnit = unit
            isAfterZero = false
            return true
        }

        /// 一百五 means 150 and 10万8 means 108,000, but 一百零五 is 105 and 3万5000 is 35,000.
        var value: Int? {
            let last = digit ?? 0
            let isShort = lastUnit >= 100 && !isAfterZero && width == 1 && last < 10
            if isBehindPair, digit != nil, isShort { return nil }
            return total + section + (isShort ? last * lastUnit / 10 : last)
        }
    }
}
