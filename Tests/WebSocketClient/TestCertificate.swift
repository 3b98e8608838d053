public import Foundation
import NIOCore
import NIOSSL

/// A certificate for localhost that nobody vouches for but itself, in a folder of its own; made by `openssl`.
public struct TestCertificate: Sendable {
    public struct Failed: Error {}

    public let certificate: URL
    public let key: URL

    /// Makes one in a folder, whose files of earlier ones are replaced.
    public init(in folder: URL, days: Int = 30) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        certificate = folder.appendingPathComponent("certificate.pem")
        key = folder.appendingPathComponent("key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let wish =
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days \(days) -subj /CN=localhost"
        var arguments = wish.split(separator: " ").map(String.init)
        arguments += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        arguments += ["-out", certificate.path, "-keyout", key.path]
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failed() }
    }

    /// In a new folder.
    public static func make(days: Int = 30) throws -> TestCertificate {
        try TestCertificate(
            in: FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)"), days: days)
    }

    /// The same in a folder of its own, which stays when another takes the place of this one.
    public func copy() throws -> TestCertificate {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.copyItem(at: certificate.deletingLastPathComponent(), to: folder)
        return TestCertificate(
            certificate: folder.appendingPathComponent(certificate.lastPathComponent),
            key: folder.appendingPathComponent(key.lastPathComponent))
    }

    private init(certificate: URL, key: URL) {
        self.certificate = certificate
        self.key = key
    }

    public func remove() { try? FileManager.default.removeItem(at: certificate.deletingLastPathComponent()) }

    /// What a client that trusts this certificate and no other begins a connection with.
    func client(isOld: Bool) throws -> NIOSSLClientHandler {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(certificate.path))
        configuration.maximumTLSVersion = isOld ? .tlsv11 : nil
        configuration.minimumTLSVersion = .tlsv1
        return try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: configuration), serverHostname: "localhost")
    }
}
