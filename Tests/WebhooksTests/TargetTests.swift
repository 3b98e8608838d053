import ConversationDomain
import Dispatch
import Foundation
import Outbox
import Testing
import WebhookReceiver

@testable import Webhooks

@Suite("Which targets are allowed")
struct TargetTests {
    @Test(
        "addresses of this machine, of private networks, and of what is special are refused in every notation",
        arguments: [
            "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
            "169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255",
            "192.0.2.7", "198.18.0.1", "198.51.100.2", "203.0.113.9", "100.100.100.200", "::", "::1", "fe80::1",
            "fc00::1",
            "fd00:ec2::254", "fdff::1", "fec0::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe",
            "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
            "2002:a9fe:a9fe::1",
            "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ])
    func refused(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(TargetRules().refusal(of: address) != nil)
    }

    @Test(
        "everybody's addresses are allowed, also beside the edges of what is not",
        arguments: [
            "8.8.8.8", "1.1.1.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "172.15.255.255",
            "172.32.0.0",
            "100.63.255.255", "100.128.0.0", "169.253.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255",
            "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
        ])
    func allowed(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(TargetRules().refusal(of: address) == nil)
    }

    @Test("an allow list names addresses and networks; the private ones alone do not open metadata services")
    func exceptions() throws {
        let named = TargetRules(allowed: [try #require(AddressRange("10.1.2.0/23")), try #require(AddressRange("::1"))])
        let outcomes = ["10.1.3.255", "10.1.4.0", "::1", "127.0.0.1", "::ffff:10.1.2.3"].map { text in
            IPAddress(text).map { named.refusal(of: $0) == nil }
        }
        #expect(outcomes == [true, false, true, false, true])
        let all = TargetRules(allowsPrivate: true)
        let others = [
            "127.0.0.1", "10.9.9.9", "fd12::1", "169.254.169.254", "fd00:ec2::254", "100.100.100.200", "0.0.0.0",
        ]
        #expect(
            others.map { text in IPAddress(text).map { all.refusal(of: $0) == nil } } == [
                true, true, true, false, false, false, false,
            ])
        for text in ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "fd00::/129", "ten", "10.0.0.0/8/8", "10.0.0.0/"] {
            #expect(AddressRange(text) == nil, "\(text)")
        }
    }

    @Test(
        "an address on the web has a scheme, a host and nothing secret",
        arguments: [
            "", "shop.example", "ftp://shop.example/", "file:///etc/passwd", "http+unix://%2Ftmp%2Fx/",
            "gopher://shop.example/",
            "http://", "http:///x", "https://ann@shop.example/", "https://ann:word@shop.example/",
            "https://shop.example/#a",
            "https://shop.example:0/", "https://shop.example:65536/", "https://shop .example/",
            "https://shop.example/a b",
            "https://shöp.example/", "https://shop.example\\@127.0.0.1/", "https://sh%6fp.example/",
            "javascript:alert(1)",
            "https://[::1/", "https://" + String(repeating: "a", count: 254) + "/",
            "https://shop.example/" + String(repeating: "a", count: 2_000), "https://shop.example/\r\nX: y",
        ])
    func addresses(text: String) {
        #expect(throws: ChatError.self) { try TargetURL(text) }
    }

    @Test("a name is compared in lower case, and an IPv6 address without brackets")
    func hosts() throws {
        #expect(try TargetURL("HTTPS://Shop.Example:8443/Hook?a=B").host == "shop.example")
        #expect(try TargetURL("HTTPS://Shop.Example:8443/Hook?a=B").text == "https://shop.example:8443/Hook?a=B")
        #expect(try TargetURL("http://[2606:4700::1111]/").host == "2606:4700::1111")
        #expect(try TargetURL("http://127.0.0.1/").isSecure == false)
    }

    @Test(
        "this machine is found behind whole numbers, octal and hexadecimal forms, and short ones",
        arguments: [
            "2130706433", "0x7f000001", "0x7f.1", "127.1", "017700000001", "0177.0.0.1", "localhost", "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1", "0", "0.0.0.0", "2852039166",
        ])
    func forms(host: String) async throws {
        let resolver = TargetResolver(TargetRules())
        let refusal = await resolver.refusal(of: host, within: .seconds(5))
        #expect(refusal != nil)
        await #expect(throws: TargetFailure.self) { try await resolver.addresses(of: host, within: .seconds(5)) }
    }

    @Test("a name is refused when one of its addresses is, and when it has none or is not found in time")
    func names() async throws {
        func addresses(_ texts: [String]) async throws -> [String] {
            let found = texts.compactMap { IPAddress($0) }
            return try await TargetResolver(TargetRules(), lookUp: { _ in found })
                .addresses(of: "shop.example", within: .seconds(60)).map(\.description)
        }
        #expect(try await addresses(["8.8.8.8", "2606:4700::1111"]) == ["8.8.8.8", "2606:4700::1111"])
        await #expect(throws: TargetFailure.self) { try await addresses(["8.8.8.8", "127.0.0.1"]) }
        await #expect(throws: TargetFailure.self) { try await addresses(["::ffff:10.0.0.1"]) }
        await #expect(throws: TargetFailure.self) { try await addresses([]) }

        let gate = DispatchSemaphore(value: 0)
        let tries = 5
        defer { for _ in 0..<tries { gate.signal() } }
        let slow = TargetResolver(
            TargetRules(),
            lookUp: { _ in
                gate.wait()
                return []
            })
        // Tests beside this one may have all threads for a while, which is not the resolver's doing: the fastest try counts.
        var fastest = Duration.seconds(3_600)
        for _ in 0..<tries where fastest >= .seconds(5) {
            let begin = ContinuousClock.now
            await #expect(throws: TargetFailure("the name 'shop.example' was not found in time", isLate: true)) {
                try await slow.addresses(of: "shop.example", within: .milliseconds(50))
            }
            fastest = min(fastest, ContinuousClock.now - begin)
        }
        #expect(fastest < .seconds(5))
    }
}

@Suite("Requests to targets")
struct TargetClientTests {
    private static let loopback = IPAddress(bytes: [127, 0, 0, 1])

