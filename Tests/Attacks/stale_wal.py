#!/usr/bin/env python3
"""Restores a backup beside the write-ahead log of a killed server, which must not be replayed into it."""
import sqlite3

from attacklib import *

attack = Attack()


def say(port, key, conversation, text, times):
    with Connection(port, key) as connection:
        for number in range(times):
            answer = connection.request("POST", f"/v1/conversations/{conversation}/messages",
                                        {"text": f"{text} {number}"})
            assert answer.status == 200, answer


def start(port, key):
    return http(port, "POST", "/v1/conversations", {"locale": "en"}, key=key).json["id"]


def history(port, key, conversation):
    return http(port, "GET", f"/v1/conversations/{conversation}/messages?limit=500", key=key)


def killed_server(name):
    """A backup, many turns after it, and what a killed server leaves."""
    data = trained_folder(name)
    key, backup = secret_key(data, "attack", "chat"), WORK / f"{name}.tar"
    backup.unlink(missing_ok=True)
    server = Server(data)
    kept = start(server.port, key)
    say(server.port, key, kept, "in the backup", 20)
    run("backup", backup, "--without-models", data=data)
    later = [start(server.port, key) for _ in range(20)]
    for conversation in later:
        say(server.port, key, conversation, "after the backup", 15)
    server.stop(signal.SIGKILL)
    return data, key, backup, kept, later


def expect_backup(data, key, kept, later, case):
    """The folder serves the backup's state, whole."""
    with Server(data) as server:
        page = history(server.port, key, kept).json
        attack.check(f"{case}: the conversation of the backup is there", page["last_seq"] == 40, page["last_seq"])
        strays = [one for one in later if history(server.port, key, one).status != 404]
        attack.check(f"{case}: nothing said after the backup is there", not strays, len(strays))
        say(server.port, key, kept, "again", 3)
        say(server.port, key, start(server.port, key), "fresh", 10)
        status = server.stop()
    attack.check(f"{case}: the server ends well", status == 0, status)
    with sqlite3.connect(data / "frontdesk.sqlite") as database:
        verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
    attack.check(f"{case}: every page is sound", verdict == "ok", verdict)


data, key, backup, kept, later = killed_server("stale")
log = data / "frontdesk.sqlite-wal"
attack.note(f"left behind: {log.stat().st_size:,} bytes of log")
refused = run("restore", backup, data=data, check=False)
attack.check("a database that is there is not replaced unasked", refused.returncode != 0 and log.exists(),
             refused.stderr.strip()[-160:])
run("restore", backup, "--replace", data=data)
aside = list(data.glob("replaced-*"))
attack.check("the old database went aside with its log",
             len(aside) == 1 and (aside[0] / "frontdesk.sqlite").exists() and (aside[0] / log.name).stat().st_size > 0,
             [path.name for path in aside])
expect_backup(data, key, kept, later, "--replace")

data, key, backup, kept, later = killed_server("moved")
(data / "frontdesk.sqlite").rename(data / "moved-away.sqlite")
run("restore", backup, data=data)
expect_backup(data, key, kept, later, "database moved away by hand")

# Killed at a random moment again and again, a restore leaves one state or the other.
data, key, backup, kept, later = killed_server("killed")
whole = 0
for attempt in range(40):
    process = subprocess.Popen([PROGRAM, "restore", backup, "--replace", "--data", data], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    time.sleep(0.004 * attempt)
    process.kill()
    process.wait()
    answer = run("migrate", data=data, check=False)
    if answer.returncode:
        attack.check("a folder opens after a restore that was killed", False, answer.stderr.strip()[-200:])
        break
    with sqlite3.connect(data / "frontdesk.sqlite") as database:
        count = database.execute("SELECT count(*) FROM conversation").fetchone()[0]
    if count not in (1, 21):
        attack.check("a killed restore leaves one state or the other", False, f"{count} conversations")
        break
    whole += count == 21
else:
    attack.check("after each of 40 restores killed at some moment the folder opened with one state whole", True,
                 f"the old one {whole} times, the backup's {40 - whole} times")
attack.end()
