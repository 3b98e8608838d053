import Foundation

/// Reads 2026年11月2日, 十一月二号, 11月2, 昨天, 上周五, 下下星期一, 三天前, 上个月5号, in simplified and (folded) traditional
/// characters.
struct ChineseDate {
    let today: CivilDay
    let text: ScannedText

    /// What a date may begin with, beside digits and numerals.
    private static let initials = Set("大前昨今明后上下这本周星礼去寻琴听".unicodeScalars)

    func read(at start: Int, isAsked: Bool) -> DateReading? {
        if text.isDigit(start) {
            // 年, 月, 天 and the like stand right behind the figures.
            guard let (_, end) = integer(at: start), !text[end].isASCII else { return nil }
        } else {
            let first = text[start]
            guard !first.isASCII,
                Self.initials.contains(first) || ChineseNumber.digits[first] != nil || ChineseNumber.units[first] != nil
            else { return nil }
        }
        return [
            named(at: start), weekday(at: start), calendar(at: start), monthRelative(at: start), span(at: start),
            dayAlone(at: start, isAsked: isAsked),
        ].compactMap { $0 }.max { $0.end < $1.end }
    }

    private static let days: [String: Int] = [
        "大前天": -3, "前天": -2, "前日": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今晚": 0, "今早": 0, "明天": 1,
        "明日": 1, "明晚": 1, "明早": 1, "后天": 2, "后日": 2, "大后天": 3, "大后日": 3, "昨夜": -1, "今夜": 0, "寻日": -1, "琴日": -1, "听日": 1,
    ]

    private func named(at start: Int) -> DateReading? {
        guard let word = text.longest(of: Array(Self.days.keys), at: start), let days = Self.days[word] else {
            return nil
        }
        return DateReading(day: today.adding(days: days), end: start + word.unicodeScalars.count)
    }

    /// 周五, 这周五, 上个星期天, 下下礼拜一
    private func weekday(at start: Int) -> DateReading? {
        var index = start
        var weeks = 0
        switch text[index] {
        case "上", "下":
            let direction = text[index]
            while index - start < 3, text[index] == direction {
                weeks += direction == "上" ? -1 : 1
                index += 1
            }
        case "这", "本": index += 1
        default: break
        }
        if index > start, text[index] == "个" { index += 1 }
        guard let word = text.longest(of: ["周", "星期", "礼拜"], at: index) else { return nil }
        index += word.unicodeScalars.count
        let day: Int
        switch text[index] {
        case "日", "天", "末": day = text[index] == "末" ? 5 : 6
        default:
            guard let number = ChineseNumber.digits[text[index]] ?? Int(text.digits(from: index, limit: 1)),
                (1...6).contains(number), text[index] != "两"
            else { return nil }
            day = number - 1
        }
        let found = today.weekday(day, weeks: weeks)
        guard index - word.unicodeScalars.count == start else { return DateReading(day: found, end: index + 1) }
        // 周五 alone is of this week, unless it is said to lie on the other side of today.
        let shift =
            switch DateSide.chinese(behind: index + 1, in: text) {
            case .behind: found < today ? 0 : -7
            case .ahead: found < today ? 7 : 0
            case .either: 0
            }
        return DateReading(day: found.adding(days: shift), end: index + 1)
    }

    /// [2026年|去年|今年|明年]11月2日
    private func calendar(at start: Int) -> DateReading? {
        var index = start
        var year: Int?
        if let word = text.longest(of: ["去年", "今年", "明年"], at: start) {
            year = today.components.year + (word == "去年" ? -1 : word == "明年" ? 1 : 0)
            index += 2
        } else if let (number, end) = self.year(at: start) {
            year = number < 100 ? 2000 + number : number
            index = end + 1
        }
        guard let (month, monthEnd) = integer(at: index), text[monthEnd] == "月" else { return nil }
        guard let (day, end) = dayOfMonth(at: monthEnd + 1) ?? bareDay(at: monthEnd + 1) else { return nil }
        let found =
            year.map { CivilDay(year: $0, month: month, day: day) }
            ?? today.nearest(month: month, day: day, side: DateSide.chinese(behind: end, in: text))
        return found.map { DateReading(day: $0, end: end) }
    }

