"""Starts the services that are measured and reads what they cost; shared by turns.py and idle_sockets.py."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A running server with everything that it started."""

    def __init__(self, name, command, port, log, env=None, cwd=None):
        self.name, self.port, self.log = name, port, Path(log)
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdout=output, stderr=subprocess.STDOUT, cwd=cwd,
                env={**os.environ, **(env or {})}, start_new_session=True)

    def wait(self, path="/", seconds=300, accept=lambda status: status < 500):
        """Until it answers a GET; ends the benchmark with its log when it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                sys.exit(f"{self.name} ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
            try:
                if accept(request(self.port, "GET", path)[0]):
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        sys.exit(f"{self.name} did not answer within {seconds} s:\n{self.log.read_text()[-2000:]}")

    def pids(self):
        children = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
        found, todo = [], [self.process.pid]
        while todo:
            found.append(todo.pop())
            todo += children.get(found[-1], [])
        return found

    def cpu_seconds(self):
        total = 0.0
        for pid in self.pids():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def memory(self, field="VmRSS"):
        """Bytes of all its processes; `Pss` counts what they share once."""
        total = 0
        for pid in self.pids():
            try:
                text = Path(f"/proc/{pid}/{'smaps_rollup' if field == 'Pss' else 'status'}").read_text()
            except OSError:
                continue
            match = re.search(rf"^{field}:\s+(\d+) kB", text, re.M)
            total += int(match[1]) * 1024 if match else 0
        return total

    def stop(self, seconds=20):
        """Asks it to end; gives the seconds that this took and the exit code."""
        began = time.monotonic()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        return time.monotonic() - began, self.process.returncode


def request(port, method, path, body=None, headers=()):
    """One HTTP request on a connection of its own: status and JSON (or None)."""
    data = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers)
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode() + b"\r\n" + data)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    head, _, rest = answer.partition(b"\r\n\r\n")
    if not head:
        raise ConnectionResetError("no answer")
    try:
        value = json.loads(rest)
    except ValueError:
        value = None
    return int(head.split(b" ", 2)[1]), value


class Frontdesk(Service):
    """`frontdesk serve` on a data folder of its own, trained on the starter bot with one encoder."""

    def __init__(self, program, models, encoder, folder, options=()):
        self.program, self.data = Path(program).resolve(), Path(folder) / "data"
        model = Path(models).resolve() / encoder
        if not (model / "manifest.json").exists():
            sys.exit(f"{model}: no such installed model (run 'make model')")
        (self.data / "models").mkdir(parents=True)
        (self.data / "models" / encoder).symlink_to(model)
        # Trained by a process of its own: what training leaves in the allocator must not hide what serving needs.
        for step in (["import", ROOT / "Intents"], ["train", "--activate"]):
            command = [str(part) for part in (self.program, *step, "--data", self.data)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        port = free_port()
        super().__init__(
            "frontdesk", [self.program, "serve", "--data", self.data, "--port", port, *options], port,
            Path(folder) / "frontdesk.log")

    def key(self, name, scopes=("chat", "classify")):
        command = [self.program, "keys", "create", "--data", self.data, "--name", name]
        for scope in scopes:
            command += ["--scope", scope]
        output = subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout
        return next(word for word in output.split() if word.startswith("fd_"))

    def start_conversation(self, key):
        status, value = request(
            self.port, "POST", "/v1/conversations", {"locale": "en"}, [("Authorization", f"Bearer {key}")])
        if status != 201:
            sys.exit(f"frontdesk refused a conversation: {status} {value}")
        return value["id"]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def end_services_with_this_process():
    """Lets a SIGTERM pass through the `finally` clauses that stop services."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal"))


def machine():
    """What the figures depend on."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text()) if Path("/proc/cpuinfo").exists() else None
    return {"cpu": model[1] if model else "unknown", "cores": len(os.sched_getaffinity(0)), "load": os.getloadavg()[0]}


def save(name, result):
    """Writes a result under Benchmarks/results."""
    folder = ROOT / "Benchmarks" / "results"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nwritten to {path.relative_to(ROOT)}")
