import Foundation
import Testing

/// Where unbounded text comes in, it is compared as `UTF8Text` only.
@Suite("The rule for untrusted text")
struct BoundaryRuleTests {
    /// What compares, hashes or takes apart by characters, and so by canonical equivalence.
    private static var refused: [Regex<Substring>] {
        [
            /\.lowercased\(\)/, /\.uppercased\(\)/, /\.split\(/, /\.components\(/, /\.trimmingCharacters\(/,
            /\.replacing\(/,
            /\.hasSuffix\(/, /\.caseInsensitiveCompare\(/, /\[String ?:/, /Set<String>/,
            /headers\[[^\]]*\] *[!=]= (?!nil)/,
            /\.contains\(where: *\{ *\$0 == "/,
        ]
    }

    /// Files in which all such text is the program's own, or of the one who starts it.
    private static let trusted = [
        "MetricsRegistry.swift", "KeyMinter.swift", "HTTPService+Pages.swift", "API.swift", "APICall.swift",
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
        for file in files {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where !line.contains("///") {
                for pattern in Self.refused where line.contains(pattern) {
                    Issue.record("\(file.lastPathComponent) compares by characters, expected UTF8Text: \(line)")
                }
            }
        }
    }
}
