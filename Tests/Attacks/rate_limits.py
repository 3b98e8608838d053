#!/usr/bin/env python3
"""Every call that a publishable key can make, as fast as it goes: what is let through, and what it costs."""
from attacklib import *

attack = Attack()
data = trained_folder("limits")
page = publishable_key(data, "page", "https://shop.example")
ORIGIN = [("Origin", "https://shop.example")]
server = Server(data)
SECONDS = 3


def visitor(source="127.0.0.2", origin=ORIGIN):
    return Connection(server.port, page, origin, source=source)


with visitor("127.0.0.1") as connection:
    conversation = connection.request("POST", "/v1/conversations", {}).json["id"]
    reply = connection.request("POST", f"/v1/conversations/{conversation}/messages", {"text": "hi"}).json["replies"][0]["id"]
BASE = f"/v1/conversations/{conversation}"


def burst(name, most, method, path, value=None, origin=ORIGIN):
    """Four connections of one address for some seconds."""
    connections, statuses = [visitor(origin=origin) for _ in range(4)], []

    def step(number):
        statuses.append(connections[number].request(method, path, value).status)
    with Clients(4, step) as clients:
        time.sleep(SECONDS)
    served = sum(status != 429 for status in statuses)
    attack.check(f"{name}: at most {most} of one address in {SECONDS} s", served <= most, f"{served} of {len(statuses)}")
    for connection in connections:
        connection.close()
    time.sleep(1.5)


CALLS = 50 * (SECONDS + 1) + 20
burst("history", CALLS, "GET", BASE + "/messages")
burst("the conversation", CALLS, "GET", BASE)
burst("feedback", CALLS, "POST", BASE + "/feedback", {"message_id": reply, "rating": "down", "comment": "x" * 2000})
burst("closing", CALLS, "POST", BASE + "/close", {})
burst("a key where it does not work", CALLS, "POST", "/v1/conversations", {}, [("Origin", "https://evil.example")])
burst("starts", 20 * (SECONDS + 1) + 5, "POST", "/v1/conversations", {})

given, began = 0, time.monotonic()
while time.monotonic() - began < SECONDS:
    try:
        Socket(server.port, page, "https://shop.example", source="127.0.0.2").close()
        given += 1
    except Refused as refused:
        if refused.response.status != 429:
            raise
attack.check(f"handshakes: at most {CALLS} of one address in {SECONDS} s", given <= CALLS, given)
time.sleep(1.5)

# Long messages cost more than short ones.
counts = {}
for name, text in (("short", "hello"), ("long", "二" * 1_990)):
    starts = [visitor("127.0.0.4") for _ in range(8)]
    talks = [one.request("POST", "/v1/conversations", {}).json["id"] for one in starts]
    counts[name] = 0
    time.sleep(1.5)

    def say(number):
        answer = starts[number].request("POST", f"/v1/conversations/{talks[number]}/messages", {"text": f"{counts[name]} {text}"})
        if answer.status == 200:
            counts[name] += 1
        else:
            time.sleep(0.1)
    with Clients(8, say):
        time.sleep(SECONDS)
    for one in starts:
        one.close()
    time.sleep(3)
attack.check("an address gets far fewer long messages through than short ones", counts["long"] * 4 < counts["short"], counts)
events = json.loads(run("audit", "list", "--json", data=data).stdout) if server.stop() == 0 else []
limits = {event["detail"]: event["count"] for event in events if event["action"] == "limit.hit"}
attack.check("the limits that were hit are in the audit log", limits.get("call-rate", 0) > 0 and limits.get("address-rate", 0) > 0, limits)
attack.check("the audit log holds no key and no text", "fd_" not in json.dumps(events) and "二" not in json.dumps(events))
attack.end()
