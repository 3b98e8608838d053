#!/usr/bin/env python3
"""Heads of combining marks where an event loop reads them: no single head may hold up the connections that share its loop."""
from attacklib import *

# Processor time of one head, and how long it may take to be answered: 32 KiB are read, the rest is refused.
COST = 0.05
WAIT = 0.5

MARKS = ("\u0301\u0323" * 19_900).encode()
attack = Attack()
data = trained_folder("marks-loop")
for number in range(10):
    publishable_key(data, f"page{number}", f"https://shop{number}.example")
server = Server(data)

UPGRADE = b"GET /v1/ws HTTP/1.1\r\nHost: x\r\n"
SOCKET = (b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
          b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")


def lines(name, start, size, count):
    """Header lines with values of `size` bytes."""
    return (name + b": " + start + MARKS[:size // 4 * 4] + b"\r\n") * count


def cost(name, head, statuses):
    """What one head costs. `statuses` are the answers that are right."""
    before, began = server.processor_seconds(), time.monotonic()
    connection = connect(server.port, 60)
    try:
        connection.sendall(head)
        answer = read_response(connection)
        status = answer.status
        if status in (400, 431):
            attack.check(f"{name}: the refusal is a problem", answer.headers.get("content-type") == "application/problem+json",
                         repr(answer))
            if status == 431:
                attack.check(f"{name}: the connection is closed", is_closed(connection))
    except OSError as error:
        status = type(error).__name__
    finally:
        took = time.monotonic() - began
        connection.close()
    used = server.processor_seconds() - before
    attack.check(name, status in statuses and used < COST and took < WAIT + 1.2 * (status == 431),
                 f"{len(head)} bytes, {status}, {took:.2f} s, {used:.2f} s of processor time")


# A client that is refused while it still sends may find the connection reset: that is an answer too.
REFUSED = (431, 400, "ConnectionError", "ConnectionResetError", "BrokenPipeError")
cost("one Upgrade line of 80 kB", UPGRADE + lines(b"Upgrade", b"w", 79_600, 1) + b"Connection: Upgrade\r\n\r\n", REFUSED)
cost("20 Upgrade lines of 80 kB", UPGRADE + lines(b"Upgrade", b"w", 79_600, 20) + b"Connection: Upgrade\r\n\r\n", REFUSED)
cost("20 Connection lines of 80 kB", UPGRADE + b"Upgrade: websocket\r\n" + lines(b"Connection", b"u", 79_600, 20) + b"\r\n", REFUSED)
cost("20 lines of protocols of 80 kB", UPGRADE + SOCKET + lines(b"Sec-WebSocket-Protocol", b"b", 79_600, 20) + b"\r\n", REFUSED)
cost("an Origin of 80 kB", b"GET / HTTP/1.1\r\nHost: x\r\n" + lines(b"Origin", b"h", 79_600, 1) + b"\r\n", REFUSED)
cost("a preflight with an Origin of 80 kB", b"OPTIONS /x HTTP/1.1\r\nHost: x\r\nAccess-Control-Request-Method: GET\r\n"
     + lines(b"Origin", b"h", 79_600, 1) + b"\r\n", REFUSED)
cost("256 header lines", b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + b"X-Line: 1\r\n" * 256 + b"\r\n", (431,))
cost("33 kB of short lines", b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + (b"X-Line: " + b"a" * 400 + b"\r\n") * 85 + b"\r\n", (431,))

# Just within the limits: as many marks as can be sent, in values that the event loop or a library compares.
cost("60 Upgrade lines of 500 bytes", UPGRADE + lines(b"Upgrade", b"w", 500, 60) + b"Connection: Upgrade\r\n\r\n", (400, 401, 404, 431))
cost("60 Connection lines of 500 bytes", b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + lines(b"Connection", b"c", 500, 60) + b"\r\n", (200, 431))
cost("3 cookies of 8 kB", b"GET /health/live HTTP/1.1\r\nHost: x\r\n" + lines(b"Cookie", b"c", 8_000, 3) + b"\r\n", (200,))
cost("a path of 4 kB of escaped marks", b"GET /v1/x" + b"%CC%81%CC%A3" * 330 + b" HTTP/1.1\r\nHost: x\r\n\r\n", (404,))
cost("a usual head", b"GET /health/live HTTP/1.1\r\nHost: x\r\nUser-Agent: attack\r\nAccept: */*\r\n\r\n", (200,))

attack.check("the server ends by itself", server.stop() == 0)
attack.end()