    /// A client for which every name leads to this machine, and may.
    private func client(_ given: TargetRules? = nil) throws -> TargetClient {
        let loopback = try #require(Self.loopback)
        let range = try #require(AddressRange("127.0.0.1"))
        return TargetClient(
            TargetResolver(given ?? TargetRules(allowed: [range]), lookUp: { _ in [loopback] }))
    }

    @Test("the connection goes to the checked address, and the request keeps the name")
    func name() async throws {
        let receiver = try await WebhookReceiver.start { _ in .body(Data("{}".utf8)) }
        let client = try client()
        let url = try TargetURL("http://tickets.example:\(receiver.port)/hook?a=1")
        let answer = try await client.post(url, headers: [("X-A", "b")], body: Data("hello".utf8), within: .seconds(60))
        #expect(answer == TargetAnswer(status: 200, body: Data("{}".utf8)))
        let request = try #require(receiver.requests.first)
        #expect(request.headers["host"] == "tickets.example:\(receiver.port)")
        #expect(request.headers["x-a"] == "b" && request.path == "/hook?a=1" && request.body == Data("hello".utf8))
        await client.shutDown()
        await receiver.close()
    }

    @Test("a refused address is not connected to")
    func refused() async throws {
        let receiver = try await WebhookReceiver.start()
        let client = try client(TargetRules())
        for host in ["tickets.example", "127.0.0.1", "2130706433"] {
            let url = try TargetURL("http://\(host):\(receiver.port)/")
            await #expect(throws: TargetFailure.self) {
                try await client.post(url, headers: [], body: Data(), within: .seconds(5))
            }
        }
        #expect(receiver.requests.isEmpty)
        await client.shutDown()
        await receiver.close()
    }

