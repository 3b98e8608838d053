import Foundation
import TensorFiles
import Testing

@testable import BERT

@Suite("Encoder")
struct EncoderTests {
    @Test("agrees with PyTorch on a tiny model", arguments: KernelSet.available())
    func agreesWithPyTorch(set: KernelSet) throws {
        let expected = try TestModel.expected()
        let head = try SafeTensorsFile(url: TestModel.fixture("tiny/model.safetensors"))
        let weight = try head.floats("head.weight", shape: [5, 32])
        let bias = try head.floats("head.bias", shape: [5])
        let states = try TestModel.withCopy { directory in
            let encoder = try Encoder(directory: directory, weightsHash: "tiny", kernelSet: set)
            return try encoder.tokenStates(expected.input_ids, workspace: encoder.makeWorkspace())
        }
        for (states, logits) in zip(states, expected.logits) {
            for (label, logit) in logits.enumerated() {
                var sum = bias[label]
                for (index, value) in states.values.enumerated() {
                    sum += value * weight[label * 32 + index % 32] / Float(states.tokens)
                }
                #expect(abs(sum - logit) < 2e-5)
            }
        }
    }

    static let variants = Precision.allCases.flatMap { precision in
        KernelSet.available(for: precision).map { (precision, $0) }
    }

    @Test("a batch gives each sequence what it gets alone, bit for bit", arguments: variants)
    func batchEqualsSingle(precision: Precision, set: KernelSet) throws {
        let batch = try TestModel.expected().input_ids + [[1, 2, 3], Array(repeating: 9, count: 24)]
        let many = Array(repeating: batch, count: 9).flatMap { $0 }
        try TestModel.withCopy { directory in
            let encoder = try Encoder(directory: directory, weightsHash: "tiny", kernelSet: set, precision: precision)
            let workspace = encoder.makeWorkspace()
            let single = try many.map { try encoder.encode([$0], workspace: workspace)[0] }
            #expect(try encoder.encode(many, workspace: workspace) == single)
            let small = encoder.makeWorkspace(tokens: 1)
            #expect(small.tokens == 24)
            #expect(try encoder.encode(many, workspace: small) == single)
        }
    }

