"""What the attacks share: the program that is attacked, data folders to attack it on, servers, keys, and the verdict.

    FRONTDESK_PROGRAM   the program                                       (default: .build/release/frontdesk)
    FRONTDESK_MODELS    the installed encoders                            (default: data/models)
    FRONTDESK_ATTACKS   a folder for data folders and logs, kept afterwards, so that the trained folder is made only once
                        (default: a new temporary folder, removed at the end)
    ATTACK_LENGTH   seconds for which `fault_run.py` and `fuzz_wire.py` go on (default: 60)

The first argument that a script is given, if it is a file, is the program. Everything stays on the loopback network.
"""
import atexit
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from wire import *  # noqa: F401,F403 (scripts take everything from here)
from wire import http

ROOT = Path(__file__).resolve().parents[2]
INTENTS = ROOT / "Intents"


def _program():
    if len(sys.argv) > 1 and Path(sys.argv[1]).is_file():
        return Path(sys.argv.pop(1)).resolve()
    return Path(os.environ.get("FRONTDESK_PROGRAM", ROOT / ".build/release/frontdesk")).resolve()


def _folder():
    if "FRONTDESK_ATTACKS" in os.environ:
        folder = Path(os.environ["FRONTDESK_ATTACKS"]).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-attack-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


PROGRAM = _program()
MODELS = Path(os.environ.get("FRONTDESK_MODELS", ROOT / "data/models")).resolve()
WORK = _folder()


# The verdict

class Attack:
    """Collects what was seen; `end()` says whether the attack failed, as it should, and ends the script with 0 or 1.

        attack = Attack()
        attack.check("a turn stays fast", slowest < 0.5, f"{slowest * 1000:.0f} ms")
        attack.end()
    """

    def __init__(self):
        self.findings = []
        for path, what in ((PROGRAM, "program"), (MODELS, "folder of encoders")):
            if not path.exists():
                sys.exit(f"{path}: there is no such {what}; make model builds and installs both")

    def note(self, text):
        print(f"  {text}", flush=True)

    def check(self, name, holds, seen=""):
        """What must hold, whether it does, and the figure or answer that shows it."""
        print(f"  {'ok     ' if holds else 'FINDING'} {name}" + (f": {seen}" if seen != "" else ""), flush=True)
        if not holds:
            self.findings.append(name)
        return holds

    def end(self):
        for server in list(Server.running):
            server.stop()
        sys.exit(1 if self.findings else 0)


# The program and its data folders

def run(*arguments, data=None, timeout=300, check=True, **options):
    """Runs a command to its end. With `check`, anything but exit code 0 raises."""
    command = [str(PROGRAM), *map(str, arguments)] + (["--data", str(data)] if data else [])
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout, **options)
    if check and result.returncode:
        raise RuntimeError(f"{command}: {result.returncode}\n{result.stdout[-2000:]}\n{result.stderr[-2000:]}")
    return result


def empty_folder(name):
    """A new data folder with nothing but the encoders."""
    data = WORK / f"data-{name}"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(mode=0o700)
    (data / "models").symlink_to(MODELS)
    return data


def trained_folder(name):
    """A new data folder with the starter bot, trained. The first one takes as long as training does."""
    template = WORK / "trained"
    if not (template / "done").exists():
        shutil.rmtree(template, ignore_errors=True)
        template.mkdir(mode=0o700)
        (template / "models").symlink_to(MODELS)
        run("import", INTENTS, data=template)
        run("train", "--activate", data=template, timeout=1800)
        (template / "done").touch()
    data = WORK / f"data-{name}"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(template, data, symlinks=True, ignore=shutil.ignore_patterns("done", "*.lock"))
    return data


def _key(data, name, *more):
    return re.search(r"fd_\w+", run("keys", "create", "--name", name, *more, data=data).stdout).group(0)


def secret_key(data, name, *scopes, more=()):
    return _key(data, name, *(part for scope in scopes for part in ("--scope", scope)), *more)


