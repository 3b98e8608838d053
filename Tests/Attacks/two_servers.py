#!/usr/bin/env python3
"""Starts a second server on a served folder; then starts servers on damaged databases, which must tell, not answer wrongly."""
import collections
import random

from attacklib import *

attack = Attack()


def second(data, flags=()):
    """What a start on a folder that is served says; nil when it serves."""
    try:
        Server(data, *flags, patience=60, ready=False).stop()
        return None
    except RuntimeError as error:
        return str(error)


data = trained_folder("two")
key = secret_key(data, "attack", "chat")
first = Server(data)
conversation = http(first.port, "POST", "/v1/conversations", {"locale": "en"}, key=key).json["id"]
began = time.monotonic()
said = second(data)
attack.check("a second server ends at once", said is not None and time.monotonic() - began < 5,
             f"{time.monotonic() - began:.1f} s")
attack.check("and names the first", said is not None and f"process {first.pid} " in said, (said or "")[-160:].strip())
attack.check("also by another path to the folder", second(f"{data}/../{data.name}/.") is not None)
link = WORK / "link-to-two"
link.unlink(missing_ok=True)
link.symlink_to(data)
attack.check("and by a link to it", second(link) is not None)
lock = data / "frontdesk.lock"
attack.check("the lock file holds the first one's process id", lock.read_text().split("\n")[0] == str(first.pid),
             lock.read_text().split())
for arguments in (["import", INTENTS], ["keys", "list"], ["model", "list"], ["review", "list"],
                  ["export", WORK / f"export-{time.monotonic_ns()}"], ["migrate"],
                  ["backup", WORK / f"two-{time.monotonic_ns()}.tar"], ["classify", "where is my order"],
                  ["train", "--method", "head"]):
    answer = run(*arguments, data=data, check=False, timeout=900)
    attack.check(f"beside the server, {arguments[0]} works", answer.returncode == 0, answer.returncode and answer.stderr.strip()[-160:])
answer = http(first.port, "POST", f"/v1/conversations/{conversation}/messages", {"text": "hello"}, key=key)
attack.check("the first goes on", answer.status == 200, answer.status)

# Of many that start at the same time one serves.
first.stop(signal.SIGKILL)
processes = [subprocess.Popen([PROGRAM, "serve", "--data", data, "--port", "0", "--intents", INTENTS],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(6)]
end = time.monotonic() + 60
while sum(one.poll() is None for one in processes) > 1 and time.monotonic() < end:
    time.sleep(0.05)
alive = [one for one in processes if one.poll() is None]
attack.check("of six that start after a kill -9, one serves", len(alive) == 1, [one.poll() for one in processes])
for one in alive:
    one.kill()
    one.wait()
with Server(data) as again:
    answer = http(again.port, "GET", f"/v1/conversations/{conversation}/messages", key=key)
    attack.check("the lock does not outlive a kill -9", answer.status == 200 and answer.json["last_seq"] == 2, answer)

# Damage. A server either says what is wrong and ends, or gives histories without gaps and takes turns.

TURNS = 12


def served(name):
    data = trained_folder(name)
    key = secret_key(data, "attack", "chat")
    server = Server(data)
    conversations = []
    with Connection(server.port, key) as connection:
        for _ in range(10):
            conversations.append(connection.request("POST", "/v1/conversations", {"locale": "en"}).json["id"])
            for turn in range(TURNS):
                connection.request("POST", f"/v1/conversations/{conversations[-1]}/messages", {"text": f"hello {turn}"})
    return data, key, server, conversations


def damaged(name, how, damage, loses=False, words=None):
    """`how` ends the server first; `loses` allows that the newest turns are gone; `words` demands a refusal."""
    data, key, server, conversations = served("damaged")
    server.stop(how)
    damage(data / "frontdesk.sqlite", data / "frontdesk.sqlite-wal", data / "frontdesk.sqlite-shm")
    try:
        server = Server(data, patience=60)
    except RuntimeError as error:
        lines = [line for line in str(error).splitlines() if "frontdesk: " in line]
        attack.check(f"{name}: refused in one line", len(lines) == 1 and (words or "") in lines[0], lines[-1:])
        return
    attack.check(f"{name}: may start", words is None, "it started")
    missing, gaps, statuses = 0, 0, collections.Counter()
    for conversation in conversations:
        answer = http(server.port, "GET", f"/v1/conversations/{conversation}/messages?limit=500", key=key)
        statuses[answer.status] += 1
        if answer.status == 200:
            seqs = [one["seq"] for one in answer.json["messages"]]
            gaps += seqs != list(range(1, len(seqs) + 1))
            missing += 2 * TURNS - len(seqs)
    attack.check(f"{name}: histories have no gaps", gaps == 0 and (loses or not missing),
                 f"{dict(statuses)}, {missing} messages missing")
    server.stop()


def flip(path, offset, count):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(os.urandom(count))


def pages(file, *_):
    chosen, count = random.Random(1), file.stat().st_size // 4096
    for _ in range(count // 3):
        flip(file, 4096 * chosen.randrange(2, count), 512)


damaged("bits in the log", signal.SIGKILL, lambda file, log, index: flip(log, log.stat().st_size // 2, 64), loses=True)
damaged("log cut", signal.SIGKILL, lambda file, log, index: os.truncate(log, log.stat().st_size - 1000), loses=True)
damaged("log removed", signal.SIGKILL, lambda file, log, index: log.unlink(), loses=True)
damaged("bits in the log's index", signal.SIGKILL, lambda file, log, index: flip(index, 0, 4096))
damaged("many pages", signal.SIGTERM, pages, words="frontdesk.sqlite")
damaged("header", signal.SIGTERM, lambda file, log, index: flip(file, 0, 8), words="not a SQLite database")
damaged("first page", signal.SIGTERM, lambda file, log, index: flip(file, 100, 200), words="frontdesk.sqlite")
damaged("cut in half", signal.SIGTERM, lambda file, log, index: os.truncate(file, file.stat().st_size // 2),
        words="frontdesk.sqlite")
damaged("emptied", signal.SIGTERM, lambda file, log, index: os.truncate(file, 0), words="is empty")
damaged("removed", signal.SIGTERM, lambda file, log, index: file.unlink(), words="the database is missing")
damaged("removed, its log left", signal.SIGKILL, lambda file, log, index: file.unlink(), words="is missing")
attack.end()
