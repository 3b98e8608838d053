import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite("Tables as people have them")
struct TableTests {
    /// `intent: text` of every example.
    static func told(_ result: ReadResult) -> [String] {
        result.content.intents.flatMap { intent in intent.examples.map { "\(intent.name): \($0.text)" } }
    }

    @Test(
        "rows of nothing but delimiters and white space are passed over, and shorter rows are filled up",
        arguments: [
            ("a.csv", "text,intent\nring the bell,door\n,\n,,,\n"),
            ("a.csv", "text;intent;;\nring the bell;door;;\n;;;\n"),
            ("a.csv", "\n,\ntext,intent\n \u{A0}, \nring the bell,door\n"),
            ("a.tsv", "text\tintent\n\t\nring the bell\tdoor\n"),
            ("a.csv", "text,intent,locale,split\nring the bell,door\n"),
            ("a.csv", "Our bells,\n,\ntext,intent\nring the bell,door\n"),
        ])
    func blankRows(name: String, text: String) throws {
        #expect(Self.told(try TestFolder([name: text]).read(name)) == ["door: ring the bell"])
    }

    @Test(
        "a quotation mark inside a field is a character like others",
        arguments: [
            ("a.csv", "the 15\" tyre,stock", "the 15\" tyre"),
            ("a.csv", "say \"ahoy\" to him,stock", "say \"ahoy\" to him"),
            ("a.csv", "\"a \"\"big\"\" one, please\",stock", "a \"big\" one, please"),
            ("a.csv", "\"a \\\"big\\\" one, please\",stock", "a \"big\" one, please"),
            ("a.csv", " \"ahoy, you\" ,stock", "ahoy, you"), ("a.tsv", "\"ahoy\" he said\tstock", "\"ahoy\" he said"),
            ("a.tsv", "\"ahoy\tstock", "\"ahoy"),
        ])
    func bareQuotes(name: String, row: String, text: String) throws {
        let header = name == "a.tsv" ? "text\tintent\n" : "text,intent\n"
        #expect(Self.told(try TestFolder([name: header + row + "\n"]).read(name)) == ["stock: " + text])
    }

    @Test(
        "what separates the columns is found out or said",
        arguments: [
            "text|intent\nahoy, you; all|hail\n", "text;intent\nahoy, you; all;hail\n".replacing("u; a", with: "u, a"),
            "sep=^\ntext^intent\nahoy, you; all^hail\n", "\"sep=;\"\ntext;intent\n\"ahoy, you; all\";hail\n",
            "text\tintent\nahoy, you; all\thail\n", "text；intent\nahoy, you, all；hail\n",
        ])
    func delimiters(text: String) throws {
        let told = Self.told(try TestFolder(["a.csv": text]).read("a.csv"))
        #expect(told.map { $0.replacing(";", with: ",") } == ["hail: ahoy, you, all"])
    }

    @Test(
        "columns are known by the names that people and other products give them",
        arguments: [
            "例句,意图\nahoy you,hail\n", "意图名称,用户问法,备注\nhail,ahoy you,x\n", "Tag,Pattern\nhail,ahoy you\n",
            "Intent Name,Training Phrases\nhail,ahoy you\n", "message,class\nahoy you,hail\n",
            "instruction,category,intent\nahoy you,GREETING,hail\n", "text,label,label_text\nahoy you,3,hail\n",
            "User Utterance,Intent\nahoy you,hail\n".replacing("User U", with: "u"), "question,intent\nahoy you,hail\n",
            "intent,example 1,example 2\nhail,ahoy you,\n", "intent,en\nhail,ahoy you\n",
        ])
    func names(text: String) throws {
        #expect(Self.told(try TestFolder(["a.csv": text]).read("a.csv")) == ["hail: ahoy you"])
    }

