#!/usr/bin/env python3
"""One address that takes all connections, sockets or files that there are: what is left for another."""
import resource
from attacklib import *

attack = Attack()
data = trained_folder("hogs")
page = publishable_key(data, "page", "https://shop.example")
key = secret_key(data, "all", "chat")


def take(count, make):
    """As many as the server gives, and the first refusal."""
    taken = []
    for _ in range(count):
        try:
            taken.append(make())
        except OSError as error:
            return taken, error
    return taken, None


def is_open(connection):
    """Whether the server has not said or ended anything."""
    connection.settimeout(0.01)
    try:
        connection.recv(100)
        return False
    except TimeoutError:
        return True
    except OSError:
        return False


server = Server(data, "--max-sockets", "500", "--call-rate", "10000")
sockets, refusal = take(600, lambda: Socket(server.port, page, "https://shop.example", source="127.0.0.2"))
attack.check("one address gets 128 of 500 sockets", len(sockets) == 128, f"{len(sockets)}, then {refusal}")
others, refusal = take(10, lambda: Socket(server.port, page, "https://shop.example", source="127.0.0.3"))
attack.check("another address gets its own", len(others) == 10, refusal)
for one in sockets + others:
    one.close()
connections = [connect(server.port, source="127.0.0.2") for _ in range(400)]
time.sleep(1)
held = sum(map(is_open, connections))
attack.check("one address gets 256 connections", held == 256, held)
attack.check("another address is served", http(server.port, "GET", "/health/live", source="127.0.0.3").status == 200)
attack.check("the refusals are counted", server.metrics()["frontdesk_connections_address_refused_total"] == 144, server.metrics())
for one in connections:
    one.close()
attack.check("the server ends by itself", server.stop() == 0)

# Few files, as a container may allow.
LIMIT = 256
server = Server(data, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT)))
attack.check("a low limit is told at the start", f"the system allows {LIMIT} open files" in server.output)
with Socket(server.port, key, source="127.0.0.9") as socket_:
    socket_.send({"type": "start"})
    socket_.until("ready")
    hogs = [connect(server.port, source=f"127.0.0.{2 + number % 2}") for number in range(400)]
    time.sleep(1)
    before, began = server.processor_seconds(), time.monotonic()
    socket_.send({"type": "message", "client_message_id": "1", "text": "hello"})
    attack.check("an open socket is answered", socket_.until("ack")[-1].get("type") == "ack")
    time.sleep(3)
    share = (server.processor_seconds() - before) / (time.monotonic() - began)
    attack.check("the server does not spin", share < 0.2, f"{share * 100:.0f} % of a core")
    attack.check("there are files left", server.open_files() < LIMIT, server.open_files())
    end, status = time.monotonic() + 15, None
    while status != 200 and time.monotonic() < end:
        try:
            status = http(server.port, "GET", "/health/live", timeout=3, source="127.0.0.4").status
        except OSError:
            time.sleep(0.5)
    attack.check("another address is served soon, though the hogs stay", status == 200, f"after {time.monotonic() - began:.0f} s")
    for one in hogs:
        one.close()
attack.check("the server ends by itself", server.stop() == 0)

# The limit is raised to what the system allows.
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
server = Server(data, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)))
limits = Path(f"/proc/{server.pid}/limits").read_text()
attack.check("the limit is raised at the start", re.search(rf"Max open files\s+{hard}\s+{hard}", limits) is not None)
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
