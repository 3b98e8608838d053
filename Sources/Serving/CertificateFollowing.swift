import Foundation
package import Logging
package import ServerTLS
import ServiceLifecycle
import UnixSignals

/// Lets new connections have the certificate that stands in the server's files, looking at these now and then and at SIGHUP.
package struct CertificateFollowing: Service {
    let certificate: ServerCertificate
    let logger: Logger
    private let interval: Duration

    /// - Parameter interval: how often the files are looked at.
    package init(certificate: ServerCertificate, logger: Logger, interval: Duration = .seconds(10)) {
        self.certificate = certificate
        self.logger = logger
        self.interval = interval
    }

    package func run() async throws {
        if let warning = certificate.warning(at: Date()) { logger.warning("\(warning)") }
        let signals = await UnixSignalsSequence(trapping: .sighup)
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask {
                    for await _ in signals { reload(always: true) }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try? await Task.sleep(for: interval)
                        if !Task.isCancelled { reload() }
                    }
                }
            }
        }
    }

    private func reload(always: Bool = false) {
        switch certificate.reload(always: always) {
        case .unchanged: break
        case .renewed:
            logger.info("the certificate was read again", metadata: ["expires": .string("\(certificate.expiry)")])
            if let warning = certificate.warning(at: Date()) { logger.warning("\(warning)") }
        case .kept(let reason): logger.warning("the certificate stays as it was: \(reason)")
        }
    }
}
