#!/usr/bin/env python3
"""WebSocket frames and handshakes that RFC 6455 forbids, and floods of small frames."""
import struct
from attacklib import *

attack = Attack()
data = trained_folder("sockets")
key = secret_key(data, "all", "chat")
page = publishable_key(data, "page", "https://shop.example")
server = Server(data, "--secret-rate", "100000")
MESSAGE = json.dumps({"type": "message", "client_message_id": "m", "text": "hello"})


def raw_frame(first, payload=b"", is_masked=True):
    """A frame with any first byte."""
    bytes_ = frame(payload, is_masked=is_masked)
    return bytes([first]) + bytes_[1:]


def closes(name, sent, code):
    """Sends bytes within a conversation; the server must close with the code."""
    with Socket(server.port, key) as socket_:
        socket_.send({"type": "start"})
        socket_.until("ready")
        socket_.send(sent)
        try:
            last = socket_.until("close")[-1]
        except OSError as error:
            last = error
        attack.check(f"{name} closes with {code}", isinstance(last, tuple) and last[1] == code, last)


def code(number, reason=b""):
    return frame(struct.pack("!H", number) + reason, opcode=8)


closes("an unmasked message", frame(MESSAGE, is_masked=False), 1002)
closes("an unmasked close", frame(struct.pack("!H", 1000), opcode=8, is_masked=False), 1002)
for bits in (0x40, 0x20, 0x10, 0x70):
    closes(f"the reserved bits {bits:#x}", raw_frame(0x81 | bits, MESSAGE), 1002)
closes("a reserved bit on a ping", raw_frame(0xC9), 1002)
for opcode in (3, 7, 11, 15):
    closes(f"the opcode {opcode}", frame(b"x", opcode=opcode), 1002)
closes("a fragmented ping", frame(b"x", opcode=9, final=False), 1002)
closes("a ping of 126 bytes", frame(b"x" * 126, opcode=9), 1002)
closes("a continuation of nothing", frame(b"x", opcode=0), 1002)
closes("a message begun twice", frame("{", final=False) * 2, 1002)
closes("half a close code", frame(b"\x03", opcode=8), 1002)
for number in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535):
    closes(f"the close code {number}", code(number), 1002)
closes("a reason that is not UTF-8", code(1000, b"\xff\xfe"), 1007)
closes("a right close", code(1000, "再见".encode()), 1000)
closes("a frame beyond 64 KiB", frame(b"a" * 65_537), 1009)
closes("fragments beyond 64 KiB", frame(b"a" * 60_000, final=False) + frame(b"a" * 60_000, opcode=0), 1009)
closes("a length with its highest bit", struct.pack("!BBQ", 0x81, 0xFF, 2**64 - 1), 1009)
closes("many bad frames", frame("nope") * 6, 4400)


def handshake(nonces, headers=()):
    fields = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
              ("Sec-WebSocket-Protocol", f"frontdesk.v1, bearer.{key}")]
    return http(server.port, "GET", "/v1/ws", headers=fields + [("Sec-WebSocket-Key", nonce) for nonce in nonces] + list(headers)).status


for name, nonces in {"no key": [], "a short key": ["abc"], "an empty key": [""], "a key of 17 bytes": ["A" * 22 + "AA=="],
                     "two keys": ["dGhlIHNhbXBsZSBub25jZQ=="] * 2}.items():
    attack.check(f"a handshake with {name} is refused", handshake(nonces) == 400, handshake(nonces))
attack.check("a handshake with a body is refused", handshake(["dGhlIHNhbXBsZSBub25jZQ=="], [("Content-Length", "5")]) == 400)
attack.check("a right handshake is not", handshake(["dGhlIHNhbXBsZSBub25jZQ=="]) == 101)

for name, bytes_ in {"pings": frame(b"x" * 100, opcode=9), "JSON pings": frame('{"type":"ping"}'),
                     "typing": frame('{"type":"typing","on":true}')}.items():
    with Socket(server.port, page, "https://shop.example") as socket_:
        socket_.send({"type": "start"})
        socket_.until("ready")
        before, began, sent, last = server.processor_seconds(), time.monotonic(), 0, None

        def drain():
            global last
            try:
                while True:
                    opcode, payload = socket_.receive()
                    if opcode == 8:
                        last = struct.unpack("!H", payload[:2])[0]
            except OSError:
                pass
        reader = threading.Thread(target=drain, daemon=True)
        reader.start()
        try:
            while time.monotonic() - began < 3:
                socket_.send(bytes_ * 500)
                sent += 500
        except OSError:
            pass
        reader.join(5)
        cost = server.processor_seconds() - before
        attack.check(f"a flood of {name} is cut", last == 4429, f"{last} after {sent} frames, {cost:.1f} s of processor time")
attack.check("others are served", http(server.port, "GET", "/health/live").status == 200)
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
