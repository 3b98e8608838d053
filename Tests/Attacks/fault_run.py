#!/usr/bin/env python3
"""Everything at once: sockets that are cut, agents, a failing webhook, and a server that is killed every few seconds.

What was acknowledged must be there once, unchanged and in one order for REST, sockets and webhook, and while an agent has a
conversation the bot must say nothing in it. --duration SECONDS is 60 unless ATTACK_LENGTH says otherwise.
"""
import argparse
import json
import random
import select
import socket as sockets
import sqlite3
import struct
import uuid

from attacklib import *
from target import Target

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--duration", type=float, default=float(os.environ.get("ATTACK_LENGTH", 60)))
parser.add_argument("--sockets", type=int, default=200)
parser.add_argument("--conversations", type=int, default=50)
parser.add_argument("--agents", type=int, default=4)
parser.add_argument("--rest", type=int, default=6)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
random.seed(options.seed)

# Seconds between two kills, and between two messages of a socket; how long what waits may take to arrive after the last kill.
KILLS = (3, 6)
THINKING = (1.5, 5)
CALM = 200
# Shares of the messages with which a socket is cut, half a frame is all that is sent, a message is sent twice, and reading rests.
CUT, TORN, TWICE, RESTING = 0.06, 0.03, 0.06, 0.03
BUSY = ("rate_limited", "overloaded", "not_ready")
TEXTS = ["where is my order {}", "hello {}", "退款什么时候到账 {}", "my coupon {} does not work", "转人工 {}", "thanks {}",
         "what is the weather on day {}", "I want to return item {}"]

attack = Attack()
data = trained_folder("fault-run")
admin = secret_key(data, "owner", "admin", more=("--app", "shop"))
chat = secret_key(data, "chat", "chat", more=("--app", "shop"))
agents = [secret_key(data, f"agent {number}", "agent", more=("--app", "shop")) for number in range(options.agents)]
FLAGS = ("--webhooks-allow", "127.0.0.1", "--secret-rate", "100000")
target = Target()
place = {"server": Server(data, *FLAGS)}
over = threading.Event()
lock = threading.Lock()
counts, faults = {}, []


def count(name, more=1):
    with lock:
        counts[name] = counts.get(name, 0) + more


def fault(text):
    with lock:
        faults.append(text)
    if len(faults) <= 20:
        attack.note(f"fault: {text}")


class Talk:
    """What everybody was told about one conversation."""

    def __init__(self, name):
        self.name, self.lock = name, threading.Lock()
        # By client_message_id: the text that was sent, and (seq, text, message id or None) as it was acknowledged.
        self.sent, self.acknowledged = {}, {}
        # By seq, message ids as REST, agents and sockets were shown them.
        self.shown = {}
        # (after, up to): seqs in which an agent had it.
        self.agent_had = []

    def show(self, seq, message, who):
        with self.lock:
            known = self.shown.setdefault(seq, message)
        if known != message:
            fault(f"{self.name}: {who} saw {message} at {seq}, somebody else {known}")

    def acknowledge(self, client, seq, text, message=None):
        with self.lock:
            before = self.acknowledged.get(client)
            if before is None or before[2] is None:
                self.acknowledged[client] = (seq, text, message)
        if before is not None and (before[0] != seq or None not in (before[2], message) and before[2] != message):
            fault(f"{self.name}: {client} was acknowledged at {before[0]} and again at {seq}")


def ask(method, path, key, value=None, whole=False):
    """Asks until there is an answer, whoever is killed meanwhile; None when the run is over. Any 2xx and 409 is an answer."""
    while not over.is_set():
        try:
            answer = http(place["server"].port, method, path, value, key=key, timeout=20)
            if answer.status < 300 or answer.status == 409:
                return answer
            if answer.status not in (429, 503):
                fault(f"{method} {path}: {answer}")
        except (OSError, TypeError, ValueError):
            count("requests cut")
        time.sleep(0.05)
    return None


def words(talk, client):
    text = random.choice(TEXTS).format(client)
    with talk.lock:
        talk.sent[client] = text
    return text


def take_turn(talk, turn, client, text, who):
    talk.acknowledge(client, turn["message"]["seq"], text, turn["message"]["id"])
    for message in [turn["message"], *turn["replies"]]:
        talk.show(message["seq"], message["id"], who)


