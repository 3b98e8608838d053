import Foundation
import NIOCore
import NIOWebSocket
import Testing

@testable import WebSocketService

@Suite("Joining fragments")
struct FrameJoinerTests {
    private static func frame(_ opcode: WebSocketOpcode, _ text: String, isLast: Bool = true) -> WebSocketFrame {
        WebSocketFrame(fin: isLast, opcode: opcode, data: ByteBuffer(string: text))
    }

    @Test("messages come out whole, one after the other")
    func joins() {
        var joiner = FrameJoiner(limit: 6)
        let outcomes = [
            joiner.add(Self.frame(.text, "abc")), joiner.add(Self.frame(.text, "de", isLast: false)),
            joiner.add(Self.frame(.continuation, "", isLast: false)), joiner.add(Self.frame(.continuation, "f")),
            joiner.add(Self.frame(.text, "")), joiner.add(Self.frame(.binary, "x", isLast: false)),
            joiner.add(Self.frame(.continuation, "y")), joiner.add(Self.frame(.text, "123456")),
        ]
        #expect(
            outcomes == [
                .text(Data("abc".utf8)), .unfinished, .unfinished, .text(Data("def".utf8)), .text(Data()), .unfinished,
                .binary, .text(Data("123456".utf8)),
            ])
    }

    @Test("fragments out of place and too many bytes are told apart")
    func refuses() {
        var joiner = FrameJoiner(limit: 6)
        #expect(joiner.add(Self.frame(.continuation, "a")) == .misplaced)
        #expect(joiner.add(Self.frame(.text, "abcdefg")) == .tooBig)
        #expect(joiner.add(Self.frame(.text, "abcdef", isLast: false)) == .unfinished)
        #expect(joiner.add(Self.frame(.text, "a")) == .misplaced)
        #expect(joiner.add(Self.frame(.continuation, "g")) == .tooBig)
    }
}
