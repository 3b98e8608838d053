#!/usr/bin/env python3
"""Restores hostile backups: names that leave the folder, links, doubles, wrong sizes, a foreign or altered database."""
import hashlib
import io
import sqlite3
import tarfile

from attacklib import *

attack = Attack()
source = trained_folder("tar")
good = WORK / "good.tar"
good.unlink(missing_ok=True)
run("backup", good, data=source)
attack.check("a backup is its owner's alone", good.stat().st_mode & 0o777 == 0o600, oct(good.stat().st_mode & 0o777))
with tarfile.open(good) as archive:
    names = archive.getnames()
    database = archive.extractfile("frontdesk.sqlite").read()
    manifest = json.load(archive.extractfile("manifest.json"))
attack.check("Python's tarfile reads it, and the manifest is its last entry", names[-1] == "manifest.json", names)
attack.check("the manifest's hash of the database is right",
             manifest["entries"][0]["sha256"] == hashlib.sha256(database).hexdigest())

place = WORK / "evil"
evil = WORK / "evil.tar"


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def case(name, path, accepted=False, flags=()):
    """A restore into a folder with a database: refused in one line, and nothing has changed, inside or outside."""
    import shutil
    shutil.rmtree(place, ignore_errors=True)
    inner = place / "outer" / "inner"
    inner.mkdir(parents=True, mode=0o700)
    (inner / "models").symlink_to(MODELS)
    (inner / "frontdesk.sqlite").write_bytes(database)
    before, outside = tree(place), set(os.listdir(WORK)) | set(os.listdir("/tmp"))
    answer = run("restore", path, "--replace", *flags, data=inner, check=False, timeout=120)
    after = [name for name in tree(place) if not name.endswith("frontdesk.lock")]
    new = {entry for entry in (set(os.listdir(WORK)) | set(os.listdir("/tmp"))) - outside if "canary" in entry}
    if accepted:
        attack.check(f"{name}: restored", answer.returncode == 0, answer.stderr.strip()[-160:])
        return
    lines = answer.stderr.strip().splitlines()
    attack.check(
        f"{name}: refused, nothing changed",
        answer.returncode in (65, 66) and len(lines) == 1 and after == before and not new
        and (inner / "frontdesk.sqlite").read_bytes() == database,
        f"{answer.returncode} {' / '.join(lines)[-170:]}" + (f" {sorted(set(after) ^ set(before))}" if after != before else ""))


def make(files, form=tarfile.USTAR_FORMAT, with_manifest=True, **changes):
    """An archive whose manifest is right for it, so that nothing but the fault itself can give it away."""
    listed = [{"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
              for name, content, *_ in files]
    text = json.dumps(manifest | {"entries": listed} | changes).encode()
    with tarfile.open(evil, "w", format=form) as archive:
        for name, content, *more in files + ([("manifest.json", text)] if with_manifest else []):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            for key, value in (more[0] if more else {}).items():
                setattr(entry, key, value)
            archive.addfile(entry, io.BytesIO(content))
    return evil


main = ("frontdesk.sqlite", database)
case("as it was written", good, accepted=True)
case("as Python writes it", make([main]), accepted=True)
case("no such file", WORK / "nowhere.tar")
for name in ("../canary", "/nowhere/canary", "models/../../canary", "models/a/../../canary", "models/./x.json",
             "models//x.json", "versions/../x.json", "models/a/.hidden.json", "a/b/c.json", "models/a", "models/a/b/c.json",
             "frontdesk.sqlite-wal", "frontdesk.lock", ".restore/x/y.json", "models\\..\\x", "models/a/run.sh",
             "versions/model_x/weights.safetensors", "models/a/config.json"):
    case(f"name {name}", make([main, (name, b"x")]))
case("symbolic link", make([("models/a", b"", {"type": tarfile.SYMTYPE, "linkname": "/nowhere"}),
                            ("models/a/canary.json", b"x"), main]))
case("hard link", make([("models/a/b.json", b"", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}), main]))
case("device", make([("models/a/b.json", b"", {"type": tarfile.CHRTYPE}), main]))
case("pipe", make([("models/a/b.json", b"", {"type": tarfile.FIFOTYPE}), main]))
case("folder", make([("models", b"", {"type": tarfile.DIRTYPE}), main]))
long_name = ("models/a/" + "b" * 150 + ".json", b"x")
case("pax headers", make([main, long_name], tarfile.PAX_FORMAT))
case("GNU long name", make([main, long_name], tarfile.GNU_FORMAT))
case("two databases", make([("frontdesk.sqlite", b"SQLite format 3\0" + b"\0" * 84), main]))
case("no database", make([("models/a/b.json", b"x")]))
case("one file twice", make([main, ("models/a/b.json", b"x"), ("models/a/b.json", b"yy")]))
case("something behind the manifest", make([("manifest.json", json.dumps(manifest).encode()), main], with_manifest=False))
case("no manifest", make([main], with_manifest=False))
case("no manifest, as asked", make([main], with_manifest=False), accepted=True, flags=["--unverified"])
case("a manifest of a newer program", make([main], format=99))
case("a manifest that is none", make([main, ("manifest.json", b"[]")], with_manifest=False))
case("a manifest that lists more", make([main], entries=[
    {"name": "frontdesk.sqlite", "size": len(database), "sha256": hashlib.sha256(database).hexdigest()},
    {"name": "models/a/b.json", "size": 1, "sha256": "0" * 64}]))

