#!/usr/bin/env python3
"""A webhook's target that fails half the time, while the server is killed every few seconds and everybody talks.

Every message that was acknowledged must arrive at least once, signed, under one id and in its conversation's order, and soon
after the last kill nothing may wait any more. [SECONDS] [CLIENTS]
"""
import random
import uuid

from attacklib import *
from target import Target

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60
clients = int(sys.argv[2]) if len(sys.argv) > 2 else 6

# Seconds between two kills, turns of one conversation, and how long what waits may take to arrive after the last kill.
# Seconds that a client thinks between two turns: this is about what a target's failures and kills do, not about how much a machine
# can send.
KILLS = (3, 6)
TURNS = 12
THINKING = 0.25
CALM = 60


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
        there = {event["message"]["id"] for event in target.taken}
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
for event in taken:
    seq = event["message"]["seq"]
    ids.setdefault(event["message"]["id"], set()).add(event["id"])
    seqs = conversations.setdefault(event["conversation"]["id"], [])
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
