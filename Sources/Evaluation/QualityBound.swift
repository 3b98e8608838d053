import ConversationDomain
public import Measures

/// A demand on a figure of an evaluation, such as `accuracy=0.9`: what makes `frontdesk evaluate` a gate.
public struct QualityBound: Hashable, Sendable, CustomStringConvertible {
    /// The figures that can be demanded.
    public enum Figure: String, Hashable, Sendable, CaseIterable {
        case accuracy
        case coverage
        case precision
        case macroF1 = "macro_f1"
        case outOfScopeRecall = "oos_recall"
        case auroc
        case calibrationError = "calibration_error"
        /// Of entities: micro F1 by entity, and weighted F1 by token.
        case entityF1 = "entity_f1"
        case tokenF1 = "token_f1"

        /// Whether less is better, so that the bound is an upper one.
        public var isUpper: Bool { self == .calibrationError }

        /// Takes the short name of the calibration error too.
        init?(name: String) { self.init(rawValue: name == "ece" ? Self.calibrationError.rawValue : name) }
    }

    public let figure: Figure
    /// 0 to 1.
    public let bound: Double

    /// Reads `name=value`; `name>=value` too, and `calibration_error<=value`.
    /// - Throws: `ChatError(.invalidRequest)` that says what was expected.
    public init(_ text: String) throws {
        let expected =
            "expected NAME=VALUE with a value from 0 to 1 and a name of "
            + (Figure.allCases.map(\.rawValue) + ["ece"]).joined(separator: ", ")
        guard let equals = text.firstIndex(of: "=") else {
            throw ChatError(.invalidRequest, "'\(text.prefix(80))' has no '='; \(expected)")
        }
        var name = text[..<equals]
        let sign = name.last.flatMap { "<>".contains($0) ? $0 : nil }
        if sign != nil { name.removeLast() }
        guard let figure = Figure(name: String(name)) else {
            throw ChatError(.invalidRequest, "'\(name.prefix(80))' is not a figure; \(expected)")
        }
        if let sign, (sign == "<") != figure.isUpper {
            throw ChatError(
                .invalidRequest,
                "'\(text.prefix(80))': \(figure.rawValue) is bounded \(figure.isUpper ? "from above" : "from below")")
        }
        let value = text[text.index(after: equals)...]
        guard let bound = Double(value), (0...1).contains(bound) else {
            throw ChatError(.invalidRequest, "'\(value.prefix(80))' is not a value; \(expected)")
        }
        self.figure = figure
        self.bound = bound
    }

    public var description: String { "\(figure.rawValue) \(figure.isUpper ? "<=" : ">=") \(bound)" }

    /// Why the bound is missed; nil when it is kept. A figure that could not be measured misses it.
    /// - Parameter value: the measured figure, unrounded.
    public func miss(_ value: Double?) -> String? {
        guard let value else { return "\(self) is missed: it could not be measured" }
        let isKept = figure.isUpper ? value <= bound : value >= bound
        return isKept ? nil : "\(self) is missed: it is \(Self.digits(value, apartFrom: bound))"
    }
}

extension QualityBound {
    /// With four digits behind the point, or all when these would hide the difference.
    private static func digits(_ value: Double, apartFrom bound: Double) -> String {
        let rounded = (value * 10_000).rounded() / 10_000
        return rounded == bound ? "\(value)" : "\(rounded)"
    }
}

/// A report with figures that can be demanded.
public protocol BoundedReport {
    /// The value of a figure; nil when it could not be measured, or belongs to another report.
    func value(of figure: QualityBound.Figure) -> Double?
}

extension EvaluationReport: BoundedReport {
    public func value(of figure: QualityBound.Figure) -> Double? {
        switch figure {
        case .accuracy: samples == 0 ? nil : accuracy
        case .coverage: intents.contains { $0.intent != .outOfScope } ? coverage : nil
        case .precision: precision
        case .macroF1: samples == 0 ? nil : macro.f1
        case .outOfScopeRecall: outOfScopeRecall
        case .auroc: outOfScopeCurve?.auroc
        case .calibrationError: samples == 0 ? nil : calibrationError
        case .entityF1, .tokenF1: nil
        }
    }
}

extension LabelReport: BoundedReport {
    public func value(of figure: QualityBound.Figure) -> Double? { report.value(of: figure) }
}

extension EntityReport: BoundedReport {
    public func value(of figure: QualityBound.Figure) -> Double? {
        switch figure {
        case .entityF1: entities.support == 0 ? nil : entities.averages.micro.f1
        case .macroF1: entities.support == 0 ? nil : entities.averages.macro.f1
        case .tokenF1: tokens.support == 0 ? nil : tokens.averages.weighted.f1
        case .accuracy: tokens.support == 0 ? nil : tokens.averages.micro.f1
        case .coverage, .precision, .outOfScopeRecall, .auroc, .calibrationError: nil
        }
    }
}
