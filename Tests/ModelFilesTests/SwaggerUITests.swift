import BERT
import Foundation
import TensorFiles
import Testing

@testable import ModelFiles

@Suite("Installing the pages of /docs")
struct SwaggerUITests {
    private struct Wheel {
        let url: URL
        let wheel: PinnedWheel
        let parts: [SwaggerUI.Part]

        init(_ folder: TestFolder, content: String = "script") throws {
            url = try folder.write(
                TestArchive(files: [
                    .init(name: "p/dist/a.js", content: Array(content.utf8)),
                    .init(name: "p/__init__.py", content: Array("raise SystemExit".utf8)),
                ]).bytes(), "wheels/p-1.0-py3-none-any.whl")
            wheel = PinnedWheel(
                distribution: "p", version: "1.0", sha256: try FileDigest.sha256(url), files: [])
            let file = try folder.write(Array("script".utf8), "expected.js")
            parts = [SwaggerUI.Part(path: "p/dist/a.js", sha256: try FileDigest.sha256(file), limit: 100)]
        }

        func install(_ path: URL, _ folder: TestFolder) throws -> InstallReport.Outcome {
            try SwaggerUI.install(path, into: folder["pages"], wheel: wheel, parts: parts)
        }
    }

    @Test("the wheel, or the folder that holds it, gives the pinned files and no others; again, nothing is done")
    func install() throws {
        try TestFolder.with { folder in
            let wheel = try Wheel(folder)
            #expect(try wheel.install(folder["wheels"], folder) == .installed)
            #expect(folder.contents("pages") == ["swagger-ui", "swagger-ui/a.js"])
            #expect(try wheel.install(wheel.url, folder) == .alreadyInstalled)
            try folder.write(Array("altered".utf8), "pages/swagger-ui/a.js")
            #expect(try wheel.install(wheel.url, folder) == .replaced)
            #expect(try Data(contentsOf: folder["pages/swagger-ui/a.js"]) == Data("script".utf8))
        }
    }

    @Test("what is not the pinned wheel, or does not hold the pinned files, is refused and leaves nothing")
    func refusals() throws {
        try TestFolder.with { folder in
            let wheel = try Wheel(folder)
            let other = try folder.write(Array("no zip".utf8), "other/p-1.0-py3-none-any.whl")
            #expect(throws: ModelError.self) { try wheel.install(other, folder) }
            #expect(throws: ModelError.self) { try wheel.install(folder["nothing"], folder) }
            #expect(throws: ModelError.self) { try wheel.install(folder.url, folder) }
            let altered = try Wheel(folder, content: "another")
            #expect(throws: ModelError.self) { try altered.install(altered.url, folder) }
            #expect(!folder.contents("pages").contains("swagger-ui"))
        }
    }

    @Test("nothing is installed at first, and an altered file is not served")
    func load() throws {
        try TestFolder.with { folder in
            #expect(try SwaggerUI.load(from: folder["pages"]) == nil)
            try folder.write(Array("alert()".utf8), "pages/swagger-ui/swagger-ui-bundle.js")
            #expect(throws: ModelError.self) { try SwaggerUI.load(from: folder["pages"]) }
        }
    }
}
