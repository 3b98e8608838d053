import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("Tables of questions and answers")
struct EntryTableTests {
    private static func told(_ result: ReadResult) -> [String] {
        result.content.knowledge.map {
            "\($0.id) (\($0.locale)): \($0.questions.joined(separator: " / ")) = \($0.answer)"
        }
    }

    @Test(
        "a row is an entry, whatever language the columns are named in",
        arguments: [
            "question,answer\nIs there tea?,There is.\n", "Q;A\nIs there tea?;There is.\n",
            "标准问,答案\nIs there tea?,There is.\n",
            "Frage\tAntwort\nIs there tea?\tThere is.\n", "text,response\nIs there tea?,There is.\n",
        ])
    func names(text: String) throws {
        let folder = try TestFolder(["tea.csv": text])
        #expect(Self.told(try folder.read("tea.csv")) == ["tea.is-there-tea (en): Is there tea? = There is."])
    }

    @Test("other wordings, link, title, category, id and locale have columns of their own")
    func columns() throws {
        let folder = try TestFolder([
            "faq.csv":
                "id,question,similar questions,answer,link,title,category,language\nk1,Is there tea?,Any tea; Got tea?,Yes.,www.tea.example/all,Tea,Drinks,en-GB\n,有茶吗？,有没有茶,有的。,,,饮料,\n7,Is it hot?,,It is.,somewhere,,,\n"
        ])
        let result = try folder.read("faq.csv")
        #expect(
            Self.told(result) == [
                "k1 (en-GB): Is there tea? / Any tea / Got tea? = Yes.", "faq.饮料.有茶吗 (zh): 有茶吗？ / 有没有茶 = 有的。",
                "faq.7 (en): Is it hot? = It is.",
            ])
        #expect(result.content.knowledge.map(\.link) == ["https://www.tea.example/all", nil, nil])
        #expect(result.content.knowledge.map(\.title) == ["Tea", nil, nil])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "faq.csv:4: warning: the link 'somewhere' is no web address; it is left out"
            ])
    }

    @Test("rows with the same answer are one entry; a question with two answers is a bad row")
    func same() throws {
        let folder = try TestFolder([
            "a.csv": "question,answer\nIs there tea?,Yes.\nAny tea left?,Yes.\nis there tea,Yes.\n",
            "b.csv": "question,answer\nIs there tea?,Yes.\nIs there tea,No.\n,No.\nWhy?,\n",
        ])
        #expect(Self.told(try folder.read("a.csv")) == ["a.is-there-tea (en): Is there tea? / Any tea left? = Yes."])
        #expect(
            folder.errors("b.csv") == [
                "b.csv:3: error: 'Is there tea' has another answer already (b.csv:2); expected one of them",
                "b.csv:4: error: the question is empty", "b.csv:5: error: the answer is empty",
            ])
    }

    @Test("questions and answers in several languages side by side are an entry for each")
    func languages() throws {
        let folder = try TestFolder([
            "a.csv": "question_en,answer_en,question_de,answer_de\nTea?,Yes.,Tee?,Ja.\nMilk?,No.,,\n"
        ])
        #expect(
            Self.told(try folder.read("a.csv")) == [
                "a.tee (de): Tee? = Ja.", "a.tea (en): Tea? = Yes.", "a.milk (en): Milk? = No.",
            ])
    }

    @Test("a label set takes no questions and answers")
    func labelSets() throws {
        let folder = try TestFolder(["a.csv": "question,answer\nTea?,Yes.\n"])
        #expect(throws: ContentFileError.self) {
            try LabelSetReader.read(ClassifierName(trusted: "mood"), from: [folder.file("a.csv")])
        }
    }
}
