#!/usr/bin/env python3
"""A webhook's target that fails half the time, while the server is killed every few seconds and everybody talks.

Every message that was acknowledged must arrive at least once, signed, under one id and in its conversation's order, and soon
after the last kill nothing may wait any more. [SECONDS] [CLIENTS]
"""
import hashlib
import hmac
import json
import random
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from attacklib import *

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 6

# Seconds between two kills, turns of one conversation, and how long what waits may take to arrive after the last kill.
# Seconds that a client thinks between two turns: this is about what a target's failures and kills do, not about how much a machine
# can send.
KILLS = (3, 6)
TURNS = 12
THINKING = 0.25
CALM = 60


class Target(ThreadingHTTPServer):
    """Keeps what it took, in the order of its coming; every second request is refused, cut off or redirected."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.chance = threading.Lock(), random.Random(7)
        self.secret, self.taken, self.requests, self.unsigned, self.moved = "", [], 0, 0, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def is_signed(self, header, body):
        pairs = [part.split("=", 1) for part in (header or "").split(",") if "=" in part]
        moments = [value for name, value in pairs if name == "t"]
        if len(moments) != 1 or abs(time.time() - int(moments[0])) > 300:
            return False
        code = hmac.new(self.secret.encode(), moments[0].encode() + b"." + body, hashlib.sha256).hexdigest()
        return any(name == "v1" and hmac.compare_digest(code, value) for name, value in pairs)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.moved += 1
        self.answer(200)

    def do_POST(self):
        target = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/hook":
            target.moved += 1
            return self.answer(200)
        event = json.loads(body)
        with target.lock:
            target.requests += 1
            fate = target.chance.random()
            target.unsigned += not target.is_signed(self.headers["Frontdesk-Signature"], body)
            if fate >= 0.5:
                target.taken.append((event["conversation"]["id"], event["message"]["id"], event["id"], event["message"]["seq"]))
        if fate >= 0.5:
            self.answer(200)
        elif fate < 0.1:
            # Nothing is answered at all.
            self.connection.close()
            self.close_connection = True
        elif fate < 0.15:
            self.answer(307)
        else:
            self.answer(503)

    def answer(self, status):
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


attack = Attack()
data = trained_folder("webhooks")
admin = secret_key(data, "owner", "admin", more=("--app", "shop"))
chat = secret_key(data, "chat", "chat", more=("--app", "shop"))
target = Target()
place = {"server": Server(data, "--webhooks-allow", "127.0.0.1")}
made = http(place["server"].port, "POST", "/v1/webhooks",
            {"url": f"http://127.0.0.1:{target.server_port}/hook", "events": ["message.created"]}, key=admin)
attack.check("a webhook is made", made.status == 201, made.status)
target.secret, hook = made.json["secret"], made.json["id"]

# What was acknowledged: (conversation, message id, seq), both the visitor's messages and the replies.
acknowledged, lock = [], threading.Lock()
talks = {}


def insist(method, path, body):
    """Asks until there is an answer, whoever is killed meanwhile; a message's id makes that safe."""
    while True:
        try:
            answer = http(place["server"].port, method, path, body, key=chat, timeout=20)
            if answer.status < 300:
                return answer.json
        except (OSError, TypeError):
            pass
        time.sleep(0.1)


def talk(number):
    conversation, turns = talks.get(number, (None, TURNS))
    if turns >= TURNS:
        conversation, turns = insist("POST", "/v1/conversations", {"locale": "en"})["id"], 0
    turn = insist("POST", f"/v1/conversations/{conversation}/messages",
                  {"text": random.choice(["hello", "where is my order", "thanks", "什么时候发货"]),
                   "client_message_id": uuid.uuid4().hex})
    with lock:
        for message in [turn["message"], *turn["replies"]]:
            acknowledged.append((conversation, message["id"], message["seq"]))
    talks[number] = (conversation, turns + 1)
    time.sleep(THINKING)


kills = 0
began = time.monotonic()
with Clients(clients, talk):
    while time.monotonic() - began < seconds:
        time.sleep(random.uniform(*KILLS))
        place["server"].stop(signal.SIGKILL)
        kills += 1
        place["server"] = Server(data, "--webhooks-allow", "127.0.0.1")
stopped = time.monotonic()


def left():
    with target.lock:
        there = {message for _, message, _, _ in target.taken}
    return [one for one in acknowledged if one[1] not in there]


first_left = len(left())
while left() and time.monotonic() - stopped < CALM:
    time.sleep(0.2)
waited = time.monotonic() - stopped
time.sleep(2)
missing = left()
with target.lock:
    taken = list(target.taken)
conversations, ids = {}, {}
for conversation, message, event, seq in taken:
    ids.setdefault(message, set()).add(event)
    seqs = conversations.setdefault(conversation, [])
    if seq not in seqs:
        seqs.append(seq)
shown = http(place["server"].port, "GET", f"/v1/webhooks/{hook}", key=admin).json
attack.note(f"{kills} kills, {len(acknowledged)} acknowledged messages in {len(conversations)} conversations, "
            f"{target.requests} requests, {len(taken)} taken, {len(taken) - len(ids)} of them twice")
attack.note(f"{first_left} were on their way at the last kill, {len(missing)} after {waited:.1f} s; "
            f"shown: {shown['state']}, {shown['pending']} pending, {shown['dead']} dead, {shown['dropped']} dropped")
attack.check("every acknowledged message has arrived", not missing, f"{len(missing)} missing")
attack.check("nothing waits, is dead or dropped", (shown["pending"], shown["dead"], shown["dropped"]) == (0, 0, 0))
disordered = [name for name, seqs in conversations.items() if seqs != list(range(1, len(seqs) + 1))]
attack.check("in each conversation in order, without a gap", not disordered, f"{len(disordered)} of {len(conversations)}")
attack.check("a message has one event, whatever happens", all(len(events) == 1 for events in ids.values()))
attack.check("every request is signed", target.unsigned == 0, f"{target.unsigned} of {target.requests} are not")
attack.check("no redirect is followed", target.moved == 0, target.moved)
attack.end()
