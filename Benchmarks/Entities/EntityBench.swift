import BERT
import BERTTraining
import ConversationDomain
import Entities
import Foundation
import IntentModel
import Tokenizers

/// Trains an encoder together with an entity head on JSON lines (`text`, `slots: [{slot, start, end}]`), and finds entities with
/// what came out; see `Benchmarks/entities.py`.
///
///     EntityBench train MODEL_DIRECTORY TRAIN.jsonl --out DIR [--valid FILE] [--method full|lora] [--epochs N] [--rate R]
///         [--batch N] [--threads N] [--dropout D] [--smoothing S] [--seed N] [--head-factor F] [--layer-decay D]
///     EntityBench find MODEL_DIRECTORY FILE.jsonl --out DIR [--precision int8]
@main
struct EntityBench {
    struct Row: Decodable {
        struct Slot: Codable {
            let slot: String
            let start: Int
            let end: Int
        }
        let text: String
        let slots: [Slot]

        var tagged: TaggedText {
            TaggedText(
                text: text,
                spans: slots.map { EntitySpan(entity: EntityName(trusted: $0.slot), start: $0.start, end: $0.end) })
        }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func main() throws {
        var arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
        guard let out = arguments.option("--out").map({ URL(fileURLWithPath: $0, isDirectory: true) }) else {
            throw Failure(description: "expected --out DIR")
        }
        switch arguments.rest.first {
        case "train": try train(&arguments, out: out)
        case "find": try find(&arguments, out: out)
        default: throw Failure(description: "expected train or find")
        }
    }

    static func train(_ arguments: inout Arguments, out: URL) throws {
        let options = try options(&arguments)
        let valid = arguments.option("--valid").map { URL(fileURLWithPath: $0) }
        guard arguments.rest.count == 3 else { throw Failure(description: "expected MODEL_DIRECTORY TRAIN.jsonl") }
        let directory = URL(fileURLWithPath: arguments.rest[1], isDirectory: true)
        let rows = try read(URL(fileURLWithPath: arguments.rest[2]))
        let entities = Set(rows.flatMap { $0.slots.map(\.slot) }).sorted().map { EntityName(trusted: $0) }
        let encoder = try TextEncoder(directory: directory)
        func examples(_ rows: [Row]) -> [TrainingExample] {
            rows.compactMap { row in
                let tagged = row.tagged
                let tokenized = encoder.tokenize(tagged.readable, as: .query, limit: options.maximumTokens)
                let tags = tagged.tags(of: tokenized.places, entities: entities)
                guard tags.contains(where: { $0 != nil }) else { return nil }
                return TrainingExample(tokens: tokenized.ids, target: .tokens(head: 0, labels: tags))
            }
        }
        let head = TrainedHead(name: "entities", kind: .tokens, labels: 1 + 2 * entities.count)
        let training = examples(rows)
        let tuner = try FineTuner(
            directory: directory, heads: [head], training: training,
            heldOut: try valid.map { examples(try read($0)) } ?? [], options: options)
        say("\(training.count) sentences, \(training.reduce(0) { $0 + $1.tokens.count }) tokens, \(tuner.steps) steps")
        try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
        let result = try run(tuner, checkpoint: out.appendingPathComponent("checkpoint.bin"))
        try result.weights.write(to: out.appendingPathComponent("weights.safetensors"))
        guard let trained = result.heads.first,
            let head = EntityHead(entities: entities, weight: trained.weight, bias: trained.bias)
        else { throw Failure(description: "the training gave no head") }
        try head.archived().write(to: out.appendingPathComponent("entities.head"))
    }

    static func run(_ tuner: FineTuner, checkpoint: URL) throws -> BERTTraining.TrainingResult {
        let result = try tuner.run(checkpoint: checkpoint, checkpointEvery: .seconds(300)) { progress in
            guard progress.step % 100 == 0 else { return }
            say(
                "step \(progress.step)/\(progress.steps) loss \(progress.loss) \(Int(progress.tokensPerSecond)) tokens/s \(Int(progress.secondsLeft)) s left, accuracy \(progress.accuracy ?? 0)"
            )
        }
        for evaluation in result.curves.evaluations { say("evaluation \(evaluation.step) \(evaluation.accuracy)") }
        return result
    }

    static func find(_ arguments: inout Arguments, out: URL) throws {
        let precision = Precision(rawValue: arguments.option("--precision") ?? "int8") ?? .int8
        guard arguments.rest.count == 3 else { throw Failure(description: "expected MODEL_DIRECTORY FILE.jsonl") }
        let directory = URL(fileURLWithPath: arguments.rest[1], isDirectory: true)
        let head = try EntityHead(archive: Data(contentsOf: out.appendingPathComponent("entities.head")))
        let weights = out.appendingPathComponent("weights.safetensors")
        let overlay = WeightsOverlay(url: weights, hash: try EncoderTuner.hash(of: weights))
        let encoder = try TextEncoder(directory: directory, overlay: overlay, precision: precision)
        let json = JSONEncoder()
        for row in try read(URL(fileURLWithPath: arguments.rest[2])) {
            let finds = try head.finds(inMessage: row.text) { try encoder.encode($0, as: .query) }
            let slots = finds.map {
                Row.Slot(slot: $0.entity.rawValue, start: $0.range.lowerBound, end: $0.range.upperBound)
            }
            FileHandle.standardOutput.write(try json.encode(slots) + Data("\n".utf8))
        }
    }

    static func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    static func options(_ arguments: inout Arguments) throws -> BERTTraining.TrainingOptions {
        var options = BERTTraining.TrainingOptions()
        options.maximumTokens = 128
        options.labelSmoothing = 0
        options.patience = nil
        options.epochs = try arguments.number("--epochs") ?? options.epochs
        options.learningRate = try arguments.number("--rate") ?? options.learningRate
        options.batchSize = try arguments.number("--batch") ?? options.batchSize
        options.threads = try arguments.number("--threads") ?? options.threads
        options.dropout = try arguments.number("--dropout") ?? options.dropout
        options.labelSmoothing = try arguments.number("--smoothing") ?? options.labelSmoothing
        options.seed = try arguments.number("--seed") ?? options.seed
        options.headRateFactor = try arguments.number("--head-factor") ?? options.headRateFactor
        options.layerRateDecay = try arguments.number("--layer-decay") ?? options.layerRateDecay
        switch arguments.option("--method") ?? "full" {
        case "full": options.method = .full
        case "lora": options.method = .lowRank(rank: 16, alpha: 32)
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
