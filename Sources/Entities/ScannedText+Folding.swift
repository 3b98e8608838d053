extension ScannedText {
    /// What a scalar is read as: full-width forms as ASCII, traditional characters as simplified ones, every space as a space,
    /// every dash as a hyphen, ASCII letters in lower case.
    static func fold(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0...0x40: scalar
        case 0x41...0x5A: Unicode.Scalar(scalar.value + 32) ?? scalar
        case 0xFF21...0xFF3A: Unicode.Scalar(scalar.value - 0xFEE0 + 32) ?? scalar
        case 0xFF01...0xFF5E: Unicode.Scalar(scalar.value - 0xFEE0) ?? scalar
        case 0xFFE5: "¥"
        case 0xFFE1: "£"
        case 0xFFE6: "₩"
        case 0x3000, 0xA0, 0x2007...0x2009, 0x202F: " "
        case 0x2010...0x2015, 0x2212: "-"
        case 0x4E00...0x9FFF: simplified[scalar] ?? scalar
        default: scalar
        }
    }

    /// Marks that nobody sees, and that copying leaves inside numbers: zero-width spaces and joiners, marks of the writing
    /// direction, soft hyphens.
    static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }

    /// The characters of numbers, dates and what is said around them; everything else keeps its form.
    private static let simplified: [Unicode.Scalar: Unicode.Scalar] = {
        let pairs =
            "後后兩两個个週周禮礼號号這这萬万億亿點点塊块圓圆円圆錢钱幾几數数餘余約约歐欧鎊镑來来買买訂订單单電电話话機机碼码"
            + "編编貳贰參叁叄叁陸陆盧卢韓韩臺台幣币銖铢發发時时間间從从還还將将雙双條条張张隻只盤盘份份聽听尋寻購购寄寄運运郵邮"
            + "紙纸樓楼棟栋駐驻價价額额證证驗验護护內内為为貨货謝谢煩烦請请給给應应該该裡里對对蘭兰郎郎關关於于過过達达蓋盖廈厦門门"
        var table: [Unicode.Scalar: Unicode.Scalar] = [:]
        var scalars = pairs.unicodeScalars.makeIterator()
        while let from = scalars.next(), let to = scalars.next() { table[from] = to }
        return table
    }()
}
