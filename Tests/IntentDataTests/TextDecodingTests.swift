import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("Encodings of tables")
struct TextDecodingTests {
    private static let gb18030 = String.Encoding(rawValue: 0x8000_0632)

    @Test(
        "a table in another encoding than UTF-8 is read, and the encoding is said",
        arguments: [
            ("text,intent\n请问茶还有吗,tea\n", "请问茶还有吗", gb18030, [], "GB18030 (GBK), since it is not UTF-8"),
            ("text,intent\n有 GB,tea\n", "有 GB", gb18030, [], "GB18030 (GBK), since it is not UTF-8"),
            (
                "text,intent\nein Käse für später,tea\n", "ein Käse für später", .windowsCP1252, [],
                "Windows-1252, since it is not UTF-8"
            ),
            (
                "text,intent\nwhat’s the größe,tea\n", "what’s the größe", .windowsCP1252, [],
                "Windows-1252, since it is not UTF-8"
            ),
            ("text,intent\n茶 et thé,tea\n", "茶 et thé", .utf16LittleEndian, [0xFF, 0xFE], "UTF-16"),
            ("text\tintent\nthé\ttea\n", "thé", .utf16BigEndian, [0xFE, 0xFF], "UTF-16"),
            ("text,intent\nplain tea,tea\n", "plain tea", .utf16LittleEndian, [], "UTF-16"),
        ] as [(String, String, String.Encoding, [UInt8], String)])
    func encodings(table: String, text: String, encoding: String.Encoding, mark: [UInt8], told: String) throws {
        let folder = try TestFolder()
        try folder.write("a.csv", Data(mark) + (try #require(table.data(using: encoding))))
        let result = try folder.read("a.csv")
        #expect(result.content.intents.flatMap(\.examples).map(\.text) == [text])
        #expect(result.issues.map { folder.plain($0.description) } == ["a.csv:1: note: read as \(told)"])
    }

    @Test("a table of two encodings is refused with the line that differs")
    func mixed() throws {
        let folder = try TestFolder()
        let table = Data("text,intent\nthé,tea\n".utf8) + Data([0x63, 0x61, 0x66, 0xE9]) + Data(",tea\nété,tea\n".utf8)
        try folder.write("a.csv", table)
        #expect(
            folder.errors("a.csv") == [
                "a.csv:3: error: not valid UTF-8, while other lines are: encodings are mixed; save the whole file as UTF-8"
            ])
    }

    @Test(
        "what is no text is told by what it is",
        arguments: [
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Excel workbook"),
            ([0x25, 0x50, 0x44, 0x46, 0x2D], "a PDF file"), ([0x1F, 0x8B, 8, 0], "a gzip archive"),
            ([0x50, 0x4B, 5, 6], "a zip archive that is damaged"),
        ] as [([UInt8], String)])
    func binary(bytes: [UInt8], told: String) throws {
        let folder = try TestFolder()
        try folder.write("a.csv", Data(bytes))
        #expect(folder.errors("a.csv").map { $0.contains(told) } == [true])
    }

    @Test("a workbook that is protected by a password is told as such")
    func password() throws {
        let folder = try TestFolder()
        let name = "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        try folder.write("a.xlsx", Data([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [0, 0] + name))
        #expect(
            folder.errors("a.xlsx") == [
                "a.xlsx:1: error: an Excel workbook that is protected by a password; save it without one"
            ])
    }
}
