package import Access
package import ConversationDomain
package import Foundation
package import HTTPTypes
public import Hummingbird
package import NIOCore
import Wire

/// What a request carries through middleware and routes.
public struct HTTPContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    package let channel: any Channel
    /// The address that the connection comes from.
    package let peer: String
    /// Where the request comes from; set at the boundary.
    package var origin: RequestOrigin
    /// As it is answered in `X-Request-Id`; set at the boundary.
    package var requestID = ""

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        peer = source.channel.remoteAddress?.ipAddress ?? "unknown"
        origin = RequestOrigin(address: peer)
    }
}

extension HTTPField.Name {
    package static let requestID = Self.known("X-Request-Id")
    package static let idempotentReplayed = Self.known("Idempotent-Replayed")
    package static let idempotencyKey = Self.known("Idempotency-Key")
    package static let resumeToken = Self.known("Frontdesk-Resume-Token")
    package static let visitorToken = Self.known("Frontdesk-Visitor-Token")
    package static let referrerPolicy = Self.known("Referrer-Policy")

    /// A name that is a header's name for certain.
    private static func known(_ name: StaticString) -> Self {
        guard let known = Self("\(name)") else { preconditionFailure("\(name) is no header's name") }
        return known
    }
}

extension Request {
    /// Where the request comes from, with the word of those proxies that are trusted.
    package func origin(peer: String, _ proxies: TrustedProxies) -> RequestOrigin {
        proxies.origin(peer: peer, isEncrypted: head.scheme == "https") { name in
            guard name != "Host" else { return head.authority.map { [$0] } ?? [] }
            return HTTPField.Name(name).map { headers[values: $0] } ?? []
        }
    }

    /// The key of `Authorization: Bearer KEY`.
    package var bearer: String? { BearerCredential.key(headers[.authorization])?.string }

    /// What is wrong with the head; nothing of it is compared before this was asked.
    package var headFault: HeadLimits.Fault? {
        var fields = headers.map { (name: $0.name.rawName, value: $0.value) }
        fields.append((name: "host", value: head.authority ?? ""))
        return HeadLimits.fault(target: head.path ?? "", fields: fields)
    }

    /// A query parameter's value; nil when it is absent.
    package func parameter(_ name: UTF8Text) -> UTF8Text? {
        uri.queryParameters.first { UTF8Text(String($0.key)) == name }.map { UTF8Text(String($0.value)) }
    }

    /// - Throws: `ChatError(.invalidRequest)` that names the first query parameter which is not `expected`.
    package func checkParameters(_ expected: [UTF8Text]) throws {
        for (key, _) in uri.queryParameters {
            guard let key = UTF8Text(key, atMost: HeadLimits.parameterName) else {
                throw ChatError(
                    .invalidRequest, "a query parameter's name is longer than \(HeadLimits.parameterName) bytes")
            }
            if expected.contains(key) { continue }
            let names = expected.dropLast().map(\.string).joined(separator: ", ")
            throw ChatError(
                .invalidRequest,
                "unknown query parameter '\(key.beginning(64))'; expected \(names) or \(expected.last?.string ?? "none")"
            )
        }
    }

    /// - Throws: `ChatError` for a body that is too large, or did not arrive whole.
    package mutating func wholeBody(limit: Int) async throws -> ByteBuffer {
        do {
            return try await collectBody(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ChatError(.tooLarge, "the body is larger than \(limit) bytes")
        } catch {
            // The client left, or sent something that is not HTTP.
            throw ChatError(.invalidRequest, "the body did not arrive whole")
        }
    }

    /// The body as it came.
    /// - Throws: `ChatError` for a body that is too large, did not arrive whole, or is compressed.
    package mutating func bytes(atMost limit: Int) async throws -> Data {
        let buffer = try await wholeBody(limit: limit)
        let coding = headers[.contentEncoding].map { UTF8Text($0).lowercasedASCII }
        guard coding == nil || coding == "identity" else {
            throw ChatError(.unsupportedMediaType, "the body must not be compressed")
        }
        return Data(buffer.readableBytesView)
    }
}

extension Response {
    package static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(bytes: try JSONEncoder.frontdesk().encode(value), status: status)
    }

    /// What was made, with its path in `Location`.
    package static func created(_ value: some Encodable, at path: String) throws -> Response {
        var response = try json(value, status: .created)
        response.headers[.location] = path
        return response
    }

    package static func json(bytes: Data, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    package static func text(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
