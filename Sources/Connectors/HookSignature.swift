import Crypto
import Foundation

/// The signatures that the other systems put on their requests.
enum HookSignature {
    /// Zammad's `X-Hub-Signature: sha1=<hex>`: the HMAC-SHA1 of the body, keyed with the token.
    static func isZammads(_ header: String?, of body: Data, token: String) -> Bool {
        guard let bytes = bytes(of: header, after: "sha1=", count: 20) else { return false }
        let key = SymmetricKey(data: Data(token.utf8))
        // Compares in constant time.
        return HMAC<Insecure.SHA1>.isValidAuthenticationCode(bytes, authenticating: body, using: key)
    }

    /// Chatwoot's `X-Chatwoot-Signature: sha256=<hex>`: the HMAC-SHA256 of the time in `X-Chatwoot-Timestamp`, a full stop and the
    /// body, keyed with the bot's secret. A request may be five minutes old.
    static func isChatwoots(_ header: String?, time: String?, of body: Data, secret: String, at now: Date) -> Bool {
        guard let time, time.utf8.count <= 20, let seconds = Int64(time),
            abs(now.timeIntervalSince1970 - Double(seconds)) <= 300,
            let bytes = bytes(of: header, after: "sha256=", count: 32)
        else { return false }
        let key = SymmetricKey(data: Data(secret.utf8))
        return HMAC<SHA256>.isValidAuthenticationCode(
            bytes, authenticating: Data("\(time).".utf8) + body, using: key)
    }

    /// Whether two texts are the same, without telling by its time where they differ.
    static func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// A new secret: 256 random bits in hexadecimal.
    static func newSecret() -> String {
        SymmetricKey(size: .bits256).withUnsafeBytes { bytes in
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
    }

    private static func bytes(of header: String?, after prefix: String, count: Int) -> [UInt8]? {
        guard let header, header.utf8.count == prefix.utf8.count + 2 * count, header.utf8.starts(with: prefix.utf8)
        else { return nil }
        let digits = header.utf8.dropFirst(prefix.utf8.count).compactMap {
            Character(UnicodeScalar($0)).hexDigitValue
        }
        guard digits.count == 2 * count else { return nil }
        return (0..<count).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }
}
