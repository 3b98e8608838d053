#!/usr/bin/env python3
"""What one address can do to the turns of another: long messages, histories, handshakes and starts, as many as it can send."""
import statistics
from attacklib import *

attack = Attack()
data = trained_folder("fairness")
page = publishable_key(data, "page", "https://shop.example")
flood_page = publishable_key(data, "flood", "https://flood.example", more=("--app", "flood"))
key = secret_key(data, "program", "chat", "classify", more=("--app", "program"))
server = Server(data)
ORIGIN, FLOOD = [("Origin", "https://shop.example")], [("Origin", "https://flood.example")]
ROUNDS, SECONDS = 5, 3


def turns(seconds):
    """The times of a visitor's turns, one every 300 ms."""
    times, end = [], time.monotonic() + seconds
    with Connection(server.port, page, ORIGIN, source="127.0.0.9") as connection:
        conversation = connection.request("POST", "/v1/conversations", {"locale": "en"}).json["id"]
        number = 0
        while time.monotonic() < end:
            number += 1
            began = time.monotonic()
            answer = connection.request("POST", f"/v1/conversations/{conversation}/messages",
                                        {"text": f"where is my order number {number} please {time.time()}"})
            times.append(time.monotonic() - began if answer.status == 200 else 10)
            time.sleep(0.3)
    return times


def p95():
    """The median of five rounds."""
    return statistics.median(percentile(turns(SECONDS), 0.95) for _ in range(ROUNDS))


def on_one_core(step):
    def pinned(number):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        step(number)
    return pinned


turns(3)
quiet = p95()
bound = quiet * 3 + 0.02
memory = server.resident_megabytes()
attack.note(f"quiet: p95 {quiet * 1000:.0f} ms, so at most {bound * 1000:.0f} ms under a flood")
connections, conversations = {}, {}


def connection(number, who=flood_page, headers=FLOOD):
    """A connection of the flooding address for each thread."""
    if number not in connections:
        connections[number] = Connection(server.port, who, headers, timeout=60, source="127.0.0.2")
    return connections[number]


def talk(number, who=flood_page, headers=FLOOD):
    if number not in conversations:
        answer = connection(number, who, headers).request("POST", "/v1/conversations", {})
        if answer.status != 201:
            time.sleep(1)
            return None
        conversations[number] = answer.json["id"]
    return conversations[number]


def long_messages(number):
    if talk(number):
        text = f"{number} {time.time()} " + "二" * 1_900
        connection(number).request("POST", f"/v1/conversations/{conversations[number]}/messages", {"text": text})


def program(number):
    """Another app's program, with a secret key."""
    texts = [f"{number} {time.time()} {one} " + "lorem ipsum dolor " * 60 for one in range(16)]
    connection(number, key, ()).request("POST", "/v1/classify", {"texts": texts})


def histories(number):
    if talk(number):
        connection(number).request("GET", f"/v1/conversations/{conversations[number]}/messages?limit=500")


def starts(number):
    connection(number).request("POST", "/v1/conversations", {})


def handshakes(_):
    Socket(server.port, flood_page, "https://flood.example", source="127.0.0.2").close()


def wrong_keys(_):
    http(server.port, "GET", "/v1/intents", key="fd_sk_wrong", source="127.0.0.2")


for flood in (long_messages, program, histories, starts, handshakes, wrong_keys):
    with Clients(6, on_one_core(flood)) as clients:
        time.sleep(1)
        seen = p95()
    attack.check(f"{flood.__name__}: another visitor's p95 stays", seen <= bound, f"{seen * 1000:.0f} ms beside {clients.done / clients.seconds:.0f} a second")
    for one in connections.values():
        one.close()
    connections.clear()
    conversations.clear()
time.sleep(3)
grown = server.resident_megabytes() - memory
attack.check("memory comes back", grown < 30, f"{grown:.0f} MB more than before")
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
