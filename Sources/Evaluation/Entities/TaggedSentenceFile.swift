import ConversationDomain
public import Foundation

/// Reads files of texts whose entities are marked: one JSON object a line, with `tokens` and `bio`, or with `text` and
/// `slots: [{slot, start, end}]`; other keys are not looked at.
public enum TaggedSentenceFile {
    /// Bytes of a file and sentences that are read.
    public static let byteLimit = 256 * 1024 * 1024
    public static let sentenceLimit = 500_000

    private struct Line: Decodable {
        struct Slot: Decodable {
            let slot: String
            let start: Int
            let end: Int
        }

        let text: String?
        let tokens: [String]?
        let bio: [String]?
        let slots: [Slot]?
    }

    /// - Parameter path: names the file in errors.
    /// - Throws: `ChatError(.invalidRequest)` with `path:line: what is wrong, what was expected`; `ChatError(.tooLarge)`.
    public static func read(_ data: Data, path: String) throws -> [TaggedSentence] {
        guard data.count <= byteLimit else {
            throw ChatError(.tooLarge, "\(path): \(data.count) bytes, expected at most \(byteLimit)")
        }
        if let line = MarkRuns.line(of: data) {
            let limit = MarkRuns.limit
            throw ChatError(
                .invalidRequest,
                "\(path):\(line): more than \(limit) combining marks in a row, expected at most \(limit)")
        }
        let decoder = JSONDecoder()
        var sentences: [TaggedSentence] = []
        for (index, line) in data.split(separator: 10, omittingEmptySubsequences: false).enumerated()
        where line.contains(where: { $0 > 32 }) {
            guard sentences.count < sentenceLimit else {
                throw ChatError(.tooLarge, "\(path): more than \(sentenceLimit) sentences")
            }
            do {
                sentences.append(try sentence(decoder.decode(Line.self, from: line)))
            } catch let error as ChatError {
                throw ChatError(error.code, "\(path):\(index + 1): \(error.message)")
            } catch {
                throw ChatError(
                    .invalidRequest,
                    "\(path):\(index + 1): not read, expected {\"text\": …, \"tokens\": […], \"bio\": […]} or {\"text\": …, \"slots\": [{\"slot\", \"start\", \"end\"}]}"
                )
            }
        }
        guard !sentences.isEmpty else { throw ChatError(.invalidRequest, "\(path):1: the file has no sentences") }
        return sentences
    }

    private static func sentence(_ line: Line) throws -> TaggedSentence {
        if let tokens = line.tokens, let bio = line.bio {
            return try TaggedSentence(text: line.text, tokens: tokens, tags: bio)
        }
        guard let text = line.text, let slots = line.slots else {
            throw ChatError(.invalidRequest, "expected the keys 'tokens' and 'bio', or 'text' and 'slots'")
        }
        return try TaggedSentence(
            text: text, spans: slots.map { LabelledSpan(label: $0.slot, start: $0.start, end: $0.end) })
    }
}
