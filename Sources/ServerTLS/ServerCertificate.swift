import ConversationDomain
public import Foundation
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that a server shows to its clients and the key that belongs to it, read from files and read again when these
/// have changed. Connections that are open keep what they were made with.
public final class ServerCertificate: Sendable {
    /// Where the two are, both in PEM. The certificate may be followed by those that vouch for it.
    public struct Files: Hashable, Sendable {
        public let certificate: String
        public let key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    /// What came of looking at the files again.
    public enum Reload: Hashable, Sendable {
        case unchanged
        /// New connections get another certificate.
        case renewed
        /// What the files hold cannot be used, so that what was read before still is; with the reason.
        case kept(String)
    }

    /// Bytes of each file at most; a chain has a few thousand.
    static let sizeLimit = 1024 * 1024

    private struct State {
        var context: NIOSSLContext
        var expiry: Date
        /// What the files looked like when they were read last, whether they could be used or not.
        var stamps: [FileStamp?]
    }

    public let files: Files
    private let state: Mutex<State>

    /// - Throws: `ChatError(.invalidRequest)` that names the file and says what is wrong with it.
    public init(_ files: Files) throws {
        self.files = files
        // Looked at before they are read: whatever changes in between is seen the next time.
        let stamps = Self.stamps(of: files)
        let pair = try CertificatePair(files)
        state = Mutex(State(context: try pair.context(), expiry: pair.expiry, stamps: stamps))
    }

    /// When the certificate that is shown now runs out.
    public var expiry: Date { state.withLock { $0.expiry } }

    /// What clients will find wrong with the certificate, though it can be used; nil when nothing is.
    public func warning(at now: Date) -> String? {
        let expiry = expiry
        if expiry <= now { return "the certificate in \(files.certificate) ran out at \(expiry.formatted(.iso8601))" }
        if expiry.timeIntervalSince(now) < 14 * 86_400 {
            return "the certificate in \(files.certificate) runs out at \(expiry.formatted(.iso8601))"
        }
        return nil
    }

    /// Reads the files again if they have changed.
    /// - Parameter always: reads them even if they look as they did.
    public func reload(always: Bool = false) -> Reload {
        let stamps = Self.stamps(of: files)
        guard always || state.withLock({ $0.stamps != stamps }) else { return .unchanged }
        do {
            let pair = try CertificatePair(files)
            let context = try pair.context()
            state.withLock { $0 = State(context: context, expiry: pair.expiry, stamps: stamps) }
            return .renewed
        } catch {
            state.withLock { $0.stamps = stamps }
            return .kept((error as? ChatError)?.message ?? "\(error)")
        }
    }

    /// For the connections that begin now.
    var context: NIOSSLContext { state.withLock { $0.context } }

    private static func stamps(of files: Files) -> [FileStamp?] {
        [FileStamp(files.certificate), FileStamp(files.key)]
    }
}

/// By what a file is seen to be another than before; links are followed, since renewals often turn one.
private struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        number = UInt64(status.st_ino)
        size = Int64(status.st_size)
        #if canImport(Darwin)
            (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
        #else
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        #endif
    }
}

/// A certificate with its chain, and its key, that were found to belong together.
private struct CertificatePair {
    private let chain: [NIOSSLCertificate]
    private let key: NIOSSLPrivateKey
    private let files: ServerCertificate.Files

    init(_ files: ServerCertificate.Files) throws {
        self.files = files
        let bytes = try Self.bytes(of: files.certificate)
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(bytes)
        } catch {
            throw Self.refusal(files.certificate, "no certificate in PEM; expected -----BEGIN CERTIFICATE-----")
        }
        guard !chain.isEmpty else {
            throw Self.refusal(files.certificate, "no certificate in PEM; expected -----BEGIN CERTIFICATE-----")
        }
        let keyBytes = try Self.bytes(of: files.key)
        // Nobody is there who could be asked for a password.
        guard keyBytes.firstRange(of: Array("ENCRYPTED".utf8)) == nil else {
            throw Self.refusal(files.key, "the key is encrypted with a password; expected one that is not")
        }
        do {
            key = try NIOSSLPrivateKey(bytes: keyBytes, format: .pem)
        } catch {
            throw Self.refusal(files.key, "no private key in PEM; expected -----BEGIN PRIVATE KEY----- or the like")
        }
    }

    var expiry: Date { Date(timeIntervalSince1970: Double(chain[0].notValidAfter)) }

    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(2)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch NIOSSLError.failedToLoadPrivateKey {
            throw Self.refusal(files.key, "the key does not belong to the first certificate in \(files.certificate)")
        } catch {
            throw Self.refusal(files.certificate, "the certificate cannot be used with the key in \(files.key)")
        }
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw refusal(path, "there is no such file")
        }
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { throw refusal(path, "that is no file") }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw refusal(path, "it cannot be read; the server's user must be allowed to")
        }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: ServerCertificate.sizeLimit + 1), !data.isEmpty else {
            throw refusal(path, "it is empty")
        }
        guard data.count <= ServerCertificate.sizeLimit else {
            throw refusal(path, "it has more than \(ServerCertificate.sizeLimit) bytes")
        }
        return [UInt8](data)
    }

    private static func refusal(_ path: String, _ what: String) -> ChatError {
        ChatError(.invalidRequest, "\(path): \(what)")
    }
}