    /// 上个月5号, 本月12日, 下月3号
    private func monthRelative(at start: Int) -> DateReading? {
        let words = ["上上个月": -2, "上上月": -2, "上个月": -1, "上月": -1, "这个月": 0, "本月": 0, "下个月": 1, "下月": 1]
        guard let word = text.longest(of: Array(words.keys), at: start), let months = words[word],
            let (day, end) = dayOfMonth(at: start + word.unicodeScalars.count)
        else { return nil }
        let count = today.components.year * 12 + today.components.month - 1 + months
        return CivilDay(year: count / 12, month: count % 12 + 1, day: day).map { DateReading(day: $0, end: end) }
    }

    /// 三天前, 2周后, 两个星期以前, 1个月之前
    private func span(at start: Int) -> DateReading? {
        guard !text.isSecondOfRange(start), let (count, countEnd) = integer(at: start), (0...999).contains(count) else {
            return nil
        }
        let units: [String: Int] = [
            "天": 1, "日": 1, "周": 7, "个星期": 7, "星期": 7, "个礼拜": 7, "礼拜": 7, "个月": 0, "年": 0,
        ]
        guard let unit = text.longest(of: Array(units.keys), at: countEnd), let days = units[unit] else { return nil }
        let next = countEnd + unit.unicodeScalars.count
        let directions = ["前": -1, "以前": -1, "之前": -1, "后": 1, "以后": 1, "之后": 1]
        guard let word = text.longest(of: Array(directions.keys), at: next), let sign = directions[word] else {
            return nil
        }
        let day =
            days == 0
            ? today.adding(months: sign * count * (unit == "年" ? 12 : 1)) : today.adding(days: sign * count * days)
        return day.map { DateReading(day: $0, end: next + word.unicodeScalars.count) }
    }

    /// 2号, in the month that makes it closest to today; unasked only where a date must be meant, as in 2号买的.
    private func dayAlone(at start: Int, isAsked: Bool) -> DateReading? {
        guard let (day, end) = dayOfMonth(at: start) else { return nil }
        let side = DateSide.chinese(behind: end, in: text)
        guard isAsked || side == .behind else { return nil }
        return today.nearest(day: day, side: side).map { DateReading(day: $0, end: end) }
    }

    /// 二三年 is a year, though 二三 elsewhere means two or three.
    private func year(at start: Int) -> (number: Int, end: Int)? {
        var (number, end) = (0, start)
        while end - start < 4, let digit = ChineseNumber.digits[text[end]], text[end] != "两" {
            number = number * 10 + digit
            end += 1
        }
        if end - start < 2 {
            guard let (figures, figuresEnd) = integer(at: start) else { return nil }
            (number, end) = (figures, figuresEnd)
        }
        return text[end] == "年" && ((0...99).contains(number) || number >= 1900) ? (number, end) : nil
    }

    /// The 20 of 11月20下单; not the 3 of 11月3件, and not the 2 of 11月2到5号.
    private func bareDay(at start: Int) -> (number: Int, end: Int)? {
        guard let (day, end) = integer(at: start), (1...31).contains(day), !text.isLetterOrDigit(end) else {
            return nil
        }
        let next = text[end]
        guard !NumberScanner.measures.contains(next), !Self.noDayBefore.contains(next),
            ChineseNumber.units[next] == nil,
            !("/.,:".unicodeScalars.contains(next) && text.isDigit(end + 1))
        else { return nil }
        // 11月2到11月5 are two days, 11月2到5号 is none that is read whole.
        if "至到-~".unicodeScalars.contains(next), let (_, other) = integer(at: end + 1), text[other] != "月" {
            return nil
        }
        return (day, end)
    }

    private static let noDayBefore = Set("人名岁月多几来余半%¥$€£圆毛角分秒点倍块个".unicodeScalars)

    private func dayOfMonth(at start: Int) -> (number: Int, end: Int)? {
        guard let (day, end) = integer(at: start), (1...31).contains(day), "日号".unicodeScalars.contains(text[end])
        else {
            return nil
        }
        return (day, end + 1)
    }

    private func integer(at start: Int) -> (value: Int, end: Int)? {
        let digits = text.digits(from: start, limit: 5)
        if !digits.isEmpty {
            guard digits.utf8.count <= 4, let value = Int(digits) else { return nil }
            return (value, start + digits.utf8.count)
        }
        guard let reading = ChineseNumber.read(at: start, in: text), reading.isExact else { return nil }
        let value = NSDecimalNumber(decimal: reading.value).intValue
        return Decimal(value) == reading.value ? (value, reading.end) : nil
    }
}
