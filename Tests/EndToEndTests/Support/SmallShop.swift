import Foundation
import Testing

/// A bot of four intents that is trained in a second, and versions of it.
enum SmallShop {
    static let sentences: [(intent: String, texts: [String])] = [
        (
            "refund",
            [
                "I want my money back", "please refund me", "give me a refund", "when is my payment returned",
                "refund the purchase", "return my money", "I would like to be reimbursed", "reimburse me please",
                "I need a refund now", "can I get my money back", "pay me back", "how do I get a refund",
            ]
        ),
        (
            "order.status",
            [
                "where is my order", "track my parcel", "has my package shipped", "when does my delivery come",
                "my parcel has not arrived", "delivery status please", "is my order on its way",
                "follow my shipment", "where is the courier", "when will it be delivered",
            ]
        ),
        (
            "hours",
            [
                "when do you open", "opening hours", "are you open on sunday", "what time do you close",
                "until when is the shop open", "is the store open today", "closing time", "open on holidays",
                "shop hours please", "at what time can I come by",
            ]
        ),
        (
            "thanks",
            [
                "thank you", "thanks a lot", "many thanks", "thank you very much", "cheers for your help",
                "that is kind of you", "thanks for the help", "great, thanks", "much appreciated", "thx",
            ]
        ),
    ]

    /// Other sentences of the intents than those that are trained.
    static let unseen: [(intent: String, texts: [String])] = [
        (
            "refund",
            [
                "could you refund my purchase", "my money back please", "I demand a refund", "refund my payment",
                "will I be reimbursed", "please return the money to me", "get me a refund", "a refund, please",
                "when do I get the refund", "I want to be paid back", "send my money back",
            ]
        ),
        ("hours", ["are you open tomorrow", "when does the shop close", "what are your opening hours"]),
    ]

    static func csv(_ rows: [(intent: String, texts: [String])], _ name: String) throws -> URL {
        let file = try Scratch.folder(name).appendingPathComponent("\(name).csv")
        let lines = rows.flatMap { row in row.texts.map { "\"\($0)\",\(row.intent)" } }
        try Data((["text,intent"] + lines).joined(separator: "\n").utf8).write(to: file)
        return file
    }

    /// - Parameter encoder: a name of an installed one.
    static func train(
        _ data: DataFolder, _ rows: [(intent: String, texts: [String])], encoder: String = "all-minilm-l6-v2",
        _ arguments: String...
    ) async throws -> String {
        let imported = try await data.run("import", "--replace", csv(rows, "shop").path)
        try #require(imported.status == 0, "\(imported.errors)")
        let trained = try await data.run("train", ["--json", "--encoder", encoder] + arguments)
        try #require(trained.status == 0, "\(trained.errors)")
        return try #require(trained.json["id"].string)
    }

    /// A bot with its first version live, and a candidate that has forgotten refunds.
    static func withForgetfulCandidate() async throws -> (data: DataFolder, active: String, candidate: String) {
        let data = try DataFolder.empty()
        let active = try await train(data, sentences, "--activate")
        let candidate = try await train(data, sentences.filter { $0.intent != "refund" })
        return (data, active, candidate)
    }
}