original = good.read_bytes()


def changed(name, bytes_):
    evil.write_bytes(bytes_)
    case(name, evil)


for share in (0, 0.01, 0.5, 0.99):
    changed(f"cut off at {share:.0%}", original[:int(len(original) * share)])
flipped = bytearray(original)
flipped[len(flipped) // 2] ^= 0xFF
changed("one byte flipped", flipped)
place_of_text = original.find(b"where is my order")
changed("a text altered", original[:place_of_text] + b"WHERE" + original[place_of_text + 5:])
changed("something behind the end", original + b"more")
huge = bytearray(make([main]).read_bytes())
for field in (b"77777777777\0", b"\x80" + b"\0" * 3 + b"\x7f" + b"\xff" * 7, b"\xff" * 12):
    huge[124:136] = field
    huge[148:156] = b"        "
    huge[148:156] = b"%06o\0 " % sum(huge[:512])
    changed(f"size {field[:2]!r}…", bytes(huge))


def with_database(name, sql):
    copy = WORK / "altered.sqlite"
    copy.write_bytes(database)
    connection = sqlite3.connect(copy, isolation_level=None)
    connection.executescript(sql)
    connection.close()
    case(name, make([("frontdesk.sqlite", copy.read_bytes())]))


trigger = "CREATE TRIGGER t AFTER INSERT ON message BEGIN DELETE FROM conversation; END;"
with_database("a trigger", trigger)
with_database("a view", "CREATE VIEW v AS SELECT 1;")
with_database("a table more", "CREATE TABLE more (x);")
with_database("another program's", "PRAGMA application_id = 1;")
with_database("a newer schema", "INSERT INTO schema_migration VALUES (99, 'x', 'x', 'x', 0);")
with_database("an orphaned row", "PRAGMA foreign_keys = OFF; INSERT INTO activation (model_id, at) VALUES ('none', 0);")
# The checksum that the file carries of its own schema, made right for the trigger.
forged = WORK / "forged.sqlite"
forged.write_bytes(database)
connection = sqlite3.connect(forged, isolation_level=None)
connection.executescript(trigger)
rows = connection.execute(
    "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name").fetchall()
checksum = hashlib.sha256(";\n".join(row[0] for row in rows).encode()).hexdigest()
connection.close()
with_database("a trigger, with the schema's checksum made right",
              trigger + f"UPDATE schema_migration SET schema_checksum = '{checksum}' "
              "WHERE number = (SELECT max(number) FROM schema_migration);")
case("an emptied database", make([("frontdesk.sqlite", b"")]))
case("an empty SQLite file", make([("frontdesk.sqlite", b"SQLite format 3\0" + b"\0" * 84)]))
attack.end()
