import Access
import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
import Hummingbird
import ModelRecords
import Monitoring
import NIOCore
import WidgetFiles

/// What needs no key: health, the demo page, the widget, and the description of the interface with its pages.
extension HTTPService {
    func metrics() async -> Response {
        await parts.collectMetrics()
        return Response.text(parts.metrics.text(), type: PrometheusRegistry.contentType)
    }

    func readiness() async throws -> Response {
        let (isReady, detail) = await parts.insight.readiness()
        guard isReady else { throw ChatError(.notReady, detail, retryAfter: 1) }
        if let fault = await parts.storage?.fault() { throw ChatError(.notReady, fault, retryAfter: 5) }
        return try .json(["status": "ready"])
    }

    func addPages(to router: Router<HTTPContext>) {
        if parts.showsDemo { addDemo(to: router) }
        let widget = WordedScript(
            content: parts.content, file: PageFiles.widget, first: parts.defaultLocale, words: \.widget)
        router.get("widget.js") { request, _ in
            // The widget is part of other sites' pages.
            widget.current().response(
                to: request, [.cacheControl: "public, max-age=300", .accessControlAllowOrigin: "*"])
        }
    }

    private func addDemo(to router: Router<HTTPContext>) {
        let filled = linked(PageFiles.page).replacing("{{PUBLISHABLE_KEY}}", with: parts.demoKey ?? "")
        let page = ServedFile(Array(filled.utf8), type: "text/html; charset=utf-8")
        let style = ServedFile(PageFiles.pageStyle, type: "text/css; charset=utf-8")
        let script = WordedScript(
            content: parts.content, file: PageFiles.pageScript, first: parts.defaultLocale, words: \.page)
        addBasePath(to: router)
        router.get("page.js") { request, _ in script.current().response(to: request, [.cacheControl: "no-cache"]) }
        router.get("page.css") { request, _ in style.response(to: request, [.cacheControl: "no-cache"]) }
        router.get("/") { request, _ in
            var response = page.response(to: request, [.cacheControl: "no-cache"])
            response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
            // The widget tells the server by its Origin that it is on the server's own page.
            response.headers[.referrerPolicy] = "same-origin"
            return response
        }
    }

    /// A file of the program with a part of it replaced.
    static func filled(_ file: [UInt8], _ part: String, with text: String) -> String {
        String(decoding: file, as: UTF8.self).replacing(part, with: text)
    }

    /// A page with its links below the path that this server is reached under.
    func linked(_ page: [UInt8]) -> String {
        let page = String(decoding: page, as: UTF8.self)
        guard !parts.basePath.prefix.isEmpty else { return page }
        return ["src", "href"].reduce(page) {
            $0.replacing("\($1)=\"/", with: "\($1)=\"\(parts.basePath.prefix)/")
        }
    }

    /// `/bot` leads to the page at `/bot/`, where its links start from.
    private func addBasePath(to router: Router<HTTPContext>) {
        let prefix = parts.basePath.prefix
        guard !prefix.isEmpty else { return }
        router.get(RouterPath(prefix)) { _, _ in
            Response(status: .permanentRedirect, headers: [.location: prefix + "/"])
        }
    }

    private static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}
