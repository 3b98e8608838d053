import ConversationDomain
import Foundation
import ModelRecords
import Wire

extension TrainingRunRecord {
    public typealias Fact = (name: String, value: String)

    /// Settings and results by name, as lists and comparisons show them.
    public var facts: [Fact] { aboutRun + asked + result + ends }

    private static func digits(_ value: Double) -> String { String(format: "%.4f", value) }

    private static func told(_ value: (some CustomStringConvertible)?, or other: String = "–") -> String {
        value.map { $0.description } ?? other
    }

    private var aboutRun: [Fact] {
        let time = String(format: "%.1f s", seconds)
        return [
            ("run", id.rawValue), ("started", Timestamp.text(startedAt)), ("outcome", failure ?? outcome.rawValue),
            ("time", time),
        ]
    }

    private var asked: [Fact] {
        let rate = settings.learningRate.map { String(format: "%g", $0) }
        return [
            ("encoder", settings.encoder), ("method", method ?? settings.method), ("reason", Self.told(reason)),
            ("seed", settings.seed.description), ("target precision", settings.targetPrecision.description),
            ("c", Self.told(settings.inverseRegularisation, or: "default")),
            ("epochs", Self.told(settings.epochs, or: "default")), ("learning rate", Self.told(rate, or: "default")),
            ("unlabelled texts", Self.told(settings.unlabelled)),
        ]
    }

    private var result: [Fact] {
        let made: [Fact] = [
            ("data", Self.told(dataHash)), ("intents", Self.told(intents)), ("version", Self.told(version?.rawValue)),
        ]
        guard let metrics else { return made }
        return made + [
            ("examples", metrics.examples.description), ("accuracy", Self.digits(metrics.accuracy)),
            ("answered", Self.digits(metrics.coverage)), ("precision", Self.digits(metrics.precision)),
            ("out of scope rejected", Self.told(metrics.outOfScopeRecall.map(Self.digits))),
            ("calibration error", Self.digits(metrics.calibrationError)),
        ]
    }

    /// Where the curves ended.
    private var ends: [Fact] {
        curves.flatMap { curve in
            RunCurve.quantities.filter { $0.name != "learning_rate" }.compactMap { name, value in
                curve.points.compactMap(value).last.map { ("\(curve.name) \(name)", Self.digits($0)) }
            }
        }
    }

    /// The curves as lines of bars for a terminal, each with its first, best and last value.
    public func renderedCurves(width: Int = 48) -> [[String]] {
        curves.flatMap { curve in
            RunCurve.quantities.compactMap { name, value -> [String]? in
                let numbers = curve.points.compactMap(value)
                guard let first = numbers.first, let last = numbers.last else { return nil }
                let steps = "\(curve.points.last?.step ?? 0) steps"
                return [
                    curve.name, name, String(format: "%.4g", first), Self.bars(numbers, width: width),
                    String(format: "%.4g", last), steps,
                ]
            }
        }
    }

    /// One character for each part of the numbers, as high as their mean lies between the least and the largest.
    static func bars(_ numbers: [Double], width: Int) -> String {
        let columns = min(max(1, width), numbers.count)
        let means = (0..<columns).map { column in
            let part = numbers[column * numbers.count / columns..<(column + 1) * numbers.count / columns]
            return part.reduce(0, +) / Double(part.count)
        }
        guard let least = means.min(), let largest = means.max() else { return "" }
        let blocks = Array("▁▂▃▄▅▆▇█")
        return String(
            means.map { mean in
                largest > least ? blocks[min(7, Int((mean - least) / (largest - least) * 8))] : blocks[0]
            })
    }
}

extension [TrainingRunRecord] {
    /// One row a fact, one column a run; facts that are the same everywhere are marked as such by the last column.
    public func compared() -> [[String]] {
        let facts = map { Dictionary($0.facts, uniquingKeysWith: { first, _ in first }) }
        var names: [String] = []
        for name in flatMap({ $0.facts.map(\.name) }) where !names.contains(name) { names.append(name) }
        return names.map { name in
            let values = facts.map { $0[name] ?? "–" }
            return [name] + values + [Set(values).count > 1 ? "differs" : ""]
        }
    }
}
