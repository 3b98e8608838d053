#!/usr/bin/env python3
"""Combining marks where text is compared, and long messages: what a few clients do to everybody else.

A run of n marks out of their canonical order takes n² steps to compare as Swift's strings do. [CLIENTS] [SECONDS]
"""
from attacklib import *

clients = int(sys.argv[1]) if len(sys.argv) > 1 else 4
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10

# What a hostile request may cost the server, and how long anybody else's turn may take meanwhile. A turn takes some milliseconds;
# on a busy machine with two cores it waits for those of the attackers.
COST = 0.010
TURN = 0.5

MARKS = "\u0301\u0323"
attack = Attack()
data = trained_folder("marks")
secret = secret_key(data, "victim", "chat")
page = publishable_key(data, "page", "https://shop.example")
server = Server(data)


def told(times, failed):
    return (f"{len(times)} turns, p50 {percentile(times, .5) * 1000:.0f} ms, p95 {percentile(times, .95) * 1000:.0f} ms, "
            f"max {max(times, default=0) * 1000:.0f} ms, {failed} failed")


def flood(name, step, size, cost=COST):
    """Runs `step` in all clients while another one has its turns."""
    before = server.processor_seconds()
    with Clients(clients, step) as flood:
        times, failed = turn_seconds(server.port, secret, seconds)
    used = server.processor_seconds() - before
    count = max(1, flood.done)
    attack.note(f"{name}: {told(times, failed)} | {flood.done} hostile requests, {count * size / flood.seconds / 1000:.0f} kB/s, "
                f"server {used / flood.seconds * 100:.0f} % of a core")
    attack.check(f"{name}: a turn stays fast", times and failed == 0 and percentile(times, .95) < TURN,
                 f"p95 {percentile(times, .95) * 1000:.0f} ms, {failed} failed")
    if cost:
        attack.check(f"{name}: a hostile request is cheap", used / count < cost, f"{used / count * 1000:.2f} ms of processor time")


attack.note("before: " + told(*turn_seconds(server.port, secret, 3)))


def raw(head):
    def step(_):
        connection = connect(server.port, 60)
        try:
            connection.sendall(head)
            read_response(connection)
        finally:
            connection.close()
    return step


def head(marks):
    return b"GET /nothing HTTP/1.1\r\nHost: x\r\nOrigin: h" + marks.encode() + b"\r\nConnection: close\r\n\r\n"


for name, size in (("an Origin of 80 kB", 19_900), ("an Origin of 7 kB", 1_750), ("an Origin of 280 bytes", 70)):
    flood(name, raw(head(MARKS * size)), len(head(MARKS * size)))

lines = b"GET /v1/ws HTTP/1.1\r\nHost: x\r\n" + b"".join(
    b"Upgrade: w" + (MARKS * 19_900).encode() + b"\r\n" for _ in range(20)) + b"Connection: Upgrade\r\n\r\n"
flood("a head of 1.6 MB of Upgrade lines", raw(lines), len(lines))

hostile = frame(json.dumps({"type": "s" + MARKS * 15_900}, ensure_ascii=False))


def bad_frames(_):
    with Socket(server.port, page, "https://shop.example", timeout=60) as hostile_socket:
        for _ in range(4):
            hostile_socket.send(hostile)
        for _ in range(4):
            hostile_socket.next()


flood("WebSocket frames whose type is 64 kB of marks", bad_frames, 4 * len(hostile), cost=4 * COST)

# Within all limits: one address, a publishable key, texts of 2,000 characters that are not in any cache.
conversations = {}


def long_turn(number):
    connection = conversations.get(number)
    if connection is None:
        connection = Connection(server.port, page, [("Origin", "https://shop.example")], timeout=60)
        answer = connection.request("POST", "/v1/conversations", {})
        if answer.status != 201:
            connection.close()
            raise OSError("not yet")
        connection.path, connection.count = f"/v1/conversations/{answer.json['id']}/messages", 0
        conversations[number] = connection
    connection.count += 1
    text = f"{number} {connection.count} " + "二" * 2000
    if connection.request("POST", connection.path, {"text": text[:2000]}).status != 200:
        raise OSError("too fast")


flood("long messages within the limits", long_turn, 6000, cost=None)
attack.note("after: " + told(*turn_seconds(server.port, secret, 3)))
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
