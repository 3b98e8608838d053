import BERT
import ConversationDomain
import Foundation
import ModelRecords
import Testing

@testable import Evaluation
@testable import IntentModel
@testable import LinearModels

@Suite("Training runs")
struct TrainingRunTests {
    private static let settings = TrainingRunRecord.Settings(
        encoder: "fake", method: "head", seed: 1, targetPrecision: 0.95)

    private func record(_ number: Int) -> TrainingRunRecord {
        let milliseconds = Date(timeIntervalSince1970: 1_000_000 + Double(number))
        var run = TrainingRunRecord(
            id: IdentifierGenerator(now: { milliseconds }).next(), startedAt: milliseconds, settings: Self.settings)
        run.curves = [
            RunCurve(
                name: "head",
                points: [
                    .init(step: 1, seconds: 0.5, loss: 2, accuracy: 0.25),
                    .init(step: 2, seconds: 1, loss: 1, accuracy: 1),
                ])
        ]
        return run
    }

    private func folder() throws -> URL {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("runs-\(UUID().uuidString)")
        return url
    }

    @Test("CRC-32C and its mask are those of the standard")
    func checksums() {
        #expect(CRC32C.checksum(Data("123456789".utf8)) == 0xE306_9283)
        // RFC 3720, B.4: 32 bytes of zeros.
        #expect(CRC32C.checksum(Data(count: 32)) == 0x8A91_36AA)
        let rotated: UInt32 = 0xE306_9283 >> 15 | 0xE306_9283 << 17
        #expect(CRC32C.masked(Data("123456789".utf8)) == rotated &+ 0xA282_EAD8)
    }

