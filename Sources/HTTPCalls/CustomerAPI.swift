import Access
package import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
package import Wire

/// The fields by which a shop's server, or its page, says who the visitor is.
package struct CustomerFields: Sendable {
    package static let visitorToken = RequestField<String>(
        "visitor_token", .string(1...VisitorTokens.limit, pattern: VisitorTokens.pattern),
        "Who the visitor is, as the shop's own server vouches (docs/people.md). For publishable keys, instead of `visitor`."
    ) { fields, name in try fields.string(name, atMost: VisitorTokens.limit) }
    package static let continues = RequestField.flag(
        "continue", "Give the visitor's newest open conversation, if there is one. Goes with `visitor_token`.")

    private static let label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
    private static let originPattern = #"^https?://\#(label)(\.\#(label))*(:[0-9]{1,5})?$"#

    package let visitor: RequestField<Visitor>
    package let origin = RequestField<String>(
        "origin", .string(1...HeadLimits.origin, pattern: Self.originPattern).with(example: "https://shop.example"),
        "The only origin whose pages may use the token."
    ) { fields, name in try fields.string(name, atMost: HeadLimits.origin) }
    package let lifetime = RequestField.integer(
        "expires_in", in: VisitorTokens.lifetimes, default: VisitorTokens.usualLifetime,
        "Seconds until the token cannot be used any more.")

    package init(_ reader: RequestReader) {
        let fields = reader.visitorFields
        let id = fields[0].member
        let idShape = Shape.string(1...reader.limits.visitorField).with(example: "c-1")
        let members =
            [Shape.Member(id.name, idShape, "The shop's own id of the visitor.")] + fields.dropFirst().map(\.member)
        visitor = RequestField(
            "visitor", .object(members, isClosed: true), "Who sits before the page.", isRequired: true
        ) { fields, name in
            guard let visitor = try reader.visitor.take(from: &fields) else {
                throw ChatError(.invalidRequest, "'\(name)' is required")
            }
            guard visitor.id.map({ !$0.isEmpty }) == true else {
                throw ChatError(.invalidRequest, "'\(name).id' is required: the shop's own id of the visitor")
            }
            return visitor
        }
    }
}

extension API {
    package static func customers(_ fields: CustomerFields) -> [APICall] {
        [
            APICall(
                name: .makeVisitorToken, method: .post, path: "/v1/visitor-tokens", topic: .visitors,
                summary: "Vouch for the visitor of a page",
                note:
                    "For secret keys, on the shop's own server, which can also make tokens by itself. A page of the same app hands the token over as `visitor_token`.",
                scope: .chat, orScope: .agent,
                body: .init(
                    [fields.visitor.member, fields.origin.member, fields.lifetime.member],
                    example: ["visitor": ["id": "c-1", "name": "Ann"], "expires_in": 3_600]),
                answer: .json(
                    .named("VisitorToken"), "The token.", status: .created,
                    example: [
                        "token": "fv1.eyJleHAiOjE3OTU0MzM3MzAsInZpc2l0b3IiOnsiaWQiOiJjLTEifX0.wN3Y",
                        "expires_at": "2026-11-23T09:15:30.000Z",
                    ]))
        ]
    }
}

extension APIShapes {
    package static let customers: [(name: String, shape: Shape)] = [
        (
            "VisitorToken",
            .object([
                Shape.Member("token", .string(), "For the page, which shows it as `visitor_token`."),
                Shape.Member("expires_at", .time),
            ])
        )
    ]
}
