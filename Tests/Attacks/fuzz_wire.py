#!/usr/bin/env python3
"""Damaged and hostile requests, bodies and frames for every route and frame: each is answered or refused, and nothing falls over.

[SECONDS] [SEED]. Routes, fields and queries come from docs/openapi.json, so that a new call is attacked without a word here.
"""
import json
import random
import struct
import urllib.parse

from attacklib import *

seconds = float(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("ATTACK_LENGTH", 60))
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1

# Seconds that an answer may take, on a machine that is busy with all of this.
PATIENCE = 20
MEMORY = 200  # MB that may be taken beyond what the first seconds took

document = json.loads((ROOT / "docs/openapi.json").read_text())
attack = Attack()
data = trained_folder("fuzz-wire")
# An app of its own for each attacker, so that one who erases or closes everything leaves the others their conversations.
keys = [secret_key(data, f"all {number}", "chat", "classify", "search", "agent", "admin", more=("--app", f"app{number}"))
        for number in range(3)]
server = Server(data, "--secret-rate", "1000000")

TEXTS = ["", " ", "a", "hello", "退款", "😀", "\0", "\x1b[31m", "a" * 2_000, "a" * 2_001, "e\u0301", "\u202e", "\ufeff",
         "\uffff", "\U0010ffff", "{{x}}", "{{#x}}", "'; DROP TABLE message;--", "../../etc/passwd", "%00", "null", "1e999",
         "<script>", "en", "zh-Hant", "en-US-x-private", "order.status", "out_of_scope", "2026-02-30", "A1234567", "9" * 40,
         "一百万亿亿亿", "-0", "up", "bot,waiting", "me", "none", "json", "csv", "\u0301" * 500, "http://127.0.0.1/", "me@x.example"]
NUMBERS = [0, 1, -1, 5, 50, 500, 501, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -2**63, 2**64, 10**30, 1.5, -0.0, 1e308, 5e-324]
BYTES = [b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\u0000", b"\\ud800", b"\xff", b"\xf0\x9f", b"\0", b"\r\n", b"1e999", b"-",
         b'"a":' * 50, b"[" * 200, b" " * 5_000]


class Chance(random.Random):
    def text(self):
        if self.random() < 0.7:
            return self.choice(TEXTS)
        return "".join(chr(self.choice([self.randrange(32, 127), self.randrange(32), self.randrange(0x20, 0x3000),
                                        self.randrange(0x4E00, 0x9FFF), self.randrange(0x1F300, 0x1FAFF)]))
                       for _ in range(self.randrange(60)))

    def value(self, depth=0):
        kind = self.random()
        if kind < 0.4 or depth > 4:
            return self.text()
        if kind < 0.6:
            return self.choice(NUMBERS)
        if kind < 0.75:
            return self.choice([True, False, None])
        if kind < 0.88:
            return [self.value(depth + 1) for _ in range(self.randrange(5))]
        return {self.text(): self.value(depth + 1) for _ in range(self.randrange(5))}

    def of(self, schema, known, depth=0):
        """Mostly what the schema asks for, now and then anything."""
        if "$ref" in schema:
            return self.of(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], known, depth)
        if self.random() < 0.12 or depth > 6:
            return self.value()
        for name in ("oneOf", "anyOf", "allOf"):
            if name in schema:
                return self.of(self.choice(schema[name]), known, depth + 1)
        if "enum" in schema:
            return self.choice(schema["enum"])
        kind = schema.get("type")
        kind = self.choice(kind) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in schema:
            return {name: self.of(part, known, depth + 1) for name, part in schema.get("properties", {}).items()
                    if self.random() < 0.8}
        if kind == "array":
            return [self.of(schema.get("items", {}), known, depth + 1) for _ in range(self.choice([0, 1, 2, 3, 70]))]
        if kind in ("integer", "number"):
            return self.choice(NUMBERS)
        if kind == "boolean":
            return self.random() < 0.5
        return self.choice(known) if known and self.random() < 0.4 else self.text()

    def damaged(self, data):
        data = bytearray(data)
        for _ in range(self.randrange(1, 5)):
            place = self.randrange(len(data) + 1)
            fate = self.random()
            if fate < 0.4:
                data[place:place] = self.choice(BYTES)
            elif fate < 0.6 and place < len(data):
                data[place] = self.randrange(256)
            elif fate < 0.8:
                del data[place:place + self.randrange(1, 20)]
            else:
                del data[place:]
        return bytes(data)


