import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct KnowledgeTests {
    @Test("a knowledge file gives its entries with links and lines")
    func yaml() throws {
        let folder = try TestFolder([
            "knowledge/returns.yaml": """
            locale: zh-tw
            entries:
              - id: returns.gift
                questions:
                  - 禮物能退嗎
                  - 怎麼退禮物
                answer: "可以。"
                link: https://shop.example/gift
              - { id: b, questions: [問], answer: 答 }
            """
        ])
        let result = try folder.read("knowledge/returns.yaml")
        let path = folder.file("knowledge/returns.yaml").path
        let taiwan = try #require(BotLocale("zh-TW"))
        let gift = KnowledgeID(trusted: "returns.gift")
        #expect(
            result.content.knowledge == [
                KnowledgeEntry(
                    id: gift, locale: taiwan, questions: ["禮物能退嗎", "怎麼退禮物"], answer: "可以。",
                    link: "https://shop.example/gift", place: SourcePlace(path: path, line: 3)),
                KnowledgeEntry(
                    id: KnowledgeID(trusted: "b"), locale: taiwan, questions: ["問"], answer: "答",
                    place: SourcePlace(path: path, line: 9)),
            ])
        #expect(result.places[.question(gift, 2)]?.line == 6)
        #expect(result.places[.link(gift)]?.line == 8)
    }

    @Test("without a locale the script of the first question tells it, or the caller does")
    func scripts() throws {
        let folder = try TestFolder([
            "k.yaml": """
            entries:
              - { id: a, questions: [How?], answer: So. }
              - { id: b, questions: [怎么办], answer: 这样。 }
            """
        ])
        #expect(try folder.read("k.yaml").content.knowledge.map(\.locale) == [.english, .chinese])
        let options = ReadOptions(defaultLocale: BotLocale("de"))
        #expect(
            try folder.read("k.yaml", options: options).content.knowledge.map(\.locale.rawValue) == ["de", "de"])
    }

    @Test("mistakes in knowledge are told with their lines")
    func mistakes() throws {
        let errors = try TestFolder.errors(
            yaml: """
                locale: english
                entries:
                  - { id: a, question: [x] }
                  - { id: "a b", questions: [], answer: "" }
                  - text
                """)
        #expect(
            errors == [
                "a.yaml:1: error: 'locale' is 'english', expected a language tag such as en or zh-TW",
                "a.yaml:3: error: unknown key 'question' in a knowledge entry, expected id, title, questions, reviewed, answer, link or collection",
                "a.yaml:3: error: a knowledge entry needs 'questions' and 'answer'",
                "a.yaml:4: error: the id of a knowledge entry cannot be 'a b', expected 1 to 128 letters, digits and . _ - / :",
                "a.yaml:4: error: 'questions' is empty",
                "a.yaml:4: error: the answer is empty",
                "a.yaml:5: error: a knowledge entry must be keys with values, found text",
            ])
    }

    @Test("Markdown gives an entry per heading, with wordings, paragraphs, link and an id from file and question")
    func markdown() throws {
        let folder = try TestFolder([
            "knowledge/privacy.en.md": """
            ---
            locale: en
            ---

            ## Who's got my data?
            - Do you sell data?
            -  What about ads?

            First paragraph,
            - with a list.

            Second paragraph.

            Link: https://shop.example/privacy

            ## 聊天会被记录吗？
            会。
            ## ???
            Yes
            """
        ])
        let result = try folder.read("knowledge/privacy.en.md")
        let path = folder.file("knowledge/privacy.en.md").path
        func entry(_ id: String, _ questions: [String], _ answer: String, _ link: String?, _ line: Int)
            -> KnowledgeEntry
        {
            KnowledgeEntry(
                id: KnowledgeID(trusted: id), locale: .english, questions: questions, answer: answer, link: link,
                place: SourcePlace(path: path, line: line))
        }
        #expect(
            result.content.knowledge == [
                entry(
                    "privacy.en.whos-got-my-data", ["Who's got my data?", "Do you sell data?", "What about ads?"],
                    "First paragraph,\n- with a list.\n\nSecond paragraph.", "https://shop.example/privacy", 5),
                entry("privacy.en.聊天会被记录吗", ["聊天会被记录吗？"], "会。", nil, 16),
                entry("privacy.en.3", ["???"], "Yes", nil, 18),
            ])
        #expect(result.places[.question(KnowledgeID(trusted: "privacy.en.whos-got-my-data"), 3)]?.line == 7)
    }

    @Test("a title is a key of YAML, and in Markdown one of the last lines, before the link")
    func titles() throws {
        let folder = try TestFolder([
            "k.yaml": "locale: en\nentries:\n  - { id: a, title: Gift cards, questions: [x], answer: y }\n",
            "k.md": """
            ## One?
            The answer.

            Title:  A copy: of my data
            Link: https://shop.example/a

            ## Two?
            Title: is what it begins with.

            More.
            ## Three?
            Yes.
            Title: Third

            ## Four?
            No.

            Title: Fourth

            Link: https://shop.example/d
            """,
            "bad.yaml": "locale: en\nentries:\n  - { id: a, title: '', questions: [x], answer: y }\n",
            "bad.md": "## One?\nThe answer.\n\nTitle:\n",
        ])
        #expect(try folder.read("k.yaml").content.knowledge.map(\.title) == ["Gift cards"])
        let read = try folder.read("k.md")
        let entries = read.content.knowledge
        #expect(entries.map(\.title) == ["A copy: of my data", nil, "Third", "Fourth"])
        #expect(entries.map(\.answer) == ["The answer.", "Title: is what it begins with.\n\nMore.", "Yes.", "No."])
        #expect(entries.map(\.link) == ["https://shop.example/a", nil, nil, "https://shop.example/d"])
        #expect(read.places[.knowledgeTitle(entries[0].id)]?.line == 4)
        #expect(folder.errors("bad.yaml") == ["bad.yaml:3: error: the title is empty"])
        #expect(folder.errors("bad.md") == ["bad.md:4: error: the title is empty"])
    }

    @Test("questions with the same words get numbered ids")
    func repeatedSlug() throws {
        let folder = try TestFolder(["k.md": "## Why?\na\n## Why\nb\n"])
        #expect(try folder.read("k.md").content.knowledge.map(\.id.rawValue) == ["k.why", "k.why-2"])
    }

    @Test("mistakes in Markdown are told with their lines")
    func markdownMistakes() throws {
        let folder = try TestFolder([
            "a.md": "---\nlocale: en\nauthor: me\n---\nstray\n\n## Question\n- variant\n\n## \nanswer\n",
            "b.md": "---\nlocale: en\n", "c.md": "---\nlocale: ???\n---\n## Q\nA\n",
        ])
        #expect(
            folder.errors("a.md") == [
                "a.md:3: error: unknown key 'author' in the front matter, expected locale",
                "a.md:5: error: text before the first '## Question'",
                "a.md:7: error: the answer of 'Question' is empty", "a.md:10: error: the question is empty",
            ])
        #expect(
            folder.errors("b.md") == [
                "b.md:1: error: the front matter has no closing ---",
                "b.md:1: error: text before the first '## Question'",
            ])
        #expect(folder.errors("c.md") == ["c.md:2: error: 'locale' must be a language tag such as en or zh-TW"])
    }
}
