public import ConversationDomain

/// What a JSON value may be, in the words of JSON Schema 2020-12. A request's field carries the shape that it is checked against
/// (``RequestField``), and the description of the interface shows it.
public struct Shape: Hashable, Sendable {
    /// The schema itself.
    public let json: JSONValue

    public init(_ schema: [String: JSONValue]) { json = .object(schema) }

    /// A member of an object.
    public struct Member: Hashable, Sendable {
        public enum Presence: Hashable, Sendable {
            /// Always there; null only where the shape says so.
            case always
            /// Absent or null where there is nothing to say.
            case optional
            /// Absent where there is nothing to say, never null.
            case sometimes
        }

        public let name: String
        public let shape: Shape
        /// What the member is for, for people.
        public let note: String
        public let presence: Presence

        public init(_ name: String, _ shape: Shape, _ note: String = "", _ presence: Presence = .always) {
            self.name = name
            self.shape = shape
            self.note = note
            self.presence = presence
        }

        public func with(_ presence: Presence) -> Member { Member(name, shape, note, presence) }

        fileprivate var schema: JSONValue {
            let shape = presence == .optional ? shape.orNull : shape
            return note.isEmpty ? shape.json : shape.noted(note).json
        }
    }
}

// MARK: - Plain values

extension Shape {
    /// - Parameter length: in Unicode scalars.
    public static func string(_ length: ClosedRange<Int>? = nil, pattern: String? = nil, format: String? = nil)
        -> Shape
    {
        var schema: [String: JSONValue] = ["type": "string"]
        if let length {
            if length.lowerBound > 0 { schema["minLength"] = .integer(Int64(length.lowerBound)) }
            schema["maxLength"] = .integer(Int64(length.upperBound))
        }
        if let pattern { schema["pattern"] = .string(pattern) }
        if let format { schema["format"] = .string(format) }
        return Shape(schema)
    }

    public static let bool = Shape(["type": "boolean"])
    public static let null = Shape(["type": "null"])
    /// An object of anything.
    public static let anyObject = Shape(["type": "object"])

    /// - Parameter range: an upper bound of `Int.max` stands for none.
    public static func integer(_ range: ClosedRange<Int>) -> Shape {
        var schema: [String: JSONValue] = ["type": "integer", "minimum": .integer(Int64(range.lowerBound))]
        if range.upperBound < Int.max { schema["maximum"] = .integer(Int64(range.upperBound)) }
        return Shape(schema)
    }

    /// A number of at least 0, and at most `maximum`.
    public static func number(atMost maximum: Int? = nil) -> Shape {
        var schema: [String: JSONValue] = ["type": "number", "minimum": 0]
        if let maximum { schema["maximum"] = .integer(Int64(maximum)) }
        return Shape(schema)
    }

    /// A probability, or what is counted as one.
    public static let share = number(atMost: 1)

    public static func choice(_ values: [String]) -> Shape {
        Shape(["type": "string", "enum": .array(values.map { .string($0) })])
    }

    public static func choice<Value: RawRepresentable<String> & CaseIterable>(_ type: Value.Type) -> Shape {
        choice(type.allCases.map(\.rawValue))
    }

    /// Exactly this text.
    public static func constant(_ value: String) -> Shape { Shape(["type": "string", "const": .string(value)]) }
}

// MARK: - Values of values

extension Shape {
    public static func list(_ element: Shape, _ count: ClosedRange<Int>? = nil) -> Shape {
        var schema: [String: JSONValue] = ["type": "array", "items": element.json]
        if let count {
            if count.lowerBound > 0 { schema["minItems"] = .integer(Int64(count.lowerBound)) }
            schema["maxItems"] = .integer(Int64(count.upperBound))
        }
        return Shape(schema)
    }

