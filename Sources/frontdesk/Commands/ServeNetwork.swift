import Access
import Application
import ArgumentParser
import ConversationDomain
import Hosting
import ServerTLS
import WebSocketService

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

    @Option(
        help: ArgumentHelp(
            """
            A certificate in PEM, followed by those that vouch for it; the server then speaks https and wss only, and reads the \
            file again when it has changed or SIGHUP comes.
            """, valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of --tls-certificate in PEM, without a password.", valueName: "file"))
    var tlsKey: String?

    @Option(
        name: .customLong("public-host"), parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Names under which browsers reach the server's own pages directly, such as bot.lan. Addresses, localhost, the name \
            of --host and what a trusted proxy is asked for are known anyway; under other names a page of somebody else could \
            pass for the server's.
            """, valueName: "name"))
    var publicHosts: [String] = []

    @Flag(inversion: .prefixedNo, help: "Serve the demo page, with a key of its own that works on that page only.")
    var demo = true

    @Flag(
        help: """
            Answer clients of Rasa's REST interface too: POST /webhooks/rest/webhook and /model/parse, with a key as bearer or \
            as ?token=.
            """)
    var rasa = false

    @Option(help: "Connections at most from each address, sockets aside; more are refused.")
    var addressConnections = 256

    @Option(help: "Sockets at most from each address through publishable keys; more are refused.")
    var addressSockets = 128

    func check() throws {
        _ = try (proxies(), path())
        for (flag, value) in [
            ("--address-connections", addressConnections), ("--address-sockets", addressSockets),
        ] where !(1...1_000_000).contains(value) {
            throw CommandFailure(.data, "\(flag): 1 to 1000000")
        }
    }

    func ownHosts(_ host: String) -> OwnHosts { OwnHosts(names: publicHosts + [host]) }

    /// What connections may take, by how many files may be open.
    func limits(_ descriptors: Descriptors) -> ConnectionLimits {
        var limits = ConnectionLimits()
        limits.connections = descriptors.connections
        // One address must not have all there are.
        limits.perAddress = max(1, min(addressConnections, descriptors.connections / 2))
        limits.socketsPerAddress = max(1, min(addressSockets, descriptors.connections / 4))
        return limits
    }

    func proxies() throws -> TrustedProxies {
        try flag("--trusted-proxy") {
            try TrustedProxies(trustedProxies.flatMap { $0.split(separator: ",").map(String.init) })
        }
    }

    /// The certificate that the server shows; nil when it speaks without TLS.
    func certificate() throws -> ServerCertificate? {
        switch (tlsCertificate, tlsKey) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            return try flag("--tls-certificate, --tls-key") {
                try ServerCertificate(ServerCertificate.Files(certificate: certificate, key: key))
            }
        case (_?, nil):
            throw CommandFailure(.data, "--tls-certificate: the key that belongs to it is missing; add --tls-key")
        case (nil, _?): throw CommandFailure(.data, "--tls-key: the certificate is missing; add --tls-certificate")
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
