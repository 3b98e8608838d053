#!/usr/bin/env python3
"""Backs up, checks and restores a database of more than 8 GiB, which a plain tar header cannot tell."""
import sqlite3
import struct
import tarfile

from attacklib import *

PAGE, PAGES = 4096, 2_110_000
# SQLite locks bytes at 1 GiB and never uses the page that holds them.
LOCK_PAGE = (1 << 30) // PAGE + 1
attack = Attack()
free = os.statvfs(WORK).f_bavail * os.statvfs(WORK).f_frsize
if free < 24e9:
    attack.note(f"SKIPPED: needs 24 GB of free disk for a while, there are {free / 1e9:.0f}")
    attack.end()


def grow(path):
    """Makes it a sound database with millions of free pages, nearly all of them holes: trunk pages list them."""
    with open(path, "r+b") as file:
        head = bytearray(file.read(100))
        assert struct.unpack(">H", head[16:18])[0] == PAGE and struct.unpack(">I", head[36:40])[0] == 0
        used = struct.unpack(">I", head[28:32])[0]
        numbers = [number for number in range(used + 1, PAGES + 1) if number != LOCK_PAGE]
        per_trunk = PAGE // 4 - 2 - 6
        trunks = [numbers[start:start + per_trunk + 1] for start in range(0, len(numbers), per_trunk + 1)]
        file.truncate(PAGES * PAGE)
        for index, (trunk, *leaves) in enumerate(trunks):
            following = trunks[index + 1][0] if index + 1 < len(trunks) else 0
            file.seek((trunk - 1) * PAGE)
            file.write(struct.pack(f">II{len(leaves)}I", following, len(leaves), *leaves))
        file.seek(28)
        file.write(struct.pack(">III", PAGES, trunks[0][0], len(numbers)))


data = trained_folder("big")
path = data / "frontdesk.sqlite"
with sqlite3.connect(path, isolation_level=None) as database:
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
database.close()
grow(path)
attack.note(f"a database of {path.stat().st_size / 2**30:.2f} GiB, {path.stat().st_blocks * 512 / 1e6:.0f} MB on disk")


def timed(*arguments, data=None):
    began = time.monotonic()
    answer = run(*arguments, data=data, check=False, timeout=1500)
    return answer, time.monotonic() - began


backup = WORK / "big.tar"
backup.unlink(missing_ok=True)
made, seconds = timed("backup", backup, data=data)
if attack.check("the backup is made", made.returncode == 0, made.stderr.strip()[-200:] or f"{seconds:.0f} s"):
    attack.note(f"{backup.stat().st_size / 2**30:.2f} GiB, {backup.stat().st_blocks * 512 / 1e6:.0f} MB on disk")
    with tarfile.open(backup) as archive:
        sizes = {entry.name: entry.size for entry in archive}
    attack.check("other programs read its size", sizes["frontdesk.sqlite"] >= 8 << 30, sizes)
    checked, seconds = timed("backup", "--verify", backup)
    attack.check("it is found sound", checked.returncode == 0, checked.stderr.strip()[-200:] or f"{seconds:.0f} s")
    elsewhere = empty_folder("big-restored")
    restored, seconds = timed("restore", backup, data=elsewhere)
    if attack.check("it is restored", restored.returncode == 0, restored.stderr.strip()[-200:] or f"{seconds:.0f} s"):
        size = (elsewhere / "frontdesk.sqlite").stat().st_size
        attack.check("with all its pages", size == PAGES * PAGE, size)
        attack.check("and its content", "order.status" in run("classify", "where is my order", data=elsewhere).stdout)
    shutil.rmtree(elsewhere)
    # One bit, far behind the first 8 GiB.
    with open(backup, "r+b") as file:
        file.seek(-PAGE * 100, os.SEEK_END)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    flipped, _ = timed("backup", "--verify", backup)
    attack.check("a flipped bit is found", flipped.returncode == 65, flipped.stderr.strip()[-160:])
backup.unlink(missing_ok=True)
shutil.rmtree(data)
attack.check("nothing is left beside it", not [name for name in os.listdir(WORK) if "partial" in name or "verify" in name])
attack.end()
