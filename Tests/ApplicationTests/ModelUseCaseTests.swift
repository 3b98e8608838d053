import ConversationDomain
import Evaluation
import Foundation
import Inference
import IntentModel
import Measures
import ModelLifecycle
import ModelRecords
import SQLiteModels
import SQLiteStore
import Testing

@testable import Application

@Suite("Evaluating a bot, in process", .timeLimit(.minutes(2)))
struct EvaluationRunTests {
    private static func run(_ bot: TestBot, encoders: (any EncoderSource)? = nil, replies: Bool = true) -> EvaluationRun
    {
        EvaluationRun(
            directory: bot.directory, encoders: encoders ?? bot.encoders, encoder: nil, options: TestBot.options,
            parts: .init(replies: replies, latency: false, learningCurve: false), progress: bot.progress)
    }

    @Test(
        "on a file: every sentence is judged by the active version and by what the bot would reply, and odd labels are named"
    )
    func file() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        let version = try await bot.train()
        let file = try bot.write(
            "text,intent\nis my parcel late,order\nmoney back,refund\nopen today,hours\ncolour of the sky,weather\n",
            named: "test.csv")
        await #expect(throws: CommandFailure.self) { try await Self.run(bot).onFile(LabelledFile(path: file)) }
        try await bot.models.activate(version, at: Date())

        let evaluation = try await Self.run(bot).onFile(LabelledFile(path: file))
        #expect(evaluation.subject.method == .file && evaluation.subject.detail == "test.csv")
        #expect(evaluation.subject.model == version && evaluation.subject.encoder == "words")
        #expect(evaluation.subject.trainingExamples == ["order": 6, "refund": 6, "hours": 6])
        #expect(evaluation.report.samples == 4)
        #expect(evaluation.report.accuracy >= 0.5 && evaluation.report.accuracy < 1)
        #expect(evaluation.mistakes.map(\.text).contains("colour of the sky"))
        #expect(evaluation.replies != nil && evaluation.latency == nil && evaluation.learningCurve == nil)
        #expect(bot.progress.notes.contains { $0.contains("no intent or entry weather (1)") })
        #expect(bot.progress.told.contains(.step("replies", 4, 4, "")))

        let head = try await Self.run(bot, replies: false).onFile(LabelledFile(path: file, foreign: ["weather"]))
        #expect(head.replies == nil && head.report.samples == 4)
    }

    @Test("a file that is not there, a split that it does not have, and a label that no text has are refused by name")
    func refusedFiles() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        try await bot.models.activate(try await bot.train(), at: Date())
        let file = try bot.write("text,intent\nmoney back,refund\n", named: "test.csv")
        let cases: [(LabelledFile, String)] = [
            (LabelledFile(path: file + "x"), "no such file"),
            (LabelledFile(path: file, split: "dev"), "it has no split 'dev'"),
            (LabelledFile(path: file, foreign: ["oos"]), "no text of \(file) has the label 'oos'"),
        ]
        for (file, reason) in cases {
            let failure = await #expect(throws: CommandFailure.self) { try await Self.run(bot).onFile(file) }
            #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "") lacks \(reason)")
        }
    }

    @Test("by cross-validation and on a part that is kept back: no version is needed, and none is made")
    func ownExamples() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        let folds = try await Self.run(bot).crossValidated(folds: 3)
        #expect(folds.subject.method == .crossValidation && folds.subject.detail == "3 folds")
        #expect(folds.report.samples == 18 && folds.subject.model == nil)
        let kept = try await Self.run(bot).heldOut(share: 0.34)
        #expect(kept.subject.method == .heldOut && kept.subject.detail == "34 % of each intent")
        #expect(kept.report.samples == 6 && kept.subject.trainingExamples.values.allSatisfy { $0 == 4 })
        #expect(try await bot.models.list().isEmpty)
        let nothing = await #expect(throws: CommandFailure.self) { try await Self.run(bot).heldOut(share: 0.01) }
        #expect(nothing?.message.contains("no intent has enough examples") == true)
    }

    @Test("without an encoder nothing is measured, and it is said which command helps")
    func noEncoder() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        let run = Self.run(bot, encoders: Encoders(bot.directory))
        let failure = await #expect(throws: CommandFailure.self) { try await run.crossValidated(folds: 3) }
        #expect(failure?.kind == .unavailable && failure?.message.contains("frontdesk model install") == true)
    }
}

@Suite("Making a version live, in process", .timeLimit(.minutes(2)))
struct PromotionTests {
    private static func promotion(
        _ bot: TestBot, encoders: TestEncoders? = nil, maxLoss: Double? = nil, texts: String? = nil,
        refused: @escaping (PromotionReport) -> Void = { _ in }
    ) throws -> Promotion {
        let losses = try maxLoss.map {
            PromotionGuard(
                limit: try ForgettingGuard(maximumLoss: $0), texts: texts.map { LabelledFile(path: $0) })
        }
        return Promotion(
            database: bot.database, shelf: VersionShelf(models: bot.models, encoders: encoders ?? bot.encoders),
            guarding: losses, progress: bot.progress, refused: { refused($0) })
    }

    /// Keeps what a guard found.
    private final class Heard {
        var reports: [PromotionReport] = []
    }

