import ConnectorFakes
import ConversationDomain
import Foundation
import Outbox
import SQLiteWebhooks
import Testing
import WebhookReceiver
import Webhooks

@testable import Connectors

@Suite("Connectors")
struct ConnectorTests {
    @Test(
        "an article's words are read out of Zammad's HTML",
        arguments: [
            ("Hello <b>Ann</b>", "Hello Ann"), ("<div>one</div><div>two</div>", "one\ntwo"),
            ("one<br>\ntwo<br><br>three", "one\ntwo\n\nthree"),
            ("a &amp; b &lt;c&gt; &#8364; &#x20AC;", "a & b <c> € €"),
            ("5 &lt; 6 & 7 &unknown; &#xFFFFFFFF;", "5 < 6 & 7 &unknown; &#xFFFFFFFF;"),
            ("Yes.<br><span class=\"js-signatureMarker\"></span><br>--<br>Emma", "Yes."),
            ("Yes.<blockquote type=\"cite\">what you <b>wrote</b><br></blockquote>Bye", "Yes.Bye"),
            ("<style>p{}</style><script>alert(1)</script>x<!-- y > -->z", "xz"), ("<p>unclosed <", "unclosed"),
            ("a <", "a"), ("", ""), ("plain  text\nof two lines", "plain text of two lines"),
        ])
    func text(html: String, text: String) {
        #expect(ArticleText(html: html).text == text)
    }

    @Test("a text of a megabyte is read in a moment, whatever it holds")
    func size() {
        for piece in ["<", "<b>", "&", "&amp;", "<blockquote>", "x", "<!--"] {
            let html = String(repeating: piece, count: 1_000_000 / piece.utf8.count)
            let took = ContinuousClock().measure { _ = ArticleText(html: html).text }
            #expect(took < .seconds(10), "\(piece): \(took)")
        }
    }

