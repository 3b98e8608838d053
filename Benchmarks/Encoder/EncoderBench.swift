import BERT
import Foundation

/// Times the encoder on sequences of equal length. Prints one JSON object per line; see `Benchmarks/encoder.py`.
///
///     EncoderBench MODEL_DIRECTORY [--precision P] [--kernels SET] [--shapes 1x16,32x16] [--threads N] [--runs N]
///     EncoderBench MODEL_DIRECTORY --serve      one shape "BxT" per line on standard input, one result per line
@main
struct EncoderBench {
    struct Result: Encodable {
        var batch: Int
        var tokens: Int
        var threads: Int
        var precision: String
        var kernel_set: String
        var median_ms: Double
        var min_ms: Double
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        func option(_ name: String) -> String? {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return nil }
            defer { arguments.removeSubrange(index...index + 1) }
            return arguments[index + 1]
        }
        let precision = try option("--precision").map(Self.parse) ?? Precision.float32
        let kernels: KernelSet? = try option("--kernels").map(Self.parse)
        let shapes = option("--shapes") ?? "1x8,1x16,1x32,1x64,1x128,8x16,32x16"
        let threads = option("--threads").flatMap(Int.init) ?? 1
        let runs = option("--runs").flatMap(Int.init)
        guard let path = arguments.first else { throw Failure(description: "which model directory?") }
        let directory = URL(fileURLWithPath: path, isDirectory: true)
        let manifest = try ModelManifest.load(from: directory)
        let encoder = try Encoder(
            directory: directory, weightsHash: manifest.weightsSHA256, kernelSet: kernels, precision: precision)
        if arguments.contains("--serve") {
            while let line = readLine() { try measure(encoder, shape: line, threads: threads, runs: runs) }
        } else {
            for shape in shapes.split(separator: ",") {
                try measure(encoder, shape: String(shape), threads: threads, runs: runs)
            }
        }
    }

    static func measure(_ encoder: Encoder, shape: String, threads: Int, runs: Int?) throws {
        let numbers = shape.split(separator: "x").compactMap { Int($0) }
        guard numbers.count == 2 else { throw Failure(description: "shape \(shape), expected BATCHxTOKENS") }
        let (batch, tokens) = (numbers[0], numbers[1])
        let vocabulary = Int32(clamping: encoder.configuration.vocabularySize)
        let sequences = (0..<batch).map { sequence in
            (0..<tokens).map { Int32(1000 + (sequence * tokens + $0) * 7919 % 20000) % vocabulary }
        }
        let workspace = encoder.makeWorkspace(threads: threads)
        let clock = ContinuousClock()
        var times: [Double] = []
        let count = runs ?? (batch * tokens <= 256 ? 60 : 20)
        for run in 0..<count + 10 {
            let begin = clock.now
            let embeddings = try encoder.encode(sequences, workspace: workspace)
            let elapsed = clock.now - begin
            guard embeddings.count == batch else { throw Failure(description: "results are missing") }
            if run >= 10 { times.append(elapsed / .milliseconds(1)) }
        }
        times.sort()
        let result = Result(
            batch: batch, tokens: tokens, threads: threads, precision: encoder.precision.rawValue,
            kernel_set: encoder.kernelSet.rawValue, median_ms: times[times.count / 2], min_ms: times[0])
        let json = JSONEncoder()
        json.outputFormatting = .sortedKeys
        FileHandle.standardOutput.write(try json.encode(result) + Data("\n".utf8))
    }

    static func parse<Value: RawRepresentable<String>>(_ text: String) throws -> Value {
        guard let value = Value(rawValue: text) else { throw Failure(description: "unknown value \(text)") }
        return value
    }
}
