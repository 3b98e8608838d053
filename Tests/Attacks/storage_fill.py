"""Fills the disk with nothing but the publishable key of a web page: starts, long messages, from one address and from many.

    storage_fill.py [PROGRAM]                       what make attack runs
    storage_fill.py [PROGRAM] --measure SECONDS     tells what one address can store in a day within the default rate limits:
                                                    floods as fast as they permit, in three ways; works with older programs too
"""
import argparse
import random
import signal
import sqlite3
import time

from attacklib import *

SITE = "https://shop.example"
ORIGIN = [("Origin", SITE)]
ADDRESS_QUOTA, APP_QUOTA = 300_000, 1_000_000
RATES = ["--address-rate", "10000", "--call-rate", "10000", "--conversation-rate", "10000", "--secret-rate", "10000"]
LARGE_START = {"metadata": {"x": "m" * 8_100}, "visitor": {"id": "v" * 256, "name": "n" * 256, "email": "e" * 256}}


def query(data, sql, *values):
    database = sqlite3.connect(f"file:{data}/frontdesk.sqlite?mode=ro", uri=True, timeout=10)
    try:
        return database.execute(sql, values).fetchone()[0]
    finally:
        database.close()


def used(data):
    """Bytes of the database's pages that hold something, whether they are in the file or in the write-ahead log."""
    return (query(data, "PRAGMA page_count") - query(data, "PRAGMA freelist_count")) * 4_096


def words(scalars):
    """A text like no other, in letters of four bytes each."""
    return "".join(chr(random.randrange(0x20000, 0x2A6D0)) for _ in range(scalars))


def visitor(server, key, source=None):
    return Connection(server.port, key, ORIGIN, source=source)


def start(client, request=None):
    return client.request("POST", "/v1/conversations", request or {})


def say(client, conversation, text, **more):
    return client.request("POST", f"/v1/conversations/{conversation}/messages", {"text": text, **more})


def answered(client):
    """Whether a new conversation gets an answer."""
    return say(client, start(client).json["id"], "hello").status == 200


def flood(server, key, source, limit=5_000):
    """Talks until it is refused: how often it was answered, and the refusal."""
    with visitor(server, key, source) as client:
        conversation = start(client).json["id"]
        for number in range(limit):
            answer = say(client, conversation, words(1_500), client_message_id=f"m{number}")
            if answer.status != 200:
                return number, answer
    return limit, answer


# Measuring

def measure(seconds):
    data = trained_folder("storage-measure")
    key = publishable_key(data, "page", SITE)

    def starts(client, state):
        return start(client, LARGE_START).status

    def talk(text):
        def act(client, state):
            if state.get("left", 0) == 0:
                answer = start(client)
                if answer.status != 201:
                    return answer.status
                state.update(id=answer.json["id"], left=50)
            state["left"] -= 1
            return say(client, state["id"], text(), client_message_id=f"{random.getrandbits(64):x}").status
        return act

    ways = [("starts with metadata", 4, starts), ("long messages", 8, talk(lambda: words(2_000))),
            ("usual messages", 8, talk(lambda: f"where is my order {random.randrange(10 ** 6)}"))]
    for name, crowd, act in ways:
        with Server(data) as server:
            clients = [(visitor(server, key), {}) for _ in range(crowd)]
            accepted, before = [0] * crowd, used(data)

            def step(number):
                status = act(*clients[number])
                accepted[number] += status in (200, 201)
                if status == 429:
                    time.sleep(0.02)

            with Clients(crowd, step) as running:
                time.sleep(seconds)
            grown = used(data) - before
            print(f"{name}: {sum(accepted) / running.seconds:.1f} a second, {grown / max(1, sum(accepted)):.0f} bytes each, "
                  f"{grown / running.seconds * 86_400 / 1e9:.2f} GB a day from one address", flush=True)


# Attacking

