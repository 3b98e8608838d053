internal import Crypto
public import Foundation

/// What proves to a target that a request comes from this server: `t=<seconds>,v1=<hex>`, with one `v1` for each secret. The value is
/// the HMAC-SHA256 of `t`, a full stop and the body, keyed with the secret's text.
public enum WebhookSignature {
    public static let header = "Frontdesk-Signature"
    /// How old a request may be, and how far ahead its clock.
    public static let tolerance: TimeInterval = 300

    public static func value(for body: Data, secrets: [String], at time: Date) -> String {
        let seconds = Int64(time.timeIntervalSince1970)
        let signatures = secrets.map { "v1=\(Self.hex(Self.code(body, seconds, secret: $0)))" }
        return (["t=\(seconds)"] + signatures).joined(separator: ",")
    }

    /// Whether a header is a signature of the body with the secret, made within the tolerance around `now`.
    public static func isValid(_ header: String, of body: Data, secret: String, at now: Date) -> Bool {
        let pairs = header.split(separator: ",").compactMap { part -> (name: Substring, value: Substring)? in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            return (part[..<equals], part[part.index(after: equals)...])
        }
        let times = pairs.filter { $0.name == "t" }.compactMap { Int64($0.value) }
        guard times.count == 1, abs(now.timeIntervalSince1970 - Double(times[0])) <= tolerance else { return false }
        var message = Data("\(times[0]).".utf8)
        message.append(body)
        let key = SymmetricKey(data: Data(secret.utf8))
        return pairs.contains { pair in
            guard pair.name == "v1", let bytes = bytes(pair.value) else { return false }
            // Compares in constant time.
            return HMAC<SHA256>.isValidAuthenticationCode(bytes, authenticating: message, using: key)
        }
    }

    /// A new secret: `whsec_` and 256 random bits in hexadecimal.
    public static func newSecret() -> String {
        "whsec_" + SymmetricKey(size: .bits256).withUnsafeBytes { hex(Array($0)) }
    }

    private static func code(_ body: Data, _ seconds: Int64, secret: String) -> [UInt8] {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Data(secret.utf8)))
        code.update(data: Data("\(seconds).".utf8))
        code.update(data: body)
        return Array(code.finalize())
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == hex.utf8.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