    @Test("an event file is, byte by byte, what the format says")
    func eventFile() {
        var file = EventFile(begun: 1)
        let first = [9] + [UInt8](repeating: 0, count: 6) + [0xF0, 0x3F, 26, 13] + Array("brain.Event:2".utf8)
        func record(_ message: [UInt8]) -> Data {
            func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
                withUnsafeBytes(of: number.littleEndian) { Array($0) }
            }
            let length = bytes(UInt64(message.count))
            return Data(
                length + bytes(CRC32C.masked(Data(length))) + message + bytes(CRC32C.masked(Data(message))))
        }
        #expect(file.data == record(first))
        let before = file.data
        file.add("loss", 0.5, step: 300, time: 2)
        let value: [UInt8] = [10, 4] + Array("loss".utf8) + [21, 0, 0, 0, 0x3F]
        let second: [UInt8] =
            [9, 0, 0, 0, 0, 0, 0, 0, 0x40, 16, 0xAC, 0x02, 42, UInt8(value.count + 2), 10, UInt8(value.count)] + value
        #expect(file.data == before + record(second))
    }

    @Test("each curve is a folder for TensorBoard, the result another")
    func exported() {
        var run = record(1)
        #expect(run.eventFiles().map(\.path) == ["\(run.id)/head/events.out.tfevents.1000001.frontdesk"])
        run.metrics = ModelMetrics(
            examples: 1, accuracy: 1, coverage: 1, precision: 1, outOfScopeRecall: nil, calibrationError: 0, seconds: 1)
        #expect(run.eventFiles().map(\.path).last == "\(run.id)/result/events.out.tfevents.1000001.frontdesk")
    }

    @Test("runs are kept, listed by age, found by an ending, and replaced as they go on")
    func folderOfRuns() throws {
        let url = try folder()
        defer { try? FileManager.default.removeItem(at: url) }
        let runs = TrainingRunFolder(url)
        #expect(runs.runs().runs.isEmpty)
        var (first, second) = (record(1), record(2))
        try runs.keep(second)
        try runs.keep(first)
        #expect(runs.runs().runs == [first, second])
        #expect(try runs.run(named: "latest") == second)
        #expect(try runs.run(named: String(first.id.rawValue.suffix(8))) == first)
        first.outcome = .failed
        first.failure = "the disk is full"
        try runs.keep(first)
        #expect(runs.runs().runs == [first, second])
        #expect(throws: ChatError.self) { try runs.run(named: "run_") }
        try Data("{}".utf8).write(to: url.appendingPathComponent("\(second.id).json"))
        #expect(runs.runs().runs == [first] && runs.runs().unreadable.count == 1)
        #expect(throws: ChatError.self) { try runs.run(named: second.id.rawValue) }
    }

    @Test("a recorder parts a training into its curves and thins long ones out evenly")
    func recorder() {
        let recorder = CurveRecorder()
        func tell(_ run: Int, of runs: Int, steps: Int, isAdapting: Bool = false, accuracyAt: Int? = nil) {
            for step in 1...steps {
                let accuracy = accuracyAt.flatMap { step >= $0 ? 0.5 : nil }
                recorder.hear(
                    .tuning(
                        TuningProgress(
                            run: run, runs: runs, step: step, steps: steps, loss: 1 / Double(step), learningRate: 0.5,
                            tokensPerSecond: 1, secondsLeft: 1, accuracy: accuracy)),
                    isAdapting: isAdapting)
            }
        }
        recorder.hear(.embedding(done: 1, total: 1))
        tell(1, of: 1, steps: 2, isAdapting: true)
        tell(1, of: 2, steps: 3)
        tell(2, of: 2, steps: 5000, accuracyAt: 2501)
        recorder.hear(.fit(HeadFit(iteration: 1, loss: 0.7, accuracy: 0.9)))
        let curves = recorder.curves
        #expect(curves.map(\.name) == ["adaptation", "fold-1", "encoder", "head"])
        let losses: [Double?] = [1, 0.5, 1.0 / 3]
        #expect(curves[1].points.map(\.step) == [1, 2, 3])
        #expect(curves[1].points.map(\.loss) == losses)
        #expect(curves[1].points.allSatisfy { $0.learningRate == 0.5 })
        let encoder = curves[2].points
        #expect((CurveRecorder.pointLimit / 2...CurveRecorder.pointLimit).contains(encoder.count))
        #expect(encoder.map(\.step) == encoder.map(\.step).sorted() && encoder.last.map { $0.step > 4980 } == true)
        #expect(encoder.filter { $0.accuracy != nil }.map(\.step) == [2501])
        #expect(curves[3].points.map(\.accuracy) == [0.9])
    }

    @Test("the fit of a head tells its falling loss and its accuracy after every iteration")
    func headFit() throws {
        let features = try #require(FeatureMatrix([[1, 0], [0.9, 0.1], [0, 1], [0.2, 0.8]]))
        var fits: [HeadFit] = []
        let classifier = try LinearClassifier.train(
            embeddings: features, labels: [0, 0, 1, 1], classes: 2, scaling: .unit, inverseRegularisation: 10,
            observe: { fits.append($0) })
        #expect(fits.count > 1 && fits.map(\.iteration) == Array(1...fits.count))
        #expect(zip(fits, fits.dropFirst()).allSatisfy { $0.loss > $1.loss })
        #expect(fits.last?.accuracy == 1)
        let same = try LinearClassifier.train(
            embeddings: features, labels: [0, 0, 1, 1], classes: 2, scaling: .unit, inverseRegularisation: 10)
        #expect(same == classifier)
    }

    @Test("curves are drawn by their height, and runs compared fact by fact")
    func text() {
        #expect(TrainingRunRecord.bars([0, 1, 2, 3, 4, 5, 6, 7], width: 8) == "▁▂▃▄▅▆▇█")
        #expect(
            TrainingRunRecord.bars([5, 5], width: 8) == "▁▁" && TrainingRunRecord.bars([1, 3, 5, 7], width: 2) == "▁█")
        let (first, second) = (record(1), record(2))
        #expect(
            first.renderedCurves() == [
                ["head", "loss", "2", "█▁", "1", "2 steps"], ["head", "accuracy", "0.25", "▁█", "1", "2 steps"],
            ])
        let rows = [first, second].compared()
        #expect(rows.first == ["run", first.id.rawValue, second.id.rawValue, "differs"])
        #expect(
            rows.contains(["encoder", "fake", "fake", ""]) && rows.contains(["head loss", "1.0000", "1.0000", ""]))
    }
}