    @Test("signatures are those that Zammad's and Chatwoot's own code makes")
    func signatures() {
        // printf '{"ticket":{"id":1}}' | openssl dgst -sha1 -hmac token
        let body = Data(#"{"ticket":{"id":1}}"#.utf8)
        let zammad = "sha1=62e14e1834b6b83bdb3f0f4e0eea35b407744b23"
        #expect(HookSignature.isZammads(zammad, of: body, token: "token"))
        #expect(!HookSignature.isZammads(zammad, of: body, token: "tokem"))
        #expect(!HookSignature.isZammads(nil, of: body, token: "token"))
        // printf '1700000000.{"ticket":{"id":1}}' | openssl dgst -sha256 -hmac secret
        let chatwoot = "sha256=995ed44eb281f7a0eba6f59078e7476cc2e898ae8b4742d918f477ee9741cbc2"
        let time = Date(timeIntervalSince1970: 1_700_000_200)
        let isGood = { (time: String, now: Date) in
            HookSignature.isChatwoots(chatwoot, time: time, of: body, secret: "secret", at: now)
        }
        #expect(isGood("1700000000", time) && !isGood("1700000001", time))
        #expect(!isGood("1700000000", time.addingTimeInterval(101)))
    }

    @Test("texts are cut at spaces, and nowhere else as far as there are any")
    func parts() {
        #expect("one two three".parts(of: 7, atMost: 9) == ["one two", "three"])
        #expect("one two three".parts(of: 8, atMost: 1) == ["one two"])
        #expect("abcdefgh".parts(of: 3, atMost: 9) == ["abc", "def", "gh"])
        #expect("abcdefgh".parts(of: 3, atMost: 2) == ["abc", "def"])
        #expect("".parts(of: 3, atMost: 2) == [])
    }

    @Test("secrets are in no description")
    func secrecy() {
        let secrets = ConnectorSecrets(token: "zt-1", hook: "h-1", signing: "s-1")
        let connector = Connector(
            id: ConnectorID(trusted: "conn_1"), app: AppName(trusted: "shop"), kind: .zammad,
            webhook: .init(trusted: "wh_1"), url: "https://tickets.example", settings: ConnectorSettings(),
            secrets: secrets, createdAt: Date())
        for text in ["\(secrets)", "\(connector)"] {
            #expect(!text.contains("zt-1") && !text.contains("h-1") && !text.contains("s-1"), "\(text)")
        }
    }

    private static func request(_ change: (inout ConnectorRequest) -> Void) -> ConnectorRequest {
        var settings = ConnectorSettings()
        (settings.group, settings.customer, settings.account) = ("Support", "chat@shop.example", 2)
        var request = ConnectorRequest(
            kind: .zammad, app: Joined.app, url: "http://127.0.0.1:9/", token: "t", settings: settings)
        change(&request)
        return request
    }

    @Test("a connector is made of what it needs; its address is checked as a webhook's is")
    func adding() async throws {
        try await Joined.run(Self.request { _ in }) { joined in
            let wrong: [ConnectorRequest] = [
                Self.request { $0.token = "" }, Self.request { $0.token = "two words" },
                Self.request { $0.token = String(repeating: "x", count: 513) },
                Self.request { $0.settings.group = nil },
                Self.request { $0.settings.customer = "nobody" }, Self.request { $0.url = "tickets.example" },
                Self.request { $0.url = "http://10.0.0.1/" }, Self.request { $0.url = "http://127.0.0.1/?a=b" },
                Self.request { ($0.kind, $0.settings.account) = (.chatwoot, nil) },
            ]
            for request in wrong {
                await #expect(throws: ChatError.self) { try await joined.desk.add(request) }
            }
            let second = try await joined.desk.add(Self.request { $0.kind = .chatwoot })
            #expect(second.url == "http://127.0.0.1:9" && second.path.hasSuffix(".\(second.secrets.hook)/events"))
            let list = try await joined.desk.list()
            #expect(list.map { $0.connector } == [joined.connector, second])
            #expect(list.allSatisfy { $0.summary.webhook.isEnabled })
            #expect(list[1].summary.webhook.channels == [ChannelName(trusted: "chatwoot")])
            #expect(try await joined.desk.remove(second.id))
            #expect(try await joined.desk.remove(second.id) == false)
            // Nothing of it is left, its webhook neither.
            #expect(try await joined.webhooks.webhooks(of: nil).map(\.webhook.id) == [joined.connector.webhook])
            for _ in 0..<7 { _ = try await joined.desk.add(Self.request { _ in }) }
            await #expect(throws: ChatError(.conflict, "the app has 8 connectors, and may not have more")) {
                try await joined.desk.add(Self.request { _ in })
            }
            #expect(try await joined.webhooks.webhooks(of: nil).count == 8)
        }
    }

    @Test("a trial says whether the other system takes the token, and changes nothing there")
    func trial() async throws {
        let zammad = try await FakeZammad.start(token: "zt-1")
        let chatwoot = try await FakeChatwoot.start(token: "ct-1", account: 2)
        try await Joined.run(Self.request { ($0.url, $0.token) = (zammad.url, "zt-1") }) { joined in
            let client = TargetClient(Joined.resolver)
            let test = { (change: (inout ConnectorRequest) -> Void) async throws -> String in
                let made = try await joined.desk.add(Self.request(change))
                do {
                    return try await joined.desk.test(made.id, with: client)
                } catch let error as ChatError {
                    return error.message
                }
            }
            let told: [((inout ConnectorRequest) -> Void, String)] = [
                ({ ($0.url, $0.token) = (zammad.url, "zt-1") }, "Zammad knows the token as frontdesk@shop.example"),
                ({ ($0.url, $0.token) = (zammad.url, "zt-2") }, "\(zammad.url): status 401: the token is not taken"),
                (
                    { ($0.kind, $0.url, $0.token) = (.chatwoot, chatwoot.url, "ct-1") },
                    "Chatwoot takes the bot's token in account 2"
                ),
                (
                    { ($0.kind, $0.url, $0.token) = (.chatwoot, chatwoot.url, "ct-2") },
                    "\(chatwoot.url): status 401: the token is not taken"
                ),
            ]
            for (change, expected) in told {
                let said = try await test(change)
                #expect(said == expected)
            }
            #expect(chatwoot.statuses == [] && zammad.tickets == [] && zammad.faults + chatwoot.faults == [])
            await client.shutDown()
        }
        await zammad.receiver.close()
        await chatwoot.receiver.close()
    }
}