def rest(_):
    """A program that carries a visitor's words; now and then it repeats old ones."""
    talk = random.choice(talks)
    client = uuid.uuid4().hex
    path, text = f"/v1/conversations/{talk.name}/messages", words(talk, client)
    answer = ask("POST", path, chat, {"text": text, "client_message_id": client})
    if answer is None or answer.status == 409:
        return
    take_turn(talk, answer.json, client, text, "REST")
    count("acknowledged over REST")
    if random.random() < 0.1:
        again = ask("POST", path, chat, {"text": text, "client_message_id": client})
        if again is not None and again.status != 409 and again.body != answer.body:
            fault(f"{talk.name}: {client} came back with another body")
        count("repeated over REST")
    time.sleep(random.uniform(0.3, 1))


def agent(number):
    """Takes a conversation, says something, now and then twice, and gives it back; nobody but the visitor speaks meanwhile."""
    talk, key = random.choice(talks), agents[number % len(agents)]
    path = f"/v1/conversations/{talk.name}"
    taken = ask("POST", path + "/take", key, {})
    if taken is None or taken.status == 409:
        return time.sleep(0.2)
    # A turn that had begun before is in the history by now, and nothing else of the bot's comes.
    first = ask("GET", path, key)
    for _ in range(random.randint(1, 4)):
        client = uuid.uuid4().hex
        with talk.lock:
            talk.sent[client] = text = f"an agent says {client}"
        for _ in range(1 if random.random() > 0.2 else 2):
            answer = ask("POST", path + "/replies", key, {"text": text, "client_message_id": client})
            if answer is None:
                return
            if answer.status == 409:
                fault(f"{talk.name}: {answer} while the agent had it")
                continue
            message = answer.json["message"]
            talk.acknowledge(client, message["seq"], text, message["id"])
            talk.show(message["seq"], message["id"], "an agent")
            count("acknowledged to agents")
        time.sleep(random.uniform(0.1, 1))
    last = ask("GET", path, key)
    if first is not None and last is not None:
        with talk.lock:
            talk.agent_had.append((first.json["last_seq"], last.json["last_seq"]))
        count("taken by agents")
    ask("POST", path + "/return", key, {})
    time.sleep(random.uniform(0.1, 0.5))


