internal import ConversationDomain
import NativeContent
import Tables

/// Writes `intents.csv` and `faq.csv` (RFC 4180), in UTF-8 with the mark by which spreadsheets know it.
enum CSVFiles {
    static func files(of content: BotContent) -> ForeignFiles {
        var found = ForeignFiles()
        var rows = [["text", "intent", "locale", "answer", "title"]]
        var counts = (slots: 0, answers: 0, buttons: 0, marks: 0)
        for intent in content.intents.sorted(by: { $0.name < $1.name }) {
            let name = intent.name.rawValue
            counts.slots += intent.slots.isEmpty ? 0 : 1
            counts.marks += intent.examples.count { !$0.spans.isEmpty }
            var titles = intent.title
            for example in intent.examples {
                let title = titles.removeValue(forKey: example.locale) ?? ""
                rows.append([example.text, name, example.locale.rawValue, "", title])
            }
            for answer in intent.answers.sorted(by: { $0.ordinal < $1.ordinal }) {
                counts.buttons += answer.buttons.count
                let when = answer.condition
                let isPlain = when.channel == nil && when.slots.isEmpty && when.fields.isEmpty
                for (locale, text) in answer.text.sorted(by: { $0.key < $1.key }) {
                    guard isPlain, !text.contains("{{") else {
                        counts.answers += 1
                        continue
                    }
                    rows.append(["", name, locale.rawValue, text, ""])
                }
            }
        }
        var entries = [["question", "answer", "locale", "link", "title", "id"]]
        for entry in content.knowledge.sorted(by: { $0.id < $1.id }) {
            for question in entry.questions {
                entries.append([
                    question, entry.answer, entry.locale.rawValue, entry.link ?? "", entry.title ?? "",
                    entry.id.rawValue,
                ])
            }
        }
        if rows.count > 1 { found.files.append(ContentFile(path: "intents.csv", text: text(of: rows))) }
        if entries.count > 1 { found.files.append(ContentFile(path: "faq.csv", text: text(of: entries))) }
        found.leave("intents' slots", counts.slots)
        found.leave("answers with 'when' or {{slots}}", counts.answers)
        found.leave("actions", content.intents.count { $0.action != nil })
        found.leave("buttons", counts.buttons)
        found.leave("entities marked in examples", counts.marks)
        found.leave("lists and patterns of entities", content.entities.count)
        found.leave("settings", content.writtenSettings == nil ? 0 : 1)
        found.leave("teams", content.teams?.teams.count ?? 0)
        found.leave("languages' phrases", content.phrases.count)
        return found
    }

    private static func text(of rows: [[String]]) -> String {
        "\u{FEFF}" + rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A field that a spreadsheet shows as it is: what would be a formula has an apostrophe before it, which
    /// ``SpreadsheetText`` takes off again.
    private static func field(_ text: String) -> String {
        let safe = SpreadsheetText.safe(text)
        guard
            safe.unicodeScalars.contains(where: { "\",;\t\r\n".unicodeScalars.contains($0) }) || safe != text
                || safe.hasPrefix(" ") || safe.hasSuffix(" ")
        else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
