#!/usr/bin/env python3
"""How much a large import slows down the bot that it goes into.

    Benchmarks/import_beside.py FRONTDESK MODELS [--rows 100000] [--kind examples|faq|both] [--rate 10] [--quiet 20] [--after 60]

A server with the starter bot answers turns that are sent at a fixed rate, whatever the answers take (open loop: a stall counts for
every turn that was due in it). After a quiet time FRONTDESK imports a table into the same data folder, in a process of its own; the
turns go on until it has ended, and for some time more, in which the server takes the new content over and embeds its sentences.
Printed are the import's seconds and the turns' p50 and p99 of each phase, the latter also as a multiple of the quiet one.
"""
import argparse
import csv
import http.client
import json
import os
import pathlib
import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

WORDS = "order parcel refund invoice address jacket lamp voucher size colour delivery account password courier receipt warranty repair exchange basket discount".split()
VERBS = "find change cancel pay return check move print lose repeat send hide open close rename".split()
QUESTIONS = ["where is my order", "I want to return these shoes", "do you ship abroad", "my card was charged twice", "我的快递到哪了", "how do I reset my password"]


def table(path, rows, kind):
    """Sentences that differ, 20 an intent at the most, or questions with answers."""
    chance = random.Random(3)
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "intent"] if kind == "examples" else ["question", "answer"])
        for number in range(rows):
            text = f"can I {chance.choice(VERBS)} the {chance.choice(WORDS)} {number} of my {chance.choice(WORDS)} {chance.choice(VERBS)}"
            writer.writerow([text, f"topic_{number % 500}"] if kind == "examples" else [text + "?", f"Answer {number}: see the page of the {chance.choice(WORDS)}."])


class Turns:
    """Sends turns on a clock; each is (when it was due, how long it took from then)."""

    def __init__(self, port, key, rate, workers=16):
        self.port, self.key, self.rate = port, key, rate
        self.times, self.failed, self.due = [], [], queue.Queue()
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(workers)]
        self.clock = threading.Thread(target=self.tick, daemon=True)

    def start(self):
        for thread in [*self.threads, self.clock]:
            thread.start()

    def tick(self):
        next_time, number = time.perf_counter(), 0
        while not self.stopped.is_set():
            self.due.put((next_time, number))
            number += 1
            next_time += 1 / self.rate
            time.sleep(max(0, next_time - time.perf_counter()))

    def call(self, connection, path, body):
        connection.request("POST", path, json.dumps(body), {"Authorization": "Bearer " + self.key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        content = json.loads(answer.read())
        if answer.status >= 300:
            raise OSError(str(content)[:200])
        return content

    def work(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        conversation = None
        while True:
            due, number = self.due.get()
            try:
                conversation = conversation or self.call(connection, "/v1/conversations", {})["id"]
                self.call(connection, f"/v1/conversations/{conversation}/messages", {"text": f"{random.choice(QUESTIONS)} {number}"})
                self.times.append((due, time.perf_counter() - due))
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.failed.append(str(error)[:100])
                connection.close()
                connection, conversation = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120), None

    def between(self, start, end):
        return sorted(took for due, took in list(self.times) if start <= due < end)


def percentile(times, share):
    return times[min(len(times) - 1, int(share * len(times)))] * 1000 if times else float("nan")


def run(options, kind):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="import-beside-"))
    data = folder / "data"
    data.mkdir()
    os.symlink(os.path.abspath(options.models), data / "models")
    command = lambda *arguments: subprocess.run([options.program, *arguments, "--data", str(data)], check=True, capture_output=True, text=True)
    log = open(folder / "server.log", "w")
    server = subprocess.Popen([options.program, "serve", "--data", str(data), "--port", str(options.port), "--metrics-address", f"127.0.0.1:{options.port + 1}"], stdout=log, stderr=log)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{options.port}/health/ready", timeout=5)
                break
            except OSError:
                if server.poll() is not None:
                    sys.exit((folder / "server.log").read_text()[-2000:])
                time.sleep(0.2)
        words = command("keys", "create", "--name", "load", "--scope", "chat").stdout.split()
        turns = Turns(options.port, next(word for word in words if word.startswith("fd_")), options.rate)
        table(folder / "table.csv", options.rows, kind)
        turns.start()
        time.sleep(3)
        quiet = time.perf_counter()
        time.sleep(options.quiet)
        begun = time.perf_counter()
        done = subprocess.run([options.program, "import", str(folder / "table.csv"), "--data", str(data)], capture_output=True, text=True)
        ended = time.perf_counter()
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        time.sleep(options.after)
        end = time.perf_counter()
        memory = next(int(line.split()[1]) // 1024 for line in open(f"/proc/{server.pid}/status") if line.startswith("VmRSS"))
        turns.stopped.set()
        base = percentile(turns.between(quiet, begun), 0.99)
        print(f"{kind}: {options.rows} rows imported in {ended - begun:.1f} s; server {memory} MB at the end; failed turns {len(turns.failed)} {turns.failed[:1]}")
        for name, start, stop in [("quiet", quiet, begun), ("during the import", begun, ended), ("after it", ended, end)]:
            times = turns.between(start, stop)
            p99 = percentile(times, 0.99)
            print(f"  {name:18} {len(times):6} turns, p50 {percentile(times, 0.5):7.1f} ms, p99 {p99:7.1f} ms ({p99 / base:.2f} of quiet), longest {times[-1] * 1000 if times else 0:.0f} ms")
        print("  the server said:", [line.split("]")[-1].strip()[:100] for line in (folder / "server.log").read_text().splitlines() if "content" in line or "error" in line][-3:])
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kind", choices=["examples", "faq", "both"], default="both")
    parser.add_argument("--rate", type=float, default=10)
    parser.add_argument("--quiet", type=float, default=20)
    parser.add_argument("--after", type=float, default=60)
    parser.add_argument("--port", type=int, default=18961)
    options = parser.parse_args()
    for kind in ["examples", "faq"] if options.kind == "both" else [options.kind]:
        run(options, kind)


if __name__ == "__main__":
    main()
