import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("Excel workbooks")
struct WorkbookTests {
    private typealias Sheet = (name: String, rows: [String])

    private static let door: Sheet = (
        "Door",
        [
            TestWorkbook.text("A1", "intent") + TestWorkbook.text("B1", "utterance"),
            TestWorkbook.text("A2", "door") + TestWorkbook.text("B2", "ring it&#10;knock &amp; wait"), "",
            TestWorkbook.text("B4", "open up"),
        ]
    )
    private static let tea: Sheet = (
        "Tea",
        [
            TestWorkbook.text("A1", "Our tea"), TestWorkbook.text("B2", "question") + TestWorkbook.text("C2", "answer"),
            TestWorkbook.text("B3", "Is there tea?") + TestWorkbook.text("C3", "Yes.\nGreen."),
        ]
    )

    private static func folder(_ data: Data, _ name: String = "book.xlsx") throws -> TestFolder {
        let folder = try TestFolder()
        try folder.write(name, data)
        return folder
    }

    @Test("all sheets that are not hidden are read, or the one that is named")
    func sheets() throws {
        let notes: Sheet = ("Notes", [TestWorkbook.text("A1", "remember the milk")])
        let folder = try Self.folder(
            TestWorkbook.data(
                [Self.door, Self.tea, notes, ("Old", Self.door.rows)], hidden: ["Old"],
                tail: "<mergeCells count=\"1\"><mergeCell ref=\"A2:A4\"/></mergeCells>"))
        let result = try folder.read("book.xlsx")
        #expect(TableTests.told(result) == ["door: ring it", "door: knock & wait", "door: open up"])
        #expect(result.content.knowledge.map(\.answer) == ["Yes.\nGreen."])
        #expect(result.content.intents.first?.place?.description.hasSuffix("book.xlsx#Door:2") == true)
        let issues = result.issues.map { folder.plain($0.description) }
        #expect(issues.contains("book.xlsx:1: note: read as an Excel workbook: sheets Door, Tea"))
        #expect(issues.contains("book.xlsx:1: warning: the hidden sheet 'Old' is not read"))
        #expect(issues.contains { $0.hasPrefix("book.xlsx#Notes:1: warning: the sheet is not read: the first line") })
        var options = ReadOptions()
        options.sheet = "tea"
        #expect(try folder.read("book.xlsx", options: options).content.intents.isEmpty)
        options.sheet = "Coffee"
        #expect(
            folder.errors("book.xlsx", options: options) == [
                "book.xlsx:1: error: there is no sheet 'Coffee' in the workbook, expected Door, Tea, Notes, Old"
            ])
    }

    @Test(
        "numbers, dates and formulas are read as the sheet shows them",
        arguments: [
            ("<v>0.30000000000000004</v>", 0, "0.3"), ("<v>12</v>", 0, "12"), ("<v>45658</v>", 1, "2025-01-01"),
            ("<v>45658.75</v>", 2, "1.1.2025 18:00"), ("<f>A1*2</f><v>1234.5</v>", 3, "1,234.50 €"),
            ("<v>0.125</v>", 4, "12.50%"), ("<v>42</v>", 5, "00042"),
            ("<v>45716.5</v>", 6, "Friday, 28 February 12:00 PM"),
            ("<v>1.5</v>", 7, "36:00:00"), ("<v>45658</v>", 8, "2025年1月1日"), ("<v>-3</v>", 3, "-3.00 €"),
            ("<v>60</v>", 1, "1900-02-28"),
        ])
    func numbers(value: String, style: Int, shown: String) throws {
        let formats = [
            (164, "d.m.yyyy\\ hh:mm"), (165, "#,##0.00\\ &quot;€&quot;"), (166, "00000"),
            (167, "dddd\\, d mmmm h:mm AM/PM"),
        ]
        let codes = formats.map { "<numFmt numFmtId=\"\($0)\" formatCode=\"\($1)\"/>" }.joined()
        let styles = [0, 14, 164, 165, 10, 166, 167, 46, 31].map { "<xf numFmtId=\"\($0)\"/>" }.joined()
        let rows = [
            TestWorkbook.text("A1", "question") + TestWorkbook.text("B1", "answer"),
            TestWorkbook.text("A2", "What is it?") + "<c r=\"B2\" s=\"\(style)\">\(value)</c>",
        ]
        let folder = try Self.folder(
            TestWorkbook.data(
                [("S", rows)],
                styles:
                    "<numFmts>\(codes)</numFmts><cellStyleXfs><xf numFmtId=\"9\"/></cellStyleXfs><cellXfs>\(styles)</cellXfs>"
            ))
        #expect(
            try folder.read("book.xlsx").content.knowledge.map(\.answer) == [
                shown == "1900-02-28" ? "1900-02-28" : shown
            ])
    }

    @Test("shared texts, also those with formats inside, are found by their numbers")
    func sharedTexts() throws {
        let cell = { (name: String, index: Int) in "<x:c r=\"\(name)\" t=\"s\"><x:v>\(index)</x:v></x:c>" }
        let rows = [cell("A1", 0) + cell("B1", 1), cell("A2", 2) + cell("B2", 3)]
        let folder = try Self.folder(
            TestWorkbook.data(
                [("S", rows)],
                strings: [
                    "<t>text</t>", "<t>intent</t>", "<r><t>ring </t></r><r><t>_x0069_t</t></r><rPh><t>x</t></rPh>",
                    "<t>door</t>",
                ]))
        #expect(TableTests.told(try folder.read("book.xlsx")) == ["door: ring it"])
    }

    @Test(
        "what is wrong with a workbook is told",
        arguments: [
            (
                TestWorkbook.zip([("xl/workbook.bin", Data())]),
                "book.xlsx:1: error: a binary Excel workbook (.xlsb); save it as .xlsx"
            ),
            (
                TestWorkbook.zip([("content.xml", Data())]),
                "book.xlsx:1: error: an OpenDocument file; save it as .xlsx or .csv"
            ),
            (
                TestWorkbook.zip([("a.txt", Data())]),
                "book.xlsx:1: error: a zip archive; unpack it and import the files in it"
            ),
            (TestWorkbook.data([]), "book.xlsx:1: error: the Excel workbook has no sheets"),
            (TestWorkbook.data([("S", ["<c"])]), "book.xlsx:1: error: the workbook is damaged: the sheet 'S' "),
            (
                TestWorkbook.zip([("xl/workbook.xml", Data("<!DOCTYPE a [<!ENTITY b \"c\">]><workbook/>".utf8))]),
                "book.xlsx:1: error: the workbook is damaged: workbook.xml has a document type, which is refused"
            ),
            (
                TestWorkbook.data([
                    (
                        "S",
                        [
                            TestWorkbook.text("A1", "question") + TestWorkbook.text("B1", "answer"),
                            TestWorkbook.text("A2", "Why?") + "<c r=\"B2\" t=\"e\"><v>#REF!</v></c>",
                        ]
                    )
                ]),
                "book.xlsx#S:2: error: the cell in column 2 has the error #REF!"
            ),
            (
                TestWorkbook.data([("S", [TestWorkbook.text("XFE1", "x")])]),
                "book.xlsx:1: error: a sheet has at most 16384 columns"
            ),
        ])
    func refused(data: Data, error: String) throws {
        let errors = try Self.folder(data).errors("book.xlsx")
        #expect(errors.count == 1)
        #expect(errors.first?.hasPrefix(error) == true, "\(errors)")
    }

    @Test("no damaged workbook crashes the reader")
    func damaged() throws {
        let folder = try TestFolder()
        let data = TestWorkbook.data([Self.door, Self.tea])
        for index in stride(from: 4, to: data.count, by: 7) {
            var bytes = data
            bytes[bytes.startIndex + index] ^= 0x55
            try folder.write("book.xlsx", bytes)
            #expect(folder.errors("book.xlsx").allSatisfy { $0.hasPrefix("book.xlsx") })
            try folder.write("book.xlsx", data.prefix(index))
            #expect(!folder.errors("book.xlsx").isEmpty)
        }
    }
}
