import BERT
import Foundation
import TensorFiles
import Testing

@testable import BERTTraining

@Suite("Checkpoints")
struct CheckpointTests {
    private func options(_ method: TrainingOptions.Method) -> TrainingOptions {
        var options = ToyTask.options(method)
        options.epochs = 3
        return options
    }

    /// Runs until `step` and is cancelled there.
    private func interrupt(_ tuner: FineTuner, at step: Int, _ file: URL) throws {
        var done = 0
        #expect(throws: CancellationError.self) {
            _ = try tuner.run(checkpoint: file, progress: { done = $0.step }, isCancelled: { done == step })
        }
    }

    @Test(
        "a resumed run ends like one that was never interrupted, bit for bit",
        arguments: [.full, .lowRank(rank: 4, alpha: 8), .contrastive, .unsupervised] as [TrainingOptions.Method])
    func resume(method: TrainingOptions.Method) throws {
        let options = options(method)
        let whole = try ToyTask.tuner(options).run().content
        try TinyModel.withTemporaryDirectory { directory in
            let file = directory.appendingPathComponent("run.checkpoint")
            for step in [4, 13, 14] { try interrupt(ToyTask.tuner(options), at: step, file) }
            var steps: [Int] = []
            let resumed = try ToyTask.tuner(options).run(checkpoint: file, progress: { steps.append($0.step) })
            #expect(steps.first == 15)
            #expect(resumed.content == whole)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["run.checkpoint"])
        }
    }

    @Test("a checkpoint written during the run brings a later run to the same end")
    func kept() throws {
        let options = options(.full)
        let whole = try ToyTask.tuner(options).run().content
        try TinyModel.withTemporaryDirectory { directory in
            let file = directory.appendingPathComponent("run.checkpoint")
            let first = try ToyTask.tuner(options).run(checkpoint: file, checkpointEvery: .zero)
            #expect(first.content == whole)
            #expect(try ToyTask.tuner(options).run(checkpoint: file).content == whole)
        }
    }

    @Test("damaged and foreign checkpoints are refused, and a run starts only from a sound one")
    func refusals() throws {
        let options = options(.full)
        try TinyModel.withTemporaryDirectory { directory in
            let file = directory.appendingPathComponent("run.checkpoint")
            try interrupt(ToyTask.tuner(options), at: 4, file)
            let sound = try Data(contentsOf: file)
            func code(_ data: Data, _ tuner: FineTuner) throws -> ModelError.Code? {
                try data.write(to: file)
                return TinyModel.code { _ = try tuner.run(checkpoint: file) }
            }
            for length in [0, 7, 30, sound.count / 2, sound.count - 1] {
                #expect(try code(sound.prefix(length), ToyTask.tuner(options)) == .invalidFile, "\(length) bytes")
            }
            for place in [0, 9, sound.count / 3, sound.count / 2, sound.count - 3] {
                var damaged = sound
                damaged[place] ^= 0x10
                #expect(try code(damaged, ToyTask.tuner(options)) == .invalidFile, "byte \(place)")
            }
            var others = options
            others.learningRate *= 2
            #expect(try code(sound, ToyTask.tuner(others)) == .invalidInput)
            let data = ToyTask.examples(151, seed: 1)
            #expect(try code(sound, ToyTask.tuner(options, training: data)) == .invalidInput)
            #expect(try code(sound, ToyTask.tuner(options)) == nil)
        }
    }

    @Test("a directory that cannot be written gives an error that names the file")
    func unwritable() throws {
        let file = URL(fileURLWithPath: "/dev/null/run.checkpoint")
        let tuner = try ToyTask.tuner(options(.full))
        let code = TinyModel.code { _ = try tuner.run(checkpoint: file, checkpointEvery: .zero) }
        #expect(code == .io)
    }

    @Test("why a file could not be written is told")
    func reason() throws {
        let bytes: [UInt8] = [1, 2, 3]
        let written = bytes.withUnsafeBytes { AtomicFile.replace(URL(fileURLWithPath: "/dev/null/file"), with: $0) }
        #expect(!written && AtomicFile.reason == "Not a directory")
    }
}
