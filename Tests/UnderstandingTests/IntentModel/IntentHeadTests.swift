import ConversationDomain
import Foundation
import TensorFiles
import Testing

@testable import BERT
@testable import IntentModel
@testable import LinearModels

@Suite("Intent head")
struct IntentHeadTests {
    /// Logits are the embedding itself.
    private func head(
        labels: [String], thresholds: [Double], margin: Double = 0.15, transform: FeatureTransform = .scale(1)
    ) -> IntentHead {
        let count = labels.count
        return IntentHead(
            labels: labels.map(IntentName.init(trusted:)),
            classifier: LinearClassifier(
                classes: count, dimension: count, transform: transform,
                weights: (0..<count * count).map { $0 % (count + 1) == 0 ? 1 : 0 },
                bias: [Float](repeating: 0, count: count)),
            temperature: 1, thresholds: thresholds, margin: margin)
    }

    private func embedding(_ probabilities: [Double]) -> [Float] { probabilities.map { Float(log($0)) } }

    @Test(
        "a verdict for each situation",
        arguments: [
            ([0.8, 0.1, 0.1], MessageUnderstanding.Verdict.accepted),
            ([0.6, 0.2, 0.2], .belowThreshold),
            ([0.45, 0.4, 0.15], .ambiguous(["a", "b"].map(IntentName.init(trusted:)))),
            ([0.2, 0.2, 0.6], .outOfScope),
            ([0.4, 0.1, 0.5], .outOfScope),
        ])
    func verdicts(probabilities: [Double], verdict: MessageUnderstanding.Verdict) {
        let head = head(labels: ["a", "b", "out_of_scope"], thresholds: [0.7, 0.7, 0.7])
        #expect(head.judge(embedding(probabilities)).verdict == verdict)
    }

    @Test("the ranking leaves out_of_scope out and names the threshold of its first intent")
    func ranking() {
        let head = head(labels: ["a", "b", "out_of_scope"], thresholds: [0.7, 0.5, 0.9])
        let judgement = head.judge(embedding([0.1, 0.55, 0.35]))
        #expect(judgement.ranking.map(\.intent.rawValue) == ["b", "a"])
        #expect(judgement.threshold == 0.5)
        #expect(abs(judgement.ranking[0].confidence - 0.55) < 1e-6)
        #expect(judgement.best == judgement.ranking[0])
    }

    @Test(
        "a head is the same after writing and reading",
        arguments: [
            FeatureTransform.scale(8), .standardise(mean: [0.5, -1, 0], inverseDeviation: [2, 0.25, 1]),
        ])
    func roundTrip(transform: FeatureTransform) throws {
        let head = head(
            labels: ["订单.状态", "b", "out_of_scope"], thresholds: [0.7, 0.31, 0.5], transform: transform)
        #expect(try IntentHead(archive: head.archived()) == head)
    }

    @Test("a head with any byte changed, or any part missing, is refused")
    func corruption() throws {
        let archive = head(labels: ["a", "b"], thresholds: [0.7, 0.5]).archived()
        for index in archive.indices {
            var damaged = archive
            damaged[index] ^= 0x10
            #expect(throws: ChatError.self, "byte \(index)") { try IntentHead(archive: damaged) }
        }
        for length in 0..<archive.count {
            #expect(throws: ChatError.self, "\(length) bytes") { try IntentHead(archive: archive.prefix(length)) }
        }
        #expect(throws: ChatError.self) { try IntentHead(archive: archive + [0]) }
    }

    @Test("a well-sealed head with senseless fields is refused")
    func senseless() throws {
        let archive = head(labels: ["a", "b"], thresholds: [0.7, 0.5]).archived()
        func resealed(_ change: (inout Data) -> Void) -> Data {
            var body = Data(archive.dropLast(16))
            change(&body)
            var fingerprint = Fingerprint()
            fingerprint.combine(body)
            return body + fingerprint.bytes
        }
        #expect(try IntentHead(archive: resealed { _ in }).labels.count == 2)
        // Version 2; a million labels; a label that occurs twice.
        #expect(throws: ChatError.self) { try IntentHead(archive: resealed { $0[4] = 2 }) }
        #expect(throws: ChatError.self) { try IntentHead(archive: resealed { $0[11] = 16 }) }
        #expect(throws: ChatError.self) {
            try IntentHead(
                archive: resealed { body in
                    if let index = body.lastIndex(of: UInt8(ascii: "b")) { body[index] = UInt8(ascii: "a") }
                })
        }
    }

    @Test("fingerprints are the published ones of FNV-1a with 128 bits")
    func fingerprint() {
        var empty = Fingerprint()
        #expect(empty.hex == "6c62272e07bb014262b821756295c58d")
        empty.combine("foobar".utf8)
        #expect(empty.hex == "343e1662793c64bf6f0d3597ba446f18")
    }
}
