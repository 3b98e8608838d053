/// Writes the requests of one connection; everything that does not change is prepared.
struct RequestWriter {
    private enum Part {
        case fixed([UInt8])
        case text, number, connection
    }

    private let head: [UInt8]
    private let parts: [Part]
    private let sentences: [[UInt8]]
    private let connection: Int
    private let first: Int

    init(_ plan: LoadPlan, connection: Int) {
        let caller = plan.callers[connection % plan.callers.count]
        let lines = [
            "POST \(caller.path) HTTP/1.1", "Host: \(plan.host):\(plan.port)", "Content-Type: application/json",
        ]
        head = Array((lines + caller.headers + ["Content-Length: "]).joined(separator: "\r\n").utf8)
        parts = Self.parts(of: plan.body)
        sentences = plan.sentences.map { Array(Self.escaped($0).utf8) }
        self.connection = connection
        first = plan.first
    }

    /// Appends the request with this number, counted from 0.
    func append(_ number: Int, to buffer: inout [UInt8]) {
        var body: [UInt8] = []
        body.reserveCapacity(256)
        for part in parts {
            switch part {
            case .fixed(let bytes): body += bytes
            case .text:
                body += sentences[(connection * 5 + number) % sentences.count]
                body += " \(first + connection * 1009 + number)".utf8
            case .number: body += "\(number)".utf8
            case .connection: body += "\(connection)".utf8
            }
        }
        buffer += head
        buffer += "\(body.count)\r\n\r\n".utf8
        buffer += body
    }

    private static func parts(of template: String) -> [Part] {
        var parts: [Part] = []
        var rest = template[...]
        let places: [(name: String, part: Part)] = [
            ("{text}", .text), ("{number}", .number), ("{connection}", .connection),
        ]
        while !rest.isEmpty {
            let next = places.compactMap { place in rest.firstRange(of: place.name).map { ($0, place.part) } }
                .min { $0.0.lowerBound < $1.0.lowerBound }
            parts.append(.fixed(Array(rest[..<(next?.0.lowerBound ?? rest.endIndex)].utf8)))
            guard let (range, part) = next else { break }
            parts.append(part)
            rest = rest[range.upperBound...]
        }
        return parts
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
