import Glibc

/// Runs a plan: waits for answers, and sends the next request of each connection that got one.
struct LoadLoop {
    /// Silence after which the measurement is given up, in milliseconds.
    private static let patience: Int32 = 30_000

    private let plan: LoadPlan
    private let address: sockaddr_in
    private var connections: [Connection] = []
    /// The connections' sockets in their order, negative when closed. For the few hundred that a plan has, `poll` is
    /// cheap enough.
    private var sockets: [pollfd] = []
    private var open: Int
    private var latencies: [UInt64] = []
    private var failures: [String] = []
    private var request: [UInt8] = []

    init(_ plan: LoadPlan) throws {
        guard plan.connections > 0, !plan.callers.isEmpty, !plan.sentences.isEmpty else {
            throw LoadFailure("a plan needs connections, callers and sentences")
        }
        self.plan = plan
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = plan.port.bigEndian
        guard inet_pton(AF_INET, plan.host, &address.sin_addr) == 1 else {
            throw LoadFailure("'\(plan.host)' is not an IPv4 address")
        }
        self.address = address
        for index in 0..<plan.connections {
            connections.append(try Connection(RequestWriter(plan, connection: index), address: address))
        }
        sockets = connections.map { pollfd(fd: $0.socket, events: Int16(POLLIN), revents: 0) }
        open = connections.count
    }

    mutating func run() throws -> LoadReport {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { room.deallocate() }
        let cpu = Self.cpuSeconds()
        let began = Self.nanoseconds()
        let end = began + UInt64(plan.seconds * 1e9)
        for index in connections.indices { send(index, Self.nanoseconds()) }
        while open > 0 {
            let count = poll(&sockets, nfds_t(sockets.count), Self.patience)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                for _ in 0..<open { failures.append("no answer within \(Self.patience / 1000) s") }
                break
            }
            for index in sockets.indices where sockets[index].revents != 0 { try takeAnswer(index, room, end: end) }
        }
        let seconds = Double(Self.nanoseconds() - began) / 1e9
        return LoadReport(
            latencies: latencies, seconds: seconds, cpuSeconds: Self.cpuSeconds() - cpu, failures: failures)
    }

    private mutating func takeAnswer(_ index: Int, _ room: UnsafeMutableRawBufferPointer, end: UInt64) throws {
        let progress = try connections[index].receive(through: room)
        let now = Self.nanoseconds()
        switch progress {
        case .unfinished: return
        case .closed:
            fail(index, "the service closed the connection")
            return
        case .answered(status: 200): latencies.append(now - connections[index].sentAt)
        case .answered: failures.append(connections[index].excerpt)
        }
        guard now < end else {
            close(index)
            return
        }
        if connections[index].isClosing {
            try connections[index].reopen(address)
            sockets[index].fd = connections[index].socket
        }
        send(index, now)
    }

    /// - Parameter now: when the call began; a connection that it had to open first counts.
    private mutating func send(_ index: Int, _ now: UInt64) {
        if !connections[index].send(now: now, through: &request) {
            fail(index, "the service took no request")
        }
    }

    private mutating func fail(_ index: Int, _ reason: String) {
        failures.append(reason)
        close(index)
    }

    private mutating func close(_ index: Int) {
        connections[index].close()
        sockets[index].fd = -1
        open -= 1
    }

    private static func nanoseconds() -> UInt64 { time(of: CLOCK_MONOTONIC) }

    /// What this program has cost so far, the system's share included.
    private static func cpuSeconds() -> Double { Double(time(of: CLOCK_PROCESS_CPUTIME_ID)) / 1e9 }

    private static func time(of clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
