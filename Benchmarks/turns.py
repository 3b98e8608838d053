#!/usr/bin/env python3
"""Durable chat turns per second and their latency over REST, side by side with hand-written services.

    Benchmarks/turns.py [--encoder all-minilm-l6-v2] [--connections 1,4,16,64] [--seconds 5] [--rounds 5]
        [--fastapi SCRIPT] [--flask SCRIPT] [--python PYTHON]

Every service runs on this machine the whole time; the measurements are interleaved (A B A B …) and the medians of the
rounds are compared. One turn is a POST with a sentence that was not sent before, answered after it is on disk
(`synchronous=FULL` on both sides). The Flask peer stores nothing; it is compared on /predict, which stores nothing either.
The load comes from one process with one thread, closed loop: each connection sends when its answer has arrived.
That process shares the cores with the services; what it costs is measured and printed.
"""
import argparse
import json
import os
import re
import resource
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from serving import ROOT, Frontdesk, Service, end_services_with_this_process, free_port, machine, save

SENTENCES = [
    "where is my order", "I would like to return these shoes", "do you ship to Norway",
    "my card was charged twice for one purchase", "how do I reset my password", "can I change the delivery address",
    "the lamp arrived broken, what now", "thank you, that helps", "how long does delivery usually take",
    "please cancel what I bought yesterday", "is the blue jacket available in size M", "I need an invoice for my company",
]
CHINESE = [
    "我的快递到哪了", "这双鞋想退掉可以吗", "你们能发货到国外吗", "同一笔订单扣了两次钱", "密码忘了怎么办", "能改一下收货地址吗",
    "收到的台灯是坏的", "好的谢谢", "一般几天能送到", "昨天下的单帮我取消", "蓝色外套有M码吗", "需要开公司抬头的发票",
]


class Connection:
    __slots__ = ("port", "socket", "buffer", "length", "sent", "number", "index", "is_closing")

    def __init__(self, port, index):
        self.port, self.sent, self.number, self.index = port, 0.0, 0, index
        self.open()

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.length, self.is_closing = b"", None, False


LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)


