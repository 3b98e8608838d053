public import Foundation

/// The description of the REST interface as it is committed, to check answers against.
public struct RESTInterface: Sendable {
    /// `docs/openapi.json` of this package.
    public static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/openapi.json")

    public static let committed = Result { try RESTInterface(Data(contentsOf: file)) }

    public let document: JSONTree
    public let schema: JSONSchema
    /// Every call with its method in upper case.
    public let operations: [(method: String, path: String, operation: JSONTree)]

    public init(_ bytes: Data) throws {
        document = try JSONTree(parsing: bytes)
        schema = JSONSchema(document: document)
        let paths = document["paths"]?.members ?? [:]
        operations = paths.sorted { $0.key < $1.key }.flatMap { path, methods in
            methods.members.sorted { $0.key < $1.key }.map { ($0.key.uppercased(), path, $0.value) }
        }
    }

    /// What is wrong with an answer; nothing when the call is not declared, which makes the answer nobody's promise.
    /// - Parameter headers: by names in lower case.
    public func faults(
        of method: String, _ path: String, status: Int, headers: [String: String], body: some Collection<UInt8>
    ) -> [String] {
        let steps = Self.steps(String(path.prefix { $0 != "?" }))
        guard
            let call = operations.first(where: { call in
                let wanted = Self.steps(call.path)
                return call.method == method && wanted.count == steps.count
                    && zip(wanted, steps).allSatisfy { $0 == "{id}" || $0 == $1 }
            })
        else { return [] }
        let name = "\(method) \(call.path) \(status)"
        guard let answer = call.operation["responses"]?["\(status)"].map({ schema.resolved($0) }), answer != .null
        else { return ["\(name): the status is not declared"] }
        return (headerFaults(answer, headers) + bodyFaults(answer, headers, body)).map { "\(name): \($0)" }
    }

    private func headerFaults(_ answer: JSONTree, _ headers: [String: String]) -> [String] {
        (answer["headers"]?.members ?? [:]).flatMap { name, header -> [String] in
            let header = schema.resolved(header)
            guard let value = headers[name.lowercased()] else {
                return header["required"] == .bool(true) ? ["the header \(name) is missing"] : []
            }
            let rule = header["schema"] ?? .null
            let isNumber = rule["type"]?.string == "integer"
            let tree = isNumber ? Double(value).map { JSONTree.number($0) } ?? .string(value) : .string(value)
            return schema.faults(of: tree, against: rule, at: name)
        }
    }

    private func bodyFaults(_ answer: JSONTree, _ headers: [String: String], _ body: some Collection<UInt8>) -> [String]
    {
        let content = answer["content"]?.members ?? [:]
        guard !content.isEmpty else { return body.isEmpty ? [] : ["there is a body"] }
        let type = headers["content-type"].map { String($0.prefix { $0 != ";" }) } ?? "none"
        guard let rule = content[type]?["schema"] else { return ["the type \(type) is not declared"] }
        guard type.hasSuffix("json") else { return [] }
        guard let value = try? JSONTree(parsing: body) else { return ["the body is not JSON"] }
        // A description of an interface is not described itself.
        if value["openapi"] != nil { return [] }
        return schema.faults(of: value, against: rule)
    }

    private static func steps(_ path: String) -> [Substring] { path.split(separator: "/") }
}
