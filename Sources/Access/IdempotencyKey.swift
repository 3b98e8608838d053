public import ConversationDomain
internal import Crypto
public import Foundation
public import People

/// The `Idempotency-Key` of a request: the caller's own name for it, by which a repeat is known.
public struct IdempotencyKey: Hashable, Sendable {
    /// Characters that it can have.
    public static let length = 1...255
    /// As a regular expression.
    public static let pattern = "^[!-~]{1,255}$"

    private let text: String

    /// - Throws: `ChatError(.invalidRequest)` for anything but 1 to 255 visible characters of ASCII.
    public init(_ text: String) throws {
        guard Self.length.contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ChatError(
                .invalidRequest,
                "Idempotency-Key must be one value of \(Self.length.lowerBound) to \(Self.length.upperBound) visible ASCII characters, such as a UUID"
            )
        }
        self.text = text
    }

    /// The request that it names.
    /// - Parameter body: as it was sent; another spelling of the same JSON is another body.
    public func request(of principal: Principal, path: String, body: Data) -> RepeatableRequest {
        var name = SHA256()
        // A page's visitors share its key: what one of them has been answered is not another's.
        for part in [path, principal.client?.description ?? "", text] {
            withUnsafeBytes(of: UInt64(part.utf8.count).bigEndian) { name.update(bufferPointer: $0) }
            name.update(data: Data(part.utf8))
        }
        return RepeatableRequest(
            key: principal.key, name: Data(name.finalize()), body: Data(SHA256.hash(data: body)))
    }
}

/// Seals what callers were answered with, so that nobody reads it out of the database: the key is made of the caller's own API key,
/// which is stored nowhere, and of the caller's name for the request.
public struct AnswerSeal: Sendable {
    private let key: SymmetricKey

    /// - Parameter credential: the API key that the request came with.
    public init(_ credential: String, for request: RepeatableRequest) {
        key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: Data(credential.utf8)), salt: request.name,
            info: Data("frontdesk kept answer".utf8), outputByteCount: 32)
    }

    public func seal(_ answer: Data) throws -> Data {
        guard let sealed = try AES.GCM.seal(answer, using: key).combined else {
            throw ChatError(.internal, "an answer could not be sealed")
        }
        return sealed
    }

    public func open(_ sealed: Data) throws -> Data {
        try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key)
    }
}
