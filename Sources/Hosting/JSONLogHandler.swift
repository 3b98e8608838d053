import Foundation
public import Logging
import Wire

/// Writes each line of the log to standard error as one JSON object: `time`, `level`, `logger`, `message`, and the metadata under
/// their own names, as text.
public struct JSONLogHandler: LogHandler {
    private let label: String
    public var metadata: Logger.Metadata = [:]
    public var logLevel = Logger.Level.info

    public init(label: String) { self.label = label }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        FileHandle.standardError.write(Self.line(event, label: label, metadata: metadata, at: Date()))
    }

    /// The line with its end.
    static func line(_ event: LogEvent, label: String, metadata: Logger.Metadata, at time: Date) -> Data {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        fields["time"] = Timestamp.text(time)
        fields["level"] = event.level.rawValue
        fields["logger"] = label
        fields["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = (try? encoder.encode(fields)) ?? Data("{}".utf8)
        return line + Data("\n".utf8)
    }
}
