import BERT
import BERTTraining
import Foundation
import Tokenizers

/// Trains on a data set of JSON lines (`text`, `intent`) and prints one JSON object per epoch; see `Benchmarks/training.py`.
///
///     TrainingBench MODEL_DIRECTORY TRAIN.jsonl [--valid FILE] [--method full|lora|contrastive|unsupervised]
///         [--epochs N] [--rate R] [--batch N] [--threads N] [--dropout D] [--smoothing S] [--seed N]
///         [--head-factor F] [--layer-decay D] [--patience N] [--rank R] [--alpha A] [--temperature T]
///         [--per-label N] [--frozen-layers N] [--overlay FILE] [--weights FILE]
@main
struct TrainingBench {
    struct Row: Decodable {
        let text: String
        let intent: String
    }

    struct Line: Encodable {
        var epoch: Int
        var loss: Double
        var seconds: Double
        var tokens_per_s: Double
        var accuracy: Double?
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func main() throws {
        var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
        let options = try options(&arguments)
        let valid = arguments.option("--valid").map { URL(fileURLWithPath: $0) }
        let overlay = arguments.option("--overlay").map {
            WeightsOverlay(url: URL(fileURLWithPath: $0), hash: $0)
        }
        let weights = arguments.option("--weights").map { URL(fileURLWithPath: $0) }
        guard arguments.rest.count == 2 else { throw Failure(description: "expected MODEL_DIRECTORY TRAIN.jsonl") }
        let directory = URL(fileURLWithPath: arguments.rest[0], isDirectory: true)
        let rows = try read(URL(fileURLWithPath: arguments.rest[1]))
        let labels = Set(rows.map(\.intent)).sorted()
        let index = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
        let manifest = try ModelManifest.load(from: directory)
        let tokenizer = try TokenizerLoader.load(directory: directory, manifest: manifest)
        func examples(_ rows: [Row]) -> [TrainingExample] {
            rows.compactMap { row in
                guard let label = index[row.intent] else { return nil }
                let tokens = tokenizer.encode(manifest.queryPrefix + row.text, limit: options.maximumTokens)
                return TrainingExample(tokens: tokens, target: .sentence(head: 0, label: label))
            }
        }
        let tuner = try FineTuner(
            directory: directory, overlay: overlay, heads: [TrainedHead(name: "intent", labels: labels.count)],
            training: examples(rows), heldOut: try valid.map { examples(try read($0)) } ?? [], options: options)
        let result = try run(tuner)
        if let weights { try result.weights.write(to: weights) }
    }

    static func run(_ tuner: FineTuner) throws -> TrainingResult {
        let json = JSONEncoder()
        json.outputFormatting = .sortedKeys
        let clock = ContinuousClock()
        let begin = clock.now
        return try tuner.run(progress: { progress in
            guard progress.step % (progress.steps / progress.epochs) == 0 else { return }
            let line = Line(
                epoch: progress.epoch, loss: progress.loss, seconds: (clock.now - begin) / .seconds(1),
                tokens_per_s: progress.tokensPerSecond, accuracy: progress.accuracy)
            guard let data = try? json.encode(line) else { return }
            FileHandle.standardOutput.write(data + Data("\n".utf8))
        })
    }

    static func options(_ arguments: inout Arguments) throws -> TrainingOptions {
        var options = TrainingOptions()
        options.epochs = try arguments.number("--epochs") ?? options.epochs
        options.learningRate = try arguments.number("--rate") ?? options.learningRate
        options.batchSize = try arguments.number("--batch") ?? options.batchSize
        options.threads = try arguments.number("--threads") ?? options.threads
        options.dropout = try arguments.number("--dropout") ?? options.dropout
        options.labelSmoothing = try arguments.number("--smoothing") ?? options.labelSmoothing
        options.seed = try arguments.number("--seed") ?? options.seed
        options.headRateFactor = try arguments.number("--head-factor") ?? options.headRateFactor
        options.layerRateDecay = try arguments.number("--layer-decay") ?? options.layerRateDecay
        options.patience = try arguments.number("--patience")
        options.temperature = try arguments.number("--temperature") ?? options.temperature
        options.examplesPerLabel = try arguments.number("--per-label") ?? options.examplesPerLabel
        options.frozenLayers = try arguments.number("--frozen-layers") ?? options.frozenLayers
        let (rank, alpha): (Int, Float) = (try arguments.number("--rank") ?? 8, try arguments.number("--alpha") ?? 16)
        switch arguments.option("--method") ?? "full" {
        case "full": options.method = .full
        case "lora": options.method = .lowRank(rank: rank, alpha: alpha)
        case "contrastive": options.method = .contrastive
        case "unsupervised": options.method = .unsupervised
        case let other: throw Failure(description: "unknown method \(other)")
        }
        return options
    }

    static func read(_ url: URL) throws -> [Row] {
        try Data(contentsOf: url).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(Row.self, from: Data($0))
        }
    }

    struct Arguments {
        var rest: [String]

        init(_ arguments: [String]) { rest = arguments }

        mutating func option(_ name: String) -> String? {
            guard let index = rest.firstIndex(of: name), index + 1 < rest.count else { return nil }
            defer { rest.removeSubrange(index...index + 1) }
            return rest[index + 1]
        }

        mutating func number<Number: LosslessStringConvertible>(_ name: String) throws -> Number? {
            guard let text = option(name) else { return nil }
            guard let number = Number(text) else { throw Failure(description: "\(name) \(text): not a number") }
            return number
        }
    }
}
