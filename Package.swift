// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// A debug build makes numeric Swift some fifty times slower, so these targets are optimised in every configuration.
let numeric: [SwiftSetting] = strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]
let kernels: [CSetting] = [.unsafeFlags(["-O3", "-std=c11", "-Wall", "-Wextra", "-Werror"])]

// Swift's own libraries become part of the program, which then runs where there is no toolchain. This stands here because
// --static-swift-stdlib is for whole builds, and tests cannot be built with it: the toolchain has no static Testing. Foundation
// consists of several archives, which only that flag would name. A target that tests import must not have this setting.
let staticSwift: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-static-stdlib", "-lFoundation", "-lCoreFoundation", "-lFoundationInternationalization",
            "-lFoundationEssentials", "-l_FoundationCollections", "-l_FoundationCShims", "-l_FoundationICU",
            "-lswiftSynchronization",
        ], .when(platforms: [.linux]))
]

let package = Package(
    name: "frontdesk",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "frontdesk", targets: ["frontdesk"])
    ],
    // As tested: Package.resolved is not committed, so the versions stand here.
    dependencies: [
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // The encoder and what learns on top of it.
        .target(name: "CKernels", cSettings: kernels),
        .target(name: "TensorFiles", swiftSettings: numeric),
        .target(name: "Tokenizers", dependencies: ["TensorFiles"], swiftSettings: numeric),
        .target(name: "BERT", dependencies: ["CKernels", "Tokenizers", "TensorFiles"], swiftSettings: numeric),
        .target(
            name: "BERTTraining", dependencies: ["BERT", "TensorFiles", "CKernels"], swiftSettings: numeric),
        .systemLibrary(name: "CAllocator"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // Zip archives, of files and of memories.
        .target(name: "ZipFiles", dependencies: ["CZlib"], swiftSettings: numeric),
        .target(
            name: "ModelFiles",
            dependencies: [
                "BERT", "Tokenizers", "TensorFiles", "ZipFiles",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: numeric),

        // The words, and what is decided with them.
        // Files that are part of the program; #embed is of C23.
        .target(
            name: "CEmbeddedFiles",
            cSettings: [.unsafeFlags(["-O2", "-std=c23", "-Wall", "-Wextra", "-Werror"])]),
        .target(
            name: "ConversationDomain", swiftSettings: numeric),
        .target(name: "ModelRecords", dependencies: ["ConversationDomain"], swiftSettings: strict),
        .target(name: "People", dependencies: ["ConversationDomain"], swiftSettings: strict),
        .target(name: "Scripts", dependencies: ["ConversationDomain"], swiftSettings: strict),
        .target(
            name: "Wording", dependencies: ["ConversationDomain", "CEmbeddedFiles"], exclude: ["Resources"],
            swiftSettings: numeric),
        .target(name: "Wire", dependencies: ["ModelRecords", "People", "ConversationDomain"], swiftSettings: numeric),
        .target(name: "Patterns", swiftSettings: numeric),
        // What is understood of a message. The calculating rooms are `numeric`; the others scan text, count and print.
        .target(
            name: "LinearModels", dependencies: ["ConversationDomain", "BERT", "TensorFiles"], swiftSettings: numeric),
        .target(name: "Measures", dependencies: ["ModelRecords", "ConversationDomain"], swiftSettings: strict),
        .target(
            name: "Inference", dependencies: ["ModelRecords", "ConversationDomain", "BERT", "TensorFiles"],
            swiftSettings: numeric),
        .target(
            name: "Entities",
            dependencies: ["ConversationDomain", "Patterns", "LinearModels", "BERT", "BERTTraining", "TensorFiles"],
            swiftSettings: numeric),
        .target(
            name: "IntentModel",
            dependencies: [
                "ModelRecords",
                "Wording",
                "ConversationDomain", "Inference", "Entities", "LinearModels", "Measures", "BERT", "BERTTraining",
                "Tokenizers", "TensorFiles",
            ],
            swiftSettings: numeric),
        .target(
            name: "Knowledge",
            dependencies: ["ModelRecords", "ConversationDomain", "Inference", "Entities", "LinearModels", "BERT"],
            swiftSettings: numeric),
        .target(
            name: "Ranking",
            dependencies: [
                "Wording",
                "ConversationDomain", "Inference", "Entities", "IntentModel", "Knowledge", "LinearModels", "BERT",
                "TensorFiles", "CKernels", "CEmbeddedFiles",
            ],
            exclude: ["Resources"],
            swiftSettings: numeric),
        .target(
            name: "Evaluation",
            dependencies: [
                "ModelRecords",
                "ConversationDomain", "Wire", "Inference", "Entities", "IntentModel", "LinearModels", "Measures",
                "BERT",
                "BERTTraining",
            ],
            swiftSettings: strict),
        .target(
            name: "ModelLifecycle",
            dependencies: [
                "ModelRecords",
                "Wording",
                "ConversationDomain", "Inference", "Entities", "IntentModel", "LinearModels", "Measures",
            ],
            swiftSettings: strict),
        .target(
            name: "Languages", dependencies: ["Wording", "ConversationDomain", "CEmbeddedFiles"],
            exclude: ["Resources"],
            swiftSettings: numeric),
        // What the bot does with what was said, without waiting for anything.
        .target(
            name: "Policy", dependencies: ["ConversationDomain", "People", "Wording", "Actions"],
            swiftSettings: strict),
        .target(
            name: "Dialogue",
            dependencies: [
                "People", "Wording", "Policy", "Actions",
                "ConversationDomain", "Wire", "Languages", .product(name: "Mustache", package: "swift-mustache"),
            ],
            swiftSettings: strict),
        .target(
            name: "NativeContent",
            dependencies: ["Wording", "Scripts", "ConversationDomain", "Patterns", "CEmbeddedFiles", "Yams"],
            swiftSettings: numeric),
        .target(
            name: "Tables", dependencies: ["ModelRecords", "ConversationDomain", "Wire", "NativeContent", "ZipFiles"],
            swiftSettings: numeric),
        .target(
            name: "Projects", dependencies: ["ConversationDomain", "Patterns", "NativeContent", "Tables"],
            swiftSettings: numeric),
        .target(
            name: "Documents", dependencies: ["ConversationDomain", "NativeContent"], swiftSettings: numeric),
        .target(
            name: "IntentData",
            dependencies: [
                "ModelRecords", "ConversationDomain", "Wire", "NativeContent", "Tables", "Projects", "Documents",
            ],
            swiftSettings: numeric),

        // What other programs are told of.
        .target(name: "Outbox", dependencies: ["ConversationDomain", "Wire"], swiftSettings: strict),
        .target(
            name: "Webhooks",
            dependencies: [
                "ConversationDomain", "Outbox",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // What the shop's own services are asked for in a turn, and how they are called.
        .target(
            name: "Actions",
            dependencies: [
                "ConversationDomain", "Wire", "Outbox", .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // The systems of other makers that conversations are joined with.
        .target(
            name: "Connectors",
            dependencies: [
                "ConversationDomain", "People", "Wire", "Outbox", "Webhooks",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(
            name: "ActionCalls",
            dependencies: [
                "Actions", "ConversationDomain", "Outbox", "Webhooks",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // Storage.
        .target(
            name: "Migrations", path: "Migrations", resources: [.embedInCode("sqlite")], swiftSettings: strict),
        .target(name: "DataFolder", swiftSettings: strict),
        .target(
            name: "SQLiteStore",
            dependencies: [
                "ModelRecords",
                "People", "Outbox", "DataFolder",
                "ConversationDomain", "Wire", "Migrations",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // What visitors of the shop and their pages are known by.
        .target(
            name: "SQLiteCustomers",
            dependencies: [
                "SQLiteStore", "ConversationDomain", "People", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),

        .target(
            name: "SQLiteModels",
            dependencies: [
                "ConversationDomain", "ModelRecords", "SQLiteStore", "TensorFiles",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "SQLiteWebhooks",
            dependencies: [
                "ConversationDomain", "Outbox", "SQLiteStore", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        .target(
            name: "SQLiteConnectors",
            dependencies: [
                "Connectors", "ConversationDomain", "Outbox", "SQLiteStore",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),

        .target(
            name: "SQLiteKnowledge",
            dependencies: ["ConversationDomain", "SQLiteStore", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: strict),

        .target(
            name: "SQLiteMarks",
            dependencies: [
                "ConversationDomain", "People", "SQLiteStore", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),

        .target(
            name: "SQLiteActions",
            dependencies: [
                "Actions", "ConversationDomain", "Outbox", "SQLiteStore", "Wire",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),

        // Who may call, and the wires.
        .target(
            name: "Access",
            dependencies: ["ConversationDomain", "People", "Wire", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: strict),
        // What is measured, in the form in which it is asked for.
        .target(
            name: "Monitoring", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),
        // What clients of Rasa's REST interface send and get.
        .target(
            name: "RasaInterface", dependencies: ["ModelRecords", "ConversationDomain", "Wire"], swiftSettings: strict),
        .target(
            name: "HTTPWire",
            dependencies: [
                "ConversationDomain", "Wire", "Access", "Monitoring",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // Every call over REST, declared once.
        .target(
            name: "HTTPCalls",
            dependencies: [
                "ConversationDomain", "ModelRecords", "People", "Outbox", "Wire", "Access", "HTTPWire",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ],
            swiftSettings: strict),
        // The widget and the demo page: their files, the words in them, and how they are packed.
        .target(
            name: "WidgetFiles",
            dependencies: [
                "ConversationDomain", "Wire", "Wording", "CZlib",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            resources: [
                "index.html", "page.css", "page.js", "widget/widget.css", "widget/opening.js", "widget/storage.js",
                "widget/connection.js", "widget/sending.js", "widget/people.js", "widget/history.js",
                "widget/looks.js", "widget/panel.js", "widget/messages.js", "widget/sheets.js", "widget/closing.js",
            ].map { .embedInCode("Resources/\($0)") },
            swiftSettings: strict),
        .target(
            name: "HTTPService",
            dependencies: [
                "HTTPCalls", "ModelRecords",
                "People", "Wording", "Outbox", "RasaInterface", "HTTPWire", "WidgetFiles",
                "ConversationDomain", "Wire", "Access", "Monitoring",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: ["docs.html", "docs-missing.html", "docs.js", "docs.css"].map {
                .embedInCode("Resources/\($0)")
            },
            swiftSettings: strict),
        // What a server needs for connections of its own that are encrypted.
        .target(
            name: "ServerTLS",
            dependencies: [
                "ConversationDomain",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "WebSocketService",
            dependencies: [
                "People",
                "ConversationDomain", "Wire", "Access", "ServerTLS",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        // What a server can be told, and who told it what.
        .target(
            name: "Settings",
            dependencies: [
                "ConversationDomain", "Wire", "NativeContent",
                .product(name: "Configuration", package: "swift-configuration"),
            ],
            swiftSettings: strict),
        // Which commit the program was built from; scripts/commit tells it.
        .target(name: "CBuildInfo"),
        // What a process needs that serves for long, whatever it serves.
        .target(
            name: "Hosting",
            dependencies: [
                "CAllocator", "Wire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // What the program does, to be run in process; flags and printing are frontdesk's.
        .target(
            name: "Application",
            dependencies: [
                "SQLiteModels", "ModelRecords",
                "Hosting", "CBuildInfo", "BERT", "BERTTraining", "TensorFiles", "ModelFiles", "ConversationDomain",
                "Wording",
                "Wire",
                "Inference", "Entities", "IntentModel", "Knowledge", "Ranking", "Measures", "Evaluation",
                "ModelLifecycle",
                "Dialogue", "Scripts", "People", "NativeContent", "Documents", "IntentData", "DataFolder",
                "SQLiteStore",
                "SQLiteKnowledge", "SQLiteCustomers", "SQLiteMarks", "SQLiteActions", "Access", "Actions", "Outbox",
                "Webhooks", "Connectors", "SQLiteConnectors", "SQLiteWebhooks",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // What a server has beside its wires: the values of its metrics, keys and certificates that change under it.
        .target(
            name: "Serving",
            dependencies: [
                "Application", "ConversationDomain", "Inference", "IntentModel", "ModelLifecycle", "Dialogue",
                "SQLiteStore", "Access", "WebSocketService", "ServerTLS", "Monitoring", "Actions", "ActionCalls",
                "SQLiteActions", "Outbox", "Webhooks", "Connectors", "SQLiteConnectors", "SQLiteWebhooks",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        // What all commands share, and those about models.
        .target(
            name: "Terminal",
            dependencies: [
                "Application", "ConversationDomain", "Wire", "Hosting", "BERT", "IntentModel", "ModelLifecycle",
                "SQLiteStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .target(
            name: "ModelCommands",
            dependencies: [
                "Terminal", "Application", "ConversationDomain", "ModelRecords", "Wire", "Hosting", "Scripts",
                "Dialogue",
                "Inference", "Entities", "IntentModel", "Measures", "Evaluation", "ModelLifecycle", "ModelFiles",
                "NativeContent", "IntentData", "SQLiteStore", "SQLiteModels", "Ranking", "BERT",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "frontdesk",
            dependencies: [
                "ModelCommands", "Terminal", "HTTPCalls", "ModelRecords",
                "Application", "People", "Hosting", "ModelFiles",
                "ConversationDomain", "Wire",
                "Inference",
                "IntentModel", "Evaluation", "Dialogue",
                "NativeContent", "IntentData", "DataFolder", "SQLiteStore", "Access", "HTTPService",
                "WebSocketService", "HTTPWire", "ServerTLS", "Serving", "Settings", "Outbox", "Webhooks",
                "SQLiteKnowledge", "Monitoring", "Connectors", "Actions", "ActionCalls",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict, linkerSettings: staticSwift),

        // Measures the encoder; Benchmarks/encoder.py runs it beside its peer.
        .executableTarget(
            name: "EncoderBench", dependencies: ["BERT"], path: "Benchmarks/Encoder", swiftSettings: numeric),
        // Asks the services that Benchmarks/turns.py compares.
        .executableTarget(name: "LoadBench", path: "Benchmarks/Load", swiftSettings: strict),

        // Measures how a turn and a knowledge search grow with what is stored.
        .executableTarget(
            name: "ScaleBench",
            dependencies: [
                "Wording",
                "BERT", "ConversationDomain", "Dialogue", "SQLiteStore", "Inference", "Knowledge",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/Scale", swiftSettings: strict),

        // Measures training; Benchmarks/training.py runs it beside its peer.
        .executableTarget(
            name: "TrainingBench", dependencies: ["BERT", "BERTTraining", "Tokenizers"], path: "Benchmarks/Training",
            swiftSettings: numeric),
        // Trains an entity head with its encoder and finds entities with them; Benchmarks/entities.py runs it.
        .executableTarget(
            name: "EntityBench",
            dependencies: ["BERT", "BERTTraining", "Tokenizers", "ConversationDomain", "Entities", "IntentModel"],
            path: "Benchmarks/Entities", swiftSettings: numeric),

        // Scores messages for Benchmarks/ranking.py, which fits the weights of the ranking.
        .executableTarget(
            name: "RankingBench",
            dependencies: [
                "BERT", "ConversationDomain", "Ranking", "Inference", "IntentModel", "Knowledge", "IntentData",
                "NativeContent",
                "TensorFiles",
            ],
            path: "Benchmarks/Ranking", swiftSettings: numeric),

        .testTarget(name: "CKernelsTests", dependencies: ["CKernels"], swiftSettings: numeric),
        .testTarget(
            name: "BERTTests", dependencies: ["BERT", "Tokenizers", "TensorFiles"], resources: [.copy("Fixtures")],
            swiftSettings: numeric),
        .testTarget(
            name: "BERTTrainingTests", dependencies: ["BERTTraining", "BERT", "TensorFiles", "CKernels"],
            resources: [.copy("Fixtures")], swiftSettings: numeric),
        .testTarget(
            name: "ModelFilesTests", dependencies: ["ModelFiles", "BERT", "Tokenizers", "TensorFiles", "CZlib"],
            swiftSettings: strict),
        .testTarget(
            name: "ConversationDomainTests",
            dependencies: ["ModelRecords", "Wording", "ConversationDomain", "Wire", "Patterns"],
            swiftSettings: strict),
        .testTarget(
            name: "UnderstandingTests",
            dependencies: [
                "ModelRecords",
                "Wording",
                "Inference", "Entities", "LinearModels", "IntentModel", "Knowledge", "Measures", "Evaluation",
                "ModelLifecycle", "ConversationDomain", "Wire", "Patterns", "BERT", "TensorFiles",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RankingTests",
            dependencies: ["Ranking", "Knowledge", "Inference", "IntentModel", "ConversationDomain", "BERT"],
            swiftSettings: strict),
        .target(
            name: "TestSupport",
            dependencies: ["Wording", "ConversationDomain", "Dialogue", "NativeContent", "IntentData"],
            path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(
            name: "DialogueTests",
            dependencies: [
                "Wording",
                "Dialogue", "Scripts", "ConversationDomain", "Wire", "Languages", "NativeContent", "IntentData",
                "TestSupport", "Actions", "Policy",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "IntentDataTests",
            dependencies: [
                "ModelRecords", "Scripts", "ConversationDomain", "Wire", "NativeContent", "IntentData", "Documents",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SQLiteStoreTests",
            dependencies: [
                "SQLiteWebhooks", "SQLiteModels", "ModelRecords",
                "ConversationDomain", "Wire", "Outbox", "DataFolder", "SQLiteStore", "Migrations",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict),
        // What the tests of the wires share: fakes of the ports, a server to boot, and a client that speaks byte by byte.
        .target(
            name: "ServiceTestSupport",
            dependencies: [
                "ModelRecords",
                "People", "Outbox",
                "ConversationDomain", "Wire", "Access",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/ServiceTestSupport", swiftSettings: strict),
        // Checks what the wires' tests get against docs/openapi.json, and metrics against the format that they are in.
        .target(name: "APIConformance", path: "Tests/APIConformance", swiftSettings: numeric),
        .target(
            name: "WebSocketTestClient",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/WebSocketClient", swiftSettings: strict),
        // A whole server, REST and sockets over the engine and a database; only what understands messages is a fake.
        .testTarget(
            name: "PeopleTests",
            dependencies: [
                "ModelRecords",
                "Wording", "People",
                "ConversationDomain", "Wire", "Dialogue", "NativeContent", "SQLiteStore", "SQLiteCustomers",
                "SQLiteMarks",
                "Access",
                "HTTPWire", "HTTPService", "WebSocketService", "TestSupport", "ServiceTestSupport",
                "WebSocketTestClient",
                "APIConformance",
                "Monitoring",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "MonitoringTests",
            dependencies: [
                "Monitoring", "APIConformance", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "AccessTests", dependencies: ["People", "Access", "ConversationDomain", "ServiceTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "HTTPServiceTests",
            dependencies: [
                "Wording", "People", "Outbox", "WidgetFiles", "NativeContent", "CZlib",
                "HTTPCalls", "ModelRecords",
                "HTTPService", "HTTPWire", "RasaInterface", "Access", "ConversationDomain", "Wire",
                "ServiceTestSupport",
                "WebSocketTestClient",
                "APIConformance", "Monitoring",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "WebSocketServiceTests",
            dependencies: [
                "WebSocketService", "ServerTLS", "Access", "ConversationDomain", "Wire", "ServiceTestSupport",
                "WebSocketTestClient",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // A target of webhooks that keeps what it gets.
        .target(
            name: "WebhookReceiver",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/WebhookReceiver", swiftSettings: strict),
        .testTarget(
            name: "WebhooksTests",
            dependencies: [
                "SQLiteWebhooks",
                "Webhooks", "Outbox", "SQLiteStore", "ConversationDomain", "Wire", "WebhookReceiver",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        // Zammad and Chatwoot as far as their documentation tells.
        .target(
            name: "ConnectorFakes",
            dependencies: [
                "WebhookReceiver",
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            path: "Tests/ConnectorFakes", swiftSettings: strict),
        .testTarget(
            name: "ConnectorsTests",
            dependencies: [
                "Connectors", "SQLiteConnectors", "SQLiteWebhooks", "Webhooks", "Outbox", "People", "Dialogue",
                "SQLiteStore",
                "NativeContent", "ConversationDomain", "Wording", "HTTPService", "HTTPWire", "Access", "Monitoring",
                "ConnectorFakes", "WebhookReceiver", "TestSupport", "ServiceTestSupport", "WebSocketTestClient",
                "APIConformance",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ActionsTests",
            dependencies: [
                "Actions", "ActionCalls", "SQLiteActions", "Webhooks", "Outbox", "SQLiteStore", "ConversationDomain",
                "WebhookReceiver", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "SettingsTests", dependencies: ["Settings", "ConversationDomain"], swiftSettings: strict),
        .testTarget(
            name: "ApplicationTests",
            dependencies: [
                "ModelRecords",
                "Application", "ConversationDomain", "NativeContent", "IntentData", "SQLiteStore", "IntentModel",
                "SQLiteModels",
                "SQLiteKnowledge", "BERT", "Inference", "Knowledge", "Ranking", "Evaluation", "Measures",
                "ModelLifecycle",
                "Access", "Actions",
            ],
            swiftSettings: strict),
        // These start the program and talk to it as its users do. They do not depend on it, since that would link it into the
        // tests; whatever builds the tests builds it beside them.
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "APIConformance", "WebhookReceiver", "WebSocketTestClient", "ConnectorFakes",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
    ]
)
