package import Access
package import ConversationDomain
import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
import Wire

/// The outermost layer: names the request, turns every error into a problem, answers CORS, counts, and logs once.
package struct HTTPBoundary: RouterMiddleware {
    let authenticator: Authenticator
    let metrics: HTTPMetrics
    let ids: IdentifierGenerator
    let proxies: TrustedProxies
    /// At which requests are logged.
    let level: Logger.Level

    package init(
        authenticator: Authenticator, metrics: HTTPMetrics, ids: IdentifierGenerator, proxies: TrustedProxies,
        level: Logger.Level
    ) {
        self.authenticator = authenticator
        self.metrics = metrics
        self.ids = ids
        self.proxies = proxies
        self.level = level
    }

    package func handle(
        _ request: Request, context: HTTPContext, next: (Request, HTTPContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        var context = context
        context.requestID = RequestID.of(request.headers[.requestID], ids)
        let fault = request.headFault
        if fault == nil { context.origin = request.origin(peer: context.peer, proxies) }
        var response = await respond(request, fault, context, next)
        response.headers[.requestID] = context.requestID
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.referrerPolicy] == nil { response.headers[.referrerPolicy] = "no-referrer" }
        response.headers[.vary] = response.headers[.vary].map { "Origin, \($0)" } ?? "Origin"
        // What a key was asked for is nobody's else, and a refusal may be another one a second later.
        if response.headers[.cacheControl] == nil, response.status != .notModified {
            response.headers[.cacheControl] = "no-store"
        }
        if fault == nil { await allowOrigin(request, context, &response) }

        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let route = context.endpointPath ?? "none"
        metrics.requestFinished(route: route, method: method(request), status: response.status.code, seconds: seconds)
        context.logger.log(
            level: level, "request",
            metadata: [
                "request_id": .string(context.requestID), "method": .string(method(request)), "route": .string(route),
                "status": .stringConvertible(response.status.code),
                "ms": .string(String(format: "%.2f", seconds * 1000)),
            ])
        return response
    }

    private func respond(
        _ request: Request, _ fault: HeadLimits.Fault?, _ context: HTTPContext,
        _ next: (Request, HTTPContext) async throws -> Response
    ) async -> Response {
        do {
            if let fault { return Problem(fault, requestID: context.requestID).response }
            if isPreflight(request) { return try await preflight(request, context) }
            return try await next(request, context)
        } catch {
            let known = known(error)
            if known.code == .internal { log(error, context) }
            return Problem(known, requestID: context.requestID).response
        }
    }

    /// What the caller is told of an error.
    private func known(_ error: any Error) -> ChatError {
        switch error {
        case let error as ChatError: error
        case let error as HTTPError where error.status == .notFound:
            ChatError(.notFound, "there is nothing at this path for this method")
        case let error as HTTPError where error.status.code < 500:
            ChatError(.invalidRequest, error.body ?? "the request is not well formed")
        case is CancellationError: ChatError(.notReady, "the server is going away", retryAfter: 1)
        default: ChatError(.internal, "something went wrong; the server's log has the request id")
        }
    }

    private func log(_ error: any Error, _ context: HTTPContext) {
        context.logger.error(
            "request failed",
            metadata: ["request_id": .string(context.requestID), "error": .string(String(describing: error))])
    }

    /// Methods outside the usual set share one label.
    private func method(_ request: Request) -> String {
        [.get, .post, .options, .head, .put, .delete, .patch].contains(request.method)
            ? request.method.rawValue : "other"
    }
}

// MARK: - CORS

extension HTTPBoundary {
    private func isPreflight(_ request: Request) -> Bool {
        request.method == .options && request.headers[.origin] != nil
            && request.headers[.accessControlRequestMethod] != nil
    }

    private func preflight(_ request: Request, _ context: HTTPContext) async throws -> Response {
        guard try await authenticator.allowsPreflight(from: context.origin) else {
            throw ChatError(.forbidden, "no publishable key allows this origin")
        }
        var response = Response(status: .noContent)
        response.headers[.accessControlAllowMethods] = "GET, POST, OPTIONS"
        response.headers[.accessControlAllowHeaders] =
            "Authorization, Content-Type, X-Request-Id, Idempotency-Key, Frontdesk-Resume-Token, Frontdesk-Visitor-Token"
        response.headers[.accessControlMaxAge] = "600"
        return response
    }

    private func allowOrigin(_ request: Request, _ context: HTTPContext, _ response: inout Response) async {
        guard let origin = request.headers[.origin] else { return }
        guard (try? await authenticator.allowsPreflight(from: context.origin)) == true else { return }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.accessControlExposeHeaders] = "X-Request-Id, Retry-After, Idempotent-Replayed"
    }
}