class Visitor:
    """One socket of one conversation, with what it still has to hear of."""

    def __init__(self, number):
        self.number, self.talk, self.last, self.open = number, talks[number % len(talks)], 0, None

    def live(self):
        while not over.is_set():
            socket = None
            try:
                small = 4_096 if self.number % 10 == 0 else None
                socket = Socket(place["server"].port, chat, timeout=15, receive_buffer=small)
                socket.send({"type": "resume", "conversation_id": self.talk.name, "after": self.last})
                self.follow(socket)
            except (OSError, TypeError, ValueError):
                count("sockets cut")
                over.wait(random.uniform(0.02, 0.2))
            finally:
                if socket:
                    socket.close()

    def frame(self, socket, until):
        """The next object; None when there is none until then."""
        while True:
            held, reader = socket.reader.rest, socket.reader
            if len(held) >= 2:
                size, head = held[1] & 127, 2
                if size == 126 and len(held) >= 4:
                    size, head = struct.unpack("!H", held[2:4])[0], 4
                elif size == 127 and len(held) >= 10:
                    size, head = struct.unpack("!Q", held[2:10])[0], 10
                if (held[1] & 127 < 126 or head > 2) and len(held) >= head + size:
                    value = socket.next()
                    if isinstance(value, tuple):
                        raise ConnectionError(f"closed with {value[1]}")
                    return value
            left = until - time.monotonic()
            if left <= 0 or over.is_set():
                return None
            if select.select([socket.socket], [], [], min(left, 0.5))[0]:
                reader.more()

    def hear(self, message):
        """A message in its place; those that are shown again for a repeated id are old."""
        if message["seq"] > self.last:
            if message["seq"] != self.last + 1:
                fault(f"{self.talk.name}: a socket got {message['seq']} after {self.last}")
            self.last = message["seq"]
        self.talk.show(message["seq"], message["id"], "a socket")

    def take(self, value):
        kind = value["type"]
        if kind == "message":
            self.hear(value["message"])
        elif kind == "ack":
            client, seq = value["client_message_id"], value["seq"]
            with self.talk.lock:
                text = self.talk.sent.get(client)
            if text is None:
                return fault(f"{self.talk.name}: an ack of {client}, which nobody sent")
            if seq > self.last:
                if seq != self.last + 1:
                    fault(f"{self.talk.name}: a socket got the ack of {seq} after {self.last}")
                self.last = seq
            self.talk.acknowledge(client, seq, text)
            if self.open and self.open[0] == client:
                self.open = None
                count("acknowledged on sockets")
        elif kind == "error" and value["code"] not in BUSY:
            fault(f"{self.talk.name}: {value}")

    def follow(self, socket):
        ready = self.frame(socket, time.monotonic() + 15)
        if ready is None or ready["type"] != "ready":
            if ready is not None and ready.get("code") not in BUSY:
                fault(f"{self.talk.name}: resume after {self.last}: {ready}")
            raise ConnectionError("no ready")
        if ready["last_seq"] < self.last:
            fault(f"{self.talk.name}: ends at {ready['last_seq']}, a socket had {self.last}")
        count("resumed")
        due = time.monotonic() + (0 if self.open else random.uniform(*THINKING))
        while not over.is_set():
            value = self.frame(socket, due)
            if value is not None:
                self.take(value)
            if time.monotonic() >= due:
                self.say(socket)
                due = time.monotonic() + random.uniform(*THINKING)

    def say(self, socket):
        """A new message, or the one that nobody acknowledged; then perhaps something goes wrong."""
        if self.open is None:
            client = uuid.uuid4().hex
            self.open = (client, words(self.talk, client))
        else:
            count("sent again on sockets")
        sent = {"type": "message", "client_message_id": self.open[0], "text": self.open[1]}
        fate = random.random()
        if fate < TORN:
            socket.socket.sendall(frame(json.dumps(sent))[:20])
            raise ConnectionError("torn")
        socket.send(sent)
        if fate < TORN + CUT:
            # Half of them with a reset.
            if fate < TORN + CUT / 2:
                socket.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            raise ConnectionError("cut")
        if fate < TORN + CUT + TWICE:
            socket.send(sent)
            count("sent twice on sockets")
        elif fate < TORN + CUT + TWICE + RESTING:
            count("readers that rested")
            over.wait(random.uniform(2, 10))


def history(talk):
    messages = []
    while True:
        page = http(place["server"].port, "GET", f"/v1/conversations/{talk.name}/messages?limit=500&after={len(messages)}",
                    key=chat, timeout=60).json
        messages += page["messages"]
        if not page["messages"]:
            return messages, page["last_seq"]


def judge(talk, messages, last_seq, events):
    """Compares one conversation as it is stored with all that was told of it."""
    def at(seq):
        return messages[seq - 1] if seq <= len(messages) else {"seq": seq, "id": None, "text": None, "from": None}

    name = talk.name
    if [one["seq"] for one in messages] != list(range(1, len(messages) + 1)) or last_seq != len(messages):
        fault(f"{name}: the history has gaps, or not {last_seq} messages")
    for client, (seq, text, message) in talk.acknowledged.items():
        stored = at(seq)
        if stored["text"] != text or message not in (None, stored["id"]):
            fault(f"{name}: {client}, acknowledged at {seq}, is lost or another: {stored}")
    for seq, message in talk.shown.items():
        if at(seq)["id"] != message:
            fault(f"{name}: {message} was shown at {seq}, {at(seq)['id']} is stored")
    said = [one["text"] for one in messages if one["from"] != "bot"]
    for text in set(said):
        if said.count(text) > 1 or text not in talk.sent.values():
            fault(f"{name}: {text!r} is stored {said.count(text)} times, or was never sent")
    for first, last in talk.agent_had:
        for seq in range(first + 1, last + 1):
            if at(seq)["from"] == "bot":
                fault(f"{name}: the bot spoke at {seq} while an agent had {first + 1} to {last}")
    # The events: each message has one id and is told of, first tries of all in order; the status goes one way only.
    ids, order, status, seen = {}, [], "bot", set()
    for event in events:
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        if event["type"] == "conversation.status_changed":
            if event["previous_status"] != status:
                fault(f"{name}: the status was {status}, the event says {event['previous_status']}")
            status = event["status"]
        elif event["type"] == "message.created":
            message = event["message"]
            ids.setdefault(message["id"], set()).add(event["id"])
            order.append(message["seq"])
            if message["from"] == "bot" and event["conversation"]["status"] == "agent":
                fault(f"{name}: the event of the bot's {message['seq']} says that an agent has it")
            if at(message["seq"])["id"] != message["id"]:
                fault(f"{name}: an event tells of {message['id']} at {message['seq']}, which is not stored there")
    if order != list(range(1, len(order) + 1)):
        fault(f"{name}: the events came out of order or with gaps")
    if any(len(one) > 1 for one in ids.values()):
        fault(f"{name}: a message has two events")
    return max(0, len(messages) - len(order))