routes = [(method.upper(), path, call) for path, calls in document["paths"].items() for method, call in calls.items()
          if method in ("get", "post", "put", "patch", "delete")]
statuses, faults, slowest, lock = {}, [], [0.0, ""], threading.Lock()


def note(kind, what, began, fault=None):
    took = time.monotonic() - began
    with lock:
        statuses[kind] = statuses.get(kind, 0) + 1
        if took > slowest[0]:
            slowest[:] = [took, what]
        if fault or took > PATIENCE:
            faults.append(f"{what}: {fault or f'{took:.0f} s'}")
            if len(faults) <= 10:
                attack.note(f"fault: {faults[-1][:400]}")


class Caller:
    """Sends requests of one app, with the ids that it has been told."""

    def __init__(self, number):
        self.chance, self.key = Chance(seed * 100 + number), keys[number % len(keys)]
        self.known, self.connection = [], None

    def learn(self, value):
        """Remembers ids of an answer."""
        if isinstance(value, dict):
            for name, part in value.items():
                if name in ("id", "conversation_id", "message_id") and isinstance(part, str):
                    self.known.append(part)
                self.learn(part)
        elif isinstance(value, list):
            for part in value[:5]:
                self.learn(part)
        # The newest, with some of each kind.
        kinds = {}
        for one in dict.fromkeys(reversed(self.known)):
            kinds.setdefault(one.split("_")[0], []).append(one)
        self.known = [one for kind in kinds.values() for one in kind[:15]][:90]

    def request(self):
        chance = self.chance
        method, path, call = ("POST", "/v1/conversations", {}) if not self.known else chance.choice(routes)
        for name in re.findall(r"\{\w+\}", path):
            # The ids of what the path is about, if any were told; now and then anything.
            kind = {"conversations": "conv_", "webhooks": "wh_"}.get(path.split("/")[2], "")
            fitting = [one for one in self.known if one.startswith(kind)]
            value = chance.choice(fitting) if fitting and chance.random() < 0.85 else chance.text()
            path = path.replace(name, urllib.parse.quote(value, safe=""))
        queries = {}
        for one in call.get("parameters", []):
            if "$ref" in one:
                one = document["components"]["parameters"][one["$ref"].rsplit("/", 1)[1]]
            if one["in"] == "query" and chance.random() < 0.5:
                queries[one["name"]] = chance.of(one.get("schema", {}), self.known)
        if queries:
            path += "?" + urllib.parse.urlencode({name: value if isinstance(value, str) else json.dumps(value)
                                                  for name, value in queries.items()})
        content = call.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        body = b"{}" if method == "POST" else None
        if content is not None:
            body = json.dumps(chance.of(content, self.known), ensure_ascii=chance.random() < 0.5).encode("utf8", "surrogatepass")
            if chance.random() < 0.1:
                body = chance.damaged(body)
        headers = [("Authorization", f"Bearer {self.key}")]
        if body is not None:
            headers.append(("Content-Type", "application/json" if chance.random() < 0.97 else chance.choice(["", "text/plain"])))
        if chance.random() < 0.05:
            headers.append(("Idempotency-Key", chance.choice(["a", "b", "x" * 300])))
        return method, path, request_bytes(method, path, headers, body)

    def step(self):
        method, path, sent = self.request()
        is_damaged = self.chance.random() < 0.04
        if is_damaged:
            sent = self.chance.damaged(sent)
        began, what = time.monotonic(), f"{method} {path[:200]}"
        try:
            if self.connection is None:
                self.connection = connect(server.port, PATIENCE)
                self.reader = Buffered(self.connection)
            self.connection.sendall(sent)
            if is_damaged:
                # It may wait for more of what it takes for an unfinished request.
                self.connection.settimeout(0.3)
            answer = read_response(self.reader, method)
        except TimeoutError:
            note("silence", what, began, None if is_damaged else "no answer")
            self.connection = self.connection.close()
            return
        except OSError:
            note("closed", what, began, None if server.is_alive else "the server is gone")
            self.connection = self.connection.close() if self.connection else None
            return
        is_fault = answer.status >= 500 and not (answer.status == 503 and b"overloaded" in answer.body)
        note(answer.status, what, began, f"{answer} to {sent[:1_000]!r}" if is_fault else None)
        try:
            value = answer.json
            if answer.status < 300:
                self.learn(value)
        except ValueError:
            pass
        if is_damaged or answer.headers.get("connection") == "close":
            self.connection = self.connection.close()