def attack_with_starts(attack, server, data, page, secret):
    before, rows = used(data), query(data, "SELECT count(*) FROM conversation")
    client = visitor(server, page, "127.0.0.9")
    ids = [answer.json["id"] for answer in (start(client, LARGE_START) for _ in range(1_500)) if answer.status == 201]
    attack.check("conversations can be started", len(ids) == 1_500, len(ids))
    stored = query(data, "SELECT count(*) FROM conversation") - rows
    attack.check("none is stored before something is said", stored == 0, f"{stored} stored")
    attack.check("the database does not grow", used(data) == before, f"{used(data) - before} bytes")
    newest, oldest = (client.request("GET", f"/v1/conversations/{one}").status for one in (ids[-1], ids[0]))
    attack.check("the newest is known", newest == 200, newest)
    attack.check("an address's oldest gives way to its newest", oldest == 404, oldest)
    answer = say(client, ids[-1], "hello")
    attack.check("the newest is answered", answer.status == 200 and answer.json["message"]["seq"] == 1, answer)
    stored = query(data, "SELECT count(*) FROM conversation") - rows
    attack.check("it is stored with its first turn", stored == 1, f"{stored} stored")
    kept = start(Connection(server.port, secret)).json["id"]
    stored = query(data, "SELECT count(*) FROM conversation WHERE id = ?", kept)
    attack.check("a secret key's is stored at once", stored == 1)
    return ids[-2], kept


def is_refusal(answer, who):
    return (answer.status == 429 and answer.headers.get("content-type") == "application/problem+json"
            and answer.json["code"] == "rate_limited" and who in answer.json["detail"]
            and 3_600 < int(answer.headers.get("retry-after", 0)) <= 25 * 3_600)


def attack_from_one_address(attack, server, data, page, secret):
    before = used(data)
    count, answer = flood(server, page, "127.0.0.2")
    attack.check("an address is refused for hours when its quota is used", is_refusal(answer, "this address"),
                 f"after {count} messages {answer}, Retry-After {answer.headers.get('retry-after')}")
    bound = ADDRESS_QUOTA * 1.4 + 65_536
    attack.check("the database grows by its quota", used(data) - before < bound, f"{used(data) - before} bytes")
    count, answer = flood(server, page, "127.0.0.2")
    attack.check("a new conversation does not help", count == 0 and answer.status == 429, answer)
    with Socket(server.port, page, SITE, source="127.0.0.2") as socket:
        socket.send({"type": "start"})
        socket.until("ready")
        socket.send({"type": "message", "client_message_id": "w1", "text": "hello"})
        error = socket.until("error")[-1]
    attack.check("a socket is told so", isinstance(error, dict) and error.get("code") == "rate_limited"
                 and error.get("client_message_id") == "w1", error)
    attack.check("another address is served", answered(visitor(server, page, "127.0.0.3")))
    attack.check("a secret key from the refused address is served",
                 answered(Connection(server.port, secret, source="127.0.0.2")))
    attack.check("what was refused stored nothing", used(data) - before < bound + 65_536, f"{used(data) - before} bytes")


def attack_from_many_addresses(attack, server, data, page, elsewhere, secret):
    before = used(data)
    for number in range(4, 9):
        count, answer = flood(server, page, f"127.0.0.{number}")
        if "this app" in answer.json.get("detail", ""):
            break
    attack.check("an app is refused for hours when its quota is used", is_refusal(answer, "this app"),
                 f"at the address {number} {answer}, Retry-After {answer.headers.get('retry-after')}")
    grown = used(data) - before
    attack.check("the database grows by its quota", grown < APP_QUOTA * 1.4 + 65_536, f"{grown} bytes")
    attack.check("another app is served", answered(visitor(server, elsewhere, "127.0.0.20")))
    attack.check("a secret key of the app is served", answered(Connection(server.port, secret)))
    metrics = server.metrics()
    for who in ("address", "app"):
        count = metrics.get(f"frontdesk_{who}_quota_refused_total", 0)
        attack.check(f"metrics count what the quota of an {who} refused", count > 0, count)


