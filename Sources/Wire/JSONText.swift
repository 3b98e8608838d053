public import ConversationDomain
public import Foundation

extension JSONValue {
    /// What the name of an object's member may have.
    public static let nameBytes = 256

    /// Reads UTF-8 JSON.
    /// - Throws: `ChatError(.invalidRequest)` for invalid UTF-8, invalid JSON, nesting deeper than `maximumDepth`, or a member's name
    ///   of more than `nameBytes`.
    public static func parse(
        _ data: some Collection<UInt8>, maximumDepth: Int = 16, nameBytes: Int = JSONValue.nameBytes
    ) throws -> JSONValue {
        // A zero byte is valid UTF-8 but never JSON; it tells UTF-16.
        guard var text = String(validating: data, as: UTF8.self), !text.utf8.contains(0) else {
            throw ChatError(.invalidRequest, "the body is not valid UTF-8")
        }
        do {
            return try text.withUTF8 {
                try JSONParser.parse($0, maximumDepth: maximumDepth, nameBytes: nameBytes)
            }
        } catch JSONParser.Failure.tooDeep {
            throw ChatError(.invalidRequest, "JSON is nested deeper than \(maximumDepth) levels")
        } catch JSONParser.Failure.nameTooLong {
            throw ChatError(.invalidRequest, "JSON has a field whose name is longer than \(nameBytes) bytes")
        } catch {
            throw ChatError(.invalidRequest, "the body is not valid JSON")
        }
    }
}

extension JSONEncoder {
    /// The encoder of every wire and every stored JSON text: sorted keys, so equal values give equal bytes; times in RFC 3339 UTC.
    public static func frontdesk() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(Timestamp.text(date))
        }
        return encoder
    }
}

extension JSONDecoder {
    /// The counterpart of ``Foundation/JSONEncoder/frontdesk()``.
    public static func frontdesk() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let text = try decoder.singleValueContainer().decode(String.self)
            guard let date = Timestamp.date(text) else {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time: \(text)"))
            }
            return date
        }
        return decoder
    }
}

/// RFC 3339 in UTC with milliseconds: `2026-11-23T08:15:30.123Z`.
public enum Timestamp {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    /// Rounded to the nearest millisecond; the format itself would cut, so that a time read back would lose one now and then.
    public static func text(_ date: Date) -> String {
        let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
        return Date(timeIntervalSince1970: (milliseconds + 0.25) / 1000).formatted(style)
    }

    /// The seconds of a duration such as 90d, 12h or 30m; nil when the text is none.
    public static func seconds(_ duration: String) -> TimeInterval? {
        let units: [Character: Double] = ["m": 60, "h": 3_600, "d": 86_400]
        guard let unit = duration.last.flatMap({ units[$0] }), let count = Int(duration.dropLast()),
            (1...100_000).contains(count)
        else { return nil }
        return Double(count) * unit
    }

    /// Accepts with and without fractional seconds; nil when the text is not such a time.
    public static func date(_ text: String) -> Date? {
        (try? style.parse(text)) ?? (try? Date.ISO8601FormatStyle().parse(text))
    }
}
