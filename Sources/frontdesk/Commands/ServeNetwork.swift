import Access
import ArgumentParser
import ConversationDomain

/// How clients reach the server, and what each of them may take of it.
struct ServeNetwork: ParsableArguments {
    @Option(
        name: .customLong("trusted-proxy"), parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Addresses of reverse proxies, such as 127.0.0.1 or 10.0.0.0/8, whose Forwarded and X-Forwarded-… headers say whom a \
            request comes from; for all others these headers mean nothing.
            """, valueName: "address|cidr"))
    var trustedProxies: [String] = []

    @Option(help: "The path under which a proxy shows the server, such as /bot; requests may have it or not.")
    var basePath: String?

    func proxies() throws -> TrustedProxies {
        try flag("--trusted-proxy") {
            try TrustedProxies(trustedProxies.flatMap { $0.split(separator: ",").map(String.init) })
        }
    }

    func path() throws -> BasePath { try flag("--base-path") { try basePath.map(BasePath.init) ?? .root } }

    /// Names the flag in a refusal of its value.
    private func flag<Value>(_ name: String, _ value: () throws -> Value) throws -> Value {
        do { return try value() } catch let error as ChatError {
            throw CommandFailure(.data, "\(name): \(error.message)")
        }
    }
}
