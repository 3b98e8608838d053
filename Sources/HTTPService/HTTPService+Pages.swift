import Access
import ConversationDomain
import Foundation
import HTTPTypes
import HTTPWire
import Hummingbird
import ModelRecords
import Monitoring
import NIOCore

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
        let widget = WordedScript(content: parts.content, file: PackageResources.widget_js, words: \.widget)
        // The widget is part of other sites' pages.
        addScript(
            "widget.js", widget, [.cacheControl: "public, max-age=300", .accessControlAllowOrigin: "*"], to: router)
    }

    private func addScript<Key>(
        _ name: RouterPath, _ script: WordedScript<Key>, _ headers: HTTPFields, to router: Router<HTTPContext>
    ) {
        router.get(name) { request, _ in
            let version = script.current()
            if let known = request.headers[.ifNoneMatch], UTF8Text(known) == version.tag {
                return Response(status: .notModified, headers: [.eTag: version.tag.string])
            }
            var response = Response.text(version.text, type: "text/javascript; charset=utf-8")
            response.headers[.eTag] = version.tag.string
            for field in headers { response.headers[field.name] = field.value }
            return response
        }
    }

    private func addDemo(to router: Router<HTTPContext>) {
        let page = linked(PackageResources.index_html)
            .replacing("{{PUBLISHABLE_KEY}}", with: parts.demoKey ?? "")
        let script = WordedScript(content: parts.content, file: PackageResources.page_js, words: \.page)
        addScript("page.js", script, [.cacheControl: "no-cache"], to: router)
        addBasePath(to: router)
        router.get("/") { _, _ in
            var response = Response.text(page, type: "text/html; charset=utf-8")
            response.headers[.contentSecurityPolicy] = Self.contentSecurityPolicy
            response.headers[.cacheControl] = "no-cache"
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
        "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; "
        + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// FNV-1a of 64 bits: tells one build's widget from another's.
    static func fingerprint(_ text: String) -> String {
        let hash = text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }
}