    @Test("a version that can be used goes live, which the audit log tells; the one before stays to go back to")
    func activates() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        let (first, second) = (try await bot.train(), try await bot.train())
        #expect(try await Self.promotion(bot).activate(first) == nil)
        #expect(try await bot.models.activeID() == first)
        #expect(try await Self.promotion(bot).activate(second) == nil)
        #expect(try await bot.models.activeID() == second)
        #expect(try await bot.models.previousID() == first)
        let events = try await SQLiteAuditLog(bot.database).events(since: .distantPast, limit: 10)
        #expect(events.filter { $0.action == .modelActivated }.map(\.subject) == [first.rawValue, second.rawValue])
    }

    @Test("a version that is not there, or whose encoder is not, is refused, and what is live stays so")
    func unusable() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        let (first, second) = (try await bot.train(), try await bot.train())
        try await Self.promotion(bot).activate(first)
        let absent = ModelVersionID(trusted: "model_absent")
        let unknown = await #expect(throws: CommandFailure.self) { try await Self.promotion(bot).activate(absent) }
        #expect(unknown?.message == "there is no version model_absent; see 'frontdesk model list'")
        let other = TestEncoders(encoder: WordEncoder(weightsHash: String(repeating: "b", count: 64)))
        let failure = await #expect(throws: CommandFailure.self) {
            try await Self.promotion(bot, encoders: other).activate(second)
        }
        #expect(failure?.kind == .unavailable)
        #expect(try await bot.models.activeID() == first)
    }

    @Test(
        "a version that forgets what the active one knows is refused with the list; one that forgets nothing goes live")
    func forgetting() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        let (active, same) = (try await bot.train(), try await bot.train())
        // Nothing but its own words tells of a refund to the next one.
        try bot.write(
            "refund", ["voucher", "voucher code", "redeem voucher", "voucher value", "gift voucher", "a voucher"])
        try await bot.importContent()
        let forgetful = try await bot.train()
        try await Self.promotion(bot).activate(active)
        let rows = TestBot.examples.flatMap { name, texts in texts.map { "\($0),\(name)" } }
        let file = try bot.write("text,intent\n" + rows.sorted().joined(separator: "\n") + "\n", named: "labelled.csv")

        let heard = Heard()
        let failure = await #expect(throws: CommandFailure.self) {
            try await Self.promotion(bot, maxLoss: 10, texts: file) {
                heard.reports.append($0)
            }.activate(forgetful)
        }
        #expect(failure?.message.hasPrefix("\(forgetful) is not made live: it loses more than 10 points") == true)
        #expect(failure?.message.contains("i want my money back") == true)
        let report = try #require(heard.reports.first)
        #expect(report.active == active && report.texts == 18 && !report.losses.isEmpty && !report.forgotten.isEmpty)
        #expect(try await bot.models.activeID() == active)

        let kept = try #require(try await Self.promotion(bot, maxLoss: 0, texts: file).activate(same))
        #expect(kept.losses.isEmpty && kept.active == same && kept.texts == 18)
        #expect(try await bot.models.activeID() == same)
    }
}

@Suite("The first run, in process", .timeLimit(.minutes(2)))
struct FirstRunTests {
    private static func run(_ bot: TestBot, _ encoders: TestEncoders? = nil) -> FirstRun {
        FirstRun(
            directory: bot.directory, database: bot.database, intents: bot.intents, encoder: nil,
            encoders: encoders ?? bot.encoders, options: TestBot.options, progress: bot.progress)
    }

    @Test("an empty folder becomes a bot that answers; what is there already is left alone")
    func makesABot() async throws {
        let bot = try TestBot()
        try await Self.run(bot).run()
        let version = try #require(try await bot.models.activeID())
        #expect(
            try await bot.contents.content().content.intents.map(\.name.rawValue).sorted() == [
                "hours", "order", "refund",
            ])
        #expect(bot.progress.notes.contains("first start: importing \(bot.intents)"))
        #expect(bot.progress.notes.contains { $0.hasPrefix("first start: trained 3 intents on 18 examples") })

        let served = try await Bot.open(
            bot.directory, database: bot.database, settings: BotSettings(encoders: bot.encoders))
        let understood = try await served.classifier.understand(["where is my parcel"], visitor: nil)
        #expect(understood.first?.top?.intent.rawValue == "order")
        await served.queue.shutdown()

        let notes = bot.progress.notes
        try bot.write("other", ["something else", "another matter"])
        try await Self.run(bot).run()
        #expect(try await bot.models.activeID() == version && bot.progress.notes == notes)
        #expect(try await bot.contents.content().content.intents.count == 3)
    }

    @Test("without an encoder nothing is imported, so that the next start begins anew")
    func noEncoder() async throws {
        let bot = try TestBot()
        await #expect(throws: CommandFailure.self) { try await Self.run(bot, TestEncoders(encoder: nil)).run() }
        #expect(try await bot.contents.content().content.intents.isEmpty)
        #expect(try await bot.models.list().isEmpty)
    }

    @Test("content that somebody imported is trained on as it is")
    func keepsContent() async throws {
        let bot = try TestBot()
        try await bot.importContent()
        try bot.write("other", ["something else", "another matter"])
        try await Self.run(bot).run()
        #expect(try await bot.contents.content().content.intents.count == 3)
        #expect(try await bot.models.activeID() != nil)
    }

    @Test("the page's key is made once, found again, and refused where it is not offered")
    func demoKey() async throws {
        let bot = try TestBot()
        let run = Self.run(bot)
        let none = try await run.demoKey(isOffered: false)
        #expect(none.offered == nil && none.refused.isEmpty)
        let key = try #require(try await run.demoKey(isOffered: true).offered)
        #expect(key.hasPrefix("fd_pk_"))
        #expect(try await run.demoKey(isOffered: true).offered == key)
        let keys = try await SQLiteKeyStore(bot.database).list()
        #expect(keys.count == 1 && keys.first?.origins == [APIKey.sameOrigin])
        #expect(try await run.demoKey(isOffered: false).refused == Set(keys.map(\.id)))
        _ = try await SQLiteKeyStore(bot.database).revoke(try #require(keys.first).id, at: Date())
        #expect(try await run.demoKey(isOffered: true).offered == nil)
    }
}