def check_restart(attack, server, page, secret, pending, kept):
    count, answer = flood(server, page, "127.0.0.30")
    attack.check("an app's quota survives kill -9", count == 0 and is_refusal(answer, "this app"), answer)
    status = visitor(server, page, "127.0.0.31").request("GET", f"/v1/conversations/{pending}").status
    attack.check("a conversation without a turn is as if unknown after a restart", status == 404, status)
    status = Connection(server.port, secret).request("GET", f"/v1/conversations/{kept}").status
    attack.check("a secret key's is there", status == 200, status)


def identifier(kind, milliseconds):
    value, text = (milliseconds << 96) | random.getrandbits(96), ""
    for _ in range(29):
        text, value = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[value & 31] + text, value >> 5
    return f"{kind}_{text}"


def add_old_conversations(data, count):
    """Conversations of ten messages, 500 days old."""
    database = sqlite3.connect(f"{data}/frontdesk.sqlite")
    model = database.execute("SELECT * FROM conversation WHERE last_seq > 0").fetchone()
    for number in range(count):
        at = int((time.time() - 500 * 86_400) * 1_000) + number
        conversation = identifier("conv", at)
        row = [conversation, *model[1:8], 10, *model[9:]]
        database.execute(f"INSERT INTO conversation VALUES ({','.join('?' * len(row))})", row)
        for seq in range(1, 11):
            sender = "visitor" if seq % 2 else "bot"
            database.execute("INSERT INTO message VALUES (?, ?, ?, ?, 'old', NULL, NULL, ?)",
                             (conversation, seq, identifier("msg", at), sender, at))
            if seq % 2:
                database.execute(
                    "INSERT INTO turn (conversation_id, seq, id, content, created_at) VALUES (?, ?, ?, '{}', ?)",
                    (conversation, seq, identifier("turn", at), at))
    database.commit()
    database.close()


def check_retention(attack, data):
    young = query(data, "SELECT count(*) FROM message")
    add_old_conversations(data, 300)
    with Server(data, "--keep-conversations", "400d") as server:
        end = time.monotonic() + 180
        while time.monotonic() < end and "old conversations removed" not in server.output:
            time.sleep(0.2)
        left = query(data, "SELECT count(*) FROM message")
        attack.check("what is too old is removed, and nothing else", left == young, f"{left} messages, {young} are young")
        lines = [line for line in server.output.splitlines() if "old conversations removed" in line]
        attack.check("one log line tells how many", len(lines) == 1 and "conversations=300" in lines[0], lines)
        attack.check("the server ends with 0", server.stop() == 0)
    attack.check("the database is sound", query(data, "PRAGMA integrity_check") == "ok")


def check_settings(attack, data):
    for option, value in (("--address-quota", "20 parsecs"), ("--app-quota", "-1MB"), ("--keep-conversations", "400")):
        result = run("serve", "--port", "0", f"{option}={value}", data=data, timeout=60, check=False)
        lines = result.stderr.strip().splitlines()
        attack.check(f"{option} {value} is refused in one line",
                     result.returncode == 65 and len(lines) == 1 and option in lines[0], lines)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--measure", type=float, metavar="SECONDS")
    seconds = arguments.parse_args().measure
    random.seed(7)
    attack = Attack()
    if seconds:
        return measure(seconds)
    data = trained_folder("storage-fill")
    page, elsewhere = publishable_key(data, "page", SITE), publishable_key(data, "elsewhere", SITE)
    secret = secret_key(data, "secret", "chat", more=["--app", "page"])
    check_settings(attack, data)
    settings = ["--address-quota", ADDRESS_QUOTA, "--app-quota", f"{APP_QUOTA // 1_000}kB", *RATES]
    with Server(data, *settings) as server:
        pending, kept = attack_with_starts(attack, server, data, page, secret)
        attack_from_one_address(attack, server, data, page, secret)
        attack_from_many_addresses(attack, server, data, page, elsewhere, secret)
        server.stop(signal.SIGKILL)
    with Server(data, *settings) as server:
        check_restart(attack, server, page, secret, pending, kept)
        attack.check("the server ends with 0", server.stop() == 0)
    check_retention(attack, data)
    attack.end()


main()
