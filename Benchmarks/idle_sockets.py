#!/usr/bin/env python3
"""What idle WebSockets cost the server, and what they do to a busy one.

    Benchmarks/idle_sockets.py [--sockets 10000] [--idle 20] [--encoder all-minilm-l6-v2]

Opens one busy socket and measures its turns; opens the idle ones, each with a conversation of its own, and measures how fast
they open, how much memory each takes, what their heartbeats cost, and the busy socket's turns again; then asks the server
to end and counts the sockets that were told so (close code 1001).
"""
import argparse
import base64
import json
import os
import resource
import select
import socket
import sys
import tempfile
import time
from pathlib import Path

from serving import ROOT, Frontdesk, end_services_with_this_process, machine, percentile, save
from turns import SENTENCES

MASK = b"\x1f\x2e\x3d\x4c"


def frame(value):
    """A masked text frame."""
    data = json.dumps(value).encode()
    size = len(data)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
    return head + MASK + bytes(byte ^ MASK[index % 4] for index, byte in enumerate(data))


class Socket:
    """A WebSocket; `frames` takes what has arrived off its buffer."""

    def __init__(self, port, key, address="127.0.0.1"):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(address, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            f"GET /v1/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {nonce}\r\n"
            f"Sec-WebSocket-Protocol: frontdesk.v1, bearer.{key}\r\n\r\n").encode() + frame({"type": "start", "locale": "en"}))
        self.buffer = b""
        self.is_upgraded = False

    def receive(self):
        data = self.socket.recv(65536)
        self.buffer += data
        if not self.is_upgraded and b"\r\n\r\n" in self.buffer:
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            if not head.startswith(b"HTTP/1.1 101"):
                sys.exit(f"no socket: {head.decode()} {self.buffer.decode()}")
            self.is_upgraded = True
        return bool(data)

    def frames(self):
        """(opcode, payload) of every whole frame."""
        while self.is_upgraded and len(self.buffer) >= 2:
            start, size = 2, self.buffer[1] & 0x7F
            if size == 126:
                if len(self.buffer) < 4:
                    return
                start, size = 4, int.from_bytes(self.buffer[2:4], "big")
            if len(self.buffer) < start + size:
                return
            opcode, payload = self.buffer[0] & 0x0F, self.buffer[start:start + size]
            self.buffer = self.buffer[start + size:]
            yield opcode, payload

    def wait(self, kind, **fields):
        """Blocks until an object of this type that has these fields."""
        while True:
            for opcode, payload in self.frames():
                if opcode == 1 and (value := json.loads(payload)).items() >= {"type": kind, **fields}.items():
                    return value
            if not self.receive():
                sys.exit("the server closed a socket")


def turns(busy, count):
    """Latencies in ms from a message to the end of its turn, which may have several replies."""
    latencies = []
    for number in range(count):
        busy.sequence = getattr(busy, "sequence", 0) + 1
        began = time.perf_counter()
        text = f"{SENTENCES[number % len(SENTENCES)]} {busy.sequence}"
        busy.socket.sendall(frame({"type": "message", "client_message_id": f"m{busy.sequence}", "text": text}))
        busy.wait("typing", on=False)
        latencies.append((time.perf_counter() - began) * 1000)
    return {"p50_ms": percentile(latencies, 0.5), "p99_ms": percentile(latencies, 0.99)}


def open_sockets(port, key, count, together=200):
    """Opens sockets, some at a time, until each has its conversation."""
    sockets, poll, pending = {}, select.epoll(), 0
    opened = 0
    while len(sockets) < count or pending:
        while len(sockets) < count and pending < together:
            # One source address has some 28,000 ports.
            one = Socket(port, key, f"127.0.0.{2 + len(sockets) // 20000}")
            sockets[one.socket.fileno()] = one
            poll.register(one.socket.fileno(), select.EPOLLIN)
            pending += 1
        for number, _ in poll.poll(30):
            if not sockets[number].receive():
                sys.exit("the server closed a socket")
            for opcode, payload in sockets[number].frames():
                if opcode == 1 and json.loads(payload)["type"] == "ready":
                    pending -= 1
                    opened += 1
                    poll.unregister(number)
    poll.close()
    return list(sockets.values())


