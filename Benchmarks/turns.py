#!/usr/bin/env python3
"""Durable chat turns per second and their latency over REST, side by side with hand-written services.

    Benchmarks/turns.py [--encoder all-minilm-l6-v2] [--connections 1,4,16,64] [--seconds 5] [--rounds 5]
        [--fastapi SCRIPT] [--flask SCRIPT] [--python PYTHON] [--peer-env NAME=VALUE]...

Every service runs on this machine the whole time; the measurements are interleaved (A B A B …) and the medians of the
rounds are compared. One turn is a POST with a sentence that was not sent before, answered after it is on disk
(`synchronous=FULL` on both sides). The Flask peer stores nothing; it is compared on /predict, which stores nothing either.
The load comes from LoadBench (Benchmarks/Load), closed loop: each connection sends when its answer has arrived.
That process shares the cores with the services; what it costs is measured and printed.
"""
import argparse
import json
import statistics
import subprocess
import sys
import tempfile
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


class Target:
    """One call of one service."""

    body = '{"text": "{text}"}'

    def __init__(self, name, service, sentences, generator):
        self.name, self.service, self.sentences, self.generator, self.run = name, service, sentences, generator, 0

    def callers(self, connections):
        """What the connections are called with, taken in turn; see LoadPlan.swift."""
        return [{"path": "/predict", "headers": []}]

    def measure(self, connections, seconds):
        self.run += 1
        plan = {
            "host": "127.0.0.1", "port": self.service.port, "connections": connections, "seconds": seconds,
            "callers": self.callers(connections), "sentences": self.sentences, "body": self.body.replace("{run}", str(self.run)),
            # The figures make every text a new one.
            "first": self.run * 100003,
        }
        cpu = self.service.cpu_seconds()
        done = subprocess.run([self.generator], input=json.dumps(plan), capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{self.name}: {done.stderr}")
        report = json.loads(done.stdout)
        for reason in report["reasons"]:
            print(f"{self.name}: {reason}", file=sys.stderr)
        used = self.service.cpu_seconds() - cpu
        return {
            **report,
            "service_cpu_ms": 1000 * used / max(report["answers"], 1),
            "generator_cpu_us": 1e6 * report["cpu_seconds"] / max(report["answers"], 1),
            "generator_share": report["cpu_seconds"] / report["seconds"],
        }


class FrontdeskTurns(Target):
    """A conversation per connection; keys are spread, so that no key's limit is met."""

    keys = []
    body = '{"text": "{text}", "client_message_id": "m{number}"}'

    def callers(self, connections):
        keys = [self.keys[index % len(self.keys)] for index in range(connections)]
        return [
            {"path": f"/v1/conversations/{self.service.start_conversation(key)}/messages", "headers": [authorization(key)]}
            for key in keys]


class FrontdeskPredictions(Target):
    keys = []

    def callers(self, connections):
        return [{"path": "/predict", "headers": [authorization(key)]} for key in self.keys]


class FastAPITurns(Target):
    body = '{"conversation_id": "c{run}-{connection}", "text": "{text}"}'

    def callers(self, connections):
        return [{"path": "/v1/messages", "headers": []}]


def authorization(key):
    return f"Authorization: Bearer {key}"


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
    """Medians of the rounds."""
    fields = ["per_second", "p50_ms", "p99_ms", "p999_ms", "service_cpu_ms", "generator_cpu_us", "generator_share"]
    rates = [run["per_second"] for run in runs]
    return {
        **{field: statistics.median(run[field] for run in runs) for field in fields},
        "rates": rates, "per_second_range": [min(rates), max(rates)],
        "answers": sum(run["answers"] for run in runs), "failures": sum(run["failures"] for run in runs),
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
    for name in [ours, *others]:
        print(f"  {name}")
        row("  per second (spread)", [
            "{:.0f} ({:.0f}–{:.0f})".format(results[c][name]["per_second"], *results[c][name]["per_second_range"])
            for c in counts])
        row("  p50 / p99 / p99.9 ms", [
            "{p50_ms:.1f} / {p99_ms:.1f} / {p999_ms:.1f}".format(**results[c][name]) for c in counts])
        row("  CPU ms of the service a call", [f"{results[c][name]['service_cpu_ms']:.2f}" for c in counts])
        row("  CPU µs of the generator a call", [
            "{:.0f} ({:.0%} of a core)".format(results[c][name]["generator_cpu_us"], results[c][name]["generator_share"])
            for c in counts])
        row("  answers (failures)", [f"{results[c][name]['answers']} ({results[c][name]['failures']})" for c in counts])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / ".build/release/frontdesk")
    parser.add_argument("--generator", default=ROOT / ".build/release/LoadBench")
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
    parser.add_argument("--peer-env", action="append", default=[], metavar="NAME=VALUE", help="more environment for the peers")
    options = parser.parse_args()
    end_services_with_this_process()
    counts = [int(count) for count in options.connections.split(",")]
    sentences = SENTENCES + (CHINESE if options.encoder == "multilingual-e5-small" else [])

    services = []
    with tempfile.TemporaryDirectory(prefix="frontdesk-turns-") as folder:
        try:
            report = run(options, counts, sentences, services, Path(folder))
        finally:
            for service in services:
                service.stop()
    save("turns", report)


def run(options, counts, sentences, services, folder):
    model = (Path(options.models) / options.encoder).resolve()
    frontdesk = Frontdesk(
        options.program, options.models, options.encoder, folder,
        ["--utterance-cache", "0", "--secret-rate", "1000000", *options.serve.split()])
    services.append(frontdesk)
    more = dict(pair.split("=", 1) for pair in options.peer_env)
    if options.fastapi:
        port = free_port()
        subprocess.run(
            [options.python, ROOT / "Benchmarks" / "onnx_encoder.py", model, folder / "encoder"], check=True,
            stdout=subprocess.DEVNULL)
        environment = {
            "MODEL": str(model), "GRAPH": str(folder / "encoder.int8.onnx"), "DB": str(folder / "peer.sqlite"), **more}
        script = options.fastapi.resolve()
        services.append(Service(
            "fastapi", [options.python, "-m", "uvicorn", f"{script.stem}:app", "--app-dir", script.parent, "--workers",
                        options.fastapi_workers, "--port", port, "--log-level", "warning"],
            port, folder / "fastapi.log", environment, folder))
    if options.flask:
        port = free_port()
        services.append(Service(
            "flask", [options.python, options.flask.resolve()], port, folder / "flask.log",
            {"MODEL": str(model), "PORT": str(port), **more}, folder))
    frontdesk.wait("/health/ready", accept=lambda status: status == 200)
    for service in services[1:]:
        service.wait()
    by_name = {service.name: service for service in services}
    keys = [frontdesk.key(f"load-{number}") for number in range(8)]
    FrontdeskTurns.keys = FrontdeskPredictions.keys = keys

    def target(kind, name):
        return kind(name, by_name[name], sentences, options.generator)

    turns = [target(FrontdeskTurns, "frontdesk")]
    if "fastapi" in by_name:
        turns.append(target(FastAPITurns, "fastapi"))
    report = {"machine": machine(), "encoder": options.encoder, "seconds": options.seconds, "rounds": options.rounds}
    about = f"{options.encoder}, {report['machine']['cores']} cores, medians of {options.rounds} × {options.seconds:g} s"
    report["turns"] = compare(turns, counts, options.rounds, options.seconds)
    peers = [name for name in ["fastapi"] if name in by_name]
    show(f"durable REST turns ({about})", report["turns"], "frontdesk", peers)
    if "flask" in by_name:
        predictions = [target(FrontdeskPredictions, "frontdesk"), target(Target, "flask")]
        report["predictions"] = compare(predictions, counts, options.rounds, options.seconds)
        show(f"/predict, nothing stored ({about})", report["predictions"], "frontdesk", ["flask"])
    report["memory"] = {service.name: {"rss": service.memory(), "pss": service.memory("Pss")} for service in services}
    print("\nmemory after the load, MB resident: " + ", ".join(
        f"{name} {values['rss'] / 1e6:.0f} ({values['pss'] / 1e6:.0f} with shared pages counted once)"
        for name, values in report["memory"].items()))
    return report


if __name__ == "__main__":
    main()
