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

/// A request that was admitted, as the handler of its call reads it.
struct CallRequest {
    let call: APICall
    let context: HTTPContext
    let limits: Limits
    private var request: Request
    private let principal: Principal?

    init(_ call: APICall, _ request: Request, _ context: HTTPContext, principal: Principal?, limits: Limits) {
        self.call = call
        self.request = request
        self.context = context
        self.principal = principal
        self.limits = limits
    }

    /// Who calls; calls that need no key have nobody.
    var caller: Principal {
        get throws {
            guard let principal else { throw ChatError(.internal, "\(call.name) is declared without a scope") }
            return principal
        }
    }

    /// The conversation of the path.
    /// - Throws: `ChatError(.notFound)` when `{id}` cannot be one.
    var conversation: ConversationID {
        get throws {
            guard let text = context.parameters.get("id"), let id = ConversationID(text) else {
                throw ChatError(.notFound, "there is no such conversation")
            }
            return id
        }
    }

    /// The text of the review queue that the path names.
    var reviewItem: ReviewID {
        get throws {
            guard let text = context.parameters.get("id"), let id = ReviewID(text) else {
                throw ChatError(.notFound, "there is no such item in the review queue")
            }
            return id
        }
    }

    /// The caller's own name for a request that it may send again.
    var idempotencyKey: String? { call.method == .post ? request.headers[.idempotencyKey] : nil }

    var path: String { request.uri.path }

    /// The key that the request came with.
    var credential: String { request.bearer ?? "" }

    /// All bytes of the body; the handler finds them there again.
    mutating func wholeBody() async throws -> ByteBuffer {
        askForBody()
        return try await request.wholeBody(limit: limits.body)
    }

    /// The body as it came.
    mutating func bytes(atMost limit: Int) async throws -> Data {
        askForBody()
        return try await request.bytes(atMost: limit)
    }

    /// - Parameter name: in lower case.
    func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }

    /// A client that waits to be asked is asked.
    private func askForBody() {
        if request.headers[.expect] != nil {
            context.channel.triggerUserOutboundEvent(BodyIsWanted(), promise: nil)
        }
    }

    /// A query parameter; nil when it was not sent.
    func value<Value>(of field: QueryField<Value>) throws -> Value? { try field.value { request.parameter($0) } }

    /// The fields of the body, of which only those that the call declares can be taken out.
    mutating func body() async throws -> JSONFields {
        guard let body = call.body else { throw ChatError(.internal, "\(call.name) is declared without a body") }
        askForBody()
        return try await request.fields(of: body, limit: limits.body)
    }
}

extension HTTPService {
    /// Puts the calls into the router.
    func add(_ calls: [APICall], to router: Router<HTTPContext>) {
        for call in calls {
            router.on(RouterPath(call.path), method: call.method) { request, context in
                try await answer(call, request, context)
            }
        }
    }

    /// Admits a request and has it handled.
    private func answer(_ call: APICall, _ request: Request, _ context: HTTPContext) async throws -> Response {
        let caller: Principal? =
            if let scope = call.scope {
                try await principal(call, request, context, scope: scope)
            } else { nil }
        var asked = CallRequest(call, request, context, principal: caller, limits: parts.limits)
        let conversation = call.subject == .conversation ? try asked.conversation : nil
        if call.isMessage, let caller {
            try parts.limiter.admitMessage(caller, conversation: conversation, address: context.origin.address)
        }
        if !call.query.isEmpty { try request.checkParameters(call.query.map { UTF8Text($0.member.name) }) }
        guard let caller else { return try await handle(&asked) }
        return try await WorkAccount.$current.withValue(WorkAccount(caller)) {
            guard let key = asked.idempotencyKey else { return try await handle(&asked) }
            return try await answerOnce(&asked, key)
        }
    }

    func handle(_ asked: inout CallRequest) async throws -> Response {
        switch asked.call.name {
        case .startConversation: try await start(&asked)
        case .getConversation: try await show(asked)
        case .sendMessage: try await send(&asked)
        case .listMessages: try await history(asked)
        case .rateMessage: try await rate(&asked)
        case .closeConversation: try await close(&asked)
        case .classify: try await classify(&asked)
        case .predict: try await predict(&asked)
        case .search: try await search(&asked)
        case .listIntents: try await intents()
        case .listModels: try await models()
        case .listConversations, .editConversation, .takeConversation, .returnConversation, .assignConversation,
            .reopenConversation, .reply, .addNote, .listNotes, .readTranscript:
            try await people(&asked)
        case .makeVisitorToken: try await makeVisitorToken(&asked)
        case .listSuggestions, .markWrong, .markRead, .showTyping: try await desk(&asked)
        case .getVisitor, .exportVisitor, .eraseVisitor, .mergeVisitor, .listAgents: try await visitors(&asked)
        case .listReview: try await listReview(asked)
        case .correctMessage: try await correct(&asked)
        case .decideReview: try await decide(&asked)
        case .createWebhook: try await createWebhook(&asked)
        case .listWebhooks: try await listWebhooks(asked)
        case .getWebhook: try await showWebhook(asked)
        case .changeWebhook: try await changeWebhook(&asked)
        case .removeWebhook: try await removeWebhook(asked)
        case .listDeliveries: try await listDeliveries(asked)
        case .resendDeliveries: try await resendDeliveries(&asked)
        case .receiveEvent: try await receiveEvent(&asked)
        case .isLive: try Response.json(["status": "live"])
        case .isReady: try await readiness()
        case .readMetrics: await metrics()
        case .describe: described()
        }
    }

    /// Who calls, counted against the key's rate limit.
    func principal(
        _ key: String?, _ context: HTTPContext, scope: Scope, or other: Scope?
    ) async throws -> Principal {
        let principal: Principal
        do {
            principal = try await parts.authenticator.authenticate(key, from: context.origin)
        } catch let error as ChatError where error.code == .unauthorized || error.code == .forbidden {
            try parts.limiter.countRefusal(error.code, address: context.origin.address)
            throw error
        }
        try parts.limiter.admit(principal)
        try principal.require(scope, or: other)
        return principal
    }

    /// Who makes a call, with what they have to go on with.
    private func principal(
        _ call: APICall, _ request: Request, _ context: HTTPContext, scope: Scope
    ) async throws -> Principal {
        var principal = try await principal(request.bearer, context, scope: scope, or: call.orScope)
        principal.resumeHash = request.headers[.resumeToken].flatMap { ResumeToken.hash(of: $0) }
        if call.subject == .conversation, principal.kind == .publishable, let token = request.headers[.visitorToken] {
            principal.visitor = try await VisitorClaim(token: token).proven(
                principal, from: context.origin, by: parts.visitorTokens)
        }
        return principal
    }
}

extension Request {
    /// The fields of a JSON body, of which only those that are declared can be taken out.
    /// - Throws: `ChatError` for a body that is too large, of another type, or not an object.
    mutating func fields(of body: APICall.Body, limit: Int) async throws -> JSONFields {
        let data = try await bytes(atMost: limit)
        if body.mayBeEmpty, data.isEmpty { return try JSONFields(.object([:])) }
        let type = UTF8Text(headers[.contentType] ?? "")
        guard let (media, parameter) = type.divided(at: ";") ?? (type, "") as (UTF8Text, UTF8Text)?,
            media.trimmed.lowercasedASCII == "application/json",
            ["", "charset=utf-8", "charset=\"utf-8\""].contains(parameter.trimmed.lowercasedASCII)
        else { throw ChatError(.unsupportedMediaType, "the body must be application/json in UTF-8") }
        return try JSONFields(try JSONValue.parse(data), declared: body.fields)
    }
}