def publishable_key(data, name, *origins, more=()):
    return _key(data, name, "--publishable", *(part for origin in origins for part in ("--origin", origin)), *more)


class Server:
    """A running server on a free port.

    - `prefix`: words before the program's name, such as `strace -f`.
    - `before`: called in the child before the program starts, for limits and the like.
    - `ready`: whether to wait until it answers `/health/ready`.
    """

    running = []

    def __init__(self, data, *arguments, prefix=(), before=None, env=None, patience=300, ready=True):
        self.data, self.log = Path(data), WORK / f"server-{len(os.listdir(WORK))}-{time.monotonic_ns()}.log"
        command = [*prefix, str(PROGRAM), "serve", "--data", str(data), "--port", "0", "--intents", str(INTENTS),
                   *(() if "--metrics-address" in arguments else ("--metrics-address", "127.0.0.1:0"))]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*command, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=before,
                env=env)
        self.pid, self.port = self.process.pid, None
        Server.running.append(self)
        end = time.monotonic() + patience
        while time.monotonic() < end and self.is_alive:
            if self.port is None:
                place = re.search(r"listening on https?://\S*:(\d+)", self.output)
                self.port = int(place.group(1)) if place else None
            if self.port is not None and (not ready or self.is_ready):
                return
            time.sleep(0.02)
        status = self.process.poll()
        self.stop(signal.SIGKILL)
        raise RuntimeError(f"the server {'is not ready' if status is None else f'ended with {status}'}: "
                           + self.output[-2000:])

    @property
    def output(self):
        return self.log.read_text(errors="replace")

    def metrics(self):
        """The values of `/metrics` by name; histograms and labelled series aside."""
        port = int(re.search(r"metrics at http://\S*:(\d+)", self.output).group(1))
        lines = http(port, "GET", "/metrics").body.decode().splitlines()
        return {name: float(value) for name, value in (line.split() for line in lines if line[0] != "#" and "{" not in line)}

    @property
    def is_alive(self):
        return self.process.poll() is None

    @property
    def is_ready(self):
        try:
            return http(self.port, "GET", "/health/ready", timeout=5).status == 200
        except OSError:
            return False

    def processor_seconds(self):
        """User and system time of all its threads, to 10 ms."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_megabytes(self):
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def stop(self, kind=signal.SIGTERM, patience=30):
        """Ends it and gives its exit status; one that does not end is killed."""
        if self in Server.running:
            Server.running.remove(self)
        if self.is_alive:
            self.process.send_signal(kind)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


@atexit.register
def _stop_servers():
    for server in list(Server.running):
        server.stop(signal.SIGKILL)


# Load

def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("inf")


class Clients:
    """Threads that repeat a step until the block ends; an OSError of one is counted and followed by a short rest.

        with Clients(4, step) as clients: …
    """

    def __init__(self, count, step):
        self.step, self.done, self.failed = step, 0, 0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(count)]

    def _work(self, number):
        while not self._stopped.is_set():
            try:
                self.step(number)
                with self._lock:
                    self.done += 1
            except OSError:
                with self._lock:
                    self.failed += 1
                self._stopped.wait(0.05)

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.began
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)


def turn_seconds(port, key, seconds, text="hello", pause=0.05):
    """What another client sees meanwhile: the time of each of its turns, and how many came to nothing."""
    times, failed, end = [], 0, time.monotonic() + seconds
    conversation = http(port, "POST", "/v1/conversations", {"locale": "en"}, key=key, timeout=60).json["id"]
    while time.monotonic() < end:
        began = time.monotonic()
        try:
            answer = http(port, "POST", f"/v1/conversations/{conversation}/messages", {"text": text}, key=key, timeout=30)
            if answer.status == 200:
                times.append(time.monotonic() - began)
            else:
                failed += 1
        except OSError:
            failed += 1
        time.sleep(pause)
    return times, failed