    @Test("threads that share a pass change nothing, bit for bit", arguments: variants)
    func threads(precision: Precision, set: KernelSet) throws {
        let batch = try TestModel.expected().input_ids
        let many = Array(repeating: batch, count: 9).flatMap { $0 }
        try TestModel.withCopy { directory in
            func embeddings(threads: Int) throws -> [[[Float]]] {
                let encoder = try Encoder(
                    directory: directory, weightsHash: "tiny", kernelSet: set, precision: precision)
                let workspace = encoder.makeWorkspace(threads: threads)
                #expect(workspace.threads == max(1, min(16, threads)))
                return try [many, [batch[2]], batch].map { try encoder.encode($0, workspace: workspace) }
            }
            let alone = try embeddings(threads: 1)
            for threads in [0, 2, 3, 5, 17] { #expect(try embeddings(threads: threads) == alone) }
        }
    }

    @Test("a pass that lets others go first gives what it gives alone, and so do they", arguments: variants)
    func interludes(precision: Precision, set: KernelSet) throws {
        let batch = try TestModel.expected().input_ids
        try TestModel.withCopy { directory in
            let encoder = try Encoder(directory: directory, weightsHash: "tiny", kernelSet: set, precision: precision)
            for threads in [1, 3] {
                let (host, guest) = (encoder.makeWorkspace(threads: threads), encoder.makeWorkspace(threads: threads))
                let alone = try encoder.encode(batch, workspace: host)
                let short = try encoder.encode([batch[0]], workspace: guest)
                var asked = 0
                var between: [[[Float]]] = []
                let embeddings = try encoder.encode(batch, workspace: host) {
                    asked += 1
                    guard asked % 2 == 0 else { return nil }
                    return { between.append((try? encoder.encode([batch[0]], workspace: guest)) ?? []) }
                }
                #expect(embeddings == alone)
                #expect(asked == 2 * encoder.configuration.layers)
                #expect(between == Array(repeating: short, count: encoder.configuration.layers))
                host.giveBackMemory()
                #expect(try encoder.encode(batch, workspace: host) == alone)
            }
        }
    }

    @Test("int8 embeddings of a tiny model are close to its float32 embeddings")
    func int8IsClose() throws {
        let batch = try TestModel.expected().input_ids
        try TestModel.withCopy { directory in
            func embeddings(_ precision: Precision, _ set: KernelSet) throws -> [[Float]] {
                let encoder = try Encoder(
                    directory: directory, weightsHash: "tiny", kernelSet: set, precision: precision)
                return try encoder.encode(batch, workspace: encoder.makeWorkspace())
            }
            let exact = try embeddings(.float32, .portable)
            for set in KernelSet.available(for: .int8) {
                for (a, b) in zip(exact, try embeddings(.int8, set)) {
                    #expect(zip(a, b).map { $0 * $1 }.reduce(0, +) > 0.995, "\(set)")
                }
            }
        }
    }

    @Test("kernels that the CPU or the precision does not have are refused")
    func missingKernels() throws {
        try TestModel.withCopy { directory in
            for precision in Precision.allCases {
                let missing = Set(KernelSet.allCases).subtracting(KernelSet.available(for: precision))
                #expect(!missing.isEmpty)
                for set in missing {
                    let code = TestModel.code {
                        _ = try Encoder(directory: directory, weightsHash: "x", kernelSet: set, precision: precision)
                    }
                    #expect(code == .unsupported)
                }
            }
        }
    }

    @Test("embeddings are the normalised mean of the token states")
    func embeddingIsNormalisedMean() throws {
        let batch = try TestModel.expected().input_ids
        try TestModel.withCopy { directory in
            let encoder = try Encoder(directory: directory, weightsHash: "tiny")
            let workspace = encoder.makeWorkspace()
            let embeddings = try encoder.encode(batch, workspace: workspace)
            let states = try encoder.tokenStates(batch, workspace: workspace)
            for (embedding, states) in zip(embeddings, states) {
                var mean = [Float](repeating: 0, count: 32)
                for (index, value) in states.values.enumerated() { mean[index % 32] += value / Float(states.tokens) }
                let norm = mean.map { $0 * $0 }.reduce(0, +).squareRoot()
                #expect(zip(embedding, mean).allSatisfy { abs($0 - $1 / norm) < 1e-6 })
            }
        }
    }

    @Test("XLM-RoBERTa is the same encoder with its positions and its names shifted")
    func roberta() throws {
        let batch = try TestModel.expected().input_ids
        try TestModel.withCopy { directory in
            let bert = try Encoder(directory: directory, weightsHash: "bert")
            let expected = try bert.encode(batch, workspace: bert.makeWorkspace())
            let config = directory.appendingPathComponent("config.json")
            let text = try String(contentsOf: config, encoding: .utf8)
                .replacingOccurrences(of: #""bert","#, with: #""xlm-roberta", "pad_token_id": 1,"#)
                .replacingOccurrences(of: "embeddings\": 24", with: "embeddings\": 26")
            try text.write(to: config, atomically: true, encoding: .utf8)
            let weights = directory.appendingPathComponent("model.safetensors")
            let file = try SafeTensorsFile(url: weights)
            try TestModel.writeTensors(
                file.tensors.keys.map { name in
                    let tensor = try file.tensor(name)
                    let isPositions = name.hasSuffix("position_embeddings.weight")
                    return (
                        "roberta." + name.dropFirst("encoder.".count), isPositions ? [26, 32] : tensor.shape,
                        try (isPositions ? Array(repeating: 7, count: 64) : []) + file.floats(name)
                    )
                }, to: weights)
            let roberta = try Encoder(directory: directory, weightsHash: "roberta")
            #expect(roberta.configuration.maxTokens == 24)
            #expect(try roberta.encode(batch, workspace: roberta.makeWorkspace()) == expected)
        }
    }

    @Test("empty, too long and foreign sequences are refused, and an empty batch gives nothing")
    func refusals() throws {
        try TestModel.withCopy { directory in
            let encoder = try Encoder(directory: directory, weightsHash: "tiny")
            let workspace = encoder.makeWorkspace()
            func code(_ batch: [[Int32]]) -> ModelError.Code? {
                TestModel.code { _ = try encoder.encode(batch, workspace: workspace) }
            }
            #expect(code([[1], []]) == .invalidInput)
            #expect(code([Array(repeating: 1, count: 25)]) == .tooLarge)
            #expect(code([[100]]) == .invalidInput)
            #expect(code([[-1]]) == .invalidInput)
            #expect(code([Array(repeating: 99, count: 24)]) == nil)
            #expect(try encoder.encode([], workspace: workspace) == [])
        }
    }

    @Test("a workspace of another model is refused")
    func foreignWorkspace() throws {
        let workspace = try TestModel.withCopy { directory in
            let config = directory.appendingPathComponent("config.json")
            let text = try String(contentsOf: config, encoding: .utf8)
            try text.replacingOccurrences(of: "1e-12", with: "1e-5").write(
                to: config, atomically: true, encoding: .utf8)
            return try Encoder(directory: directory, weightsHash: "other").makeWorkspace()
        }
        try TestModel.withCopy { directory in
            let encoder = try Encoder(directory: directory, weightsHash: "tiny")
            #expect(TestModel.code { _ = try encoder.encode([[1]], workspace: workspace) } == .invalidInput)
        }
    }
}
