import CZlib
import ConversationDomain
import Foundation
import NativeContent
import Testing
import WebSocketTestClient
import WidgetFiles

@testable import HTTPService
@testable import Wording

@Suite("The widget's file")
struct WidgetFileTests {
    private struct Content: LiveContent {
        let snapshot: ContentSnapshot
        func current() -> ContentSnapshot { snapshot }
    }

    /// A bot that speaks every language that the program has words in.
    private static func everyLocale() throws -> Content {
        let name = try #require(IntentName("order.status"))
        let examples = ShippedPhrases.locales.map { Example(text: "a", locale: $0) }
        let content = BotContent(intents: [Intent(name: name, examples: examples)]).withShippedPhrases
        return Content(snapshot: ContentSnapshot(revision: 1, content: content))
    }

    private static func unpacked(_ bytes: [UInt8]) throws -> [UInt8] {
        var (stream, input) = (z_stream(), bytes)
        try #require(inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
        defer { inflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: 1 << 20)
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, uInt(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, uInt(output.count))
                return inflate(&stream, Z_FINISH)
            }
        }
        try #require(result == Z_STREAM_END)
        return Array(output.prefix(Int(stream.total_out)))
    }

    @Test("with the words of all five locales it has at most 30,000 bytes packed")
    func size() async throws {
        let content = try Self.everyLocale()
        try await TestAPI.run({ $0.content = content }) { api in
            let packed = try await api.call(
                "GET", "/widget.js", key: .some(nil), headers: [("Accept-Encoding", "gzip, deflate, br")])
            #expect(packed.body.count <= 30_000, "\(packed.body.count)")
            let text = String(decoding: try Self.unpacked(packed.body), as: UTF8.self)
            for locale in ShippedPhrases.locales { #expect(text.contains("[\"\(locale)\",{")) }
        }
    }

    @Test("who takes gzip gets it packed, with a tag of its own, and everybody else the same file as it is")
    func coding() async throws {
        let content = try Self.everyLocale()
        try await TestAPI.run({ $0.content = content }) { api in
            func get(_ path: String, _ accepted: String?, known: String? = nil) async throws -> TestHTTPResponse {
                try await api.call(
                    "GET", path, key: .some(nil),
                    headers: [accepted.map { ("Accept-Encoding", $0) }, known.map { ("If-None-Match", $0) }]
                        .compactMap { $0 })
            }
            for path in ["/widget.js", "/page.js", "/page.css", "/", "/docs/docs.js"] {
                let plain = try await get(path, nil)
                #expect(plain.status == 200 && plain.headers["content-encoding"] == nil, "\(path)")
                #expect(plain.headers["vary"] == "Origin, Accept-Encoding")
                for accepted in ["gzip", "br, GZIP;q=0.5", "deflate, x-gzip", "*", "identity;q=0, * ;q=1"] {
                    let packed = try await get(path, accepted)
                    // A very short file is not worth it.
                    guard plain.body.count > 1_000 else { break }
                    #expect(packed.headers["content-encoding"] == "gzip", "\(path) \(accepted)")
                    #expect(try Self.unpacked(packed.body) == plain.body)
                    #expect(packed.headers["content-type"] == plain.headers["content-type"])
                    #expect(packed.headers["etag"] != plain.headers["etag"])
                    #expect(packed.headers["vary"] == plain.headers["vary"])
                }
                for refused in ["", "identity", "gzip;q=0", "gzip ; q=0.000, *", "br", "*;q=0", "gzipped"] {
                    let answer = try await get(path, refused)
                    #expect(
                        answer.headers["content-encoding"] == nil && answer.body == plain.body, "\(path) \(refused)")
                }
                let tags = try [plain, await get(path, "gzip")].map { try #require($0.headers["etag"]) }
                for known in tags + ["\"x\", \(tags[0])", "W/\(tags[1])"] {
                    for accepted in ["gzip", "identity"] {
                        let answer = try await get(path, accepted, known: known)
                        #expect(answer.status == 304 && answer.body.isEmpty, "\(path) \(known)")
                        #expect(answer.headers["vary"] == "Origin, Accept-Encoding")
                    }
                }
                #expect(try await get(path, "gzip", known: "\"x\"").status == 200)
            }
        }
    }

    @Test("no sentence that a visitor reads stands in the widget")
    func words() {
        let text = String(decoding: PageFiles.widget, as: UTF8.self)
        // What the developer of a page is told goes to the console or into an error.
        let lines = text.split(separator: "\n").filter { line in
            !["console.error", "TypeError", "giveUp(", "//"].contains { line.contains($0) }
        }
        for sentence in ShippedPhrases.all.values.flatMap({ $0.widget ?? [:] }) where sentence.value.count > 8 {
            #expect(!lines.contains { $0.contains(sentence.value) }, "\(sentence.key)")
        }
        #expect(!lines.contains { $0.contains(/"[A-Z][a-z]+( [a-z]+){2,}[.!?…]?"/) })
    }
}
