import ConversationDomain
import Foundation
import NativeContent
import Testing

@testable import IntentData

@Suite("Unlabelled texts") struct UnlabelledTextsTests {
    @Test("lines and JSON lines give their messages once, trimmed, without the empty and the endless")
    func messages() throws {
        let long = String(repeating: "a", count: UnlabelledTexts.longestText + 1)
        let folder = try TestFolder([
            "past.txt": "where is my parcel\n\n  thanks!  \r\nwhere is my parcel\n我要退货\n",
            "past.jsonl":
                "{\"text\": \"hello\", \"intent\": \"greet\"}\n{\"text\": \"\(long)\"}\n{\"text\": \" \"}\n",
        ])
        let texts = try UnlabelledTexts.read(folder.file("past.txt")).texts
        #expect(texts == ["where is my parcel", "thanks!", "我要退货"])
        #expect(try UnlabelledTexts.read(folder.file("past.jsonl")).texts == ["hello"])
    }

    @Test(
        "what is no list of messages is refused with its line",
        arguments: [
            ("past.jsonl", "{\"text\": \"hello\"}\n{\"message\": \"hi\"}\n", 2),
            ("past.csv", "text,intent\nhello,greet\n", 1),
        ])
    func refused(name: String, content: String, line: Int) throws {
        let folder = try TestFolder([name: content])
        let error = #expect(throws: ContentFileError.self) { try UnlabelledTexts.read(folder.file(name)) }
        #expect(error?.issues.map { $0.place?.line } == [line])
    }
}