def frames(chance, known):
    """What a client sends: a frame of the wire format, or nearly."""
    kind = chance.choice(["start", "resume", "message", "message", "feedback", "typing", "read", "ping", "follow", "unfollow",
                          "follow_queue", "presence", chance.text()])
    value = {"type": kind}
    for name in ("conversation_id", "after", "text", "client_message_id", "intent", "slots", "message_id", "rating", "comment",
                 "on", "seq", "locale", "channel", "visitor", "metadata", "team", "status", "resume_token", "visitor_token"):
        if chance.random() < 0.3:
            value[name] = chance.choice(known) if known and name.endswith("_id") and chance.random() < 0.7 else chance.value()
    payload = json.dumps(value if chance.random() < 0.97 else chance.value(), ensure_ascii=chance.random() < 0.5)
    payload = payload.encode("utf8", "surrogatepass")
    if chance.random() < 0.15:
        payload = chance.damaged(payload)
    fate = chance.random()
    if fate < 0.75:
        return [frame(payload)]
    if fate < 0.83:
        middle = chance.randrange(len(payload) + 1)
        return [frame(payload[:middle], final=False), frame(b"x", opcode=9), frame(payload[middle:], opcode=0)]
    if fate < 0.93:
        return [frame(payload[:125], opcode=chance.randrange(16), final=chance.random() < 0.7, is_masked=chance.random() < 0.8)]
    if fate < 0.97:
        return [chance.damaged(frame(payload))]
    return [struct.pack("!BBQ", 0x81, 0xFF, chance.choice([2**63, 2**40, 70_000, 2**64 - 1]))]


def sockets(caller):
    """A socket's life: some frames, whatever comes back, and a cut."""
    chance, began = caller.chance, time.monotonic()
    try:
        with Socket(server.port, caller.key, timeout=PATIENCE) as socket:
            if chance.random() < 0.7:
                socket.send({"type": "start", "locale": "en"})
                ready = socket.next()
                if isinstance(ready, dict):
                    caller.learn(ready)
            for _ in range(chance.randrange(1, 30)):
                for one in frames(chance, caller.known):
                    socket.send(one)
                note("frame", "frame", time.monotonic())
            # Whoever was not closed by then is answered.
            socket.send({"type": "ping"})
            socket.socket.settimeout(5)
            while True:
                value = socket.next()
                if isinstance(value, tuple):
                    return note(f"close {value[1]}", "socket", began, "the server's own fault" if value[1] == 1011 else None)
                if value.get("type") == "error" and value.get("code") == "internal":
                    note("internal", "socket", began, value)
                if value.get("type") == "pong":
                    return note("pong", "socket", time.monotonic())
    except TimeoutError:
        # A frame whose length was damaged swallows the ping.
        note("socket silent", "socket", time.monotonic())
    except (OSError, ValueError):
        note("socket cut", "socket", time.monotonic(), None if server.is_alive else "the server is gone")


callers = [Caller(number) for number in range(6)]


def work(number):
    if number < 4:
        callers[number].step()
    else:
        sockets(callers[number])


with Clients(6, work):
    time.sleep(min(10, seconds / 4))
    memory = server.resident_megabytes()
    times, failed = turn_seconds(server.port, secret_key(data, "other", "chat", more=("--app", "other")),
                                 seconds - min(10, seconds / 4), pause=0.5)
time.sleep(4)
grown = server.resident_megabytes() - memory
for kind in sorted(statuses, key=str):
    attack.note(f"{kind}: {statuses[kind]}")
attack.check("the server lives", server.is_alive and server.is_ready)
attack.check("every request and frame is answered or refused", not faults,
             f"{sum(statuses.values())} with seed {seed}, the slowest in {slowest[0]:.1f} s, {len(faults)} faults")
attack.check("another client is served all the while", not failed and max(times) < PATIENCE,
             f"{len(times)} turns, the slowest in {max(times, default=0):.1f} s")
attack.check("nothing is logged as the server's own fault", not re.search(r"(?i)fatal error|\binternal\b", server.output))
attack.check("memory stays bounded", grown < MEMORY, f"{grown:.0f} MB more")
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
