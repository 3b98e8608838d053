import ConversationDomain
import Foundation
import NativeContent
import Wire

/// What a file of settings says: one key a line with its value, or its list of values, in YAML or JSON.
struct SettingsFile {
    struct Entry {
        let key: String
        /// Nil when the format does not tell.
        let line: Int?
        /// One value, unless it was written as a list.
        let values: [String]
        let isList: Bool
    }

    /// Bytes of the file at most.
    static let sizeLimit = 64 * 1024

    let path: String
    let entries: [Entry]

    /// - Throws: `ChatError` that names the file and the line.
    init(_ path: String) throws {
        self.path = path
        let data = try Self.bytes(of: path)
        let isJSON = path.lowercased().hasSuffix(".json")
        entries = try isJSON ? Self.json(data, path) : Self.yaml(data, path)
    }

    func refusal(_ entry: Entry, _ what: String) -> ChatError { Self.refusal(path, entry.line, what) }

    private static func refusal(_ path: String, _ line: Int?, _ what: String) -> ChatError {
        ChatError(.invalidRequest, "\(path):\(line.map { "\($0):" } ?? "") \(what)")
    }

    private static func bytes(of path: String) throws -> Data {
        let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
        let type = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.type] as? FileAttributeType
        guard type == .typeRegular else { throw refusal(path, nil, "there is no such file of settings") }
        guard let handle = try? FileHandle(forReadingFrom: url) else { throw refusal(path, nil, "it cannot be read") }
        defer { try? handle.close() }
        let data = (try? handle.read(upToCount: sizeLimit + 1)) ?? Data()
        guard data.count <= sizeLimit else { throw refusal(path, nil, "it has more than \(sizeLimit) bytes") }
        return data
    }

    private static let shape = "expected one key a line with its value, such as port: 8080"

    private static func yaml(_ data: Data, _ path: String) throws -> [Entry] {
        let node: YAMLNode?
        do {
            node = try YAMLNode.parse(try TextDecoding.decode(data, guesses: false).text)
        } catch {
            throw refusal(path, error.line, error.message)
        }
        guard let node else { return [] }
        guard case .map(let fields) = node.kind else { throw refusal(path, node.line, shape) }
        return try fields.map { field in
            switch field.value.kind {
            case .null: throw refusal(path, field.line, "'\(field.key.prefix(64))' has no value")
            case .text(let text): return Entry(key: field.key, line: field.line, values: [text], isList: false)
            case .list(let list):
                let values = try list.map { element in
                    guard case .text(let text) = element.kind else {
                        throw refusal(path, element.line, "'\(field.key.prefix(64))' is a list of plain values")
                    }
                    return text
                }
                return Entry(key: field.key, line: field.line, values: values, isList: true)
            case .map: throw refusal(path, field.line, "'\(field.key.prefix(64))' has keys of its own; \(shape)")
            }
        }
    }

    private static func json(_ data: Data, _ path: String) throws -> [Entry] {
        let value: JSONValue
        do {
            value = try JSONValue.parse(data)
        } catch {
            throw refusal(path, nil, "not valid JSON")
        }
        guard case .object(let fields) = value else { throw refusal(path, nil, "expected a JSON object of settings") }
        return try fields.sorted { $0.key < $1.key }.map { key, value in
            if case .array(let list) = value {
                let values = try list.map { try text(of: $0, key, path) }
                return Entry(key: key, line: nil, values: values, isList: true)
            }
            return Entry(key: key, line: nil, values: [try text(of: value, key, path)], isList: false)
        }
    }

    private static func text(of value: JSONValue, _ key: String, _ path: String) throws -> String {
        switch value {
        case .string(let text): return text
        case .integer(let number): return "\(number)"
        case .number(let number): return "\(number)"
        case .bool(let flag): return flag ? "true" : "false"
        case .null: throw refusal(path, nil, "'\(key.prefix(64))' has no value")
        case .array, .object:
            throw refusal(path, nil, "'\(key.prefix(64))' is a text, a number, true, false, or a list of these")
        }
    }
}
