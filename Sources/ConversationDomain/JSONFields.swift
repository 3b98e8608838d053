/// Reads the fields of a JSON object strictly: a wrong type, a missing field or an unknown field is a `ChatError(.invalidRequest)`
/// that names the field.
public struct JSONFields {
    private var fields: [String: JSONValue]
    private let path: String

    /// - Parameter path: where the object stands, for error messages; empty for the body itself.
    public init(_ value: JSONValue, path: String = "") throws {
        guard case .object(let fields) = value else {
            throw ChatError(.invalidRequest, "\(path.isEmpty ? "the body" : "'\(path)'") must be a JSON object")
        }
        self.fields = fields
        self.path = path
    }

    private func name(_ field: String) -> String { path.isEmpty ? "'\(field)'" : "'\(path).\(field)'" }

    /// Takes a field out; a JSON null counts as absent.
    public mutating func take(_ field: String) -> JSONValue? {
        guard let value = fields.removeValue(forKey: field), value != .null else { return nil }
        return value
    }

    public mutating func string(_ field: String) throws -> String? {
        guard let value = take(field) else { return nil }
        guard case .string(let text) = value else {
            throw ChatError(.invalidRequest, "\(name(field)) must be a string")
        }
        return text
    }

    public mutating func requiredString(_ field: String) throws -> String {
        guard let text = try string(field) else {
            throw ChatError(.invalidRequest, "\(name(field)) is required and must be a string")
        }
        return text
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
        guard let unknown = fields.keys.min() else { return }
        throw ChatError(.invalidRequest, "unknown field \(name(String(unknown.prefix(64))))")
    }
}
