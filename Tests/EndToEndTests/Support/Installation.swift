import Foundation

/// Where the program under test, its models and its starter bot are.
enum Installation {
    /// The program beside the test executable, or the one that FRONTDESK_PROGRAM names.
    static let program: URL = {
        if let path = environment("FRONTDESK_PROGRAM") { return URL(fileURLWithPath: path) }
        return URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent("frontdesk")
    }()

    /// Whether the program under test comes from the same build as the tests.
    static let isBuiltWithTests = environment("FRONTDESK_PROGRAM") == nil

    static let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Installed encoders: `data/models` of this package, or the folder that FRONTDESK_MODELS names.
    static let models: URL =
        environment("FRONTDESK_MODELS").map { URL(fileURLWithPath: $0, isDirectory: true) }
        ?? packageRoot.appendingPathComponent("data/models", isDirectory: true)

    /// The pages of `/docs`, installed beside the encoders.
    static let pages = models.deletingLastPathComponent().appendingPathComponent("pages", isDirectory: true)
    static var hasPages: Bool {
        FileManager.default.fileExists(atPath: pages.appendingPathComponent("swagger-ui").path)
    }

    /// `data/schemathesis` of this package, or the folder that FRONTDESK_SCHEMATHESIS names, as scripts/schemathesis makes it.
    static let schemathesis =
        (environment("FRONTDESK_SCHEMATHESIS").map { URL(fileURLWithPath: $0, isDirectory: true) }
        ?? packageRoot.appendingPathComponent("data/schemathesis", isDirectory: true))
        .appendingPathComponent("bin/schemathesis")
    static var hasSchemathesis: Bool { FileManager.default.isExecutableFile(atPath: schemathesis.path) }

    static let intents = packageRoot.appendingPathComponent("Intents", isDirectory: true)

    /// Where models are required, their absence is a failure and not a reason to skip.
    static let isRequired = environment("FRONTDESK_REQUIRE_MODELS") != nil || environment("CI") != nil
    static let mayRun =
        isRequired
        || FileManager.default.fileExists(
            atPath: models.appendingPathComponent("multilingual-e5-small/manifest.json").path)

    private static func environment(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
