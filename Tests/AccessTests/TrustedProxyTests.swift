import ConversationDomain
import Testing

@testable import Access

@Suite("Whom a request comes from")
struct TrustedProxyTests {
    private func origin(_ trusted: [String], peer: String, _ fields: [String: [String]]) throws -> RequestOrigin {
        try TrustedProxies(trusted).origin(peer: peer) { fields[$0] ?? [] }
    }

    @Test(
        "the last address that is no proxy of ours is the client's",
        arguments: [
            (["203.0.113.7"], "203.0.113.7"),
            // What the client wrote itself stands before the proxy's own entry.
            (["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            (["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
            (["203.0.113.7, 10.1.2.3"], "203.0.113.7"),
            (["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
            (["203.0.113.7:4711"], "203.0.113.7"),
            (["[2001:db8::1]:4711, 10.0.0.1"], "2001:db8::1"),
            (["2001:db8::1"], "2001:db8::1"),
            (["::ffff:203.0.113.7"], "203.0.113.7"),
            (["203.0.113.7, unknown, 10.0.0.1"], "10.0.0.1"),
            (["203.0.113.7, unknown"], "127.0.0.1"),
            ([" , ,"], "127.0.0.1"), ([""], "127.0.0.1"), ([], "127.0.0.1"),
            ([String(repeating: "1.1.1.1,", count: 900) + "203.0.113.7"], "203.0.113.7"),
        ])
    func forwardedFor(lines: [String], client: String) throws {
        let found = try origin(["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", ["X-Forwarded-For": lines])
        #expect(found.address == client)
    }

    @Test(
        "Forwarded is read as RFC 7239 writes it",
        arguments: [
            (["for=203.0.113.7"], "203.0.113.7", nil, nil),
            (["For=\"[2001:db8::1]:4711\";Proto=HTTPS;host=bot.example"], "2001:db8::1", "bot.example", "https"),
            (
                ["for=9.9.9.9;host=evil.example, for=203.0.113.7;host=\"bot.example:8443\""], "203.0.113.7",
                "bot.example:8443", nil
            ),
            (["for=203.0.113.7;proto=https", "for=10.0.0.2;proto=http"], "203.0.113.7", nil, "https"),
            (["for=\"a,b\\\";c\", for=203.0.113.7"], "203.0.113.7", nil, nil),
            (["for=_hidden"], "127.0.0.1", nil, nil), (["for"], "127.0.0.1", nil, nil),
            (["by=10.0.0.1;proto=https"], "127.0.0.1", nil, "https"),
        ] as [([String], String, String?, String?)])
    func forwarded(lines: [String], client: String, host: String?, scheme: String?) throws {
        let found = try origin(["127.0.0.1", "10.0.0.0/8"], peer: "127.0.0.1", ["Forwarded": lines])
        #expect(found.address == client)
        #expect(found.host?.string == host && found.scheme?.string == scheme)
    }

    @Test("of two headers that differ one came from the client, and neither counts")
    func disagreement() throws {
        func client(_ forwarded: String, _ address: String) throws -> String {
            try origin(["127.0.0.1"], peer: "127.0.0.1", ["Forwarded": [forwarded], "X-Forwarded-For": [address]])
                .address
        }
        #expect(try client("for=203.0.113.7", "203.0.113.7") == "203.0.113.7")
        #expect(try client("for=198.51.100.1", "203.0.113.7") == "127.0.0.1")
    }

    @Test("from anybody who is not trusted the headers mean nothing")
    func untrusted() throws {
        let fields = [
            "X-Forwarded-For": ["203.0.113.7"], "Forwarded": ["for=203.0.113.7;host=a;proto=https"],
            "X-Forwarded-Host": ["bot.example"], "X-Forwarded-Proto": ["https"], "Host": ["localhost:8080"],
        ]
        for trusted in [[], ["10.0.0.0/8"], ["192.0.2.0/31"], ["::/0"]] {
            let found = try origin(trusted, peer: "192.0.2.2", fields)
            #expect(found.address == "192.0.2.2" && found.host == "localhost:8080" && found.scheme == nil)
        }
        #expect(try origin(["192.0.2.2/31"], peer: "192.0.2.3", fields).address == "203.0.113.7")
        #expect(try origin(["192.0.2.2"], peer: "::ffff:192.0.2.2", fields).address == "203.0.113.7")
        #expect(try origin(["2001:db8::/32"], peer: "2001:db8:1::9%eth0", fields).address == "203.0.113.7")
    }

    @Test("a page of the server is known by the host and scheme that the proxy was asked for")
    func sameOrigin() throws {
        func isOwn(_ page: String, _ fields: [String: [String]]) throws -> Bool {
            let all = fields.merging(["Origin": [page]]) { $1 }
            return try origin(["127.0.0.1"], peer: "127.0.0.1", all).isAllowed(ownHosts: OwnHosts(names: [])) {
                $0 == "self"
            }
        }
        let fields = ["Host": ["127.0.0.1:8080"], "X-Forwarded-Host": ["Bot.example"], "X-Forwarded-Proto": ["https"]]
        #expect(try isOwn("https://bot.example", fields))
        #expect(try !isOwn("http://bot.example", fields))
        #expect(try !isOwn("http://127.0.0.1:8080", fields))
        #expect(try isOwn("https://bot.example", fields.merging(["X-Forwarded-Host": ["bot.example:443"]]) { $1 }))
        #expect(try isOwn("https://bot.example", fields.merging(["X-Forwarded-Proto": ["wss"]]) { $1 }))
        #expect(try !isOwn("https://bot.example", fields.merging(["X-Forwarded-Host": ["evil.example"]]) { $1 }))
    }

    @Test("what is no block of addresses is refused in words that help")
    func blocks() throws {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "::/129", "1.2.3", "*"]
        {
            #expect(throws: ChatError.self, "\(text)") { try TrustedProxies([text]) }
        }
        let error = #expect(throws: ChatError.self) { try TrustedProxies(["10.1.2.3/8"]) }
        #expect(error?.message == "'10.1.2.3/8' has bits beyond its length; the block is 10.0.0.0/8")
    }

    @Test("the path of the server is taken off a target, if it is there")
    func basePath() throws {
        let base = try BasePath("/shop/bot/")
        #expect(base.prefix == "/shop/bot")
        for (target, own) in [
            ("/shop/bot/v1/ws?a=/shop/bot", "/v1/ws?a=/shop/bot"), ("/shop/bot/", "/"), ("/shop/bot", "/shop/bot"),
            ("/shop/bots/v1", "/shop/bots/v1"), ("/v1/ws", "/v1/ws"), ("/", "/"),
        ] { #expect(base.removed(from: target) == own) }
        #expect(try BasePath("/") == .root)
        for text in ["bot", "", "/a b", "/../x", "/a?b", "/%2e", "/你", "http://a"] {
            #expect(throws: ChatError.self, "\(text)") { try BasePath(text) }
        }
    }
}
