import ConversationDomain

/// The outcome as JSON.
package struct ConversationReportView: Encodable {
    struct Case: Encodable {
        struct Failure: Encodable {
            let turn: Int
            let place: String
            let expected: [String]
            let got: String
        }

        let name: String
        let place: String
        let right: Bool
        let turns: Int
        let seconds: Double
        let failures: [Failure]
    }

    let right: Int
    let turns: Int
    let rightTurns: Int
    let conversations: [Case]

    package init(_ report: ConversationReport) {
        right = report.right
        turns = report.turns
        rightTurns = report.rightTurns
        conversations = report.outcomes.map { outcome in
            Case(
                name: outcome.script.name, place: outcome.script.place.description, right: outcome.isRight,
                turns: outcome.script.turns.count, seconds: outcome.seconds,
                failures: outcome.failures.map {
                    Case.Failure(
                        turn: $0.turn, place: $0.script.place.description,
                        expected: $0.script.expected.map(\.description), got: $0.got)
                })
        }
    }

    enum CodingKeys: String, CodingKey {
        case right, turns, conversations
        case rightTurns = "right_turns"
    }
}
