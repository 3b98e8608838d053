import ConversationDomain
import Measures

extension EvaluationPage {
    /// Answered share against precision, for every threshold.
    var sweepSection: HTML {
        let points = report.operatingPoints.compactMap { point in
            point.precision.map { (point: point, place: (x: point.coverage, y: $0)) }
        }
        guard points.count > 1 else { return "" }
        let lowest = points.map(\.place.y).min() ?? 0
        let percent = Self.percent
        var plot = Plot(
            x: .share("answered, of what it should answer"),
            y: .share("right, of what it answers", from: lowest >= 0.85 ? 0.8 : lowest >= 0.55 ? 0.5 : 0))
        plot.line(points.map(\.place), style: "blue")
        for (point, place) in points where Int((point.threshold * 100).rounded()) % 10 == 0 {
            plot.dot(
                place, style: "dot",
                note:
                    "threshold \(percent(point.threshold)): answers \(percent(place.x)), of which \(percent(place.y)) are right"
            )
        }
        if let precision = report.precision {
            plot.dot(
                (report.coverage, precision), style: "chosen",
                note: "now: answers \(percent(report.coverage)), of which \(percent(precision)) are right")
            plot.label("now", at: (report.coverage, precision))
        }
        let rows = points.filter {
            [0, 30, 50, 60, 70, 80, 90, 95].contains(Int(($0.point.threshold * 100).rounded()))
        }
        .map { point, place -> HTML in
            "<tr><td>\(percent(point.threshold))</td><td>\(percent(place.x))</td><td>\(percent(place.y))</td></tr>"
        }
        return """
            <section><h2>Answer more, or answer more surely</h2>
            <p class="about">The bot answers when it is confident enough. Demand more confidence, and it answers less often but errs less \
            often too. The line shows every choice; the orange point is what it does now, with a threshold for each intent.</p>
            \(plot.svg("Share of right answers against the share of answered sentences"))
            <div class="wide"><table><tr><th>least confidence, for all intents</th><th>answered</th><th>of these right</th></tr>\(rows)</table></div></section>
            """
    }

    /// What one threshold keeps and turns away.
    var outOfScopeSection: HTML {
        guard let curve = report.outOfScopeCurve else { return "" }
        let percent = Self.percent
        var plot = Plot(x: .share("least confidence that is answered"), y: .share("share of the sentences"))
        plot.line(curve.points.map { (min(1, $0.threshold), $0.inScopeAccuracy) }, style: "blue")
        plot.line(curve.points.map { (min(1, $0.threshold), $0.outOfScopeRecall) }, style: "orange")
        let best = curve.balanced
        for share in [best.inScopeAccuracy, best.outOfScopeRecall] {
            plot.dot(
                (min(1, best.threshold), share), style: "chosen",
                note: "at \(percent(min(1, best.threshold))): \(percent(share))")
        }
        let auroc = String((curve.auroc * 1000).rounded() / 1000)
        return """
            <section><h2>Questions that are none of its business</h2>
            <p class="about">\(Self.count(curve.outOfScope, "foreign sentence")) beside \(curve.inScope) of its own. The higher the bot's \
            demand on its confidence, the more foreign questions it turns away, and the more of its own it leaves unanswered. \
            At \(percent(min(1, best.threshold))) it would answer \(percent(best.inScopeAccuracy)) of its own rightly and turn \
            \(percent(best.outOfScopeRecall)) of the foreign ones away.</p>
            \(plot.svg("Share answered rightly and share turned away, by threshold"))
            <p class="key"><span><i style="background:var(--blue)"></i>its own, answered rightly</span>\
            <span><i style="background:var(--orange)"></i>foreign, turned away</span></p>
            <p class="about">AUROC \(auroc): given one sentence of its own and a foreign one, the bot is more confident of its own in \
            \(percent(curve.auroc)) of all cases (50 % would be guessing).</p></section>
            """
    }

    /// What it said against what came true.
    var reliabilitySection: HTML {
        let bins = report.reliability.filter { $0.count > 0 }
        guard !bins.isEmpty else { return "" }
        let percent = Self.percent
        var plot = Plot(x: .share("how sure it said it was"), y: .share("how often it was right"))
        let largest = Double(bins.map(\.count).max() ?? 1)
        for bin in bins {
            let note =
                "\(Self.count(bin.count, "sentence")) with \(percent(bin.lower)) to \(percent(bin.upper)): said \(percent(bin.confidence)), was right in \(percent(bin.accuracy))"
            plot.bar(from: bin.lower, to: bin.upper, height: bin.accuracy, style: "share", note: note)
        }
        plot.line([(0, 0), (1, 1)], style: "ideal")
        let rows = bins.map { bin -> HTML in
            let width = Int((Double(bin.count) / largest * 100).rounded(.up))
            return """
                <tr><td>\(percent(bin.lower)) to \(percent(bin.upper))</td>\
                <td>\(bin.count)</td><td class="left"><span class="meter"><i class="tally" style="width:\(width)%"></i></span></td>\
                <td>\(percent(bin.confidence))</td><td>\(percent(bin.accuracy))</td></tr>
                """
        }
        return """
            <section><h2>Does it know when it is right?</h2>
            <p class="about">Each bar holds the sentences on which the bot was about equally sure; its height is the share that was right. \
            Bars that reach the dashed line mean honest confidence, lower bars that it is too sure of itself, higher ones that it is too \
            modest. Bars of few sentences jump about. The average distance, weighted by sentences, is \(percent(report.calibrationError)) \
            (expected calibration error).</p>
            \(plot.svg("How often it was right, by how sure it said it was"))
            <div class="wide"><table><tr><th>confidence</th><th>sentences</th><th></th><th>said, on average</th><th>was right</th></tr>\(rows)</table></div></section>
            """
    }
}
