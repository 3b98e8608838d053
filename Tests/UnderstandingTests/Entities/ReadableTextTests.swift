import Testing

@testable import Entities

@Suite("Readable text")
struct ReadableTextTests {
    @Test("masks and spaces change what is read; every place leads back to the customer's own text")
    func origins() {
        let original = "  track\u{3000} B7654321 \n👩‍👧 now "
        let read = ReadableText(original)
        #expect(read.text == "track A1234567 👩‍👧 now")
        let scalars = Array(original.unicodeScalars)
        func place(_ range: Range<Int>) -> String {
            String(String.UnicodeScalarView(scalars[read.origin(of: range)]))
        }
        #expect(place(0..<5) == "track")
        #expect(place(6..<14) == "B7654321")
        #expect(place(8..<10) == "B7654321")
        #expect(place(15..<18) == "👩‍👧")
        #expect(place(19..<22) == "now")
        #expect(place(0..<22) == "track\u{3000} B7654321 \n👩‍👧 now")
        #expect(read.origin(of: 5..<99) == 0..<0)
    }

    @Test("a text without anything to change is read as it is", arguments: ["", "hello there", "我的快递到哪了"])
    func same(text: String) { #expect(ReadableText(text).text == text) }
}
