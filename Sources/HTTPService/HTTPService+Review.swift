import Access
import ConversationDomain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// `/v1/review`, for agents.
extension HTTPService {
    func addReviewRoutes(to router: Router<HTTPContext>, service: any ReviewService) {
        let group = router.group("v1/review")
        group.get { try await list($0, $1, service) }
        group.post { try await correct($0, $1, service) }
        group.post(":id") { try await decide($0, $1, service) }
    }

    private func list(_ request: Request, _ context: HTTPContext, _ service: any ReviewService) async throws
        -> Response
    {
        _ = try await principal(request, context, scope: .agent)
        try request.checkParameters(["status", "reason", "limit", "after"])
        var query = ReviewQuery()
        query.status = try choice("status", request) ?? .open
        query.reason = try choice("reason", request)
        if let text = parameter("limit", request) {
            guard let limit = Int(text.string), (1...Self.pageLimit).contains(limit) else {
                throw ChatError(.invalidRequest, "'limit' must be a whole number from 1 to \(Self.pageLimit)")
            }
            query.limit = limit
        }
        if let text = parameter("after", request) {
            guard let cursor = ReviewCursor(text.string) else {
                throw ChatError(.invalidRequest, "'after' must be the 'next' of an earlier answer")
            }
            query.after = cursor
        }
        return try .json(ReviewPageView(page: try await service.list(query)))
    }

    /// An agent corrects what the bot understood.
    private func correct(_ request: Request, _ context: HTTPContext, _ service: any ReviewService) async throws
        -> Response
    {
        var request = request
        _ = try await principal(request, context, scope: .agent)
        var fields = try await request.fields(limit: parts.limits.body)
        let message = try fields.requiredString("message_id")
        let intent: IntentName = try name(try fields.requiredString("intent"), "intent")
        try fields.finish()
        guard let message = MessageID(message) else { throw ChatError(.notFound, "there is no such message") }
        return try .json(["id": try await service.correct(message, to: intent)], status: .created)
    }

    private func decide(_ request: Request, _ context: HTTPContext, _ service: any ReviewService) async throws
        -> Response
    {
        var request = request
        let principal = try await principal(request, context, scope: .agent)
        guard let text = context.parameters.get("id"), let id = ReviewID(text) else {
            throw ChatError(.notFound, "there is no such item in the review queue")
        }
        var fields = try await request.fields(limit: parts.limits.body)
        let action = try fields.requiredString("action")
        let scope = try fields.string("scope") ?? ReviewScope.cluster.rawValue
        guard let scope = ReviewScope(rawValue: scope) else {
            throw ChatError(.invalidRequest, "'scope' must be cluster or one")
        }
        let outcome: ReviewOutcome
        switch action {
        case "label":
            let label = try label(&fields)
            let force = try fields.bool("force") ?? false
            try fields.finish()
            outcome = try await service.label(id, as: label, scope: scope, force: force, by: principal.key.rawValue)
        case "dismiss":
            try fields.finish()
            outcome = try await service.dismiss(id, scope: scope, by: principal.key.rawValue)
        default: throw ChatError(.invalidRequest, "'action' must be label or dismiss")
        }
        if let report = outcome.report, outcome.isRefused { throw report.refusal }
        return try .json(ReviewOutcomeView(outcome: outcome))
    }
}

// MARK: - Fields

extension HTTPService {
    /// Clusters that one page can have.
    private static let pageLimit = 200

    /// Exactly one of the four labels.
    private func label(_ fields: inout JSONFields) throws -> ReviewLabel {
        var labels: [ReviewLabel] = []
        if let text = try fields.string("intent") {
            let intent: IntentName = try name(text, "intent")
            labels.append(intent == .outOfScope ? .outOfScope : .intent(intent))
        }
        let description = try fields.freeText("description")
        if let text = try fields.string("new_intent") {
            labels.append(
                .newIntent(
                    try name(text, "new_intent"),
                    description: try description.map { try reader.text($0, field: "description") } ?? ""))
        } else if description != nil {
            throw ChatError(.invalidRequest, "'description' goes with 'new_intent'")
        }
        if let text = try fields.string("knowledge") { labels.append(.knowledge(try name(text, "knowledge"))) }
        if try fields.bool("out_of_scope") == true { labels.append(.outOfScope) }
        guard labels.count == 1 else {
            throw ChatError(
                .invalidRequest, "exactly one of 'intent', 'new_intent', 'knowledge' and 'out_of_scope' is required")
        }
        return labels[0]
    }

    private func name<Name: ChosenName>(_ text: String, _ field: String) throws -> Name {
        guard let name = Name(text) else {
            throw ChatError(.invalidRequest, "'\(field)' must be a name of 1 to 128 letters, digits and . _ - / :")
        }
        return name
    }

    private func parameter(_ name: UTF8Text, _ request: Request) -> UTF8Text? {
        request.parameter(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func choice<Value: RawRepresentable<String> & CaseIterable>(_ name: UTF8Text, _ request: Request) throws
        -> Value?
    {
        guard let text = parameter(name, request) else { return nil }
        guard let value = Value.allCases.first(where: { UTF8Text($0.rawValue) == text }) else {
            let all = Value.allCases.map(\.rawValue).joined(separator: ", ")
            throw ChatError(.invalidRequest, "'\(name)' must be one of \(all)")
        }
        return value
    }
}

extension RegressionReport {
    /// Names a few of the sentences that a label would harm.
    fileprivate var refusal: ChatError {
        let shown = regressions.prefix(3).map { regression in
            "'\(regression.text.prefix(80))' (\(regression.intent) → \(regression.understood?.rawValue ?? "rejected"))"
        }
        return ChatError(
            .conflict,
            "with this label \(regressions.count) of \(checked) known sentences would not be understood any more, such as \(shown.joined(separator: ", ")); send \"force\": true to learn it nevertheless"
        )
    }
}
