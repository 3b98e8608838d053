import ConversationDomain
import Dialogue
package import Foundation
import Inference
import IntentData
import IntentModel
import ModelRecords
import NativeContent
import SQLiteModels
import SQLiteStore
package import Scripts
import Wording

/// Holds written conversations with a bot in this process: the stored one, or one made of a content folder for the purpose.
package struct ConversationRun {
    let directory: DataDirectory
    let encoder: EncoderSettings
    /// Whose day is "today" in messages.
    let timeZone: TimeZone
    let progress: any ProgressPort
    /// The content folder; nil for the stored bot.
    package var intents: String?
    /// A file with what the shop's services answer; nil where no service is set.
    package var actions: String?
    /// Conversations that are held at the same time.
    package var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

    package init(
        directory: DataDirectory, encoder: EncoderSettings, timeZone: TimeZone, progress: any ProgressPort,
        intents: String? = nil,
        jobs: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        self.directory = directory
        self.encoder = encoder
        self.timeZone = timeZone
        self.progress = progress
        self.intents = intents
        self.jobs = jobs
    }

    package func run(_ path: String) async throws -> ConversationReport {
        let scripts: [ConversationScript]
        do throws(ContentFileError) {
            scripts = try ConversationReader.read(URL(userPath: path))
        } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            throw CommandFailure(isThere ? .data : .noInput, error.description)
        }
        guard let intents else { return try await hold(scripts, with: directory) }
        return try await withTemporaryBot(of: intents) { try await hold(scripts, with: $0) }
    }

    private func hold(_ scripts: [ConversationScript], with directory: DataDirectory) async throws
        -> ConversationReport
    {
        let store = TransientConversations()
        var settings = BotSettings(timeZone: timeZone, encoder: encoder)
        settings.conversations = store
        settings.actions = try actions.map(RecordedActions.init(path:))
        // The first variant that was not said last: a test that passes does so the next time too.
        settings.variant = { 0 }
        let bot = try await Bot.open(directory, settings: settings)
        defer { bot.close() }
        for warning in Self.unknownNames(in: scripts, content: bot.content.current()) { progress.note(warning) }
        let principal = Principal(
            key: IdentifierGenerator().next(), kind: .secret, app: AppName(trusted: "tests"), scopes: [.chat])
        let runner = ConversationRunner(chat: bot.chat, as: principal) { store.state(of: $0) }
        let outcomes = try await runner.run(
            scripts, jobs: jobs, progress: { [progress] in progress.step("conversations", $0, $1) })
        await bot.queue.shutdown()
        return ConversationReport(outcomes)
    }

    /// What is expected and can never come, because the bot has nothing of that name.
    private static func unknownNames(in scripts: [ConversationScript], content: ContentSnapshot) -> [String] {
        func isKnown(_ name: String) -> Bool {
            content.intents[IntentName(trusted: name)] != nil || content.knowledge[KnowledgeID(trusted: name)] != nil
        }
        return scripts.flatMap(\.turns).flatMap(\.expected).flatMap { expected in
            let unknown =
                expected.intents.filter { content.intents[$0] == nil }.map(\.rawValue)
                + expected.knowledge.filter { content.knowledge[$0] == nil }.map(\.rawValue)
                + expected.offers.filter { !isKnown($0) }
            return unknown.map { name in
                let place = expected.place.map { "\($0): " } ?? ""
                return "\(place)warning: the bot has no intent or entry '\(name)'"
            }
        }
    }

    /// A bot of a folder's content in a data directory of its own, with the encoders of ours; gone afterwards.
    private func withTemporaryBot<Value: Sendable>(
        of intents: String, _ body: (DataDirectory) async throws -> Value
    ) async throws -> Value {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appending(
            path: "frontdesk-tests-\(UUID().uuidString)", directoryHint: .isDirectory)
        let temporary = DataDirectory(url: folder, progress: progress)
        try temporary.create()
        defer { try? manager.removeItem(at: folder) }
        do {
            try manager.createSymbolicLink(
                at: temporary.modelsDirectory, withDestinationURL: directory.modelsDirectory.resolvingSymlinksInPath())
        } catch {
            throw CommandFailure(.cannotCreate, "\(folder.path): cannot be made")
        }
        try await train(intents, in: temporary)
        return try await body(temporary)
    }

    private func train(_ intents: String, in temporary: DataDirectory) async throws {
        let database = try temporary.openDatabase()
        defer { try? database.close() }
        let contents = SQLiteContentStore(database)
        let models = SQLiteModelStore(database)
        let labelSets = SQLiteLabelSetStore(database)
        let textEncoder = try await Encoders(temporary, settings: encoder).preferred(named: nil)
        let sets = try LabelSetImport(progress: progress).readFolders([intents])
        _ = try await ContentImport(labelSets: sets, progress: progress).run([intents], into: contents)
        let result = try await TrainingRun(
            directory: temporary, models: models, contents: contents, labelSets: labelSets, encoder: textEncoder,
            settings: encoder, options: TrainingOptions(), progress: progress
        ).run()
        try await models.activate(result.model.id, at: Date())
    }
}