    @Test("a table without column names is read when its columns cannot be mistaken, and this is said")
    func withoutNames() throws {
        let folder = try TestFolder([
            "a.csv": "ring the bell,door\nopen the gate,door\n", "b.csv": "door,ring the bell\ngate,open it please\n",
            "c.csv": "把门打开一下好吗,开门\n请帮我按一下门铃,门铃\n", "d.csv": "Is it open?,It is.\nMay I come in?,You may.\n",
            "e.csv": "door,gate\nring the bell,open it please\nknock three times,\n",
            "f.csv": "red,blue\ngreen,yellow\n",
        ])
        #expect(Self.told(try folder.read("a.csv")) == ["door: ring the bell", "door: open the gate"])
        #expect(Self.told(try folder.read("b.csv")) == ["door: ring the bell", "gate: open it please"])
        #expect(Self.told(try folder.read("c.csv")) == ["开门: 把门打开一下好吗", "门铃: 请帮我按一下门铃"])
        #expect(try folder.read("d.csv").content.knowledge.map(\.answer) == ["It is.", "You may."])
        #expect(
            Self.told(try folder.read("e.csv")) == [
                "door: ring the bell", "door: knock three times", "gate: open it please",
            ])
        #expect(
            try folder.warnings("a.csv") == [
                "a.csv:1: note: there are no column names; the columns are taken as text, intent, '--columns' says otherwise"
            ])
        #expect(folder.errors("f.csv").count == 1)
        var options = ReadOptions()
        options.columns = ["intent", "", "text"]
        try folder.write("g.csv", Data("red,x,blue sky\n".utf8))
        #expect(Self.told(try folder.read("g.csv", options: options)) == ["red: blue sky"])
        options.columns = ["colour", "text"]
        #expect(
            folder.errors("f.csv", options: options) == [
                "f.csv:1: error: --columns: 'colour,text' names no text with its intent, expected such as text,intent"
            ])
    }

    @Test("a cell of examples may hold several, one a line or between bars; a cell of one text keeps its lines")
    func lists() throws {
        let folder = try TestFolder([
            "a.csv": "intent,examples\ndoor,\"- ring the bell\n- knock\n\n2. open up\"\ngate,open it | shut it\n",
            "b.csv": "intent,text\ndoor,\"ring\nthe bell\"\n", "c.csv": "intent,utterances,,\ndoor,ring,knock,open\n",
        ])
        #expect(
            Self.told(try folder.read("a.csv")) == [
                "door: ring the bell", "door: knock", "door: open up", "gate: open it", "gate: shut it",
            ])
        #expect(Self.told(try folder.read("b.csv")) == ["door: ring\nthe bell"])
        #expect(Self.told(try folder.read("c.csv")) == ["door: ring", "door: knock", "door: open"])
    }

    @Test("answers and titles beside the examples become those of the intent")
    func answers() throws {
        let folder = try TestFolder([
            "a.csv":
                "text,intent,answer,title\nring it,door,Coming!,The door\nknock,door,Coming!,\nopen,door,Who is it?,\n把门打开,door,来了！,\nshut,gate,Closed {{Hour}}.,\n"
        ])
        let result = try folder.read("a.csv")
        let door = try #require(result.content.intents.first)
        #expect(door.title == [.english: "The door"])
        #expect(
            door.answers.map(\.text) == [[.english: "Coming!", .chinese: "来了！"], [.english: "Who is it?"]])
        #expect(door.answers.map(\.condition.locale) == [nil, .english])
        #expect(
            result.issues.map { folder.plain($0.description) } == [
                "a.csv:6: warning: the answer 'Closed {{Hour}}.' has {{…}}, which the bot cannot fill; it is left out"
            ])
    }

    @Test("all bad rows are listed, and can be left out")
    func badRows() throws {
        let folder = try TestFolder([
            "a.csv": "text,intent\nring it,door\n,door\nknock,a,b\nring,7\n\"open,door\nshut it,gate\n"
        ])
        let faults = [
            "a.csv:3: error: the text is empty",
            "a.csv:4: error: 3 columns, expected 2 as in the first line; a text with the delimiter in it stands in quotes",
            "a.csv:5: error: the intent is the number '7', expected its name, also in a column 'label_text' or 'label_class'",
            "a.csv:6: error: a quote is not closed",
        ]
        #expect(folder.errors("a.csv") == faults)
        var options = ReadOptions()
        options.skipsBadRows = true
        let result = try folder.read("a.csv", options: options)
        #expect(Self.told(result) == ["door: ring it", "gate: shut it"])
        let told = faults.map { $0.replacing("error: ", with: "warning: left out: ") } + ["note: rows left out: 4"]
        #expect(result.issues.map { folder.plain($0.description) } == told)
    }

    @Test("control characters and odd spaces are cleaned, and this is told")
    func cleaned() throws {
        let folder = try TestFolder(["a.csv": "text,intent\nring\u{2}it,door\nknock\u{A0}twice\u{200B},door\n"])
        #expect(Self.told(try folder.read("a.csv")) == ["door: ring it", "door: knock twice"])
        #expect(
            try folder.warnings("a.csv") == [
                "a.csv:2: warning: the text has control characters; they are read as spaces",
                "a.csv:3: warning: from here on, no-break and other odd spaces are read as plain ones, those of no width not at all",
            ])
    }
}
