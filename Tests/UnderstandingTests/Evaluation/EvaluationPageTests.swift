import ConversationDomain
import Foundation
import Testing

@testable import Entities
@testable import Evaluation
@testable import Measures
import Wire

@Suite("Page of an evaluation")
struct EvaluationPageTests {
    private func evaluation(_ outcomes: [EvaluationReport.Outcome], replies: ReplyReport? = nil) -> Evaluation {
        let (a, b) = (IntentName(trusted: "订单.状态"), IntentName(trusted: "b"))
        let truths = [a, a, b, b]
        let curve = LearningCurve(
            [
                .init(share: 0.5, examples: 10, truths: truths, isRight: [true, false, true, false]),
                .init(share: 1, examples: 20, truths: truths, isRight: [true, true, true, true]),
            ], isComplete: true)
        return Evaluation(
            subject: EvaluationSubject(
                method: .crossValidation, detail: "5 folds", model: nil, encoder: "fake",
                measuredAt: Date(timeIntervalSince1970: 0), trainingExamples: ["订单.状态": 17], origin: .ownExamples(4)),
            outcomes: outcomes, replies: replies, latency: LatencyReport([.milliseconds(2), .milliseconds(4)]),
            learningCurve: curve)
    }

    private var whole: Evaluation {
        evaluation([
            .of("订单.状态", "订单.状态", 0.9, text: "我的快递到哪了"), .of("订单.状态", "b", 0.7, text: "<script>alert('&')</script>"),
            .of("b", "b", 0.8, text: "fine"), .of("out_of_scope", "b", 0.6, text: "who is \"it\""),
        ])
    }

    @Test("the page is well-formed, has every part, and loads nothing")
    func parts() throws {
        let html = EvaluationPage(whole).html()
        for part in [
            "Each intent", "Most confused", "Answer more, or answer more surely", "none of its business",
            "Does it know when it is right?", "Is more data worth it?", "Speed", "Mistakes", "订单.状态", "<td>17</td>",
        ] { #expect(html.contains(part), "\(part)") }
        for reference in ["http://", "https://", "src=", "href=", "@import", "url(", "<script", "<link"] {
            #expect(!html.contains(reference), "\(reference)")
        }
        #expect(
            html.contains("&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;")
                && html.contains("who is &quot;it&quot;"))
        let body = html.replacingOccurrences(of: "<!doctype html>\n", with: "")
            .replacingOccurrences(of: #"<meta ([^>]*)>"#, with: "<meta $1/>", options: .regularExpression)
            .replacingOccurrences(of: "<details open>", with: "<details>")
        var open: [Substring] = []
        for tag in body.matches(of: /<(\/?)([a-z0-9]+)[^>]*?(\/?)>/) {
            if tag.1 == "/" { #expect(open.popLast() == tag.2) } else if tag.3 != "/" { open.append(tag.2) }
        }
        #expect(open.isEmpty)
        #expect(html.components(separatedBy: "<svg").count == 5)
    }

    @Test("what was not measured has no part on the page")
    func missing() {
        let subject = EvaluationSubject(
            method: .file, detail: "a.csv", model: nil, encoder: "fake", measuredAt: Date(timeIntervalSince1970: 0),
            trainingExamples: [:], origin: .init(author: .others, texts: 1, known: 0))
        let html = EvaluationPage(Evaluation(subject: subject, outcomes: [.of("a", "a", 0.5, text: "x")])).html()
        for part in ["Most confused", "none of its business", "Is more data worth it?", "Speed", "Mistakes"] {
            #expect(!html.contains("<h2>\(part)"), "\(part)")
        }
        #expect(!html.contains("nan") && !html.contains("inf\""))
    }

    @Test("whole replies have a table and their mistakes on the page; a head that was measured alone says so")
    func replies() throws {
        let order = Candidate.Subject.intent(IntentName(trusted: "订单.状态"))
        let replies = ReplyReport(
            [
                (.init(text: "我的快递到哪了", truths: [order]), .acted(on: order)),
                (.init(text: "<b>late</b>", truths: [.knowledge(KnowledgeID(trusted: "late.en"))]), .acted(on: order)),
                (.init(text: "a poem", truths: [], category: "writing"), .acted(on: order)),
            ], foreignSource: .background)
        let measured = evaluation([.of("订单.状态", "订单.状态", 0.9, text: "我的快递到哪了")], replies: replies)
        let html = EvaluationPage(measured).html()
        for part in [
            "What it replies", "<th>20.0 % foreign</th>", "&lt;b&gt;late&lt;/b&gt;", "late.en", "<td>writing</td>",
            "stand for them", "<b>0.0 %</b><span>foreign questions turned away",
            "This is the author&#39;s own examples.",
        ] { #expect(html.contains(part), "\(part)") }
        #expect(
            try JSONDecoder.frontdesk().decode(
                Evaluation.self, from: JSONEncoder.frontdesk().encode(measured)) == measured)
        #expect(measured.renderedText().contains("right when it answers"))
        #expect(EvaluationPage(whole).html().contains("measures the intent head alone, not whole replies"))
        #expect(whole.renderedText().contains("not measured: these figures are of the intent head alone"))
    }

    @Test("a file of knowledge entries alone has no figures of an intent head")
    func entriesOnly() {
        let entry = Candidate.Subject.knowledge(KnowledgeID(trusted: "late.en"))
        let replies = ReplyReport([(.init(text: "late", truths: [entry]), .acted(on: entry))], foreignSource: .file)
        let measured = evaluation([], replies: replies)
        #expect(measured.renderedText().contains("no sentence has an intent to measure it by"))
        let html = EvaluationPage(measured).html()
        #expect(!html.contains("understood rightly</span>") && !html.contains("nan"))
    }

    @Test("an evaluation is the same after JSON, its report beside what else was measured")
    func json() throws {
        let encoder = JSONEncoder.frontdesk()
        let data = try encoder.encode(whole)
        #expect(try JSONDecoder.frontdesk().decode(Evaluation.self, from: data) == whole)
        let fields = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        for key in ["accuracy", "intents", "subject", "latency", "learning_curve", "mistakes", "out_of_scope_curve"] {
            #expect(fields[key] != nil, "\(key)")
        }
    }

    @Test("a folder holds the page, the figures and the errors")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("report-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try EvaluationFiles.write(whole, to: folder)
        try EvaluationFiles.write(whole, to: folder)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names == ["errors.csv", "report.html", "report.json", "report.txt"])
    }

    @Test("axes end at round numbers")
    func axes() {
        #expect(Plot.Axis.count("", upTo: 3088).ticks.map(\.label) == ["0", "1000", "2000", "3000", "4000"])
        #expect(Plot.Axis.count("", upTo: 4).ticks.map(\.label) == ["0", "1", "2", "3", "4"])
        #expect(Plot.Axis.share("", from: 0.8).ticks.map(\.label) == ["80 %", "85 %", "90 %", "95 %", "100 %"])
        #expect(Plot.Axis.share("").ticks.count == 6)
    }
}