def heartbeats(sockets, seconds, interval):
    """Pings from every socket, spread over the interval, for some seconds; gives how many were answered."""
    ping, began, sent, answered = frame({"type": "ping"}), time.monotonic(), 0, 0
    poll, by_number = select.epoll(), {one.socket.fileno(): one for one in sockets}
    for number in by_number:
        poll.register(number, select.EPOLLIN)
    while (elapsed := time.monotonic() - began) < seconds or answered < sent:
        due = int(min(elapsed, seconds) / interval * len(sockets))
        while sent < due:
            sockets[sent % len(sockets)].socket.sendall(ping)
            sent += 1
        for number, _ in poll.poll(0.02):
            if not by_number[number].receive():
                sys.exit("the server closed an idle socket")
            answered += sum(1 for opcode, _ in by_number[number].frames() if opcode == 1)
        if elapsed > seconds + 30:
            break
    poll.close()
    return sent, answered


def goodbyes(sockets):
    """How many sockets got close code 1001."""
    told = 0
    for one in sockets:
        one.socket.settimeout(10)
        try:
            while one.receive():
                pass
        except OSError:
            pass
        told += any(opcode == 8 and payload[:2] == (1001).to_bytes(2, "big") for opcode, payload in one.frames())
        one.socket.close()
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk")
    parser.add_argument("--models", default=ROOT / "data/models")
    parser.add_argument("--encoder", default="all-minilm-l6-v2", choices=["all-minilm-l6-v2", "multilingual-e5-small"])
    parser.add_argument("--sockets", type=int, default=10_000)
    parser.add_argument("--idle", type=float, default=20, help="seconds to watch the idle sockets")
    parser.add_argument("--turns", type=int, default=300)
    options = parser.parse_args()
    end_services_with_this_process()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < options.sockets + 200:
        sys.exit(f"{options.sockets} sockets need more open files than the limit of {hard} (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    with tempfile.TemporaryDirectory(prefix="frontdesk-sockets-") as folder:
        server = Frontdesk(
            options.program, options.models, options.encoder, Path(folder),
            ["--max-sockets", options.sockets + 100, "--secret-rate", 1_000_000])
        try:
            server.wait("/health/ready", accept=lambda status: status == 200)
            report = measure(server, options)
        finally:
            server.stop()
    save("idle_sockets", report)


def measure(server, options):
    key = server.key("sockets")
    busy = Socket(server.port, key)
    heartbeat = busy.wait("ready")["heartbeat_s"]
    turns(busy, 50)
    alone, memory = turns(busy, options.turns), server.memory()

    began, cpu = time.monotonic(), server.cpu_seconds()
    sockets = open_sockets(server.port, key, options.sockets)
    opening, opening_cpu = time.monotonic() - began, server.cpu_seconds() - cpu
    each = (server.memory() - memory) / options.sockets

    began, cpu = time.monotonic(), server.cpu_seconds()
    sent, answered = heartbeats(sockets, options.idle, heartbeat / 2)
    share = (server.cpu_seconds() - cpu) / (time.monotonic() - began)
    among = turns(busy, options.turns)
    total = server.memory()

    server.process.terminate()
    began = time.monotonic()
    told = goodbyes(sockets)
    _, code = server.stop()
    ending = time.monotonic() - began

    report = {
        "machine": machine(), "encoder": options.encoder, "sockets": options.sockets, "turns_alone": alone,
        "turns_among_idle": among, "opened_per_second": options.sockets / opening,
        "open_cpu_ms": 1000 * opening_cpu / options.sockets, "bytes_per_socket": each, "resident_bytes": total,
        "heartbeats": {"sent": sent, "answered": answered, "per_second": sent / options.idle, "share_of_a_core": share},
        "shutdown": {"seconds": ending, "told_1001": told, "exit_code": code},
    }
    print(f"{options.sockets} idle sockets, {options.encoder}, {report['machine']['cores']} cores")
    print(f"  turns among them ÷ alone     p50 {among['p50_ms'] / alone['p50_ms']:.2f}, p99 {among['p99_ms'] / alone['p99_ms']:.2f}")
    print(f"  turns alone                  p50 {alone['p50_ms']:.2f} ms, p99 {alone['p99_ms']:.2f} ms")
    print(f"  turns among them             p50 {among['p50_ms']:.2f} ms, p99 {among['p99_ms']:.2f} ms")
    print(f"  opened                       {report['opened_per_second']:.0f}/s, {report['open_cpu_ms']:.2f} ms CPU each (a stored conversation included)")
    print(f"  memory                       {each / 1000:.1f} kB each, {total / 1e6:.0f} MB resident in all")
    print(f"  heartbeats                   {sent / options.idle:.0f}/s, {answered} of {sent} answered, {share:.1%} of a core")
    print(f"  shutdown                     {ending:.1f} s, exit code {code}, {told} of {options.sockets} told with 1001")
    return report


if __name__ == "__main__":
    main()
