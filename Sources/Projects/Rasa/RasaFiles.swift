internal import ConversationDomain
package import Foundation
import NativeContent

/// The files of a Rasa project, by what is done with them.
package struct RasaFiles {
    /// YAML of the domain and of the training data.
    private(set) var content: [URL] = []
    private(set) var config: URL?
    private let limit: Int

    private static let depthLimit = 8

    /// What the other parts of a project are, and what stands for them here.
    private static let others = [
        "actions": "the code of custom actions is not run; write what the bot says as answers",
        "tests": "stories that test a bot are not read; write conversations for 'frontdesk test-conversations'",
        "endpoints": "not used; frontdesk has settings of its own",
        "credentials": "not used; frontdesk serves a page and an interface of its own",
        "models": "trained models are not used; train with 'frontdesk train'",
        "results": "not used",
    ]

    /// Whether a folder is a Rasa project and not a folder of our own content.
    package static func isProject(_ folder: URL) -> Bool {
        func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.path + "/" + name) }
        for name in ["domain.yml", "domain.yaml"] where has(name) {
            guard let source = try? SourceText(contentsOf: URL(filePath: folder.path + "/" + name), limit: 64 << 20)
            else { continue }
            // One of our intents may have this name.
            return !source.text.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("intent:") }
        }
        return has("data") && (has("domain") || has("config.yml"))
    }

    init(_ folder: URL, limits: ContentLimits, log: inout IssueLog) {
        limit = limits.files
        visit(folder.relativePath, depth: 0, &log)
    }

    private mutating func visit(_ folder: String, depth: Int, _ log: inout IssueLog) {
        let place = SourcePlace(path: folder, line: 1)
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return log.error(place, "the folder may not be read")
        }
        guard names.count <= limit, depth < Self.depthLimit else {
            return log.error(place, "has more than \(limit) files, or folders deeper than \(Self.depthLimit)")
        }
        for name in names.filter({ !$0.hasPrefix(".") && $0 != "__pycache__" }).sorted() {
            let path = folder.hasSuffix("/") ? folder + name : folder + "/" + name
            let stem = String(name.prefix { $0 != "." })
            let isYAML = ["yml", "yaml"].contains(SourceText.fileExtension(of: name))
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { continue }
            if depth == 0, stem == "config", isYAML {
                config = URL(filePath: path)
            } else if depth == 0, let advice = Self.others[stem] {
                log.warning(SourcePlace(path: path, line: 1), "left out: \(advice)")
            } else if isFolder.boolValue, depth > 0 || ["data", "domain"].contains(name) {
                visit(path, depth: depth + 1, &log)
            } else if isYAML, !isFolder.boolValue {
                content.append(URL(filePath: path))
            } else if depth > 0 || isFolder.boolValue {
                log.warning(
                    SourcePlace(path: path, line: 1),
                    "left out, expected Rasa's YAML in data and domain; older files can be changed with 'rasa data convert'"
                )
            }
        }
        guard content.count <= limit else { return log.error(place, "the project has more than \(limit) files") }
    }
}
