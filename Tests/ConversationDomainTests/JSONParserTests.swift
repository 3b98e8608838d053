import ConversationDomain
import Foundation
import Testing
import Wire

@Suite struct JSONParserTests {
    private var random = RandomValues()

    private func parsed(_ text: String) -> JSONValue? { try? JSONValue.parse(text.utf8, maximumDepth: 64) }
    private func decoded(_ text: String) -> JSONValue? {
        try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
    }

    private mutating func document(_ depth: Int = 0) -> String {
        switch random.number(depth > 4 ? 5 : 7) {
        case 0: return random.text().jsonText()
        case 1:
            // Between 2^53 and 2^63 a decoder reads digits that a double does not have.
            let number = random.double()
            return (0x1p53..<0x1p63).contains(abs(number)) ? "0.25" : number.jsonText()
        case 2: return Int(truncatingIfNeeded: random.next()).jsonText()
        case 3:
            return ["true", "false", "null", " 1", "-0", "1E+2", "0.1e1", "1e400", "01", "1.", "-"][random.number(11)]
        case 4:
            return [#""\u00e9""#, #""\ud83d\ude00""#, #""\ud83d""#, #""\/\b""#, #""\x""#, #""\u0000""#][
                random.number(6)]
        case 5:
            let elements = (0..<random.number(4)).map { _ in document(depth + 1) }
            return "[" + elements.joined(separator: random.number(2) == 0 ? "," : " ,\n") + "]"
        default:
            // No name twice: of a repeated name's second value a decoder never notices whether it is well-formed.
            let members = (0..<random.number(4)).map { "\"k\($0)\":\(document(depth + 1))" }
            return "{" + members.joined(separator: ", ") + "}"
        }
    }

    @Test("documents, whole and damaged, are read or refused as by a decoder")
    mutating func asDecoder() {
        for _ in 0..<4000 {
            let document = document()
            #expect(parsed(document) == decoded(document), "\(document.debugDescription)")
            var bytes = Array(document.utf8)
            guard !bytes.isEmpty else { continue }
            let place = random.number(bytes.count)
            // Of a digit could come another number or a repeated name.
            guard !"+0123456789".utf8.contains(bytes[place]) else { continue }
            bytes[place] = UInt8(random.number(128))
            let damaged = String(decoding: bytes, as: UTF8.self)
            if damaged.utf8.contains(0) { continue }
            #expect(parsed(damaged) == decoded(damaged), "\(damaged.debugDescription)")
        }
    }

    @Test("whole numbers are integers however they are written, as far as they fit")
    func numbers() {
        #expect(
            parsed("[1, -0, 1.0, 1e2, 0.5, 9223372036854775807, 9223372036854775808]")
                == .array([
                    .integer(1), .integer(0), .integer(1), .integer(100), .number(0.5), .integer(.max),
                    .number(9_223_372_036_854_775_808),
                ]))
    }

    @Test("of members with the same name the first counts, and all must be well-formed")
    func repeatedNames() {
        #expect(parsed(#"{"a":1,"a":2}"#) == .object(["a": .integer(1)]))
        #expect(parsed(#"{"a":1,"a":-}"#) == nil)
    }

    @Test(
        "what is not one JSON text in UTF-8 is refused",
        arguments: [
            "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "[1] 2", "'a'", "\"\n\"", "\"\\u12\"", "NaN",
            "tru",
        ])
    func malformed(text: String) {
        #expect(throws: ChatError(.invalidRequest, "the body is not valid JSON")) { try JSONValue.parse(text.utf8) }
    }

    @Test("bytes that are not UTF-8, and UTF-16, are refused")
    func encodings() {
        let refusal = ChatError(.invalidRequest, "the body is not valid UTF-8")
        #expect(throws: refusal) { try JSONValue.parse([0x22, 0xFF, 0x22]) }
        #expect(throws: refusal) { try JSONValue.parse([0x7B, 0, 0x7D, 0]) }
    }

    @Test("nesting is bounded, brackets in texts do not count")
    func depth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + "\"[[[\"" + String(repeating: "]", count: levels)
        }
        #expect(try JSONValue.parse(nested(16).utf8) == parsed(nested(16)))
        #expect(throws: ChatError(.invalidRequest, "JSON is nested deeper than 16 levels")) {
            try JSONValue.parse(nested(17).utf8)
        }
        #expect(throws: ChatError.self) { try JSONValue.parse(String(repeating: "[", count: 1_000_000).utf8) }
    }
}
