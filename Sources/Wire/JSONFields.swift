public import ConversationDomain

/// Reads the fields of a JSON object strictly: a wrong type, a missing field or an unknown field is a `ChatError(.invalidRequest)`
/// that names the field.
public struct JSONFields {
    private var fields: [String: JSONValue]
    /// Fields that cannot be taken out.
    private var undeclared: [String] = []
    private let path: String

    /// - Parameters:
    ///   - path: where the object stands, for error messages; empty for the body itself.
    ///   - declared: the fields that there can be; nil for whichever are taken out.
    public init(_ value: JSONValue, path: String = "", declared: Set<String>? = nil) throws {
        guard case .object(let fields) = value else {
            throw ChatError(.invalidRequest, "\(path.isEmpty ? "the body" : "'\(path)'") must be a JSON object")
        }
        self.fields = fields
        self.path = path
        guard let declared else { return }
        undeclared = fields.keys.filter { !declared.contains($0) }
        for name in undeclared { self.fields[name] = nil }
    }

    private func name(_ field: String) -> String { path.isEmpty ? "'\(field)'" : "'\(path).\(field)'" }

    /// Whether a field is there that has not been taken out; a JSON null counts as absent.
    public func holds(_ field: String) -> Bool { fields[field].map { $0 != .null } ?? false }

    /// Whether a field is there that has not been taken out, and be it null.
    public func names(_ field: String) -> Bool { fields[field] != nil }

    /// Takes a field out; a JSON null counts as absent.
    public mutating func take(_ field: String) -> JSONValue? {
        guard let value = fields.removeValue(forKey: field) else { return nil }
        if case .null = value { return nil }
        return value
    }

    /// What a name, an identifier or a word to choose from may have: a name of 128 characters has at most so many bytes.
    public static let wordBytes = 512

    /// A name, an identifier or a word to choose from, bounded, so that it may be compared.
    public mutating func string(_ field: String, atMost bytes: Int = wordBytes) throws -> String? {
        guard let text = try freeText(field) else { return nil }
        guard text.utf8.count <= bytes else {
            throw ChatError(.invalidRequest, "\(name(field)) is longer than \(bytes) bytes")
        }
        return text
    }

    public mutating func requiredString(_ field: String, atMost bytes: Int = wordBytes) throws -> String {
        guard let text = try string(field, atMost: bytes) else { throw missing(field) }
        return text
    }

    /// Text of a person, as long as the body allows: whoever takes it bounds it before anything else.
    public mutating func freeText(_ field: String) throws -> String? {
        guard let value = take(field) else { return nil }
        guard case .string(let text) = value else {
            throw ChatError(.invalidRequest, "\(name(field)) must be a string")
        }
        return text
    }

    public mutating func requiredFreeText(_ field: String) throws -> String {
        guard let text = try freeText(field) else { throw missing(field) }
        return text
    }

    func missing(_ field: String) -> ChatError {
        ChatError(.invalidRequest, "\(name(field)) is required and must be a string")
    }

    /// - Parameter range: the values that are accepted.
    public mutating func integer(_ field: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let value = take(field) else { return nil }
        guard case .integer(let number) = value, let number = Int(exactly: number), range.contains(number) else {
            throw ChatError(
                .invalidRequest, "\(name(field)) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    public mutating func bool(_ field: String) throws -> Bool? {
        guard let value = take(field) else { return nil }
        guard case .bool(let flag) = value else {
            throw ChatError(.invalidRequest, "\(name(field)) must be true or false")
        }
        return flag
    }

    public mutating func object(_ field: String) throws -> JSONFields? {
        guard let value = take(field) else { return nil }
        return try JSONFields(value, path: path.isEmpty ? field : "\(path).\(field)")
    }

    /// - Parameter limit: the most elements that are accepted.
    public mutating func strings(_ field: String, limit: Int) throws -> [String]? {
        guard let value = take(field) else { return nil }
        guard case .array(let elements) = value, elements.count <= limit else {
            throw ChatError(.invalidRequest, "\(name(field)) must be an array of at most \(limit) strings")
        }
        return try elements.map { element in
            guard case .string(let text) = element else {
                throw ChatError(.invalidRequest, "\(name(field)) must hold strings only")
            }
            return text
        }
    }

    /// A flat object of strings, numbers and booleans, given as strings (the slots of a pressed button).
    public mutating func stringMap(_ field: String, limit: Int) throws -> [String: String]? {
        guard let value = take(field) else { return nil }
        guard case .object(let members) = value, members.count <= limit else {
            throw ChatError(.invalidRequest, "\(name(field)) must be an object of at most \(limit) values")
        }
        return try members.mapValues { member in
            switch member {
            case .string(let text): return text
            case .integer(let number): return String(number)
            case .number(let number): return String(number)
            case .bool(let flag): return String(flag)
            case .null, .array, .object:
                throw ChatError(.invalidRequest, "\(name(field)) must hold strings, numbers or booleans only")
            }
        }
    }

    /// A flat object of whole numbers.
    public mutating func integerMap(_ field: String) throws -> [String: Int]? {
        guard let value = take(field) else { return nil }
        guard case .object(let members) = value else {
            throw ChatError(.invalidRequest, "\(name(field)) must be an object")
        }
        return try members.mapValues { member in
            guard case .integer(let number) = member, let number = Int(exactly: number) else {
                throw ChatError(.invalidRequest, "\(name(field)) must hold whole numbers only")
            }
            return number
        }
    }

    /// Call last: refuses what was not taken.
    public func finish() throws {
        guard let unknown = (undeclared + fields.keys).lazy.map(UTF8Text.init(_:)).min() else { return }
        throw ChatError(.invalidRequest, "unknown field \(name(unknown.beginning(64)))")
    }
}
