import Foundation

/// A drawing with two axes, as SVG inside of a page. Marks are drawn in the order in which they are added; their looks
/// belong to the classes of ``PageStyle``.
struct Plot {
    /// One axis: its title, the numbers that it spans, and where it has ticks.
    struct Axis {
        let title: String
        let range: ClosedRange<Double>
        let ticks: [(value: Double, label: String)]

        /// From 0 to 100 %, or from a higher share.
        static func share(_ title: String, from lowest: Double = 0) -> Axis {
            let step = lowest >= 0.8 ? 0.05 : lowest >= 0.5 ? 0.1 : 0.2
            let count = Int(((1 - lowest) / step).rounded())
            return Axis(
                title: title, range: lowest...1,
                ticks: (0...count).map { index in
                    let value = lowest + Double(index) * step
                    return (value, "\(Int((value * 100).rounded())) %")
                })
        }

        /// From 0 to a little more than `highest`, with round ticks.
        static func count(_ title: String, upTo highest: Int) -> Axis {
            let rough = max(1, Double(highest) / 5)
            let power = pow(10, log10(rough).rounded(.down))
            let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
            let top = max(step, (Double(highest) / step).rounded(.up) * step)
            return Axis(
                title: title, range: 0...top,
                ticks: stride(from: 0, through: top + step / 2, by: step).map { ($0, "\(Int($0.rounded()))") })
        }
    }

    typealias Point = (x: Double, y: Double)

    private static let size = (width: 680.0, height: 340.0)
    private static let inner = (left: 64.0, top: 14.0, right: 652.0, bottom: 286.0)

    private let x: Axis
    private let y: Axis
    private var marks: [HTML] = []

    init(x: Axis, y: Axis) {
        self.x = x
        self.y = y
    }

    /// - Parameter style: classes of the line.
    mutating func line(_ points: [Point], style: String) {
        let places = points.map { place($0) }.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        marks.append("<polyline class=\"line \(style)\" points=\"\(places)\"/>")
    }

    /// The area between two lines of equal length.
    mutating func band(_ lower: [Point], _ upper: [Point], style: String) {
        let places = (upper + lower.reversed()).map { place($0) }
            .map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        marks.append("<polygon class=\"band \(style)\" points=\"\(places)\"/>")
    }

    /// - Parameter note: shown when the pointer rests on it.
    mutating func dot(_ point: Point, style: String, note: String) {
        let place = place(point)
        marks.append(
            "<circle class=\"\(style)\" cx=\"\(Self.text(place.x))\" cy=\"\(Self.text(place.y))\" r=\"5\"><title>\(note)</title></circle>"
        )
    }

    /// A bar that stands on the lower edge.
    mutating func bar(from left: Double, to right: Double, height: Double, style: String, note: String) {
        let (start, end) = (place((left, height)), place((right, y.range.lowerBound)))
        marks.append(
            """
            <rect class="\(style)" x="\(Self.text(start.x + 1))" y="\(Self.text(start.y))" \
            width="\(Self.text(max(0, end.x - start.x - 2)))" height="\(Self.text(max(0, end.y - start.y)))">\
            <title>\(note)</title></rect>
            """)
    }

    /// Words below a point.
    mutating func label(_ text: String, at point: Point) {
        let place = place(point)
        marks.append(
            "<text class=\"note\" x=\"\(Self.text(place.x))\" y=\"\(Self.text(place.y + 21))\" text-anchor=\"middle\">\(text)</text>"
        )
    }

    /// - Parameter title: what it shows, for those who cannot see it.
    func svg(_ title: String) -> HTML {
        """
        <svg class="plot" viewBox="0 0 \(Self.text(Self.size.width)) \(Self.text(Self.size.height))" role="img">
        <title>\(title)</title>
        \(axes())
        \(marks)
        </svg>
        """
    }

    private func axes() -> [HTML] {
        let inner = Self.inner
        let vertical = y.ticks.map { tick -> HTML in
            let height = place((x.range.lowerBound, tick.value)).y
            return """
                <line class="grid" x1="\(Self.text(inner.left))" x2="\(Self.text(inner.right))" y1="\(Self.text(height))" y2="\(Self.text(height))"/>
                <text class="tick" x="\(Self.text(inner.left - 8))" y="\(Self.text(height + 4))" text-anchor="end">\(tick.label)</text>
                """
        }
        let horizontal = x.ticks.map { tick -> HTML in
            let position = place((tick.value, y.range.lowerBound)).x
            return """
                <line class="grid" x1="\(Self.text(position))" x2="\(Self.text(position))" y1="\(Self.text(inner.top))" y2="\(Self.text(inner.bottom))"/>
                <text class="tick" x="\(Self.text(position))" y="\(Self.text(inner.bottom + 18))" text-anchor="middle">\(tick.label)</text>
                """
        }
        let middle = ((inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2)
        let titles: [HTML] = [
            "<text class=\"axis\" x=\"\(Self.text(middle.0))\" y=\"\(Self.text(inner.bottom + 42))\" text-anchor=\"middle\">\(x.title)</text>",
            "<text class=\"axis\" transform=\"translate(15 \(Self.text(middle.1))) rotate(-90)\" text-anchor=\"middle\">\(y.title)</text>",
        ]
        return vertical + horizontal + titles
    }

    /// Where a point lies on the drawing; what is outside of the axes is moved to their ends.
    private func place(_ point: Point) -> Point {
        func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
            let width = range.upperBound - range.lowerBound
            return width > 0 ? min(1, max(0, (value - range.lowerBound) / width)) : 0
        }
        let inner = Self.inner
        return (
            inner.left + share(point.x, x.range) * (inner.right - inner.left),
            inner.bottom - share(point.y, y.range) * (inner.bottom - inner.top)
        )
    }

    private static func text(_ number: Double) -> String { String(format: "%.1f", number) }
}
