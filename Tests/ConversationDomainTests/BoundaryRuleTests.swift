import Foundation
import Testing

/// Where unbounded text comes in, it is compared as `UTF8Text` only.
@Suite("The rule for untrusted text")
struct BoundaryRuleTests {
    /// What compares, hashes or takes apart by characters, and so by canonical equivalence.
    /// Each with a part that every match has, since patterns take long to look at every line.
    private static var refused: [(part: String, pattern: Regex<Substring>)] {
        [
            (".lowercased()", /\.lowercased\(\)/), (".uppercased()", /\.uppercased\(\)/), (".split(", /\.split\(/),
            (".components(", /\.components\(/), (".trimmingCharacters(", /\.trimmingCharacters\(/),
            (".replacing(", /\.replacing\(/), (".hasSuffix(", /\.hasSuffix\(/),
            (".caseInsensitiveCompare(", /\.caseInsensitiveCompare\(/), ("[String", /\[String ?:/),
            ("Set<String>", /Set<String>/), ("headers[", /headers\[[^\]]*\] *[!=]= (?!nil)/),
            (".contains(where:", /\.contains\(where: *\{ *\$0 == "/),
        ]
    }

    /// Files in which all such text is the program's own, or of the one who starts it.
    private static let trusted = [
        "KeyMinter.swift", "HTTPService+Pages.swift", "API.swift", "APICall.swift",
        "APIShapes.swift", "OpenAPI.swift",
    ]

    @Test(
        "the services and the keys do not compare what callers say by characters",
        arguments: ["HTTPService", "WebSocketService", "Access"])
    func rooms(room: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/\(room)", directoryHint: .isDirectory)
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).map { folder.appending(path: $0) }
            .filter { $0.pathExtension == "swift" && !Self.trusted.contains($0.lastPathComponent) }
        #expect(files.count >= 3)
        let refused = Self.refused
        for file in files {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where !line.contains("///") {
                for rule in refused where line.contains(rule.part) && line.contains(rule.pattern) {
                    Issue.record("\(file.lastPathComponent) compares by characters, expected UTF8Text: \(line)")
                }
            }
        }
    }
}