    @Test("a redirect is an answer and is not followed")
    func redirect() async throws {
        let other = try await WebhookReceiver.start()
        let receiver = try await WebhookReceiver.start { _ in .redirect(to: other.url) }
        let client = try client()
        let answer = try await client.post(
            try TargetURL(receiver.url), headers: [], body: Data(), within: .seconds(60))
        #expect(answer.status == 302 && other.requests.isEmpty && receiver.requests.count == 1)
        await client.shutDown()
        for one in [receiver, other] { await one.close() }
    }

    @Test(
        "a target that says nothing costs the time that it may have, and one that talks on only what is read of it",
        .timeLimit(.minutes(1)))
    func bounds() async throws {
        let silent = try await WebhookReceiver.start { _ in .silence }
        let wordy = try await WebhookReceiver.start { _ in .body(Data(repeating: 65, count: 1 << 20)) }
        let client = try client()
        await #expect(throws: TargetFailure("no answer in time", isLate: true)) {
            try await client.post(try TargetURL(silent.url), headers: [], body: Data(), within: .milliseconds(200))
        }
        let answer = try await client.post(
            try TargetURL(wordy.url), headers: [], body: Data(), within: .seconds(60), bodyLimit: 1_000)
        #expect(answer == TargetAnswer(status: 200))
        let closed = wordy.port
        await wordy.close()
        await #expect(throws: TargetFailure.self) {
            try await client.post(
                try TargetURL("http://gone.example:\(closed)/"), headers: [], body: Data(), within: .seconds(5))
        }
        await client.shutDown()
        await silent.close()
    }
}

@Suite("Signatures")
struct WebhookSignatureTests {
    private let body = Data(#"{"id":"evt_1","text":"退款"}"#.utf8)
    private let time = Date(timeIntervalSince1970: 1_763_885_731.9)

    @Test("the header is what the recipe in docs/webhooks.md gives")
    func value() {
        // hmac.new(b"whsec_test", b"1763885731." + body, hashlib.sha256).hexdigest() of Python.
        #expect(
            WebhookSignature.value(for: body, secrets: ["whsec_test"], at: time)
                == "t=1763885731,v1=aebf221aad73002581b0b3f4fd166524bbb0af6232bc8cdaa45f94f98cd0b77b")
    }

    @Test("either of two secrets is enough; another secret, body, time or form is not")
    func validity() {
        let header = WebhookSignature.value(for: body, secrets: ["new", "old"], at: time)
        func isValid(
            _ header: String, body: Data? = nil, secret: String = "new", after seconds: TimeInterval = 0
        ) -> Bool {
            WebhookSignature.isValid(
                header, of: body ?? self.body, secret: secret, at: time.addingTimeInterval(seconds))
        }
        #expect(isValid(header) && isValid(header, secret: "old"))
        #expect(isValid(header, after: 299) && isValid(header, after: -299))
        #expect(!isValid(header, secret: "other") && !isValid(header, body: Data("{}".utf8)))
        #expect(!isValid(header, after: 302) && !isValid(header, after: -302))
        #expect(!isValid(header + ",t=1763885731") && !isValid("") && !isValid("t=1763885731"))
        let one = WebhookSignature.value(for: body, secrets: ["new"], at: time)
        #expect(isValid(one) && !isValid(String(one.dropLast())) && !isValid(one.replacing("v1=", with: "v0=")))
    }

    @Test("secrets are long, and no two are alike")
    func secrets() {
        let secrets = (0..<8).map { _ in WebhookSignature.newSecret() }
        #expect(Set(secrets).count == 8 && secrets.allSatisfy { $0.hasPrefix("whsec_") && $0.count == 70 })
        #expect("\(WebhookSecrets(current: secrets[0], previous: secrets[1]))".contains("whsec") == false)
    }
}
