package import Actions
package import ConversationDomain
import Foundation
import NativeContent

/// Answers of the shop's services that stand in a file, for conversations that are held without them:
///
///     actions:
///       order_status:
///         - when: { order_number: A1234567 }
///           answer: { found: true, status: shipped }
///         - answer: { found: false }
///       refund:
///         - failure: late
///
/// The first whose `when` holds is taken; where none does, the service gives no answer. Targets that the file does not name are
/// not set.
package struct RecordedActions: ActionCaller {
    struct Answer: Hashable, Sendable {
        var slots: [String: String] = [:]
        var outcome: Outcome
    }

    enum Outcome: Hashable, Sendable {
        case fields([String: String])
        case failure(ActionFailure)
    }

    let answers: [ActionName: [Answer]]

    /// Bytes of a file.
    private static let fileLimit = 1 << 20

    init(answers: [ActionName: [Answer]]) { self.answers = answers }

    /// - Throws: ``CommandFailure`` that names the line.
    package init(path: String) throws {
        let url = URL(userPath: path)
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw CommandFailure(.noInput, "\(path): there is no such file")
        }
        guard let data = try? Data(contentsOf: url), data.count <= Self.fileLimit,
            let text = String(data: data, encoding: .utf8)
        else {
            throw CommandFailure(.data, "\(path): cannot be read, expected YAML in UTF-8 of at most 1 MiB")
        }
        try self.init(yaml: text, path: path)
    }

    init(yaml text: String, path: String) throws {
        let root: YAMLNode?
        do {
            root = try YAMLNode.parse(text)
        } catch {
            throw CommandFailure(.data, "\(path):\(error.line): \(error.message)")
        }
        guard let root else { throw CommandFailure(.data, "\(path):1: is empty, expected 'actions'") }
        var reading = ActionFileReading(
            reader: YAMLFieldReader(path: path, limits: ContentLimits(), log: IssueLog(limit: 100)))
        answers = reading.answers(root)
        if let issue = reading.reader.log.errors.first { throw CommandFailure(.data, "\(issue)") }
    }

    package func targets() -> Set<ActionName> { Set(answers.keys) }

    package func call(_ request: ActionRequest) async -> ActionOutcome {
        let slots = request.call.slots
        let answer = answers[request.call.action.target]?.first { answer in
            answer.slots.allSatisfy { name, value in
                slots[name].map { UTF8Text($0.lowercased()) } == UTF8Text(value.lowercased())
            }
        }
        switch answer?.outcome {
        case .failure(let failure)?: return .failure(failure)
        case .fields(let fields)?:
            let wanted = Set(request.call.action.fields.map(\.rawValue))
            return .success(fields.filter { wanted.contains($0.key) })
        case nil: return .failure(.refused)
        }
    }
}

/// Reads a file of answers.
private struct ActionFileReading {
    var reader: YAMLFieldReader

    mutating func answers(_ root: YAMLNode) -> [ActionName: [RecordedActions.Answer]] {
        var all: [ActionName: [RecordedActions.Answer]] = [:]
        let fields = reader.fields(root, of: "a file of actions", expected: ["actions"])
        guard let actions = fields["actions"] else {
            reader.error(root.line, "the key 'actions' is missing")
            return [:]
        }
        for entry in reader.map(actions.value, "'actions'") ?? [] {
            guard let name = ActionName(entry.key) else {
                reader.error(entry.line, "a target cannot be '\(entry.key.prefix(80))'")
                continue
            }
            all[name] = (reader.list(entry.value, "the answers of '\(name)'") ?? []).compactMap { answer($0) }
        }
        return all
    }

    private mutating func answer(_ node: YAMLNode) -> RecordedActions.Answer? {
        let fields = reader.fields(node, of: "an answer", expected: ["when", "answer", "failure"])
        let slots = fields["when"].map { values($0, "'when'") } ?? [:]
        if let answer = fields["answer"], fields["failure"] == nil {
            return RecordedActions.Answer(slots: slots, outcome: .fields(values(answer, "'answer'")))
        }
        let kinds = ActionFailure.allCases.map(\.rawValue)
        guard let failure = fields["failure"], fields["answer"] == nil else {
            reader.error(node.line, "an answer has either 'answer' or 'failure'")
            return nil
        }
        guard let text = reader.text(failure.value, "'failure'", limit: 40) else { return nil }
        guard let kind = ActionFailure(rawValue: text) else {
            reader.error(failure.line, "'failure' is '\(text)', expected \(YAMLFieldReader.list(kinds))")
            return nil
        }
        return RecordedActions.Answer(slots: slots, outcome: .failure(kind))
    }

    /// Values by name; those that are null are none.
    private mutating func values(_ field: YAMLEntry, _ what: String) -> [String: String] {
        var values: [String: String] = [:]
        for entry in reader.map(field.value, what) ?? [] {
            guard SlotName.isValid(entry.key) else {
                reader.error(entry.line, "'\(entry.key.prefix(80))' in \(what) can be no name of a value")
                continue
            }
            if case .null = entry.value.kind { continue }
            values[entry.key] = reader.text(entry.value, "'\(entry.key)' in \(what)", limit: ActionWire.fieldLength)
        }
        return values
    }
}
