import Access
import ConversationDomain
public import Foundation
import HTTPCalls
import HTTPTypes
import HTTPWire
import Hummingbird
import NIOCore
import Synchronization
import WidgetFiles

/// The files that `/docs` shows the interface with; they are not part of the program.
public struct DocumentationFiles: Sendable {
    /// The whole of Swagger UI as one script.
    public let script: Data
    public let style: Data
    /// Tells one release from another.
    public let version: String

    public init(script: Data, style: Data, version: String) {
        self.script = script
        self.style = style
        self.version = version
    }
}

/// The description of what a server serves, made when it is asked for first.
final class Description: Sendable {
    private let bytes = Mutex<Data?>(nil)

    func bytes(_ make: () -> Data) -> Data {
        bytes.withLock { bytes in
            let made = bytes ?? make()
            bytes = made
            return made
        }
    }
}

/// `/openapi.json`, and `/docs`, which shows it.
extension HTTPService {
    func described() -> Response {
        var response = Response.json(bytes: description.bytes { api.document(of: served, at: parts.basePath) })
        response.headers[.cacheControl] = "no-cache"
        return response
    }

    /// Everything that the pages load comes from here, and nothing stands in them that runs.
    func addDocumentation(to router: Router<HTTPContext>) {
        let page = parts.documentation == nil ? PackageResources.docs_missing_html : PackageResources.docs_html
        let text = linked(page)
        router.get("docs") { _, _ in
            var response = Response.text(text, type: "text/html; charset=utf-8")
            response.headers[.contentSecurityPolicy] = Self.documentationPolicy
            response.headers[.cacheControl] = "no-cache"
            // A publishable key is tried out from the server's own page, which the browser says by the Origin.
            response.headers[.referrerPolicy] = "same-origin"
            return response
        }
        let script = Self.filled(
            PackageResources.docs_js, "\"/openapi.json\"", with: "\"\(parts.basePath.prefix)/openapi.json\"")
        addFile("docs/docs.js", Array(script.utf8), type: "text/javascript", to: router)
        addFile("docs/docs.css", PackageResources.docs_css, type: "text/css", to: router)
        guard let files = parts.documentation else { return }
        addFile("docs/swagger-ui-bundle.js", Array(files.script), type: "text/javascript", to: router)
        addFile("docs/swagger-ui.css", Array(files.style), type: "text/css", to: router)
    }

    private func addFile(_ path: String, _ bytes: [UInt8], type: String, to router: Router<HTTPContext>) {
        let file = FileOnDemand { ServedFile(bytes, type: "\(type); charset=utf-8") }
        router.get(RouterPath(path)) { request, _ in
            file.file().response(to: request, [.cacheControl: "public, max-age=300"])
        }
    }

    private static let documentationPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
