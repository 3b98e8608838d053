internal import CEmbeddedFiles
public import ConversationDomain
import Foundation

/// Messages that no owner's content is about, in English and Chinese: customers of other trades, general knowledge, small talk,
/// code, insults, gibberish. Written for this program, for what a message looks like that nothing here answers.
public struct BackgroundSet: Hashable, Sendable {
    public struct Sentence: Hashable, Sendable {
        public let category: String
        public let text: String
        public let locale: BotLocale

        public init(category: String, text: String, locale: BotLocale = .english) {
            self.category = category
            self.text = text
            self.locale = locale
        }
    }

    public let sentences: [Sentence]

    /// What ships with the program.
    public static let shipped = BackgroundSet(
        sentences: parsed(text(embedded_background_en()), .english)
            + parsed(text(embedded_background_zh()), .chinese))

    private static func text(_ file: embedded_file) -> String {
        String(decoding: UnsafeRawBufferPointer(start: file.bytes, count: file.count), as: UTF8.self)
    }

    public init(sentences: [Sentence]) {
        self.sentences = sentences
    }

    /// - Parameter table: lines of a category, a tab and a text.
    private static func parsed(_ table: String, _ locale: BotLocale) -> [Sentence] {
        table.split(separator: "\n").compactMap { line in
            guard let tab = line.firstIndex(of: "\t") else { return nil }
            return Sentence(
                category: String(line[..<tab]), text: String(line[tab...].dropFirst()), locale: locale)
        }
    }

    /// By name.
    public var categories: [String] { Set(sentences.map(\.category)).sorted() }
}
