package import ConversationDomain
internal import DataFolder
package import Foundation
package import GRDB
import Wire

/// Values that rows hold as JSON text.
package enum RowJSON {
    package static func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder.frontdesk().encode(value), as: UTF8.self)
    }

    package static func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder.frontdesk().decode(Value.self, from: Data(text.utf8))
    }

    /// An array of texts.
    package static func strings(_ text: String) throws -> [String] {
        guard case .array(let elements) = try json(text) else { throw unreadable(text) }
        return try elements.map { element in
            guard case .string(let string) = element else { throw unreadable(text) }
            return string
        }
    }

    package static func state(_ text: String) throws -> DialogueState {
        guard let state = try? DialogueState(json: try json(text)) else { throw unreadable(text) }
        return state
    }

    /// The case that a column's text names; the schema's CHECK allows no other.
    package static func enumeration<Value: RawRepresentable<String>>(_ text: String) throws -> Value {
        guard let value = Value(rawValue: text) else { throw unreadable(text) }
        return value
    }

    private static func json(_ text: String) throws -> JSONValue {
        // Names were bounded by the whole value before they were bounded by themselves.
        guard let value = try? JSONValue.parse(text.utf8, nameBytes: Limits().metadataBytes) else {
            throw unreadable(text)
        }
        return value
    }

    private static func unreadable(_ text: String) -> StoreError {
        StoreError(.altered, "unexpected value '\(text.prefix(64))' in the database")
    }
}

/// Times are stored in milliseconds since 1970.
package enum RowTime {
    package static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }
    package static func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}

extension Database {
    /// The first row of a statement that is compiled once, read in place: for look-ups that every message makes. Its columns
    /// are taken by their index, which needs no search by name.
    package func first<Value>(_ sql: String, _ arguments: StatementArguments, _ value: (Row) throws -> Value) throws
        -> Value?
    {
        let rows = try Row.fetchCursor(try cachedStatement(sql: sql), arguments: arguments)
        return try withExtendedLifetime(rows) { try rows.next().map(value) }
    }
}
