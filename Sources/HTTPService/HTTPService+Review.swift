import Access
import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import ModelRecords
import NIOCore
import Wire

/// `/v1/review`, for agents.
extension HTTPService {
    private var review: any ReviewService {
        get throws {
            guard let review = parts.review else { throw ChatError(.notFound, "this server has no review queue") }
            return review
        }
    }

    func listReview(_ asked: CallRequest) async throws -> Response {
        var query = ReviewQuery()
        query.status = try asked.value(of: api.fields.status) ?? .open
        query.reason = try asked.value(of: api.fields.reason)
        if let limit = try asked.value(of: api.fields.groups) { query.limit = limit }
        query.after = try asked.value(of: api.fields.cursor)
        return try .json(ReviewPageView(page: try await review.list(query)))
    }

    /// An agent corrects what the bot understood.
    func correct(_ asked: inout CallRequest) async throws -> Response {
        var fields = try await asked.body()
        let message = try api.fields.correctedMessage.require(from: &fields)
        let intent = try api.fields.correctIntent.require(from: &fields)
        try fields.finish()
        guard let message = MessageID(message) else { throw ChatError(.notFound, "there is no such message") }
        let id = try await review.correct(message, to: intent)
        return try .created(["id": id], at: "\(parts.basePath.prefix)/v1/review/\(id)")
    }

    func decide(_ asked: inout CallRequest) async throws -> Response {
        let id = try asked.reviewItem
        let person = try asked.caller.key.rawValue
        var fields = try await asked.body()
        let action = try api.fields.action.require(from: &fields)
        let scope = try api.fields.scope.take(from: &fields) ?? .cluster
        let outcome: ReviewOutcome
        switch action {
        case .label:
            let label = try label(&fields)
            let force = try api.fields.force.take(from: &fields) ?? false
            try fields.finish()
            outcome = try await review.label(id, as: label, scope: scope, force: force, by: person)
        case .dismiss:
            try fields.finish()
            outcome = try await review.dismiss(id, scope: scope, by: person)
        }
        if let report = outcome.report, outcome.isRefused { throw report.refusal }
        return try .json(ReviewOutcomeView(outcome: outcome))
    }

    /// Exactly one of the four labels.
    private func label(_ fields: inout JSONFields) throws -> ReviewLabel {
        var labels: [ReviewLabel] = []
        if let intent = try api.fields.labelledIntent.take(from: &fields) {
            labels.append(intent == .outOfScope ? .outOfScope : .intent(intent))
        }
        let description = try api.fields.description.take(from: &fields)
        if let intent = try api.fields.newIntent.take(from: &fields) {
            labels.append(.newIntent(intent, description: description ?? ""))
        } else if description != nil {
            throw ChatError(.invalidRequest, "'description' goes with 'new_intent'")
        }
        if let entry = try api.fields.labelledEntry.take(from: &fields) { labels.append(.knowledge(entry)) }
        if try api.fields.isOutOfScope.take(from: &fields) == true { labels.append(.outOfScope) }
        guard labels.count == 1 else {
            throw ChatError(
                .invalidRequest, "exactly one of 'intent', 'new_intent', 'knowledge' and 'out_of_scope' is required")
        }
        return labels[0]
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
