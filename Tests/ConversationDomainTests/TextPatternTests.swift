import ConversationDomain
import Patterns
import Testing

@Suite("Text patterns")
struct TextPatternTests {
    private func matches(_ pattern: String, _ text: String) throws -> [String] {
        let scalars = Array(text.unicodeScalars)
        return try TextPattern(pattern).matches(in: scalars.map(TextPattern.fold)).map {
            String(String.UnicodeScalarView(scalars[$0]))
        }
    }

    @Test(
        "a pattern finds its matches from left to right, each as long as possible",
        arguments: [
            ("EU \\d{2}", "eu 42 and EU 4, EU　４３", ["eu 42", "EU　４３"]),
            ("a|ab|abc", "abcab", ["abc", "ab"]),
            ("(ab)+", "ababa ab", ["abab", "ab"]),
            ("[a-c]{2,3}", "abcab d", ["abc", "ab"]),
            ("x[^0-9 ]*", "x1 xyz2", ["x", "xyz"]),
            ("\\bno\\b", "no know NO.", ["no", "NO"]),
            ("^hi|bye$", "hi hi bye bye", ["hi", "bye"]),
            ("SKU-[A-Z]{2}-\\d+", "buy sku-ab-12, SKU-A-1", ["sku-ab-12"]),
            ("第\\d+号", "第12号和第３号", ["第12号", "第３号"]),
            ("a.c", "abc a\nc a😀c", ["abc", "a😀c"]),
            ("colou?r", "color COLOUR", ["color", "COLOUR"]),
            ("[\\w.]+@x", "me.you@x", ["me.you@x"]),
            ("(?:a|b){3}", "abab", ["aba"]),
            ("É", "é", ["é"]),
            ("\\$\\d+", "$12 12", ["$12"]),
            ("[]a-]+", "x]-a", ["]-a"]),
        ] as [(String, String, [String])])
    func finds(pattern: String, text: String, expected: [String]) throws {
        #expect(try matches(pattern, text) == expected)
    }

    @Test(
        "what is no pattern is refused with the reason",
        arguments: [
            ("(a", "has a '(' without ')'"), ("a)", "has a ')' without '('"), ("[a", "has a '[' without ']'"),
            ("*a", "has a '*' with nothing before it to repeat"), ("a{2", "has a '{' without '}'"),
            ("a{3,2}", "repeats {3,…}, expected at most 200 times"),
            ("a{999}", "repeats {999,…}, expected at most 200 times"),
            ("(a)\\1", "has '\\1', which is not supported"),
            ("(?=a)", "has a '(?' that is no (?:…); look-around and named groups are not supported"),
            ("a*", "matches the empty text"), ("", "matches the empty text"), ("a\\", "ends with a backslash"),
            ("(a{100}){100}", "is too large once its repetitions are written out"),
            ("((((){100}){100}){100}){100}a", "is too large once its repetitions are written out"),
            ("a**", "repeats a repetition; expected a group around it"),
            ("[z-a]", "has the range z-a, expected the lower end first"),
        ])
    func refusals(pattern: String, message: String) {
        #expect(throws: TextPattern.Fault(message: message)) { try TextPattern(pattern) }
    }

    @Test("a pattern that makes backtracking programs hang takes no longer than others")
    func linear() throws {
        let text = String(repeating: "a", count: 4_000) + "!"
        let clock = ContinuousClock()
        let begin = clock.now
        #expect(try matches("(a|a|aa)+(a+)+b", text) == [])
        #expect(clock.now - begin < .seconds(20))
    }

    @Test("a match is at most a hundred characters long")
    func longest() throws {
        #expect(try matches("a+", String(repeating: "a", count: 150)).map(\.count) == [100, 50])
    }
}