def load(port, connections, make_request, seconds):
    """Keeps `connections` connections busy; latencies (s), failures, seconds, own CPU seconds."""
    poll = select.epoll()
    open_connections = {}
    for index in range(connections):
        connection = Connection(port, index)
        open_connections[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
    latencies, failures = [], 0
    clock = time.perf_counter
    cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    began = clock()
    end = began + seconds

    def forget(connection):
        number = connection.socket.fileno()
        poll.unregister(number)
        del open_connections[number]
        connection.socket.close()

    def send(connection):
        data = make_request(connection.index, connection.number)
        connection.number += 1
        connection.sent = clock()
        if connection.is_closing:
            # A server that keeps no connection open pays for a new one with every call.
            forget(connection)
            connection.open()
            open_connections[connection.socket.fileno()] = connection
            poll.register(connection.socket.fileno(), select.EPOLLIN)
        connection.socket.sendall(data)

    for connection in list(open_connections.values()):
        send(connection)
    while open_connections:
        events = poll.poll(30)
        if not events:
            failures += len(open_connections)
            print(f"{len(open_connections)} calls got no answer within 30 s", file=sys.stderr)
            break
        for number, _ in events:
            connection = open_connections[number]
            try:
                data = connection.socket.recv(262144)
            except ConnectionError:
                data = b""
            if not data:
                failures += 1
                forget(connection)
                continue
            connection.buffer += data
            if connection.length is None:
                head_end = connection.buffer.find(b"\r\n\r\n")
                if head_end < 0:
                    continue
                match = LENGTH.search(connection.buffer, 0, head_end)
                if not match:
                    sys.exit(f"an answer without Content-Length: {connection.buffer[:300]!r}")
                connection.length = head_end + 4 + int(match[1])
                head = connection.buffer[:head_end].lower()
                connection.is_closing = head.startswith(b"http/1.0") or b"\r\nconnection: close" in head
            if len(connection.buffer) < connection.length:
                continue
            now = clock()
            if connection.buffer[9:12] == b"200":
                latencies.append(now - connection.sent)
            else:
                failures += 1
                if failures <= 3:
                    print(f"refused: {connection.buffer[:400]!r}", file=sys.stderr)
            connection.buffer, connection.length = b"", None
            if now < end:
                send(connection)
            else:
                forget(connection)
    poll.close()
    elapsed = clock() - began
    return latencies, failures, elapsed, sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - cpu


def http(path, body, key=None):
    data = json.dumps(body, ensure_ascii=False).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n"
    if key:
        head += f"Authorization: Bearer {key}\r\n"
    return head.encode() + b"\r\n" + data


class Target:
    """One call of one service, with a request for every (connection, number)."""

    def __init__(self, name, service, sentences):
        self.name, self.service, self.sentences, self.run = name, service, sentences, 0

    def text(self, connection, number):
        # The figures make every text a new one.
        return f"{self.sentences[(connection * 5 + number) % len(self.sentences)]} {self.run * 100003 + connection * 1009 + number}"

    def prepare(self, connections):
        self.run += 1

    def measure(self, connections, seconds):
        self.prepare(connections)
        cpu = self.service.cpu_seconds() if self.service else 0
        latencies, failures, elapsed, own = load(self.port, connections, self.request, seconds)
        used = (self.service.cpu_seconds() if self.service else 0) - cpu
        count = len(latencies)
        return {
            "count": count, "failures": failures, "per_second": count / elapsed, "latencies": latencies,
            "service_cpu_ms": 1000 * used / max(count, 1), "generator_cpu_us": 1e6 * own / max(count + failures, 1),
            "generator_share": own / elapsed,
        }

    @property
    def port(self):
        return self.service.port


class FrontdeskTurns(Target):
    """A conversation per connection; keys are spread, so that no key's limit is met."""

    keys = []

    def prepare(self, connections):
        super().prepare(connections)
        self.callers = [self.keys[index % len(self.keys)] for index in range(connections)]
        self.conversations = [self.service.start_conversation(key) for key in self.callers]

    def request(self, connection, number):
        body = {"text": self.text(connection, number), "client_message_id": f"m{number}"}
        return http(f"/v1/conversations/{self.conversations[connection]}/messages", body, self.callers[connection])


class FrontdeskPredictions(Target):
    keys = []

    def request(self, connection, number):
        return http("/predict", {"text": self.text(connection, number)}, self.keys[connection % len(self.keys)])


class FastAPITurns(Target):
    def request(self, connection, number):
        return http("/v1/messages", {"conversation_id": f"c{self.run}-{connection}", "text": self.text(connection, number)})


class FlaskPredictions(Target):
    def request(self, connection, number):
        return http("/predict", {"text": self.text(connection, number)})


class Nothing(Target):
    """A service that answers without thinking, to see how much load this generator can make at all."""

    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n" + b" " * 900

    def __init__(self, sentences):
        super().__init__("nothing", None, sentences)
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._port = listener.getsockname()[1]
        self.pid = os.fork()
        if self.pid == 0:
            self.serve(listener)
        listener.close()

    port = property(lambda self: self._port)

    def serve(self, listener):
        poll, clients = select.epoll(), {}
        poll.register(listener.fileno(), select.EPOLLIN)
        parent = os.getppid()
        while os.getppid() == parent:
            for number, _ in poll.poll(1):
                if number == listener.fileno():
                    client, _ = listener.accept()
                    clients[client.fileno()] = client
                    poll.register(client.fileno(), select.EPOLLIN)
                elif clients[number].recv(65536):
                    clients[number].sendall(self.answer)
                else:
                    poll.unregister(number)
                    clients.pop(number).close()
        os._exit(0)

    def request(self, connection, number):
        return http("/v1/messages", {"conversation_id": "c", "text": self.text(connection, number)})


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def compare(targets, counts, rounds, seconds):
    """Interleaved: every round asks every target once for every number of connections."""
    results = {count: {target.name: [] for target in targets} for count in counts}
    for count in counts:
        for target in targets:
            target.measure(count, min(1.0, seconds))
        for number in range(rounds):
            order = targets if number % 2 == 0 else targets[::-1]
            for target in order:
                results[count][target.name].append(target.measure(count, seconds))
            print(f"  {count} connections, round {number + 1} of {rounds}", file=sys.stderr)
    return {
        count: {name: summary(runs) for name, runs in by_name.items()} for count, by_name in results.items()
    }


def summary(runs):
    latencies = [latency * 1000 for run in runs for latency in run["latencies"]]
    rates = [run["per_second"] for run in runs]
    return {
        "per_second": statistics.median(rates), "per_second_range": [min(rates), max(rates)],
        "rates": rates, "p50_ms": percentile(latencies, 0.5), "p99_ms": percentile(latencies, 0.99),
        "p999_ms": percentile(latencies, 0.999), "answers": len(latencies), "failures": sum(run["failures"] for run in runs),
        "service_cpu_ms": statistics.median(run["service_cpu_ms"] for run in runs),
        "generator_cpu_us": statistics.median(run["generator_cpu_us"] for run in runs),
        "generator_share": statistics.median(run["generator_share"] for run in runs),
    }


def show(title, results, ours, others):
    counts = list(results)

    def row(label, values):
        print(f"  {label:<34}" + "".join(f"{value:>25}" for value in values))

    print(f"\n{title}")
    row("connections", counts)
    for other in others:
        ratios = []
        for count in counts:
            pairs = [a / b for a, b in zip(results[count][ours]["rates"], results[count][other]["rates"]) if b]
            ratios.append(f"{statistics.median(pairs):.2f} ({min(pairs):.2f}–{max(pairs):.2f})" if pairs else "–")
        row(f"{ours} ÷ {other}, per second", ratios)
        for field, label in [("p50_ms", "p50"), ("p99_ms", "p99")]:
            row(f"{other} ÷ {ours}, {label}",
                [f"{results[c][other][field] / results[c][ours][field]:.2f}" for c in counts])
    for name in [ours, *others, "nothing"]:
        if name not in results[counts[0]]:
            continue
        print(f"  {name}")
        row("  per second (spread)", [
            "{:.0f} ({:.0f}–{:.0f})".format(results[c][name]["per_second"], *results[c][name]["per_second_range"])
            for c in counts])
        row("  p50 / p99 / p99.9 ms", [
            "{p50_ms:.1f} / {p99_ms:.1f} / {p999_ms:.1f}".format(**results[c][name]) for c in counts])
        if name != "nothing":
            row("  CPU ms of the service a call", [f"{results[c][name]['service_cpu_ms']:.2f}" for c in counts])
        row("  CPU µs of the generator a call", [
            "{:.0f} ({:.0%} of a core)".format(results[c][name]["generator_cpu_us"], results[c][name]["generator_share"])
            for c in counts])
        row("  answers (failures)", [f"{results[c][name]['answers']} ({results[c][name]['failures']})" for c in counts])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk")
    parser.add_argument("--models", default=ROOT / "data/models")
    parser.add_argument("--encoder", default="all-minilm-l6-v2", choices=["all-minilm-l6-v2", "multilingual-e5-small"])
    parser.add_argument("--connections", default="1,4,16,64")
    parser.add_argument("--seconds", type=float, default=5, help="of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", default="", help="more options for 'frontdesk serve', in one argument")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers' packages")
    parser.add_argument("--fastapi", type=Path, help="the FastAPI peer's script")
    parser.add_argument("--fastapi-workers", default=2, type=int)
    parser.add_argument("--flask", type=Path, help="the Flask peer's script")
    options = parser.parse_args()
    end_services_with_this_process()
    counts = [int(count) for count in options.connections.split(",")]
    sentences = SENTENCES + (CHINESE if options.encoder == "multilingual-e5-small" else [])

    services = []
    nothing = Nothing(sentences)
    with tempfile.TemporaryDirectory(prefix="frontdesk-turns-") as folder:
        try:
            report = run(options, counts, sentences, services, nothing, Path(folder))
        finally:
            for service in services:
                service.stop()
            os.kill(nothing.pid, 9)
            os.waitpid(nothing.pid, 0)
    save("turns", report)


def run(options, counts, sentences, services, nothing, folder):
    model = (Path(options.models) / options.encoder).resolve()
    frontdesk = Frontdesk(options.program, options.models, options.encoder, folder, ["--utterance-cache", "0", *options.serve.split()])
    services.append(frontdesk)
    if options.fastapi:
        port = free_port()
        subprocess.run(
            [options.python, ROOT / "Benchmarks" / "onnx_encoder.py", model, folder / "encoder"], check=True,
            stdout=subprocess.DEVNULL)
        environment = {
            "MODEL": str(model), "GRAPH": str(folder / "encoder.int8.onnx"), "DB": str(folder / "peer.sqlite")}
        script = options.fastapi.resolve()
        services.append(Service(
            "fastapi", [options.python, "-m", "uvicorn", f"{script.stem}:app", "--app-dir", script.parent, "--workers",
                        options.fastapi_workers, "--port", port, "--log-level", "warning"],
            port, folder / "fastapi.log", environment, folder))
    if options.flask:
        port = free_port()
        services.append(Service(
            "flask", [options.python, options.flask.resolve()], port, folder / "flask.log",
            {"MODEL": str(model), "PORT": str(port)}, folder))
    frontdesk.wait("/health/ready", accept=lambda status: status == 200)
    for service in services[1:]:
        service.wait()
    by_name = {service.name: service for service in services}
    keys = [frontdesk.key(f"load-{number}") for number in range(8)]
    FrontdeskTurns.keys = FrontdeskPredictions.keys = keys

    turns = [FrontdeskTurns("frontdesk", frontdesk, sentences), nothing]
    if "fastapi" in by_name:
        turns.insert(1, FastAPITurns("fastapi", by_name["fastapi"], sentences))
    report = {"machine": machine(), "encoder": options.encoder, "seconds": options.seconds, "rounds": options.rounds}
    about = f"{options.encoder}, {report['machine']['cores']} cores, medians of {options.rounds} × {options.seconds:g} s"
    report["turns"] = compare(turns, counts, options.rounds, options.seconds)
    peers = [name for name in ["fastapi"] if name in by_name]
    show(f"durable REST turns ({about})", report["turns"], "frontdesk", peers)
    if "flask" in by_name:
        predictions = [
            FrontdeskPredictions("frontdesk", frontdesk, sentences), FlaskPredictions("flask", by_name["flask"], sentences)]
        report["predictions"] = compare(predictions, counts, options.rounds, options.seconds)
        show(f"/predict, nothing stored ({about})", report["predictions"], "frontdesk", ["flask"])
    report["memory"] = {service.name: {"rss": service.memory(), "pss": service.memory("Pss")} for service in services}
    print("\nmemory after the load, MB resident: " + ", ".join(
        f"{name} {values['rss'] / 1e6:.0f} ({values['pss'] / 1e6:.0f} with shared pages counted once)"
        for name, values in report["memory"].items()))
    return report


if __name__ == "__main__":
    main()
