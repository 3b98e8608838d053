import ConversationDomain
import Foundation
import IntentData
import NativeContent

/// A folder of its own for one test, removed with the value.
final class TestFolder {
    let url: URL

    init(_ files: [String: String] = [:]) throws {
        url = URL.temporaryDirectory.appending(path: "intent-data-\(UUID().uuidString)", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        for (path, text) in files { try write(path, Data(text.utf8)) }
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func file(_ path: String) -> URL { URL(filePath: url.path).appending(path: path) }

    func write(_ path: String, _ data: Data) throws {
        let target = file(path)
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: target)
    }

    /// Names without the folder's own path, so that tests can compare whole messages.
    func plain(_ text: String) -> String { text.replacing(url.path + "/", with: "").replacing(url.path, with: ".") }

    func read(
        _ path: String? = nil, format: ContentFormat = .auto, options: ReadOptions = ReadOptions()
    ) throws(ContentFileError) -> ReadResult {
        let target = path.map { file($0) } ?? URL(filePath: url.path)
        return try ContentReader.read(paths: [target], format: format, options: options)
    }

    /// The errors of reading, each as it is shown to the user.
    func errors(
        _ path: String? = nil, format: ContentFormat = .auto, options: ReadOptions = ReadOptions()
    ) -> [String] {
        do {
            _ = try read(path, format: format, options: options)
            return []
        } catch {
            return error.description.split(separator: "\n").map { plain(String($0)) }
        }
    }

    /// The warnings of reading, each as it is shown to the user.
    func warnings(_ path: String? = nil, options: ReadOptions = ReadOptions()) throws -> [String] {
        try read(path, options: options).issues.map { plain($0.description) }
    }

    /// The errors of one YAML file.
    static func errors(yaml: String) throws -> [String] {
        try TestFolder(["a.yaml": yaml]).errors("a.yaml")
    }
}

extension Example {
    /// Without its place.
    init(
        _ text: String, _ locale: BotLocale = .english, _ spans: [EntitySpan] = [], origin: ExampleOrigin = .written
    ) {
        self.init(text: text, locale: locale, spans: spans, origin: origin)
    }
}

extension BotContent {
    var withoutPlaces: BotContent {
        BotContent(
            intents: intents.map { intent in
                Intent(
                    name: intent.name, description: intent.description, title: intent.title, act: intent.act,
                    confirms: intent.confirms,
                    examples: intent.examples.map { Example($0.text, $0.locale, $0.spans, origin: $0.origin) },
                    slots: intent.slots, action: intent.action, answers: intent.answers)
            },
            knowledge: knowledge.map {
                KnowledgeEntry(
                    id: $0.id, locale: $0.locale, title: $0.title, questions: $0.questions, reviewed: $0.reviewed,
                    answer: $0.answer, link: $0.link, collection: $0.collection)
            },
            entities: entities.map { EntityDefinition(name: $0.name, values: $0.values, patterns: $0.patterns) },
            settings: writtenSettings)
    }
}
