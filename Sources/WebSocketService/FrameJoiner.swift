import Foundation
import NIOCore
import NIOWebSocket

/// Joins the fragments of messages; holds at most one message's worth of bytes.
struct FrameJoiner {
    /// What a data frame completes.
    enum Outcome: Equatable {
        case text(Data)
        case binary
        case unfinished
        /// A continuation without a beginning, or a beginning before the end of another.
        case misplaced
        case tooBig
    }

    /// Bytes of a joined message.
    let limit: Int
    private var joined = ByteBuffer()
    /// The kind of the message whose last fragment has not come yet.
    private var open: WebSocketOpcode?

    init(limit: Int) {
        self.limit = limit
    }

    /// - Parameter frame: a text, binary or continuation frame.
    mutating func add(_ frame: WebSocketFrame) -> Outcome {
        let kind: WebSocketOpcode
        switch (frame.opcode, open) {
        case (.continuation, let begun?): kind = begun
        case (.continuation, nil): return .misplaced
        case (_, nil): kind = frame.opcode
        case (_, _?): return .misplaced
        }
        guard joined.readableBytes + frame.length <= limit else {
            joined = ByteBuffer()
            return .tooBig
        }
        if frame.fin, open == nil { return kind == .text ? .text(Data(frame.unmaskedData.readableBytesView)) : .binary }
        // Nobody reads what is binary, so it is not kept either.
        if kind == .text { joined.writeImmutableBuffer(frame.unmaskedData) }
        open = frame.fin ? nil : kind
        guard frame.fin else { return .unfinished }
        guard kind == .text else { return .binary }
        defer { joined = ByteBuffer() }
        return .text(Data(joined.readableBytesView))
    }
}
