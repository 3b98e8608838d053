import Foundation

/// Any JSON value.
public enum JSONTree: Hashable, Sendable, Decodable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONTree])
    case object([String: JSONTree])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .bool(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([JSONTree].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: JSONTree].self))
        }
    }

    public init(parsing bytes: some Collection<UInt8>) throws {
        self = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
    }

    /// The member; nil when it is not there.
    public subscript(_ name: String) -> JSONTree? { members[name] }

    public var members: [String: JSONTree] { if case .object(let members) = self { members } else { [:] } }
    public var elements: [JSONTree] { if case .array(let elements) = self { elements } else { [] } }
    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var number: Double? { if case .number(let number) = self { number } else { nil } }

    /// What JSON Schema calls its type.
    var types: Set<String> {
        switch self {
        case .null: ["null"]
        case .bool: ["boolean"]
        case .number(let number): number == number.rounded() ? ["number", "integer"] : ["number"]
        case .string: ["string"]
        case .array: ["array"]
        case .object: ["object"]
        }
    }
}

/// Checks values against the part of JSON Schema 2020-12 that the interface's description uses. A keyword that it does not know is a
/// fault, so that nothing is passed over.
public struct JSONSchema: Sendable {
    let document: JSONTree

    private static let notes: Set<String> = ["title", "description", "default", "examples"]

    /// - Parameter document: what `$ref` points into.
    public init(document: JSONTree) { self.document = document }

    /// What is wrong with a value, each with its place; an object may only have members that are declared, although readers should
    /// ignore others.
    public func faults(of value: JSONTree, against schema: JSONTree, at place: String = "$") -> [String] {
        faults(value, schema, place, known: [])
    }

    /// What a reference stands for.
    public func resolved(_ schema: JSONTree) -> JSONTree {
        guard let reference = schema["$ref"]?.string else { return schema }
        var target: JSONTree? = document
        for step in reference.split(separator: "/").dropFirst() { target = target?[String(step)] }
        return target.map { resolved($0) } ?? .null
    }

    /// - Parameter known: members that another part of the schema declares.
    private func faults(_ value: JSONTree, _ schema: JSONTree, _ place: String, known: Set<String>) -> [String] {
        if let reference = schema["$ref"]?.string {
            let target = resolved(schema)
            return target == .null
                ? ["\(place): \(reference) leads nowhere"] : faults(value, target, place, known: known)
        }
        if let types = schema["type"] {
            let wanted = types.string.map { [$0] } ?? types.elements.compactMap(\.string)
            guard !value.types.isDisjoint(with: wanted) else {
                return ["\(place): is \(value.types.sorted()), expected \(wanted)"]
            }
        }
        return schema.members.sorted { $0.key < $1.key }.flatMap { keyword, rule -> [String] in
            Self.notes.contains(keyword) || keyword == "type"
                ? [] : faults(value, keyword, rule, of: schema, place, known: known)
        }
    }

    private func faults(
        _ value: JSONTree, _ keyword: String, _ rule: JSONTree, of schema: JSONTree, _ place: String, known: Set<String>
    ) -> [String] {
        switch keyword {
        case "const": return value == rule ? [] : ["\(place): expected \(rule)"]
        case "enum": return rule.elements.contains(value) ? [] : ["\(place): \(value) is none of \(rule)"]
        case "anyOf", "oneOf":
            let found = rule.elements.map { faults(value, $0, place, known: known) }
            let fitting = found.count { $0.isEmpty }
            guard fitting == 0 || keyword == "oneOf" && fitting > 1 else { return [] }
            return ["\(place): fits \(fitting) alternatives: \(found.map { $0.joined(separator: ", ") })"]
        case "allOf":
            let all = rule.elements.reduce(known) {
                $0.union(resolved($1)["properties"]?.members.keys.map { $0 } ?? [])
            }
            return rule.elements.flatMap { faults(value, $0, place, known: all) }
        case "minLength", "maxLength", "pattern", "format": return textFault(value, keyword, rule, place)
        case "minimum", "maximum", "minItems", "maxItems", "maxProperties":
            return sizeFault(value, keyword, rule, place)
        case "items":
            return value.elements.enumerated().flatMap { faults($1, rule, "\(place)[\($0)]", known: []) }
        case "propertyNames":
            return value.members.keys.flatMap { faults(.string($0), rule, "\(place) name", known: []) }
        case "required":
            let missing = rule.elements.compactMap(\.string).filter { value[$0] == nil }
            if case .object = value { return missing.map { "\(place).\($0): is missing" } }
            return []
        case "properties", "additionalProperties":
            return keyword == "properties" || schema["properties"] == nil
                ? memberFaults(value, schema, place, known: known) : []
        default: return ["\(place): the keyword \(keyword) is not known"]
        }
    }

    private func memberFaults(_ value: JSONTree, _ schema: JSONTree, _ place: String, known: Set<String>) -> [String] {
        let declared = schema["properties"]?.members ?? [:]
        return value.members.sorted { $0.key < $1.key }.flatMap { name, member -> [String] in
            if let rule = declared[name] { return faults(member, rule, "\(place).\(name)", known: []) }
            switch schema["additionalProperties"] {
            case .object(let rule)?: return faults(member, .object(rule), "\(place).\(name)", known: [])
            case .bool(true)?: return []
            default: return known.contains(name) ? [] : ["\(place).\(name): is not declared"]
            }
        }
    }

    private func textFault(_ value: JSONTree, _ keyword: String, _ rule: JSONTree, _ place: String) -> [String] {
        guard case .string(let text) = value else { return [] }
        let isRight =
            switch keyword {
            case "minLength": Double(text.unicodeScalars.count) >= rule.number ?? .infinity
            case "maxLength": Double(text.unicodeScalars.count) <= rule.number ?? -1
            case "pattern": rule.string.map { Self.matches(text, $0) } ?? false
            default: Self.hasFormat(text, rule.string ?? "")
            }
        return isRight ? [] : ["\(place): \(text.debugDescription) breaks \(keyword) \(rule)"]
    }

    private func sizeFault(_ value: JSONTree, _ keyword: String, _ rule: JSONTree, _ place: String) -> [String] {
        let size: Double
        switch (value, keyword) {
        case (.number(let number), "minimum"), (.number(let number), "maximum"): size = number
        case (.array(let elements), "minItems"), (.array(let elements), "maxItems"): size = Double(elements.count)
        case (.object(let members), "maxProperties"): size = Double(members.count)
        default: return []
        }
        guard let bound = rule.number else { return ["\(place): \(keyword) is no number"] }
        let isRight = keyword.hasPrefix("min") ? size >= bound : size <= bound
        return isRight ? [] : ["\(place): \(size) breaks \(keyword) \(bound)"]
    }

    static func matches(_ text: String, _ pattern: String) -> Bool {
        // The end is the end, with no line end behind it.
        let strict = pattern.hasSuffix("$") ? pattern.dropLast() + #"\z"# : pattern[...]
        guard let expression = try? NSRegularExpression(pattern: String(strict)) else { return false }
        return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    private static func hasFormat(_ text: String, _ format: String) -> Bool {
        switch format {
        case "date-time":
            matches(text, #"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"#)
        case "uri-reference": URL(string: text) != nil
        default: false
        }
    }
}