def events_by_conversation():
    result = {}
    with target.lock:
        for event in target.taken:
            result.setdefault(event["conversation"]["id"], []).append(event)
    return result


made = http(place["server"].port, "POST", "/v1/webhooks", {"url": f"http://127.0.0.1:{target.server_port}/hook"}, key=admin)
attack.check("a webhook is made", made.status == 201, made.status)
target.secret, hook = made.json["secret"], made.json["id"]
talks = [Talk(ask("POST", "/v1/conversations", chat, {"locale": "en"}).json["id"]) for _ in range(options.conversations)]
visitors = [threading.Thread(target=Visitor(number).live, daemon=True) for number in range(options.sockets)]
began, kills = time.monotonic(), 0
with Clients(options.rest, rest), Clients(options.agents, agent):
    for thread in visitors:
        thread.start()
    while time.monotonic() - began < options.duration:
        time.sleep(random.uniform(*KILLS))
        place["server"].stop(signal.SIGKILL if random.random() < 0.8 else signal.SIGTERM)
        kills += 1
        place["server"] = Server(data, *FLAGS)
    over.set()
for thread in visitors:
    thread.join(30)
place["server"].stop(signal.SIGKILL)
place["server"] = Server(data, *FLAGS)
# A target that has failed too often rests for up to a minute or two; then it takes everything.
target.failing, stopped = False, time.monotonic()
stories = [(talk, *history(talk)) for talk in talks]
while time.monotonic() - stopped < CALM:
    shown = http(place["server"].port, "GET", f"/v1/webhooks/{hook}", key=admin).json
    if shown["pending"] == 0:
        break
    time.sleep(0.2)
waited = time.monotonic() - stopped
events = events_by_conversation()
untold = sum(judge(talk, messages, last, events.get(talk.name, [])) for talk, messages, last in stories)

for name in sorted(counts):
    attack.note(f"{name}: {counts[name]}")
stored = sum(len(messages) for _, messages, _ in stories)
attack.note(f"{kills} kills in {time.monotonic() - began:.0f} s; {stored} messages in {len(talks)} conversations; "
            f"{target.requests} webhook requests, {len(target.taken)} taken; the last {waited:.1f} s after the end")
acknowledged = sum(len(talk.acknowledged) for talk in talks)
attack.check("everything that was acknowledged is there, once and in order, for everybody", not faults,
             f"{acknowledged} messages, {len(faults)} faults")
attack.check("every message's event has arrived", untold == 0 and shown["pending"] == 0,
             f"{untold} missing, {shown['pending']} pending")
attack.check("no event was given up", (shown["dead"], shown["dropped"]) == (0, 0))
attack.check("every request is signed, no redirect is followed", (target.unsigned, target.moved) == (0, 0))
attack.check("there was something to lose", kills > 0 and counts.get("acknowledged on sockets", 0) > 0
             and counts.get("acknowledged to agents", 0) > 0 and counts.get("taken by agents", 0) > 0)
attack.check("the server ends by itself", place["server"].stop() == 0)
with sqlite3.connect(data / "frontdesk.sqlite") as database:
    attack.check("the database is sound", database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                 and database.execute("PRAGMA foreign_key_check").fetchall() == [])
attack.end()
