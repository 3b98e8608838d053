#!/usr/bin/env python3
"""A full disk, a read-only, deleted, replaced or emptied database: readiness tells, and nothing unstored is answered."""
import collections
import sqlite3

from attacklib import *

attack = Attack()
BIG = "where is my order " * 110


def start(port, key):
    return http(port, "POST", "/v1/conversations", {"locale": "en"}, key=key).json["id"]


def say(port, key, conversation, times, text="hello"):
    """Counts the answers; gives the seqs of those that were acknowledged, and the last refusal."""
    seen, acknowledged, refusal = collections.Counter(), [], None
    for _ in range(times):
        answer = http(port, "POST", f"/v1/conversations/{conversation}/messages", {"text": text[:2000]}, key=key)
        seen[answer.status] += 1
        if answer.status == 200:
            acknowledged.append(answer.json["message"]["seq"])
        else:
            refusal = answer
    return seen, acknowledged, refusal


def history(port, key, conversation):
    messages = []
    while True:
        after = messages[-1]["seq"] if messages else 0
        page = http(port, "GET", f"/v1/conversations/{conversation}/messages?limit=500&after={after}", key=key).json
        if not page["messages"]:
            return messages
        messages += page["messages"]


def becomes(server, status, seconds=15):
    """Waits until readiness has that status; gives the last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = http(server.port, "GET", "/health/ready", timeout=10)
        if answer.status == status or time.monotonic() > end:
            return answer
        time.sleep(0.1)


def expect_fault(server, key, conversation, case, words):
    answer = becomes(server, 503)
    attack.check(f"{case}: not ready, and why", answer.status == 503 and words in answer.body.decode(), answer)
    attack.check(f"{case}: alive", http(server.port, "GET", "/health/live").status == 200)
    attack.check(f"{case}: the log tells it", "nothing can be stored" in server.output)
    if conversation:
        seen, acknowledged, refusal = say(server.port, key, conversation, 5)
        attack.check(f"{case}: no turn is answered", set(seen) == {503} and not acknowledged, f"{dict(seen)} {refusal}")


def serving(name):
    data = trained_folder(name)
    key = secret_key(data, "attack", "chat")
    server = Server(data)
    conversation = start(server.port, key)
    say(server.port, key, conversation, 3)
    return data, key, server, conversation


def fails_to_start(data, case, words):
    try:
        Server(data, patience=60, ready=False).stop()
        attack.check(f"{case}: no server starts", False, "it started")
    except RuntimeError as error:
        text = str(error)
        attack.check(f"{case}: no server starts, and why", words in text and text.count("frontdesk: ") == 1,
                     text.strip()[-200:])


def full_disk():
    mount = WORK / "small"
    mount.mkdir(exist_ok=True)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", mount],
                                           capture_output=True).returncode:
        return attack.note("SKIPPED: a full disk needs root and a small tmpfs")
    server = None
    try:
        source, data = trained_folder("disk"), mount / "data"
        data.mkdir(mode=0o700)
        for file in source.glob("frontdesk.sqlite*"):
            shutil.copy2(file, data)
        (data / "models").symlink_to(MODELS)
        key = secret_key(data, "attack", "chat")
        server = Server(data)
        conversation = start(server.port, key)
        acknowledged = say(server.port, key, conversation, 5)[1]

        def space():
            return os.statvfs(mount).f_bavail * os.statvfs(mount).f_frsize
        ballast = open(mount / "ballast", "wb", buffering=0)
        while space() > 200_000:
            ballast.write(b"x" * 100_000)
        for _ in range(100):
            seen, more, refusal = say(server.port, key, conversation, 10, BIG)
            acknowledged += more
            if refusal:
                break
        attack.check("disk full: turns are refused with 503", refusal and refusal.status == 503, f"{dict(seen)} {refusal}")
        expect_fault(server, key, None, "disk full", "disk is full")
        attack.check("disk full: history is still read",
                     http(server.port, "GET", f"/v1/conversations/{conversation}", key=key).status == 200)
        ballast.close()
        (mount / "ballast").unlink()
        answer = becomes(server, 200)
        attack.check("space again: ready", answer.status == 200, answer)
        attack.check("space again: the log tells it", "takes writes again" in server.output)
        seen, more, _ = say(server.port, key, conversation, 10)
        acknowledged += more
        attack.check("space again: turns are answered", dict(seen) == {200: 10}, dict(seen))
        messages = history(server.port, key, conversation)
        attack.check("all that was acknowledged is there, without gaps",
                     [one["seq"] for one in messages] == list(range(1, len(messages) + 1))
                     and set(acknowledged) == {one["seq"] for one in messages if one["from"] == "visitor"},
                     f"{len(acknowledged)} acknowledged")
        attack.check("the server ends well", server.stop() == 0)

        with open(mount / "ballast", "wb", buffering=0) as ballast:
            try:
                while ballast.write(b"x" * 4096) == 4096:
                    pass
            except OSError:
                pass
        for arguments in (["keys", "create", "--name", "x", "--scope", "chat"], ["backup", mount / "b.tar"],
                          ["import", INTENTS], ["restore", "--replace", good_backup()]):
            answer = run(*arguments, data=data, check=False)
            lines = answer.stderr.strip().splitlines()
            attack.check(f"full disk: {arguments[0]} fails in one line" if answer.returncode else
                         f"full disk: {arguments[0]} works", answer.returncode == 0 or len(lines) == 1, lines[-1:])
        (mount / "ballast").unlink()
        left = sorted(path.name for path in [*mount.iterdir(), *data.iterdir()] if "sqlite" not in path.name)
        attack.check("full disk: nothing is left lying about", left == ["data", "frontdesk.lock", "models"], left)
        with Server(data) as again:
            attack.check("after it: all is still there", len(history(again.port, key, conversation)) == len(messages))
    finally:
        if server:
            server.stop()
        subprocess.run(["umount", mount])


def good_backup():
    path = WORK / "disk-good.tar"
    if not path.exists():
        run("backup", path, data=trained_folder("good"))
    return path


full_disk()

data, key, server, conversation = serving("deleted")
for file in data.glob("frontdesk.sqlite*"):
    file.unlink()
expect_fault(server, key, conversation, "deleted", "deleted")
attack.check("deleted: the server ends", server.stop() == 0)
fails_to_start(data, "deleted", "the database is missing")
run("restore", good_backup(), data=data)
with Server(data) as again:
    attack.check("deleted: a restore mends it", again.is_ready)

data, key, server, conversation = serving("replaced")
answer = run("restore", "--replace", good_backup(), data=data, check=False)
attack.check("replaced: a restore beside the server is refused and names it",
             answer.returncode != 0 and f"process {server.pid} " in answer.stderr, answer.stderr.strip())
(data / "frontdesk.sqlite").rename(data / "old.sqlite")
answer = run("restore", good_backup(), data=data, check=False)
attack.check("replaced: nor with its database moved away", answer.returncode != 0, answer.stderr.strip())
shutil.copy2(data / "old.sqlite", data / "frontdesk.sqlite")
expect_fault(server, key, conversation, "replaced", "replaced")
server.stop(signal.SIGKILL)

data, key, server, conversation = serving("emptied")
os.truncate(data / "frontdesk.sqlite", 0)
expect_fault(server, key, conversation, "emptied", "emptied")
server.stop(signal.SIGKILL)
fails_to_start(data, "emptied", "is empty")
attack.check("emptied: the file is left as it was", (data / "frontdesk.sqlite").stat().st_size == 0)

data, key, server, conversation = serving("back")
(data / "frontdesk.sqlite").rename(data / "away")
expect_fault(server, key, conversation, "moved away", "deleted")
(data / "away").rename(data / "frontdesk.sqlite")
attack.check("moved back: ready again", becomes(server, 200).status == 200)
attack.check("moved back: turns are answered", dict(say(server.port, key, conversation, 3)[0]) == {200: 3})
attack.check("moved back: the server ends well", server.stop() == 0)
database = sqlite3.connect(data / "frontdesk.sqlite")
verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
database.close()
attack.check("moved back: every page is sound", verdict == "ok", verdict)

data, key, server, conversation = serving("fixed")
file = data / "frontdesk.sqlite"
if subprocess.run(["chattr", "+i", file], capture_output=True).returncode:
    attack.note("SKIPPED: a read-only database needs root and a file system that knows chattr")
else:
    try:
        answer = becomes(server, 503)
        attack.check("read-only: not ready, and why", answer.status == 503 and b"read-only" in answer.body, answer)
        server.stop(signal.SIGKILL)
        server = Server(data, ready=False)
        answer = becomes(server, 503)
        attack.check("read-only at the start: not ready, and why", answer.status == 503 and b"read-only" in answer.body,
                     answer)
        seen, acknowledged, refusal = say(server.port, key, conversation, 3)
        attack.check("read-only at the start: no turn is answered", set(seen) == {503}, f"{dict(seen)} {refusal}")
    finally:
        subprocess.run(["chattr", "-i", file])
server.stop()

# What anybody else could read, whatever the umask.
data = WORK / "data-open"
shutil.rmtree(data, ignore_errors=True)
examples = {"greeting": ["hello", "hi there", "good morning", "hey", "good evening", "hello bot"],
            "thanks": ["thank you", "thanks a lot", "many thanks", "thx", "cheers", "much appreciated"]}
table = WORK / "examples.csv"
table.write_text("text,intent\n" + "".join(f"{text},{name}\n" for name, texts in examples.items() for text in texts))
run("import", table, data=data, preexec_fn=lambda: os.umask(0))
(data / "models").symlink_to(MODELS)
run("train", "--activate", data=data, preexec_fn=lambda: os.umask(0), timeout=600)
key = re.search(r"fd_\w+", run("keys", "create", "--name", "a", "--scope", "chat", data=data).stdout).group(0)
with Server(data, before=lambda: os.umask(0)) as server:
    say(server.port, key, start(server.port, key), 3)
    modes = {str(path.relative_to(WORK)): oct(path.lstat().st_mode & 0o777) for path in [data, *data.rglob("*")]
             if not path.is_symlink() and path.lstat().st_mode & 0o077}
    attack.check("nobody else can read anything in a data folder", not modes, modes)
    server.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    attack.check("SIGHUP does not end the server", server.is_alive and server.is_ready)
    attack.check("SIGTERM does", server.stop() == 0)
attack.end()
