internal import ConversationDomain
internal import Foundation

/// Reads one JSON object a line.
enum JSONLineRows {
    static func read(
        _ source: SourceText, columns: RowColumns, log: inout IssueLog,
        take: (LabelledRow, inout IssueLog) -> Bool
    ) {
        var unused: Set<UTF8Text> = []
        var number = 0
        for line in source.text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
            number += 1
            guard line.contains(where: { $0 > 32 }) else { continue }
            do {
                let fields = try JSONLine(Data(line), number: number, columns: columns)
                for key in fields.unused.map(UTF8Text.init(_:)) where unused.insert(key).inserted {
                    log.warning(source.place(number), "the key '\(key.beginning(80))' is not used")
                }
                guard take(try fields.row(), &log) else { return }
            } catch {
                log.error(source.place(number), error.message)
                if log.isFull { return }
            }
        }
    }
}

/// One line of a file of JSON lines.
struct JSONLine {
    /// Keys whose values are not looked at, sorted.
    let unused: [String]
    private let fields: Fields
    private let number: Int
    private let columns: RowColumns

    /// - Throws: ``ReadFault`` when the line is no JSON object or a value that is used is of another kind.
    init(_ line: Data, number: Int, columns: RowColumns) throws(ReadFault) {
        self.number = number
        self.columns = columns
        do {
            fields = try Fields.decoder(columns).decode(Fields.self, from: line)
        } catch {
            throw ReadFault(
                line: number, message: "not a JSON object, expected {\"text\": …, \"\(columns.label[0])\": …}")
        }
        if let key = fields.notStrings.min() { throw ReadFault(line: number, message: "'\(key)' must be a string") }
        if let key = fields.notSlots {
            throw ReadFault(line: number, message: "'\(key)' must be a list of {\"slot\": …, \"start\": …, \"end\": …}")
        }
        unused = fields.unused.sorted()
    }

    /// Whether a line is a whole JSON object, so that its file may be one of JSON lines.
    static func isObject(_ line: String) -> Bool {
        (try? Fields.decoder(.ofIntents).decode(Fields.self, from: Data(line.utf8))) != nil
    }

    func row() throws(ReadFault) -> LabelledRow {
        guard let text = value(RowColumns.text) else { throw missing(RowColumns.text) }
        guard value(columns.labels) != nil else { throw missing(columns.labels) }
        return LabelledRow(
            text: text, label: value(columns.label) ?? "", locale: value(RowColumns.locale),
            split: value(RowColumns.split), knowledge: columns.takesKnowledge ? value([RowColumns.knowledge]) : nil,
            slots: fields.slots, line: number)
    }

    private func value(_ names: [String]) -> String? {
        for name in names {
            if let value = fields.strings[name] { return value }
        }
        return nil
    }

    private func missing(_ names: [String]) -> ReadFault {
        ReadFault(line: number, message: "the key '\(names.joined(separator: "' or '"))' is missing")
    }
}

/// The values that are used; data sets have large values beside them, which are not decoded.
private struct Fields: Decodable {
    var strings: [String: String] = [:]
    var notStrings: [String] = []
    var unused: [String] = []
    var slots: [RowSlot] = []
    /// A key that should have slots and does not.
    var notSlots: String?

    private static let known = Set(RowColumns.text + RowColumns.locale + RowColumns.split)
    private static let labels = CodingUserInfoKey(rawValue: "labels")

    /// Decodes the values of the columns and of no others.
    static func decoder(_ columns: RowColumns) -> JSONDecoder {
        let decoder = JSONDecoder()
        if let labels { decoder.userInfo[labels] = columns.labels }
        return decoder
    }

    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let labels = Self.labels.flatMap { decoder.userInfo[$0] as? [String] } ?? []
        for key in container.allKeys {
            let name = key.stringValue
            if RowColumns.slots.contains(name) {
                do {
                    slots += try container.decodeIfPresent([RowSlot].self, forKey: key) ?? []
                } catch {
                    notSlots = name
                }
            } else if !Self.known.contains(name), !labels.contains(name) {
                unused.append(name)
            } else if let value = try? container.decode(String.self, forKey: key) {
                strings[name] = value
            } else if try !container.decodeNil(forKey: key) {
                notStrings.append(name)
            }
        }
    }
}
