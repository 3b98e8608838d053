import ConversationDomain
package import HTTPTypes
package import Hummingbird
import NIOCore
import Synchronization

/// A file as it is served: plain and packed once, each with a tag of its own, so that nothing is packed for a request.
package struct ServedFile: Sendable {
    /// What packing must save at least to be worth it.
    private static let leastSaved = 64

    package let bytes: [UInt8]
    /// Nil when packing does not make it smaller.
    package let packed: [UInt8]?
    private let type: String
    private let plain: ByteBuffer
    private let gzipped: ByteBuffer?
    private let tag: UTF8Text
    private let packedTag: UTF8Text

    /// - Parameter type: its media type, with the character set.
    package init(_ bytes: [UInt8], type: String) {
        self.bytes = bytes
        self.type = type
        packed = Gzip.packed(bytes).flatMap { $0.count + Self.leastSaved <= bytes.count ? $0 : nil }
        plain = ByteBuffer(bytes: bytes)
        gzipped = packed.map { ByteBuffer(bytes: $0) }
        let print = Self.fingerprint(bytes)
        tag = UTF8Text("\"\(print)\"")
        packedTag = UTF8Text("\"\(print)-gz\"")
    }

    /// The file in the form that the client takes, or that what it has is still so.
    /// - Parameter headers: further ones of the answer.
    package func response(to request: Request, _ headers: HTTPFields = [:]) -> Response {
        let gzipped = AcceptedCoding.takesGzip(request.headers) ? gzipped : nil
        let tag = gzipped == nil ? tag : packedTag
        // The form depends on the field, also when the client has it already.
        var fields: HTTPFields = [.eTag: tag.string, .vary: "Accept-Encoding"]
        for field in headers { fields[field.name] = field.value }
        if isKnown(request.headers[.ifNoneMatch]) { return Response(status: .notModified, headers: fields) }
        fields[.contentType] = type
        if gzipped != nil { fields[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: gzipped ?? plain))
    }

    /// `If-None-Match` compares weakly: a proxy that packs by itself marks the tag as weak. Either form will do, as they are the same
    /// file.
    private func isKnown(_ condition: String?) -> Bool {
        guard let condition else { return false }
        return UTF8Text(condition).parts(at: ",").contains { part in
            let known = part.trimmed
            return [tag, packedTag].contains { known == $0 || known == UTF8Text("W/\($0.string)") }
        }
    }

    /// FNV-1a of 64 bits: tells one build's file from another's.
    package static func fingerprint(_ bytes: some Sequence<UInt8>) -> String {
        let hash = bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}

/// A file that is packed when it is asked for first: a large one that few ask for must not hold up a start.
package final class FileOnDemand: Sendable {
    private let make: @Sendable () -> ServedFile
    private let made = Mutex<ServedFile?>(nil)

    package init(_ make: @escaping @Sendable () -> ServedFile) { self.make = make }

    package func file() -> ServedFile {
        made.withLock { made in
            let file = made ?? make()
            made = file
            return file
        }
    }
}
