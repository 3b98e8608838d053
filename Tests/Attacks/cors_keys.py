#!/usr/bin/env python3
"""Thousands of publishable keys: what a request from a page costs, and whether keys that come and go are followed at once."""
import hashlib
import sqlite3

from attacklib import *

KEYS = 2_000
attack = Attack()
data = trained_folder("cors")
key = publishable_key(data, "page", "https://shop.example")
server = Server(data)


def preflight(origin):
    headers = [("Origin", origin), ("Access-Control-Request-Method", "POST")]
    answer = http(server.port, "OPTIONS", "/v1/conversations", headers=headers)
    return answer.status, answer.headers.get("access-control-allow-origin")


def rate(headers, seconds=3):
    """Requests a second of one connection, and processor milliseconds of each."""
    with Connection(server.port, headers=headers) as connection:
        count, before, began = 0, server.processor_seconds(), time.monotonic()
        while time.monotonic() - began < seconds:
            connection.request("GET", "/health/live")
            count += 1
        return count / seconds, (server.processor_seconds() - before) / count * 1000


attack.check("the key's origin is allowed", preflight("https://shop.example") == (204, "https://shop.example"))
for origin in ("https://evil.example", "null", "https://shop.example.evil", "https://evil.example#https://shop.example", "self", "*"):
    attack.check(f"{origin} is not allowed", preflight(origin) == (403, None), preflight(origin))

database = sqlite3.connect(Path(data) / "frontdesk.sqlite")
for number in range(KEYS):
    database.execute(
        "INSERT INTO api_key VALUES (?, ?, ?, 'publishable', '[\"chat\"]', ?, ?, 'fd_pk_x', 0, NULL, NULL)",
        (f"key_{number:029d}", f"k{number}", f"a{number}", json.dumps([f"https://shop{number}.example"]),
         hashlib.sha256(str(number).encode()).digest()))
database.commit()

without, cheap = rate([])
foreign, dear = rate([("Origin", "https://evil.example")])
attack.note(f"{KEYS + 2} keys: {without:.0f} requests/s without Origin ({cheap:.2f} ms of processor time each), "
            f"{foreign:.0f} with ({dear:.2f} ms)")
attack.check("a page's request costs little more than another", foreign > without / 2, f"{foreign:.0f} of {without:.0f} requests/s")

# While something is committed all the time, as in a busy server.
secret = secret_key(data, "busy", "chat")
conversation = http(server.port, "POST", "/v1/conversations", {}, key=secret).json["id"]


def talk(_):
    http(server.port, "POST", f"/v1/conversations/{conversation}/messages", {"text": "hello"}, key=secret)


with Clients(1, talk):
    alone = rate([])
    busy = rate([("Origin", "https://evil.example")])
attack.check("also while turns are committed", busy[0] > alone[0] / 3, f"{busy[0]:.0f} of {alone[0]:.0f} requests/s")

attack.check("the last of many keys is known", preflight(f"https://shop{KEYS - 1}.example")[0] == 204)
run("keys", "create", "--name", "new", "--publishable", "--origin", "https://new.example", data=data)
attack.check("a key works when it has been made", preflight("https://new.example") == (204, "https://new.example"))
run("keys", "revoke", "new", data=data)
attack.check("a revoked key's origin is refused", preflight("https://new.example") == (403, None), preflight("https://new.example"))
started = http(server.port, "POST", "/v1/conversations", {}, key=key, headers=[("Origin", "https://shop.example")])
attack.check("the page's key starts a conversation", started.status == 201, started)
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
