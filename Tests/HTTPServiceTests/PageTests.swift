import APIConformance
import Access
import ConversationDomain
import Foundation
import HTTPWire
import Monitoring
import ServiceTestSupport
import Synchronization
import Testing
import WebSocketTestClient
import WidgetFiles

@testable import HTTPService
@testable import Wording

@Suite("Pages, health and metrics")
struct PageTests {
    private static func page(key: String) -> String {
        String(decoding: PageFiles.page, as: UTF8.self).replacing("{{PUBLISHABLE_KEY}}", with: key)
    }

    @Test("the demo page carries its key and may load nothing from elsewhere")
    func page() async throws {
        try await TestAPI.run({ $0.demoKey = "fd_pk_demo" }) { api in
            let page = try await api.call("GET", "/", key: .some(nil))
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text == Self.page(key: "fd_pk_demo"))
            #expect(page.text.contains("fd_pk_demo") && !page.text.contains("{{"))
            let policy = try #require(page.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
            #expect(page.text.firstMatch(of: /<style|\sstyle=/) == nil)
            let scripts = page.text.matches(of: /<script([^>]*)>([^<]*)<\/script>/)
            #expect(scripts.count == 2 && scripts.allSatisfy { $0.1.contains("src=\"/") && $0.2.isEmpty })
            #expect(page.text.firstMatch(of: /\son[a-z]+=/) == nil)
            let script = try await api.call("GET", "/page.js", key: .some(nil))
            #expect(script.status == 200 && script.headers["content-type"] == "text/javascript; charset=utf-8")
            #expect(page.headers["x-content-type-options"] == "nosniff")
            #expect(page.headers["referrer-policy"] == "same-origin")
        }
    }

    @Test("without a demo key the page has none")
    func pageWithoutKey() async throws {
        try await TestAPI.run { api in
            let page = try await api.call("GET", "/", key: .some(nil))
            #expect(page.status == 200)
            #expect(page.text == Self.page(key: ""))
        }
    }

    @Test("without a demo there is no page")
    func noDemo() async throws {
        try await TestAPI.run({ $0.showsDemo = false }) { api in
            let page = try await api.call("GET", "/", key: .some(nil))
            #expect(try page.problem() == "404 not_found")
            #expect(try await api.call("GET", "/widget.js", key: .some(nil)).status == 200)
        }
    }

    @Test("what is private is stored nowhere")
    func noStore() async throws {
        try await TestAPI.run { api in
            let id = try await api.started()
            for path in ["/v1/conversations/\(id)", "/v1/conversations/\(id)/messages", "/v1/intents", "/v1/nothing"] {
                #expect(try await api.call("GET", path).headers["cache-control"] == "no-store", "\(path)")
            }
        }
    }

    @Test("the widget is cached by its tag")
    func widget() async throws {
        try await TestAPI.run { api in
            let widget = try await api.call("GET", "/widget.js", key: .some(nil))
            #expect(widget.status == 200)
            #expect(widget.headers["content-type"] == "text/javascript; charset=utf-8")
            #expect(widget.headers["cache-control"] == "public, max-age=300")
            let plain = String(decoding: PageFiles.widget, as: UTF8.self)
            #expect(widget.text == plain.replacing(WordedScript<WidgetText>.placeholder, with: "[]"))
            let tag = try #require(widget.headers["etag"])
            let again = try await api.call("GET", "/widget.js", key: .some(nil), headers: [("If-None-Match", tag)])
            #expect(again.status == 304)
            #expect(again.headers["etag"] == tag)
            let changed = try await api.call(
                "GET", "/widget.js", key: .some(nil), headers: [("If-None-Match", "\"x\"")])
            #expect(changed.status == 200)
        }
    }

    /// Content that can be changed while the server runs.
    private final class Content: LiveContent {
        private let snapshot: Mutex<ContentSnapshot>
        init(_ content: BotContent) { snapshot = Mutex(ContentSnapshot(revision: 1, content: content)) }
        func current() -> ContentSnapshot { snapshot.withLock { $0 } }
        func change(_ content: BotContent) {
            snapshot.withLock { $0 = ContentSnapshot(revision: $0.revision + 1, content: content) }
        }
    }

    private static func bot(_ titles: [(locale: String, title: String)]) throws -> BotContent {
        let name = try #require(IntentName("order.status"))
        let locales = try titles.map { try #require(BotLocale($0.locale)) }
        var content = BotContent(
            intents: [
                Intent(name: name, examples: locales.prefix(1).map { Example(text: "a", locale: $0) })
            ])
        content.phrases = zip(locales, titles).map {
            Phrases(locale: $0, widget: [.title: $1.title], page: [.headline: $1.title + "!"])
        }
        return content
    }

    /// `new Map([…])` of the script.
    private static func words(in script: String) throws -> String {
        let start = try #require(script.range(of: "new Map("))
        let end = try #require(script.range(of: ");", range: start.upperBound..<script.endIndex))
        return String(script[start.upperBound..<end.lowerBound])
    }

    @Test("the widget speaks with the words of the live content, what is missing in English")
    func widgetWords() async throws {
        let content = Content(try Self.bot([("fr", "Service"), ("en", "Help"), ("de", "Hilfe")]))
        try await TestAPI.run({ $0.content = content }) { api in
            let first = try await api.call("GET", "/widget.js", key: .some(nil))
            #expect(try Self.words(in: first.text) == #"[["fr",{"title":"Service"}],["en",{"title":"Help"}]]"#)
            let tag = try #require(first.headers["etag"])
            content.change(try Self.bot([("fr", "Aide \"</script>\"")]))
            let page = try await api.call("GET", "/page.js", key: .some(nil))
            #expect(try Self.words(in: page.text) == #"[["fr",{"headline":"Aide \"</script>\"!"}]]"#)
            let second = try await api.call("GET", "/widget.js", key: .some(nil), headers: [("If-None-Match", tag)])
            #expect(second.status == 200)
            #expect(try Self.words(in: second.text) == #"[["fr",{"title":"Aide \"</script>\""}]]"#)
        }
    }

    @Test("health tells life from readiness")
    func health() async throws {
        try await TestAPI.run { api in
            #expect(try await api.call("GET", "/health/live", key: .some(nil)).json() == json(#"{"status":"live"}"#))
            #expect(try await api.call("GET", "/health/ready", key: .some(nil)).json() == json(#"{"status":"ready"}"#))
            #expect(try await api.call("HEAD", "/health/live", key: .some(nil)).status == 200)
            api.insight.becomeUnready()
            let unready = try await api.call("GET", "/health/ready", key: .some(nil))
            #expect(try unready.problem() == "503 not_ready")
            #expect(try unready.field("detail") == .string("no model is active"))
            #expect(unready.headers["retry-after"] == "1")
            #expect(try await api.call("GET", "/health/live", key: .some(nil)).status == 200)
        }
    }

    @Test("metrics count requests by route, not by path, and show what is collected for them")
    func metrics() async throws {
        try await TestAPI.run { api in
            let id = try await api.started()
            for path in ["/v1/conversations/\(id)", "/v1/conversations/conv_x", "/nothing/\(id)", "/other"] {
                _ = try await api.call("GET", path)
            }
            _ = try await api.call("PROPFIND", "/coffee")

            let response = try await api.call("GET", "/metrics", key: .some(nil))
            #expect(response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = response.text.split(separator: "\n").map(String.init)
            #expect(
                lines.filter { $0.hasPrefix("frontdesk_http_requests_total") } == [
                    #"frontdesk_http_requests_total{route="/v1/conversations",method="POST",status="201"} 1"#,
                    #"frontdesk_http_requests_total{route="/v1/conversations/{id}",method="GET",status="200"} 1"#,
                    #"frontdesk_http_requests_total{route="/v1/conversations/{id}",method="GET",status="404"} 1"#,
                    #"frontdesk_http_requests_total{route="NotFound",method="GET",status="404"} 2"#,
                    #"frontdesk_http_requests_total{route="NotFound",method="other",status="404"} 1"#,
                ])
            #expect(lines.contains(#"frontdesk_http_request_seconds_count{route="NotFound"} 3"#))
            let read = try MetricsText(response.text)
            #expect(
                read.families.map { "\($0.kind) \($0.name)" } == [
                    "counter frontdesk_http_requests_total", "histogram frontdesk_http_request_seconds",
                    "gauge frontdesk_test",
                ])
            #expect(
                lines.suffix(3) == [
                    "# HELP frontdesk_test A sample.", "# TYPE frontdesk_test gauge", "frontdesk_test 7",
                ])
            #expect(!response.text.contains(id))
        }
    }

    @Test("metrics can move to a listener of their own")
    func metricsListener() async throws {
        let keys = try await TestKeys()
        let chat = FakeChat()
        let insight = FakeInsight()
        try await TestAPI.run({ $0.servesMetrics = false }) { api in
            let response = try await api.call("GET", "/metrics")
            #expect(try response.problem() == "404 not_found")
        }
        let parts = HTTPServiceParts(
            chat: chat, insight: insight, authenticator: .init(keys: keys.store), limiter: .init(),
            metrics: PrometheusRegistry(HTTPMetrics.families))
        let service = HTTPService(parts)
        try await RunningServer.run { onRunning in
            service.buildMetricsApplication(host: "127.0.0.1", port: 0, logger: LogLines().logger, onRunning: onRunning)
        } _: { server in
            let connection = try await TestConnection.open(port: server.port)
            #expect(try await connection.request("GET", "/metrics").status == 200)
            #expect(try await connection.request("GET", "/health/live").status == 200)
            #expect(try await connection.request("GET", "/").status == 404)
            #expect(try await connection.request("POST", "/v1/conversations").status == 404)
        }
    }

    @Test("a connection is used for many requests")
    func keepAlive() async throws {
        try await TestAPI.run { api in
            let connection = try await TestConnection.open(port: api.port)
            for _ in 0..<3 { #expect(try await connection.request("GET", "/health/live").status == 200) }
        }
    }
}
