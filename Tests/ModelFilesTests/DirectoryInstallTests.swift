import BERT
import Foundation
import TensorFiles
import Testing
import Tokenizers

@testable import ModelFiles

@Suite("Installing a Hugging Face directory")
struct DirectoryInstallTests {
    private func makeModel(_ folder: TestFolder, _ name: String, _ weights: [UInt8]) throws -> URL {
        try folder.write(Array(TinyBERT.configuration.utf8), "\(name)/config.json")
        try folder.write(Array(TinyBERT.vocabulary.utf8), "\(name)/vocab.txt")
        try folder.write(weights, "\(name)/model.safetensors")
        return folder[name]
    }

    @Test(
        "weights of every float type and naming are taken as they are", arguments: ["F32", "F16", "BF16"],
        ["", "bert."])
    func kinds(type: String, prefix: String) throws {
        try TestFolder.with { folder in
            let source = try makeModel(folder, "tiny-bert", TinyBERT.weights(type, prefix: prefix))
            let reports = try ModelInstaller().install(paths: [source], into: folder["models"])
            #expect(reports.map(\.outcome) == [.installed])
            let file = try SafeTensorsFile(url: folder["models/tiny-bert/model.safetensors"])
            for (index, tensor) in TinyBERT.tensors.enumerated() {
                let count = tensor.shape.reduce(1, *)
                #expect(try file.floats(prefix + tensor.name, shape: tensor.shape) == TinyBERT.values(index, count))
            }
            let again = try ModelInstaller().install(paths: [source], into: folder["models"])
            #expect(again.map(\.outcome) == [.alreadyInstalled])
        }
    }

    @Test("an e5 gets its prefixes from its name, others get none")
    func manifest() throws {
        try TestFolder.with { folder in
            let names = ["multilingual-e5-base", "models--x--e5-tiny/snapshots/0123", "plain be5t"]
            let reports = try names.map { name in
                let source = try makeModel(folder, name, TinyBERT.weights())
                return try ModelInstaller().install(paths: [source], into: folder["models"])[0].manifest
            }
            #expect(reports.map(\.name) == ["multilingual-e5-base", "e5-tiny", "plain-be5t"])
            #expect(reports.map(\.queryPrefix) == ["query: ", "query: ", ""])
            #expect(reports.map(\.passagePrefix) == ["passage: ", "passage: ", ""])
            #expect(reports.map(\.featureScaling) == [.standardise, .standardise, .unit])
            #expect(reports.map(\.languages) == [["multilingual"], ["und"], ["und"]])
            #expect(reports.allSatisfy { $0.hidden == 4 && $0.layers == 1 && $0.tokenizer == .wordpiece })
        }
    }

    @Test("another model of the same name takes its place")
    func replacement() throws {
        try TestFolder.with { folder in
            let old = try makeModel(folder, "a/tiny", TinyBERT.weights())
            let new = try makeModel(folder, "b/tiny", TinyBERT.weights("F16"))
            _ = try ModelInstaller().install(paths: [old], into: folder["models"])
            let report = try ModelInstaller().install(paths: [new], into: folder["models"])
            #expect(report.map(\.outcome) == [.replaced])
            #expect(throws: ModelError.self) {
                try ModelInstaller().install(paths: [old, new], into: folder["models"])
            }
            #expect(
                try Array(Data(contentsOf: folder["models/tiny/model.safetensors"])) == TinyBERT.weights("F16"))
        }
    }

    @Test("weights that do not fit, missing files and a model given in place are refused")
    func refusals() throws {
        try TestFolder.with { folder in
            let missing = "encoder.layer.0.output.dense.bias"
            let holed = try makeModel(folder, "holed", TinyBERT.weights(without: missing))
            let cut = try makeModel(folder, "cut", TinyBERT.weights().dropLast(3))
            let mute = try makeModel(folder, "mute", TinyBERT.weights())
            try FileManager.default.removeItem(at: mute.appendingPathComponent("vocab.txt"))
            let gpt = try makeModel(folder, "gpt", TinyBERT.weights())
            try folder.write(Array(TinyBERT.configuration.replacing("bert", with: "gpt2").utf8), "gpt/config.json")
            let wordless = try makeModel(folder, "wordless", TinyBERT.weights())
            try folder.write(Array("a\nb\n".utf8), "wordless/vocab.txt")
            for (url, words) in [
                (holed, missing), (cut, "model.safetensors"), (mute, "vocab.txt"), (gpt, "gpt2"), (wordless, "[UNK]"),
            ] {
                let error = #expect(throws: ModelError.self) {
                    try ModelInstaller().install(paths: [url], into: folder["models"])
                }
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                #expect(folder.contents("models") == [])
            }
            let inside = try makeModel(folder, "models/inside", TinyBERT.weights())
            #expect(throws: ModelError.self) { try ModelInstaller().install(paths: [inside], into: folder["models"]) }
            #expect(folder.contents("models/inside") == ["config.json", "model.safetensors", "vocab.txt"])
        }
    }
}
