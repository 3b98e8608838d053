import ConversationDomain
import Foundation
import Wire

/// Values made at random, the same in every run.
struct RandomValues: RandomNumberGenerator {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// SplitMix64 (S. Vigna).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

    mutating func maybe<Value>(_ value: Value) -> Value? { number(3) == 0 ? nil : value }

    /// Control characters, quotes, slashes, several scripts and planes.
    mutating func text() -> String {
        let special: [Unicode.Scalar] = ["\"", "\\", "/", "é", "中", "😀", "\u{2028}", "\u{7F}", "\u{301}", "\u{FEFF}"]
        var text = String.UnicodeScalarView()
        for _ in 0..<number(16) {
            text.append(number(2) == 0 ? special[number(special.count)] : Unicode.Scalar(UInt8(number(128))))
        }
        return String(text)
    }

    mutating func double() -> Double {
        let any = Double(bitPattern: next())
        switch number(4) {
        case 0: return Double(number(1000))
        case 1: return Double(number(1_000_000)) / 1e6
        // Small enough to be rounded to six decimal places.
        default: return abs(any) < 1e300 ? any : 0
        }
    }

    mutating func texts() -> [String: String] {
        Dictionary((0..<number(5)).map { _ in (text(), text()) }, uniquingKeysWith: { first, _ in first })
    }

    mutating func message() -> Message {
        let buttons = (0..<number(3)).map { _ in
            number(3) == 0
                ? Button(title: text(), knowledge: KnowledgeID(trusted: text()))
                : Button(title: text(), intent: IntentName(trusted: text()), slots: maybe(texts()))
        }
        // As precise as a text tells it.
        let time = Date(timeIntervalSince1970: Double(number(4_000_000_000_000)) / 1000)
        return Message(
            id: MessageID(trusted: text()), seq: number(.max), from: .visitor, text: text(), buttons: buttons,
            inReplyTo: maybe(MessageID(trusted: text())),
            createdAt: Timestamp.date(Timestamp.text(time)) ?? time)
    }

    private mutating func labels() -> [ClassifierName: LabelScore] {
        let scores = (0..<number(3)).map { _ in
            (ClassifierName(trusted: text()), LabelScore(label: LabelName(trusted: text()), confidence: double()))
        }
        return Dictionary(scores, uniquingKeysWith: { first, _ in first })
    }

    mutating func decision() -> Decision {
        let ranking = (0..<number(6)).map { _ in
            IntentScore(intent: IntentName(trusted: text()), confidence: double())
        }
        return Decision(
            action: .answer, intent: maybe(IntentName(trusted: text())), confidence: maybe(double()),
            threshold: maybe(double()), ranking: ranking, rule: text(), template: maybe(text()),
            knowledge: maybe(KnowledgeID(trusted: text())), model: maybe(ModelVersionID(trusted: text())),
            labelled: maybe(LabelledMatch(intent: IntentName(trusted: text()), similarity: double())),
            labels: labels(),
            candidates: (0..<number(3)).map { _ in
                Candidate(
                    subject: number(2) == 0
                        ? .intent(IntentName(trusted: text())) : .knowledge(KnowledgeID(trusted: text())),
                    probability: double())
            },
            elapsedMilliseconds: double())
    }
}
