import Foundation

/// Minimises a smooth function by limited-memory BFGS with a strong-Wolfe line search
/// (J. Nocedal, S. Wright, Numerical Optimization, 2nd ed., algorithms 7.4, 7.5, 3.5 and 3.6). Deterministic.
package struct LBFGS: Sendable {
    /// Steps that the curvature is remembered of.
    var memory = 10
    var maximumIterations = 200
    /// Done when no component of the gradient is larger.
    var gradientTolerance = 1e-4
    /// Done when a step lowers the value by less than this share of it.
    var valueTolerance = 64 * 2.2e-16

    struct Solution: Sendable {
        var point: [Double]
        var value: Double
        var iterations: Int
    }

    /// - Parameters:
    ///   - function: fills in the gradient and returns the value.
    ///   - progress: called after every iteration with their number, the point and its value; may throw to stop.
    func minimise(
        from start: [Double], _ function: @escaping ([Double], inout [Double]) -> Double,
        progress: (Int, [Double], Double) throws -> Void = { _, _, _ in }
    ) throws -> Solution {
        var point = start
        var gradient = [Double](repeating: 0, count: start.count)
        var value = function(point, &gradient)
        var history: [(step: [Double], change: [Double], scale: Double)] = []
        var iteration = 0
        while iteration < maximumIterations, Vector.largest(gradient) > gradientTolerance {
            var direction = twoLoop(gradient, history)
            var slope = Vector.dot(gradient, direction)
            if slope >= 0 {
                // Rounding spoilt the curvature: begin again with steepest descent.
                history.removeAll()
                direction = gradient.map { -$0 }
                slope = -Vector.dot(gradient, gradient)
            }
            let first = history.isEmpty ? min(1, 1 / Vector.norm(gradient)) : 1
            var search = LineSearch(function: function, origin: point, direction: direction, value: value, slope: slope)
            guard let found = search.run(firstStep: first) else { break }
            let step = direction.map { $0 * found.step }
            let change = Vector.difference(found.gradient, gradient)
            let curvature = Vector.dot(step, change)
            if curvature > 1e-14 * Vector.dot(change, change) {
                history.append((step, change, 1 / curvature))
                if history.count > memory { history.removeFirst() }
            }
            let decrease = value - found.value
            point = found.point
            gradient = found.gradient
            value = found.value
            iteration += 1
            try progress(iteration, point, value)
            if decrease <= valueTolerance * max(abs(value), 1) { break }
        }
        return Solution(point: point, value: value, iterations: iteration)
    }

    /// Minus the gradient times the approximate inverse Hessian.
    private func twoLoop(
        _ gradient: [Double], _ history: [(step: [Double], change: [Double], scale: Double)]
    ) -> [Double] {
        var direction = gradient.map { -$0 }
        var weights: [Double] = []
        for entry in history.reversed() {
            let weight = entry.scale * Vector.dot(entry.step, direction)
            weights.append(weight)
            Vector.add(&direction, entry.change, times: -weight)
        }
        if let last = history.last {
            let scale = 1 / (last.scale * Vector.dot(last.change, last.change))
            for index in direction.indices { direction[index] *= scale }
        }
        for (entry, weight) in zip(history, weights.reversed()) {
            Vector.add(&direction, entry.step, times: weight - entry.scale * Vector.dot(entry.change, direction))
        }
        return direction
    }
}

/// Finds a step along a direction that fulfils the strong Wolfe conditions.
private struct LineSearch {
    struct Trial {
        var step: Double
        var value: Double
        var slope: Double
        var point: [Double]
        var gradient: [Double]
    }

    private static let sufficientDecrease = 1e-4
    private static let curvature = 0.9

    let function: ([Double], inout [Double]) -> Double
    let origin: [Double]
    let direction: [Double]
    let value: Double
    let slope: Double
    private var evaluations = 0

    init(
        function: @escaping ([Double], inout [Double]) -> Double, origin: [Double], direction: [Double], value: Double,
        slope: Double
    ) {
        self.function = function
        self.origin = origin
        self.direction = direction
        self.value = value
        self.slope = slope
    }

