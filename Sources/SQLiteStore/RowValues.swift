internal import ConversationDomain
internal import Foundation

/// Values that rows hold as JSON text.
enum RowJSON {
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder.frontdesk().encode(value), as: UTF8.self)
    }

    static func value<Value: Decodable>(_ text: String) throws -> Value {
        try JSONDecoder.frontdesk().decode(Value.self, from: Data(text.utf8))
    }

    /// The case that a column's text names; the schema's CHECK allows no other.
    static func enumeration<Value: RawRepresentable<String>>(_ text: String) throws -> Value {
        guard let value = Value(rawValue: text) else {
            throw StoreError(.altered, "unexpected value '\(text)' in the database")
        }
        return value
    }
}

/// Times are stored in milliseconds since 1970.
enum RowTime {
    static func milliseconds(_ date: Date) -> Int64 { Int64((date.timeIntervalSince1970 * 1000).rounded()) }
    static func date(_ milliseconds: Int64) -> Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
