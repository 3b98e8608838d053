internal import Crypto
public import Foundation
internal import WebhookReceiver

/// What a fake of another system was asked that its documentation does not have, and what its next answers come to.
public struct Mishaps: Sendable {
    /// Every request that was not as documented.
    public var faults: [String] = []
    /// Answers that are lost after the work was done, by `METHOD /path` with numbers as `#`.
    public var lost: [String: Int] = [:]
    /// Answers that refuse, before any work, by the same.
    public var refused: [String: [Int]] = [:]

    public init() {}

    /// A path without its query and its numbers, to look it up.
    static func name(_ request: WebhookReceiver.Request) -> String {
        let path = request.path.split(separator: "?")[0]
        return request.method + " /"
            + path.split(separator: "/").map { Int($0) == nil ? String($0) : "#" }.joined(separator: "/")
    }

    mutating func refusal(_ name: String) -> Int? {
        guard let first = refused[name]?.first else { return nil }
        refused[name]?.removeFirst()
        return first
    }

    mutating func isLost(_ name: String) -> Bool {
        guard let count = lost[name], count > 0 else { return false }
        lost[name] = count - 1
        return true
    }
}

/// JSON as the fakes read and write it.
public enum Plain {
    public static func object(_ data: Data) -> [String: Any] {
        ((try? JSONSerialization.jsonObject(with: data)) as? [String: Any]) ?? [:]
    }

    public typealias Object = [String: Any]

    public static func data(_ object: Object) -> Data { text(object) }

    public static func text(_ value: Any) -> Data {
        (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])) ?? Data()
    }

    public static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func sha1(_ body: Data, _ key: String) -> String {
        hex(HMAC<Insecure.SHA1>.authenticationCode(for: body, using: SymmetricKey(data: Data(key.utf8))))
    }

    static func sha256(_ body: Data, _ key: String) -> String {
        hex(HMAC<SHA256>.authenticationCode(for: body, using: SymmetricKey(data: Data(key.utf8))))
    }
}
