import ConversationDomain
import Testing

@Suite("Text compared by its bytes")
struct UTF8TextTests {
    /// Marks in the order that canonical equivalence has to change, with n² steps.
    private static func marks(_ pairs: Int, _ last: String = "") -> UTF8Text {
        UTF8Text("a" + String(repeating: "\u{301}\u{323}", count: pairs) + last)
    }

    @Test("two spellings of one character are two texts")
    func bytes() {
        let (composed, decomposed): (UTF8Text, UTF8Text) = ("\u{E9}", "e\u{301}")
        #expect(composed.string == decomposed.string)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, "\u{E9}"]).count == 2)
        #expect(Set(["", "a", "ab"] as [UTF8Text]).count == 3)
        #expect(["b", "é", "", "a", "ab"].map(UTF8Text.init(_:)).sorted() == ["", "a", "ab", "b", "é"])
        #expect(IntentName(trusted: "caf\u{E9}") != IntentName(trusted: "cafe\u{301}"))
        #expect(IntentName(trusted: "a.b") == IntentName(trusted: "a.b"))
    }

    @Test("what has more bytes is not taken")
    func bounds() {
        #expect(UTF8Text("äbc", atMost: 4)?.string == "äbc")
        #expect(UTF8Text("äbc", atMost: 3) == nil)
    }

    @Test("it is looked into by bytes")
    func parts() {
        let text: UTF8Text = "bearer.fd_pk: x"
        #expect(text.hasPrefix("bearer."))
        #expect(!text.hasPrefix("Bearer."))
        // As characters this text does not begin with an a.
        #expect(UTF8Text("a\u{301}").hasPrefix("a"))
        #expect(text.dropping(prefix: "bearer.") == "fd_pk: x")
        #expect(text.dropping(prefix: "x") == nil)
        #expect(text.divided(at: ":")?.head == "bearer.fd_pk")
        #expect(text.divided(at: ":")?.tail == " x")
        #expect(text.divided(at: ";") == nil)
        #expect(text.contains("fd_pk"))
        #expect(text.contains(""))
        #expect(!text.contains("fd_sk"))
        #expect(UTF8Text("aab").contains("ab"))
        #expect(UTF8Text(" \tä x\t ").trimmed == "ä x")
        #expect(UTF8Text(" ").trimmed == "")
        #expect(UTF8Text("WebSocket Ä").lowercasedASCII == "websocket Ä")
        #expect(UTF8Text("äöü").beginning(2) == "äö")
    }

    @Test("comparing and hashing take as long as the text is, whatever is in it")
    func linear() {
        // Half a million marks: by canonical equivalence each line below would take minutes.
        let (first, second) = (Self.marks(250_000), Self.marks(250_000, "b"))
        let start = ContinuousClock.now
        #expect(first != second)
        #expect(first < second)
        #expect([first: 1, second: 2][Self.marks(250_000)] == 1)
        #expect(!second.hasPrefix("b"))
        #expect(first.divided(at: " ") == nil)
        #expect(ContinuousClock.now - start < .seconds(10))
    }
}