    /// Nil when no step lowers the value, which rounding causes close to the minimum.
    mutating func run(firstStep: Double) -> Trial? {
        var previous = Trial(step: 0, value: value, slope: slope, point: origin, gradient: [])
        var step = firstStep
        while evaluations < 20 {
            let trial = evaluate(step)
            if !isLowEnough(trial) || (evaluations > 1 && trial.value >= previous.value) {
                return zoom(low: previous, high: trial)
            }
            if abs(trial.slope) <= -Self.curvature * slope { return trial }
            if trial.slope >= 0 { return zoom(low: trial, high: previous) }
            previous = trial
            step *= 2
        }
        return previous.step > 0 ? previous : nil
    }

    private mutating func zoom(low: Trial, high: Trial) -> Trial? {
        var low = low
        var high = high
        while evaluations < 30 {
            let trial = evaluate(Self.minimum(low, high))
            if !isLowEnough(trial) || trial.value >= low.value {
                high = trial
            } else {
                if abs(trial.slope) <= -Self.curvature * slope { return trial }
                if trial.slope * (high.step - low.step) >= 0 { high = low }
                low = trial
            }
            if abs(high.step - low.step) < 1e-12 { break }
        }
        return low.step > 0 && low.value < value ? low : nil
    }

    private func isLowEnough(_ trial: Trial) -> Bool {
        trial.value <= value + Self.sufficientDecrease * trial.step * slope
    }

    private mutating func evaluate(_ step: Double) -> Trial {
        evaluations += 1
        var point = origin
        Vector.add(&point, direction, times: step)
        var gradient = [Double](repeating: 0, count: point.count)
        let value = function(point, &gradient)
        return Trial(
            step: step, value: value, slope: Vector.dot(gradient, direction), point: point, gradient: gradient)
    }

    /// The minimum of the cubic through both ends, kept away from them (equation 3.59).
    private static func minimum(_ first: Trial, _ second: Trial) -> Double {
        let width = second.step - first.step
        let middle = first.step + width / 2
        let d1 = first.slope + second.slope - 3 * (first.value - second.value) / (first.step - second.step)
        let square = d1 * d1 - first.slope * second.slope
        guard square >= 0 else { return middle }
        let d2 = (width < 0 ? -1 : 1) * square.squareRoot()
        let position = second.step - width * (second.slope + d2 - d1) / (second.slope - first.slope + 2 * d2)
        let margin = 0.1 * abs(width)
        let range = (min(first.step, second.step) + margin)...(max(first.step, second.step) - margin)
        return position.isFinite && range.contains(position) ? position : middle
    }
}

/// Arithmetic on vectors of equal length.
enum Vector {
    static func dot(_ left: [Double], _ right: [Double]) -> Double {
        var lanes = SIMD8<Double>.zero
        var rest = 0.0
        left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in
                let count = min(left.count, right.count)
                var index = 0
                while index + 8 <= count {
                    var a = SIMD8<Double>()
                    var b = SIMD8<Double>()
                    for lane in 0..<8 {
                        a[lane] = left[index + lane]
                        b[lane] = right[index + lane]
                    }
                    lanes += a * b
                    index += 8
                }
                while index < count {
                    rest += left[index] * right[index]
                    index += 1
                }
            }
        }
        return lanes.sum() + rest
    }

    static func norm(_ vector: [Double]) -> Double { dot(vector, vector).squareRoot() }

    static func largest(_ vector: [Double]) -> Double { vector.reduce(0) { max($0, abs($1)) } }

    static func difference(_ left: [Double], _ right: [Double]) -> [Double] {
        var result = left
        add(&result, right, times: -1)
        return result
    }

    /// vector += other · factor
    static func add(_ vector: inout [Double], _ other: [Double], times factor: Double) {
        let count = min(vector.count, other.count)
        vector.withUnsafeMutableBufferPointer { vector in
            other.withUnsafeBufferPointer { other in
                for index in 0..<count { vector[index] += other[index] * factor }
            }
        }
    }
}
