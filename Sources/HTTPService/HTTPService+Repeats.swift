import Access
import ConversationDomain
import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import NIOCore
import People
import Wire

/// Requests with an `Idempotency-Key` are worked on once; repeats get the answer that was given.
extension HTTPService {
    /// - Parameter given: the header.
    func answerOnce(_ asked: inout CallRequest, _ given: String) async throws -> Response {
        guard let answers = parts.answers else {
            throw ChatError(.invalidRequest, "this server keeps no answers: send the request without Idempotency-Key")
        }
        let caller = try asked.caller
        let key = try IdempotencyKey(given)
        let body = try await asked.wholeBody()
        let request = key.request(of: caller, path: asked.path, body: Data(body.readableBytesView))
        let seal = AnswerSeal(asked.credential, for: request)
        while true {
            if let kept = try await kept(request, answers) { return try replayed(kept, request, seal, asked) }
            switch await running.turn(of: request) {
            case .ended: continue
            case .another: throw Self.otherBody
            case .late, .crowded:
                throw ChatError(.conflict, "a request with this Idempotency-Key is being worked on; try again later")
            case .mine: break
            }
            let once = asked
            // A caller that goes away must not leave an effect without its answer.
            return try await Task {
                defer { running.ended(request) }
                // It may have been answered since it was looked for.
                if let kept = try await self.kept(request, answers) {
                    return try replayed(kept, request, seal, once)
                }
                return try await answered(once, request, seal, answers)
            }.value
        }
    }

    private static let otherBody = ChatError(
        .conflict, "this Idempotency-Key was used for another request: expected the same body, byte for byte")

    private func kept(_ request: RepeatableRequest, _ answers: any AnswerStore) async throws -> KeptAnswer? {
        try await answers.answer(to: request, keptSince: Date(timeIntervalSinceNow: -KeptAnswer.keptSeconds))
    }

    private func replayed(
        _ kept: KeptAnswer, _ request: RepeatableRequest, _ seal: AnswerSeal, _ asked: CallRequest
    ) throws -> Response {
        guard kept.body == request.body else { throw Self.otherBody }
        guard let sealed = kept.sealed else {
            throw ChatError(.conflict, "this request was answered before; the answer was too large to be kept")
        }
        let answer = try JSONDecoder().decode(StoredAnswer.self, from: try seal.open(sealed))
        var response = answer.response(requestID: asked.context.requestID)
        response.headers[.idempotentReplayed] = "true"
        return response
    }

    /// Works on the request and keeps the answer, unless another try may come to another.
    private func answered(
        _ asked: CallRequest, _ request: RepeatableRequest, _ seal: AnswerSeal, _ answers: any AnswerStore
    ) async throws -> Response {
        let caller = try asked.caller
        try parts.meter?.admit(caller)
        var asked = asked
        let answer: StoredAnswer
        var failure: ChatError?
        do {
            answer = try await StoredAnswer(try await handle(&asked))
        } catch let error as ChatError where error.code.status < 500 && error.code.status != 429 {
            failure = error
            answer = StoredAnswer(error)
        }
        let conversation = try asked.call.subject == .conversation ? asked.conversation : answer.made
        let plain = try JSONEncoder().encode(answer)
        let sealed = plain.count <= KeptAnswer.limit ? try seal.seal(plain) : nil
        try await answers.keep(
            KeptAnswer(body: request.body, sealed: sealed, conversation: conversation), to: request, at: Date())
        parts.meter?.stored((sealed?.count ?? 0) + Self.rowBytes, for: caller)
        if let failure { throw failure }
        return answer.response(requestID: asked.context.requestID)
    }

    /// About what a kept answer takes beside itself, with its entries in indices.
    private static let rowBytes = 400
}

/// An answer as it is kept: the response, or the refusal, which is shown with the id of the request that asks again.
private struct StoredAnswer: Codable {
    private var status = 0
    private var headers: [[String]] = []
    private var body = Data()
    private var code: ChatError.Code?
    private var message = ""

    init(_ error: ChatError) { (code, message) = (error.code, error.message) }

    init(_ response: Response) async throws {
        status = response.status.code
        headers = response.headers.map { [$0.name.rawName, $0.value] }
        let collected = CollectedBody()
        try await response.body.write(collected)
        body = collected.bytes
    }

    /// The conversation that was made.
    var made: ConversationID? {
        let location = headers.first { $0.first.map { UTF8Text($0).lowercasedASCII } == "location" }
        guard var rest = location?.last.map({ UTF8Text($0) }) else { return nil }
        while let (_, tail) = rest.divided(at: "/") { rest = tail }
        return ConversationID(rest.string)
    }

    func response(requestID: String) -> Response {
        if let code { return Problem(ChatError(code, message), requestID: requestID).response }
        var fields = HTTPFields()
        for header in headers where header.count == 2 {
            if let name = HTTPField.Name(header[0]) { fields[name] = header[1] }
        }
        return Response(
            status: .init(integerLiteral: status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

/// Takes what would be written to a client.
private final class CollectedBody: ResponseBodyWriter {
    private(set) var bytes = Data()

    func write(_ buffer: ByteBuffer) async throws { bytes.append(contentsOf: buffer.readableBytesView) }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
