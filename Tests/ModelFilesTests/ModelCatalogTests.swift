import BERT
import Foundation
import ModelFiles
import Testing
import Tokenizers

@Suite("Model catalogue")
struct ModelCatalogTests {
    private func manifest(_ name: String, _ languages: [String]) -> ModelManifest {
        ModelManifest(
            name: name, source: "test", license: "MIT", weightsSHA256: String(repeating: "a", count: 64),
            tokenizer: .unigram, hidden: 4, layers: 1, queryPrefix: "", passagePrefix: "", featureScaling: .unit,
            languages: languages)
    }

    @Test("finds models behind links too, multilingual ones first, and tells which folders are wrong")
    func order() throws {
        try TestFolder.with { folder in
            try folder.write(manifest("b", ["en"]).encoded(), "models/b/manifest.json")
            try folder.write(manifest("a", ["zh"]).encoded(), "models/a/manifest.json")
            try folder.write(manifest("z", ["multilingual"]).encoded(), "elsewhere/z/manifest.json")
            try FileManager.default.createSymbolicLink(
                at: folder["models/z"], withDestinationURL: folder["elsewhere/z"])
            try folder.write(manifest("hidden", ["en"]).encoded(), "models/.installing-x/manifest.json")
            try folder.write(Array("{".utf8), "models/wrong/manifest.json")
            try folder.write([1], "models/empty/notes.txt")
            var wrong: [String] = []
            let models = ModelCatalog.models(in: folder["models"]) { url, _ in wrong.append(url.lastPathComponent) }
            #expect(models.map(\.manifest.name) == ["z", "a", "b"])
            #expect(models.map(\.isMultilingual) == [true, false, false])
            #expect(wrong == ["wrong"])
            #expect(ModelCatalog.models(in: folder["nowhere"]) == [])
        }
    }
}
