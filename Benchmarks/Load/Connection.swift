import Glibc

/// One connection: what it sent, and what has arrived of the answer.
struct Connection {
    enum Progress {
        case unfinished, closed
        case answered(status: Int)
    }

    private(set) var socket: Int32
    /// When the request under way was sent, in nanoseconds.
    private(set) var sentAt: UInt64 = 0
    private let writer: RequestWriter
    /// Requests that were sent.
    private var count = 0
    private var answer: [UInt8] = []
    private var head: AnswerHead?

    init(_ writer: RequestWriter, address: sockaddr_in) throws {
        self.writer = writer
        socket = try Self.connect(to: address)
    }

    func close() { Glibc.close(socket) }

    /// Sends the next request, which fits into a socket's buffer; false when the connection is gone.
    /// - Parameter buffer: room that the connections share.
    mutating func send(now: UInt64, through buffer: inout [UInt8]) -> Bool {
        buffer.removeAll(keepingCapacity: true)
        writer.append(count, to: &buffer)
        count += 1
        sentAt = now
        answer.removeAll(keepingCapacity: true)
        head = nil
        acknowledgeAtOnce()
        return Glibc.send(socket, buffer, buffer.count, Int32(MSG_NOSIGNAL)) == buffer.count
    }

    /// Some servers write head and body apart and leave Nagle's algorithm on: they would wait 40 ms for a delayed
    /// acknowledgement, and nothing else would be measured. The option holds for a while only, so it is set again and again.
    private func acknowledgeAtOnce() {
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_QUICKACK, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Takes what has arrived.
    /// - Throws: ``LoadFailure`` for an answer of unknown length.
    mutating func receive(through buffer: UnsafeMutableRawBufferPointer) throws -> Progress {
        let received = recv(socket, buffer.baseAddress, buffer.count, 0)
        guard received > 0 else { return .closed }
        acknowledgeAtOnce()
        answer += buffer[..<received]
        if head == nil { head = try AnswerHead(answer) }
        guard let head, answer.count >= head.length else { return .unfinished }
        return .answered(status: head.status)
    }

    /// The beginning of the last answer, to show why it was a refusal.
    var excerpt: String { String(decoding: answer.prefix(400), as: UTF8.self) }

    /// The server closes behind its answers, so that each request pays for a connection of its own.
    var isClosing: Bool { head?.isClosing ?? false }

    mutating func reopen(_ address: sockaddr_in) throws {
        close()
        socket = try Self.connect(to: address)
    }

    private static func connect(to address: sockaddr_in) throws -> Int32 {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw LoadFailure.system("socket") }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw LoadFailure.system("connect") }
        return socket
    }
}

/// What must be known of an answer's head.
struct AnswerHead {
    let status: Int
    /// Bytes of head and body.
    let length: Int
    let isClosing: Bool

    private static let lengthName = Array("content-length:".utf8)
    private static let closingLine = Array("connection: close".utf8)

    /// Nil while the head has not arrived whole.
    /// - Throws: ``LoadFailure`` when it does not tell the body's length.
    init?(_ bytes: [UInt8]) throws {
        var body: Int?
        var isClosing = bytes.starts(with: "HTTP/1.0".utf8)
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\r")), end + 1 < bytes.count {
            let line = bytes[start..<end]
            if line.isEmpty {
                guard let body, bytes.count > 11 else {
                    throw LoadFailure(
                        "an answer without Content-Length: \(String(decoding: bytes.prefix(300), as: UTF8.self))")
                }
                status = Self.number(bytes[9...11])
                length = end + 2 + body
                self.isClosing = isClosing
                return
            }
            if Self.begins(line, with: Self.lengthName) {
                body = Self.number(line.dropFirst(Self.lengthName.count).drop { $0 == UInt8(ascii: " ") })
            } else if Self.begins(line, with: Self.closingLine) {
                isClosing = true
            }
            start = end + 2
        }
        return nil
    }

    /// - Parameter name: in lower case.
    private static func begins(_ line: ArraySlice<UInt8>, with name: [UInt8]) -> Bool {
        line.count >= name.count && zip(line, name).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int {
        digits.reduce(0) { $0 * 10 + Int($1) - Int(UInt8(ascii: "0")) }
    }
}
