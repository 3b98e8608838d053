import ConversationDomain
import Foundation
import IntentData
import NativeContent
import Testing

@Suite struct EntityYAMLTests {
    @Test("lists, synonyms and patterns are read with their places")
    func reads() throws {
        let folder = try TestFolder([
            "entities.yaml": """
            entities:
              size:
                values:
                  small: { en: [S, tiny], zh: [小号] }
                  XL:
                patterns:
                  - "EU \\\\d{2}"
              colour:
                values: [red, "12"]
            """
        ])
        let path = folder.file("entities.yaml").path
        #expect(
            try folder.read("entities.yaml").content.entities == [
                EntityDefinition(
                    name: EntityName(trusted: "size"),
                    values: [
                        .init(value: "small", synonyms: [.english: ["S", "tiny"], .chinese: ["小号"]]),
                        .init(value: "XL"),
                    ], patterns: ["EU \\d{2}"], place: SourcePlace(path: path, line: 2)),
                EntityDefinition(
                    name: EntityName(trusted: "colour"), values: [.init(value: "red"), .init(value: "12")],
                    place: SourcePlace(path: path, line: 8)),
            ])
    }

    @Test("a file may hold one entity with formats, and comes out of an export as it went in")
    func formats() throws {
        let folder = try TestFolder([
            "order_number.yaml": """
            entity: order_number
            formats: ["[WW-]######"]
            examples: [WW-123456, "123 456"]
            hint: { en: "Six digits.", zh: 六位数字。 }
            """
        ])
        let read = try folder.read("order_number.yaml").content
        let hint = [BotLocale.english: "Six digits.", .chinese: "六位数字。"]
        #expect(read.entities.map(\.name) == [.orderNumber])
        #expect(read.entities.map(\.formats) == [["[WW-]######"]] && read.entities.map(\.hint) == [hint])
        let written = try #require(ContentFiles.files(of: read).first(where: { $0.path == "entities.yaml" }))
        let again = try TestFolder(["entities.yaml": written.text]).read("entities.yaml").content
        #expect(again.entities.map(\.formats) == [["[WW-]######"]] && again.entities.map(\.hint) == [hint])
    }

    @Test("a format that cannot be read and an example that fits none are told")
    func formatMistakes() throws {
        let errors = try TestFolder.errors(
            yaml: """
                entity: order_number
                formats: ["##", "AB-####"]
                examples: [AB-12]
                pattern: x
                """)
        #expect(
            errors == [
                "a.yaml:4: error: unknown key 'pattern' in a file of one entity, expected entity, values, patterns, formats, examples or hint",
                "a.yaml:2: error: the format '##' of the entity 'order_number' has 2 of #, @ and * outside brackets, expected at least 3",
                "a.yaml:3: error: the example 'AB-12' of the entity 'order_number' fits none of its 'formats'",
            ])
    }

    @Test("mistakes are told with their lines")
    func mistakes() throws {
        let errors = try TestFolder.errors(
            yaml: """
                entities:
                  "bad name": { values: [x] }
                  size:
                    value: [x]
                    values: { small: [S], tiny: { english: [x] } }
                    patterns: ["(a", "a*"]
                """)
        #expect(
            errors == [
                "a.yaml:2: error: an entity's name cannot be 'bad name', expected 1 to 128 letters, digits and . _ - / :",
                "a.yaml:4: error: unknown key 'value' in the entity 'size', expected values, patterns, formats, examples or hint",
                "a.yaml:5: error: the synonyms of 'small' must be keys with values, found a list",
                "a.yaml:5: error: unknown key 'english' in the synonyms of 'tiny', expected language tags such as en or zh",
                "a.yaml:6: error: the pattern '(a' of the entity 'size' has a '(' without ')'",
                "a.yaml:6: error: the pattern 'a*' of the entity 'size' matches the empty text",
            ])
    }

    @Test("limits on values, patterns and entities are kept")
    func limits() throws {
        var options = ReadOptions()
        options.limits.entities = 1
        options.limits.entityPhrases = 2
        options.limits.entityPatterns = 1
        let folder = try TestFolder([
            "e.yaml": "entities:\n  a:\n    values: [x, y, z, w]\n    patterns: [p, q]\n  b: {}\n"
        ])
        #expect(
            folder.errors("e.yaml", options: options) == [
                "e.yaml:1: error: more than 1 entities", "e.yaml:3: error: more than 2 values and synonyms",
                "e.yaml:4: error: the entity 'a' has more than 1 patterns",
            ])
    }

    @Test("lint tells of entities defined twice, empty ones and words of two values")
    func lint() {
        let size = EntityName(trusted: "size")
        let content = BotContent(entities: [
            EntityDefinition(
                name: size,
                values: [
                    .init(value: "small", synonyms: [.english: ["S", "s"]]),
                    .init(value: "large", synonyms: [.english: ["Ｓ"], .chinese: ["S"]]),
                ]), EntityDefinition(name: size, values: [.init(value: "x")]),
            EntityDefinition(name: EntityName(trusted: "none")),
        ])
        #expect(
            ContentLint.check(content).map(\.description) == [
                "error: the entity 'size' is defined twice, first",
                "warning: 's' stands for 'small' and 'large' of the entity 'size'; the first is taken",
                "warning: the entity 'none' has neither values nor patterns nor formats",
            ])
    }

    @Test("what is exported is read back as it was, beside an intent of the same name as the file")
    func roundTrip() throws {
        let folder = try TestFolder()
        let values = ContentWriterTests.awkward.map {
            EntityDefinition.Value(value: $0, synonyms: [.english: [$0, "x"], .chinese: ["号"]])
        }
        let short = values.filter { $0.value.unicodeScalars.count <= 200 }
        let content = BotContent(
            intents: [Intent(name: IntentName(trusted: "entities"), examples: [Example("x")])],
            entities: [
                EntityDefinition(
                    name: EntityName(trusted: "a"), values: short, patterns: ["\\d: #{1,2}", "- x|[\"']"]),
                EntityDefinition(name: EntityName(trusted: "b"), values: [.init(value: "on")]),
                EntityDefinition(name: EntityName(trusted: "c")),
            ])
        let outcome = try ContentWriter.write(content, to: folder.file("out"))
        #expect(outcome.written == ["entities~.yaml", "entities.yaml"])
        let read = try folder.read("out").content
        #expect(read.withoutPlaces == content)
    }
}
