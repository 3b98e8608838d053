import ConversationDomain
import Testing

@testable import Evaluation
@testable import Measures

@Suite("Bounds on figures")
struct QualityBoundTests {
    private let report = EvaluationReport([
        .of("a", "a", 0.9), .of("a", "a", 0.9), .of("b", "a", 0.9), .of("b", "b", 0.6, accepted: false),
    ])

    private func miss(_ text: String) throws -> String? {
        let bound = try QualityBound(text)
        return bound.miss(report.value(of: bound.figure))
    }

    @Test("a figure that reaches its bound passes, one that does not is told with its value")
    func figures() throws {
        for kept in ["accuracy=0.75", "accuracy>=0.7", "coverage=0.75", "precision=0.6", "macro_f1=0.7", "ece=0.3"] {
            #expect(try miss(kept) == nil)
        }
        #expect(try miss("accuracy=0.9") == "accuracy >= 0.9 is missed: it is 0.75")
        #expect(try miss("precision=0.7") == "precision >= 0.7 is missed: it is 0.6667")
        #expect(try miss("precision=0.6667") == "precision >= 0.6667 is missed: it is 0.6666666666666666")
        #expect(try miss("ece=0.1") == "calibration_error <= 0.1 is missed: it is 0.275")
        #expect(try miss("calibration_error<=0.1") == (try miss("ece=0.1")))
    }

    @Test("what could not be measured misses its bound")
    func unmeasured() throws {
        #expect(try miss("auroc=0.5") == "auroc >= 0.5 is missed: it could not be measured")
        #expect(try miss("oos_recall=0") == "oos_recall >= 0.0 is missed: it could not be measured")
    }

    @Test(
        "what is no bound is refused with what was expected",
        arguments: [
            "", "accuracy", "acuracy=0.9", "accuracy=", "accuracy=90", "accuracy=-1", "accuracy=nan", "ece>=0.1",
            "accuracy<=0.9",
        ])
    func refused(text: String) {
        let error = #expect(throws: ChatError.self) { try QualityBound(text) }
        #expect(error?.code == .invalidRequest)
        #expect(error.map { $0.message.contains("expected NAME=VALUE") || $0.message.contains("is bounded") } == true)
    }
}
