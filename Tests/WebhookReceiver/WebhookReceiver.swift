internal import Crypto
public import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// A target of webhooks on this machine, which keeps what it gets and answers as it is told.
public final class WebhookReceiver: Sendable {
    /// One request.
    public struct Request: Sendable {
        public let method: String
        public let path: String
        /// By lower-case name.
        public let headers: [String: String]
        public let body: Data

        /// The body's member, when it is a text.
        public func text(_ names: String...) -> String? {
            var value: Any? = try? JSONSerialization.jsonObject(with: body)
            for name in names { value = (value as? [String: Any])?[name] }
            return value as? String
        }

        public var event: String { text("id") ?? "" }
        public var type: String { text("type") ?? "" }
        public var conversation: String { text("conversation", "id") ?? "" }
        public var attempt: Int { headers["frontdesk-attempt"].flatMap { Int($0) } ?? 0 }

        /// How many of the header's signatures are of this body with the secret; written after the documentation.
        public func signatures(by secret: String) -> Int {
            let parts = (headers["frontdesk-signature"] ?? "").split(separator: ",").map { $0.split(separator: "=") }
            guard let time = parts.first(where: { $0.first == "t" })?.last else { return 0 }
            let key = SymmetricKey(data: Data(secret.utf8))
            let code = HMAC<SHA256>.authenticationCode(for: Data("\(time).".utf8) + body, using: key)
            let expected = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return parts.count { $0.count == 2 && $0[0] == "v1" && $0[1] == expected }
        }
    }

    /// What a request is answered with.
    public enum Answer: Sendable {
        case status(Int)
        case redirect(to: String)
        /// With a body.
        case body(Data)
        /// With a status and a body.
        case reply(Int, Data)
        /// The end of the connection.
        case hangUp
        /// Its beginning, and never the rest.
        case begun(Data)
        /// Nothing, as long as the connection is open.
        case silence
    }

    private struct State {
        var requests: [Request] = []
        var taken: [Request] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let answer: @Sendable (Request) -> Answer
    private let channel = Mutex<(any Channel)?>(nil)
    public let port: Int

    /// - Parameter port: 0 takes a free one.
    public static func start(port: Int = 0, answer: @escaping @Sendable (Request) -> Answer = { _ in .status(200) })
        async throws -> WebhookReceiver
    {
        let holder = Holder()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(holder))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        let receiver = WebhookReceiver(port: channel.localAddress?.port ?? 0, answer: answer)
        receiver.channel.withLock { $0 = channel }
        holder.receiver.withLock { $0 = receiver }
        return receiver
    }

    private init(port: Int, answer: @escaping @Sendable (Request) -> Answer) {
        self.port = port
        self.answer = answer
    }

    fileprivate final class Holder: Sendable {
        let receiver = Mutex<WebhookReceiver?>(nil)
    }

    public var url: String { "http://127.0.0.1:\(port)/hook" }
    /// Everything that came, in its order.
    public var requests: [Request] { state.withLock { $0.requests } }
    /// What was answered with a status from 200 to 299.
    public var taken: [Request] { state.withLock { $0.taken } }

    /// Waits until the receiver has what is expected; cancelling ends the wait.
    public func wait(until isEnough: @Sendable (WebhookReceiver) -> Bool) async {
        while !isEnough(self), !Task.isCancelled {
            await withTaskCancellationHandler {
                await withCheckedContinuation { waiter in
                    let isStale = isEnough(self) || Task.isCancelled
                    if isStale { return waiter.resume() }
                    state.withLock { $0.waiters.append(waiter) }
                    // It may have come between the look and the wait.
                    if isEnough(self) || Task.isCancelled { wake() }
                }
            } onCancel: {
                wake()
            }
        }
    }

    public func close() async {
        let open = channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await open?.close().get()
    }

    private func wake() {
        let waiters = state.withLock { state in
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    fileprivate func take(_ request: Request) -> Answer {
        let answer = answer(request)
        state.withLock { state in
            state.requests.append(request)
            switch answer {
            case .status(let status) where (200...299).contains(status): state.taken.append(request)
            case .body: state.taken.append(request)
            case .reply(let status, _) where (200...299).contains(status): state.taken.append(request)
            case .status, .redirect, .silence, .reply, .hangUp, .begun: break
            }
        }
        wake()
        return answer
    }
}

private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let holder: WebhookReceiver.Holder
    private var head: HTTPRequestHead?
    private var body = Data()

    init(_ holder: WebhookReceiver.Holder) { self.holder = holder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = Data()
        case .body(let part): body.append(contentsOf: part.readableBytesView)
        case .end:
            guard let head, let receiver = holder.receiver.withLock({ $0 }) else { return }
            let headers = Dictionary(
                head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
            respond(
                receiver.take(.init(method: head.method.rawValue, path: head.uri, headers: headers, body: body)),
                context)
        }
    }

    private func respond(_ answer: WebhookReceiver.Answer, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        var status = 200
        var body = Data()
        switch answer {
        case .status(let code): status = code
        case .redirect(let place):
            status = 302
            headers.add(name: "Location", value: place)
        case .body(let data):
            body = data
            headers.add(name: "Content-Type", value: "application/json")
        case .reply(let code, let data):
            status = code
            body = data
            headers.add(name: "Content-Type", value: "application/json")
        case .hangUp: return context.close(promise: nil)
        case .begun(let data):
            let endless = HTTPHeaders([("Content-Length", "\(data.count + 1)"), ("Content-Type", "application/json")])
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: endless)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: data)))), promise: nil)
            return
        case .silence: return
        }
        headers.add(name: "Content-Length", value: "\(body.count)")
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
