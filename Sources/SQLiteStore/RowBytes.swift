internal import ConversationDomain
internal import GRDB

/// What rows take up in the file, by the file format's rules (https://www.sqlite.org/fileformat2.html, 1.6 and 2.1), for the
/// tables that hold turns: all are WITHOUT ROWID, and pages have 4,096 bytes.
///
/// It matters: a row of more than 1,002 bytes goes over to pages of its own, of which the last is rarely full.
enum RowBytes {
    /// What a page has room for, the most of a row that stays in the tree, and the least.
    private static let (page, most, least) = (4_096, 1_002, 489)
    /// A row's entry in an index, its place on the page, and the room that is left on pages that were split.
    private static let overhead = 140

    static func count(_ row: [DatabaseValue]) -> Int {
        let payload = row.reduce(1) { sum, value in
            switch value.storage {
            case .null: sum + 1
            case .int64(let number): sum + 1 + width(of: number)
            case .double: sum + 9
            case .string(let text): sum + text.utf8.count + header(ofLength: text.utf8.count)
            case .blob(let data): sum + data.count + header(ofLength: data.count)
            }
        }
        return inPages(payload) + overhead
    }

    /// An entry of the review queue, with its reason and the keys of its indices.
    static func review(textBytes: Int) -> Int { inPages(textBytes + 200) + 200 }

    private static func inPages(_ payload: Int) -> Int {
        guard payload > most else { return payload }
        let rest = least + (payload - least) % (page - 4)
        let local = rest <= most ? rest : least
        return local + (payload - local + page - 5) / (page - 4) * page
    }

    private static func width(of number: Int64) -> Int {
        switch number {
        case 0...1: 0
        case -128...127: 1
        case -32_768...32_767: 2
        case -8_388_608...8_388_607: 3
        case -2_147_483_648...2_147_483_647: 4
        case -140_737_488_355_328...140_737_488_355_327: 6
        default: 8
        }
    }

    /// Bytes of the number that tells a text's length.
    private static func header(ofLength length: Int) -> Int { length < 58 ? 1 : length < 8_186 ? 2 : 3 }
}
