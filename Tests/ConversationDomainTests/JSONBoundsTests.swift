import ConversationDomain
import Testing
import Wire

@Suite("Bounds on JSON from outside")
struct JSONBoundsTests {
    private func refusal(_ body: () throws -> Void) -> ChatError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ChatError
        }
    }

    @Test("the name of a member may have 256 bytes, however it is written and however deep it stands")
    func names() throws {
        let longest = String(repeating: "ä", count: 128)
        #expect(
            try JSONValue.parse(#"{"\#(longest)":1}"#.utf8) == .object([longest: .integer(1)]))
        let escaped = String(repeating: #"\u0301"#, count: 129)
        for document in [
            #"{"\#(longest)x":1}"#, #"{"\#(escaped)":1}"#, #"[{"a":{"\#(longest)x":1}}]"#,
            #"{"a":1,"\#(String(repeating: "a\u{301}\u{323}", count: 15_000))":2}"#,
        ] {
            #expect(
                refusal { _ = try JSONValue.parse(document.utf8) }
                    == ChatError(.invalidRequest, "JSON has a field whose name is longer than 256 bytes"))
        }
    }

    @Test("a name, an identifier or a word to choose from may have 512 bytes, the text of a person more")
    func words() throws {
        let long = String(repeating: "\u{301}", count: 300)
        var fields = try JSONFields(.object(["locale": .string(long), "text": .string(long)]))
        #expect(
            refusal { _ = try fields.string("locale") }
                == ChatError(.invalidRequest, "'locale' is longer than 512 bytes"))
        #expect(try fields.freeText("text") == long)
        fields = try JSONFields(.object(["type": .string(String(repeating: "a", count: 257))]))
        #expect(
            refusal { _ = try fields.requiredString("type", atMost: 256) }
                == ChatError(.invalidRequest, "'type' is longer than 256 bytes"))
    }

    @Test("an unknown field is shown shortened")
    func unknown() throws {
        let fields = try JSONFields(.object(["a" + String(repeating: "\u{301}", count: 100): .null]))
        let refusal = try #require(refusal { try fields.finish() })
        #expect(refusal.message.unicodeScalars.count < 100)
    }

    @Test("a message may have 60 marks in a row")
    func marks() throws {
        let most = "a" + String(repeating: "\u{301}\u{323}", count: 30)
        let reader = RequestReader()
        #expect(try reader.text(most + "b" + most) == most + "b" + most)
        #expect(
            refusal { _ = try reader.text(most + "\u{301}") }
                == ChatError(.tooLarge, "'text' has more than 60 combining marks in a row"))
    }
}