    /// An object of members that are known by name.
    /// - Parameter isClosed: others are refused; what the server sends may get more members some day.
    public static func object(_ members: [Member], isClosed: Bool = false) -> Shape {
        var schema: [String: JSONValue] = [
            "type": "object",
            "properties": .object(
                Dictionary(members.map { ($0.name, $0.schema) }, uniquingKeysWith: { first, _ in first })),
        ]
        let required = members.filter { $0.presence == .always }.map { JSONValue.string($0.name) }
        if !required.isEmpty { schema["required"] = .array(required) }
        if isClosed { schema["additionalProperties"] = false }
        return Shape(schema)
    }

    /// An object whose members have any names of a pattern, and one shape.
    public static func map(of value: Shape, names: String? = nil, atMost count: Int? = nil) -> Shape {
        var schema: [String: JSONValue] = ["type": "object", "additionalProperties": value.json]
        if let names { schema["propertyNames"] = .object(["pattern": .string(names)]) }
        if let count { schema["maxProperties"] = .integer(Int64(count)) }
        return Shape(schema)
    }

    public static func oneOf(_ shapes: [Shape]) -> Shape { Shape(["oneOf": .array(shapes.map(\.json))]) }
    public static func anyOf(_ shapes: [Shape]) -> Shape { Shape(["anyOf": .array(shapes.map(\.json))]) }

    /// A shape that the description names once.
    public static func named(_ name: String) -> Shape {
        Shape(["$ref": .string("#/components/schemas/\(name)")])
    }

    public var orNull: Shape {
        guard case .object(var schema) = json, case .string(let type) = schema["type"], schema["enum"] == nil,
            schema["const"] == nil
        else { return .anyOf([self, .null]) }
        schema["type"] = .array([.string(type), "null"])
        return Shape(schema)
    }

    /// With a description.
    public func noted(_ note: String) -> Shape { adding("description", .string(note)) }

    /// With a title, which tells alternatives apart.
    public func titled(_ title: String) -> Shape { adding("title", .string(title)) }

    public func with(default value: JSONValue) -> Shape { adding("default", value) }

    public func with(example value: JSONValue) -> Shape { adding("examples", .array([value])) }

    private func adding(_ keyword: String, _ value: JSONValue) -> Shape {
        guard case .object(var schema) = json else { return self }
        schema[keyword] = value
        return Shape(schema)
    }
}

// MARK: - The domain's names

extension Shape {
    /// Times are RFC 3339 in UTC.
    public static let time = string(format: "date-time").with(example: "2026-11-23T08:15:30.123Z")

    /// A ``BotLocale``.
    public static let locale = string(1...35, pattern: BotLocale.pattern).with(example: "en")

    /// A ``ChosenName`` of the usual alphabet.
    public static let name = string(1...128, pattern: IntentName.pattern).with(example: "order.status")

    /// A ``SlotName`` or a ``ClassifierName``.
    public static let variable = string(1...64, pattern: SlotName.pattern).with(example: "order_number")

    /// An identifier as a request must have it.
    public static func identifier<ID: PrefixedIdentifier>(_ kind: ID.Type) -> Shape { string(pattern: kind.pattern) }

    /// An identifier as an answer has it.
    public static func known<ID: PrefixedIdentifier>(_ kind: ID.Type) -> Shape {
        string(pattern: "^\(kind.prefix)_[0-9A-Z]+$").with(
            example: .string("\(kind.prefix)_038G7BH5JAB3CEWEESP168NR6FZ5W"))
    }
}

extension ChosenName {
    /// The names that ``isValid(_:)`` takes, as a regular expression.
    public static var pattern: String { #"^[\p{Alpha}\p{N}._\-/:]{1,128}$"# }
}

extension SlotName {
    /// As a regular expression.
    public static let pattern = "^[A-Za-z_][A-Za-z0-9_]{0,63}$"
}

extension BotLocale {
    /// The tags that ``init(_:)`` takes, as a regular expression.
    public static let pattern = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$"
}

extension PrefixedIdentifier {
    /// The identifiers that ``init(_:)`` takes, as a regular expression.
    public static var pattern: String {
        "^\(prefix)_[0-9A-HJKMNP-TV-Z]{\(IdentifierGenerator.encodedLength)}$"
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(members, uniquingKeysWith: { first, _ in first }))
    }
}
