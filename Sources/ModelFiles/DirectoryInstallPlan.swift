import BERT
import Crypto
import Foundation
import TensorFiles
import Tokenizers

/// Copies a model from a directory in Hugging Face's layout.
struct DirectoryInstallPlan: InstallPlan {
    /// What is copied, with the most bytes that each may have.
    private static let files = [
        ("config.json", 1_000_000), ("model.safetensors", 20_000_000_000), ("tokenizer.json", 256_000_000),
        ("vocab.txt", 64_000_000), ("tokenizer_config.json", 16_000_000),
    ]

    let name: String
    let source: String
    private let directory: URL
    private let configuration: BERTConfiguration
    private let present: [String]

    /// Reads what is needed to tell whether the model is new: all of it is hashed.
    init(_ directory: URL) throws {
        self.directory = directory
        name = Self.modelName(directory)
        configuration = try BERTConfiguration.load(from: directory)
        try WeightsCheck.check(directory)
        var hasher = SHA256()
        var present: [String] = []
        for (file, limit) in Self.files {
            let url = directory.appendingPathComponent(file)
            guard FileManager.default.fileExists(atPath: url.path) else { continue }
            guard try RandomAccessFile(url).count <= limit else {
                throw ModelError(.tooLarge, "\(url.path): at most \(limit) bytes are allowed")
            }
            present.append(file)
            hasher.update(data: Data("\(file) \(try FileDigest.sha256(url))\n".utf8))
        }
        guard present.contains("tokenizer.json") || present.contains("vocab.txt") else {
            throw ModelError(.invalidFile, "\(directory.path): neither tokenizer.json nor vocab.txt is there")
        }
        self.present = present
        source = "directory \(name), SHA-256 of its files \(FileDigest.hexadecimal(hasher.finalize()))"
    }

    func refuse(target: URL) throws {
        guard target.resolvingSymlinksInPath().path != directory.resolvingSymlinksInPath().path else {
            throw ModelError(
                .invalidInput,
                "\(directory.path): lies in the models directory already, give a copy that lies elsewhere")
        }
    }

    func build(in staging: URL, _ report: (_ step: String, _ fraction: Double) -> Void) throws -> ModelManifest {
        var weights = ""
        for file in present {
            let input = try RandomAccessFile(directory.appendingPathComponent(file))
            let output = try OutputFile(staging.appendingPathComponent(file))
            var done = 0
            try input.forEachChunk(in: 0..<input.count, size: 1 << 20) { chunk in
                try output.write(chunk)
                done += chunk.count
                report("copying", Double(done) / Double(max(input.count, 1)))
            }
            let digest = try output.finish()
            if file == "model.safetensors" { weights = digest }
        }
        let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
        let isE5 = words.contains("e5")
        return ModelManifest(
            name: name, source: source, license: "NOASSERTION", weightsSHA256: weights, tokenizer: .wordpiece,
            hidden: configuration.hiddenSize, layers: configuration.layers, queryPrefix: isE5 ? "query: " : "",
            passagePrefix: isE5 ? "passage: " : "", featureScaling: isE5 ? .standardise : .unit,
            languages: [words.contains("multilingual") ? ModelManifest.multilingual : "und"])
    }

    /// The folder's name; for a snapshot in Hugging Face's cache (`models--ORGANISATION--NAME/snapshots/HASH`) the
    /// model's. What a manifest does not allow in a name becomes `-`.
    private static func modelName(_ directory: URL) -> String {
        let parts = directory.standardizedFileURL.pathComponents
        let isSnapshot = parts.count >= 3 && parts[parts.count - 2] == "snapshots"
        let cached = isSnapshot ? parts[parts.count - 3].components(separatedBy: "--") : []
        let name = (cached.first == "models" ? cached.last : parts.last) ?? "model"
        let allowed = name.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789._-".unicodeScalars.contains(scalar))
                ? Character(scalar) : "-"
        }
        return String(String(allowed).drop { $0 == "." }.prefix(64))
    }
}
