public import ConversationDomain
public import Wire

/// What the head of a request may have, the same on every wire.
///
/// A head is looked at by much code that is not ours, on event loops too, and much of that compares values as Swift does, which takes
/// n² steps for a run of n combining marks (``ConversationDomain/UTF8Text``). ASCII needs no such care.
public enum HeadLimits {
    /// Bytes of the target and of all names and values.
    public static let bytes = 32 * 1024
    public static let fields = 100
    /// Bytes of the target, which is ASCII.
    public static let target = 4 * 1024
    /// Bytes of one value of ASCII, or of a cookie, which nobody looks at.
    public static let value = 8 * 1024
    /// Bytes of a value that has others than ASCII.
    public static let foreignValue = 512
    /// Bytes of `Origin` and `Host`.
    public static let origin = 300
    /// Bytes of `Authorization` and `Sec-WebSocket-Protocol`.
    public static let credential = 512
    /// Bytes of the name of a query parameter, escapes resolved.
    public static let parameterName = 256

    /// What is wrong with a head, in the words of the refusal.
    public enum Fault: Error, Hashable, Sendable {
        /// Too many bytes or fields: 431.
        case tooLarge(String)
        /// Not of the form of a head: 400.
        case malformed(String)
        /// It did not come in time: 408.
        case slow(String)
        /// Asks for what is not done: 417.
        case unexpected(String)

        public static let late = Self.slow("the request's head did not come in time")
        public static let head = Self.tooLarge("the request's head has more than \(bytes) bytes or \(fields) fields")

        public var message: String {
            switch self {
            case .tooLarge(let message), .malformed(let message), .slow(let message), .unexpected(let message): message
            }
        }

        public var status: Int {
            switch self {
            case .tooLarge: 431
            case .malformed: 400
            case .slow: 408
            case .unexpected: 417
            }
        }

        public var error: ChatError {
            switch self {
            case .tooLarge(let message): ChatError(.tooLarge, message)
            case .malformed(let message), .slow(let message), .unexpected(let message):
                ChatError(.invalidRequest, message)
            }
        }
    }

    /// Looks at the bytes alone.
    /// - Parameter fields: names, which the parser of the wire has found to be ASCII, with their values.
    public static func fault(target: String, fields: some Sequence<(name: String, value: String)>) -> Fault? {
        guard target.utf8.count <= Self.target else { return .tooLarge("the path is longer than \(Self.target) bytes") }
        guard target.utf8.allSatisfy(isASCII) else { return .malformed("the path has bytes that are not ASCII") }
        var count = 0
        for (name, value) in fields {
            count += 1
            // Most values are short, and short ones need no look at their names.
            if value.utf8.count > origin, value.utf8.count > limit(of: name, value) {
                return .tooLarge("the header \(UTF8Text(name).beginning(64)) is too long")
            }
        }
        return count > Self.fields ? .head : nil
    }

    private static func limit(of name: String, _ value: String) -> Int {
        switch UTF8Text(name).lowercasedASCII {
        case "origin", "host": origin
        case "authorization", "sec-websocket-protocol": credential
        case "cookie": Self.value
        default: value.utf8.allSatisfy(isASCII) ? Self.value : foreignValue
        }
    }

    private static func isASCII(_ byte: UInt8) -> Bool { byte < 0x80 }
}

/// Sent by a service to the connection when it begins to read a request's body, for clients that ask with
/// `Expect: 100-continue` whether it is wanted.
public struct BodyIsWanted: Sendable {
    public init() {}
}

/// `Authorization: Bearer KEY`.
public enum BearerCredential {
    /// The key; nil when the header has another form, or more bytes than any key.
    public static func key(_ authorization: String?) -> UTF8Text? {
        guard let value = authorization.flatMap({ UTF8Text($0, atMost: HeadLimits.credential) }),
            let (scheme, key) = value.divided(at: " "), scheme.lowercasedASCII == "bearer"
        else { return nil }
        return key.trimmed
    }
}

extension HeadLimits.Fault {
    /// The status in words.
    public var title: String {
        switch self {
        case .tooLarge: "Request Header Fields Too Large"
        case .malformed: ChatError.Code.invalidRequest.title
        case .slow: "Request Timeout"
        case .unexpected: "Expectation Failed"
        }
    }
}

extension Problem {
    /// A head that is too large has a status of its own.
    public init(_ fault: HeadLimits.Fault, requestID: String) {
        self.init(fault.error, status: fault.status, title: fault.title, requestID: requestID)
    }
}
