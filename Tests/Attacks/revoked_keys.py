#!/usr/bin/env python3
"""Keys that are revoked, expire or are turned against the page that they are for, while their sockets are open."""
from attacklib import *

attack = Attack()
data = trained_folder("revoked")
key = secret_key(data, "kept", "chat", more=("--app", "a"))
brief = secret_key(data, "gone", "chat", more=("--app", "a"))
page = publishable_key(data, "page", "https://shop.example", more=("--app", "a"))
server = Server(data)
conversation = http(server.port, "POST", "/v1/conversations", {}, key=key).json["id"]


def resumed(key, origin=None):
    socket_ = Socket(server.port, key, origin)
    socket_.send({"type": "resume", "conversation_id": conversation, "after": 0, "resume_token": TOKENS[conversation]})
    socket_.until("ready")
    return socket_


def ending(socket_, patience=5):
    """What the socket gets until it is closed, and after how long."""
    began, seen = time.monotonic(), []
    socket_.socket.settimeout(patience)
    try:
        while not seen or not isinstance(seen[-1], tuple):
            seen.append(socket_.next())
    except OSError as error:
        seen.append(error)
    return seen, time.monotonic() - began


sockets = {"a secret key": resumed(brief), "a publishable key": resumed(page, "https://shop.example")}
kept = resumed(key)
with Connection(server.port, brief) as connection:
    attack.check("the key works before", connection.request("GET", f"/v1/conversations/{conversation}").status == 200)
    for name in ("gone", "page"):
        run("keys", "revoke", name, data=data)
    attack.check("no request is served after revoke has returned",
                 connection.request("GET", f"/v1/conversations/{conversation}").status == 401)
for name, socket_ in sockets.items():
    seen, seconds = ending(socket_)
    attack.check(f"the silent socket of {name} is closed within a second", seen[-1][1] == 4401 and seconds < 1.5,
                 f"{seen} after {seconds:.2f} s")
http(server.port, "POST", f"/v1/conversations/{conversation}/messages", {"text": "hello"}, key=key)
attack.check("a socket of another key stays", kept.until("message")[-1].get("type") == "message")

soon = secret_key(data, "soon", "chat", more=("--app", "a", "--expires", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 4))))
socket_ = resumed(soon)
seen, seconds = ending(socket_, 10)
attack.check("a socket is closed when its key expires", isinstance(seen[-1], tuple) and seen[-1][1] == 4401 and seconds < 6, f"{seen} {seconds:.1f} s")

for origin, instead in {"https://店.example": "https://xn--hxt.example", "https://shop.example/": "https://shop.example",
                        "https://*.shop.example": "*"}.items():
    result = run("keys", "create", "--name", "x", "--publishable", "--origin", origin, data=data, check=False)
    attack.check(f"the origin {origin} is refused with what to write instead", result.returncode != 0 and instead in result.stderr, result.stderr)

# The demo page's key.
demo = re.search(r"fd_pk_\w+", http(server.port, "GET", "/").body.decode()).group(0)


def start(host, origin):
    return http(server.port, "POST", "/v1/conversations", {}, key=demo, headers=[("Origin", origin)], host=host).status


attack.check("the demo page's key works on its page", start(f"127.0.0.1:{server.port}", f"http://127.0.0.1:{server.port}") == 201)
attack.check("a page that gave this address a name of its own cannot use it",
             start(f"evil.example:{server.port}", f"http://evil.example:{server.port}") == 403)
attack.check("the server ends by itself", server.stop() == 0)
with Server(data, "--no-demo") as server:
    attack.check("without a demo there is no page", http(server.port, "GET", "/").status == 404)
    attack.check("and its key does not work", start(f"127.0.0.1:{server.port}", f"http://127.0.0.1:{server.port}") == 401)
attack.end()
