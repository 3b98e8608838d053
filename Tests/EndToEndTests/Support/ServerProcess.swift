import APIConformance
import Foundation
import NIOCore
import NIOPosix
import Testing

/// A running `frontdesk serve`.
final class ServerProcess: Sendable {
    struct Ended: Error, CustomStringConvertible {
        let status: Int32
        let errors: String
        var description: String { "the server ended with \(status): \(errors)" }
    }

    let child: Child
    let port: Int
    /// Where `/metrics` is, unless the test chose otherwise.
    let metricsPort: Int
    let data: DataFolder

    private init(child: Child, port: Int, metricsPort: Int, data: DataFolder) {
        self.child = child
        self.port = port
        self.metricsPort = metricsPort
        self.data = data
    }

    /// Starts it and waits until it is ready.
    static func start(_ data: DataFolder, _ arguments: String...) async throws -> ServerProcess {
        let server = try await launch(data, arguments)
        try await server.untilReady()
        return server
    }

    func untilReady() async throws {
        _ = try await eventually("the server is ready", within: 60) { () -> Bool? in
            if let status = child.status { throw Ended(status: status, errors: child.errors) }
            return (try? await call("GET", "/health/ready"))?.status == 200 ? true : nil
        }
    }

    /// Starts it without waiting.
    static func launch(_ data: DataFolder, _ arguments: [String] = [], port chosen: Int? = nil) async throws
        -> ServerProcess
    {
        let port = if let chosen { chosen } else { try await freePort() }
        let metricsPort = try await freePort()
        var all = ["serve", "--data", data.url.path, "--port", "\(port)", "--intents", Installation.intents.path]
        all += arguments
        if !arguments.contains("--metrics-address") { all += ["--metrics-address", "127.0.0.1:\(metricsPort)"] }
        return ServerProcess(child: try Child(all), port: port, metricsPort: metricsPort, data: data)
    }

    /// Asks it to end, gives the exit code.
    @discardableResult
    func stop(within seconds: Double = 15) async throws -> Int32 {
        child.send(SIGTERM)
        return try await child.wait(within: seconds)
    }

    /// One request on a connection of its own.
    func call(_ method: String, _ path: String, headers: [(String, String)] = [], body: Data? = nil) async throws
        -> Response
    {
        let connection = try await Connection.open(port: port)
        do {
            let response = try await connection.request(method, path, headers: headers, body: body)
            await connection.close()
            try check(response, to: method, path)
            return response
        } catch {
            await connection.close()
            throw error
        }
    }

    /// What `/metrics` answers, on the listener of its own.
    func metrics() async throws -> Response {
        let connection = try await Connection.open(port: metricsPort)
        let response = try await connection.request("GET", "/metrics")
        await connection.close()
        return response
    }

    /// Every answer is as the description of the interface says.
    private func check(_ response: Response, to method: String, _ path: String) throws {
        let headers = Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
        for fault in try RESTInterface.committed.get().faults(
            of: method, path, status: response.status, headers: headers, body: response.body)
        {
            Issue.record("not as docs/openapi.json says: \(fault)")
        }
    }

    /// The answer to a call without a valid key; too many of them within a second are answered with 429, which is waited out.
    func refusal(_ method: String, _ path: String, _ headers: [(String, String)]) async throws -> Response {
        try await eventually("a refusal that is not about the rate") { () -> Response? in
            let response = try await call(
                method, path, headers: headers, body: method == "POST" ? Data("{}".utf8) : nil)
            return response.status == 429 ? nil : response
        }
    }

    /// A port that nobody listened on a moment ago.
    static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close().get()
        return port
    }
}

/// The server that tests share which neither stop nor change it; its keys are made on demand.
struct SharedServer: Sendable {
    let server: ServerProcess
    /// May chat, classify and search.
    let key: String

    static let shared = Task {
        let data = try await DataFolder.trained()
        let key = try await data.makeKey()
        return SharedServer(server: try await ServerProcess.start(data), key: key)
    }

    static func caller() async throws -> Caller {
        let shared = try await shared.value
        return Caller(server: shared.server, key: shared.key)
    }
}
