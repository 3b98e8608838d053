import Access
import ConversationDomain
import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// What a request carries through middleware and routes.
public struct HTTPContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    private let channel: any Channel
    /// The peer's IP address.
    var address: String { channel.remoteAddress?.ipAddress ?? "unknown" }
    /// As it is answered in `X-Request-Id`; set at the boundary.
    var requestID = ""

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}

extension HTTPField.Name {
    static let requestID = Self("X-Request-Id") ?? .date
    static let idempotentReplayed = Self("Idempotent-Replayed") ?? .date
    static let secFetchSite = Self("Sec-Fetch-Site") ?? .date
    static let referrerPolicy = Self("Referrer-Policy") ?? .date
}

extension Request {
    func origin(_ context: HTTPContext) -> RequestOrigin {
        RequestOrigin(
            origin: headers[.origin], host: head.authority, fetchSite: headers[.secFetchSite], address: context.address)
    }

    /// The key of `Authorization: Bearer KEY`.
    var bearer: String? {
        guard let value = headers[.authorization] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return parts[1].trimmingCharacters(in: .whitespaces)
    }

    /// The fields of a JSON body.
    /// - Parameter allowsEmpty: no body at all counts as `{}`.
    /// - Throws: `ChatError` for a body that is too large, of another type, or not an object.
    mutating func fields(limit: Int, allowsEmpty: Bool = false) async throws -> JSONFields {
        let buffer: ByteBuffer
        do {
            buffer = try await collectBody(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ChatError(.tooLarge, "the body is larger than \(limit) bytes")
        } catch {
            // The client left, or sent something that is not HTTP.
            throw ChatError(.invalidRequest, "the body did not arrive whole")
        }
        if allowsEmpty, buffer.readableBytes == 0 { return try JSONFields(.object([:])) }
        let type = headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased()
        guard type == "application/json" else {
            throw ChatError(.unsupportedMediaType, "the body must be application/json")
        }
        return try JSONFields(try JSONValue.parse(Data(buffer.readableBytesView)))
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(bytes: try JSONEncoder.frontdesk().encode(value), status: status)
    }

    static func json(bytes: Data, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func text(_ text: String, type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
