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

# Killed at any moment, a restore leaves one state or the other.
data, key, backup, kept, later = killed_server("killed")


def conversations(after):
    """Restores into a copy of the folder, kills that after some seconds, and counts what the next command finds."""
    copy = WORK / "data-killed-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(data, copy, symlinks=True)
    process = subprocess.Popen([PROGRAM, "restore", backup, "--replace", "--data", copy], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    began = time.monotonic()
    try:
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    seconds = time.monotonic() - began
    answer = run("migrate", data=copy, check=False)
    if answer.returncode:
        return answer.stderr.strip()[-200:], seconds
    with sqlite3.connect(copy / "frontdesk.sqlite") as database:
        return database.execute("SELECT count(*) FROM conversation").fetchone()[0], seconds


found, seconds = conversations(120)
attack.check("a restore that is left alone brings the backup", found == 1, f"{found}, {seconds:.2f} s")
found = [conversations(seconds * 2 * attempt / 40)[0] for attempt in range(40)]
attack.check("killed at 40 moments, it leaves one state or the other, whole", set(found) <= {1, 21},
             f"the old one {found.count(21)} times, the backup's {found.count(1)} times"
             if set(found) <= {1, 21} else found)
attack.end()
