#!/usr/bin/env python3
"""Asks 40 questions to a bot that knows nothing but the 300 pages of site.py, and counts how often the right page is shown.

usage: run.py FRONTDESK MODELS [--with INTENTS] [--keep FOLDER] [--foreign FILE] [--development]

FRONTDESK is the program, MODELS the folder of its encoders. --with imports a folder of intents beside the pages. --foreign asks the messages
of a file too, a locale and a text a line with a tab between, that have nothing to do with the product, and counts how many get a passage.
--development asks the sites and questions that the bounds of the ranking are chosen by instead.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
BASE = "https://docs.kelpie.example"


def call(port, key, path, body):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(),
        {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=60))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("models")
    parser.add_argument("--with", dest="intents")
    parser.add_argument("--keep")
    parser.add_argument("--port", type=int, default=18951)
    parser.add_argument("--questions", default=HERE / "questions.tsv")
    parser.add_argument("--foreign")
    parser.add_argument("--development", action="store_true")
    options = parser.parse_args()
    folder = pathlib.Path(options.keep or tempfile.mkdtemp())
    maker = [HERE / "site.py"]
    if options.development:
        folder.mkdir(parents=True, exist_ok=True)
        options.questions = folder / "questions.tsv"
        maker = [HERE / "development" / "site.py"]
    site, data = folder / "site", folder / "data"
    run = lambda *arguments: subprocess.run([options.program, *arguments, "--data", str(data)], check=True, stdout=subprocess.PIPE, text=True).stdout
    if not data.exists():
        subprocess.run([sys.executable, *maker, site, *([options.questions] if options.development else [])], check=True)
        data.mkdir(parents=True)
        os.symlink(os.path.abspath(options.models), data / "models")
        if options.intents:
            run("import", options.intents)
        began = time.time()
        print(run("knowledge", "sync", str(site), "--base-url", BASE))
        run("train", "--activate")
        print(f"synchronised and trained in {time.time() - began:.0f} s")
    key = run("keys", "create", "--name", f"q{time.time_ns()}", "--scope", "chat").split()
    key = next(word for word in key if word.startswith("fd_"))
    server = subprocess.Popen([options.program, "serve", "--data", str(data), "--port", str(options.port), "--metrics-address", f"127.0.0.1:{options.port + 1}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{options.port}/health/ready", timeout=5)
                break
            except OSError:
                time.sleep(0.2)
        report(options, key)
    finally:
        server.terminate()
        server.wait()


def report(options, key):
    right, wrong = {}, 0
    for row in csv.DictReader(open(options.questions), delimiter="\t"):
        conversation = call(options.port, key, "/v1/conversations", {"locale": row["locale"]})["id"]
        turn = call(options.port, key, f"/v1/conversations/{conversation}/messages", {"text": row["question"]})
        decision = turn["decision"]
        text = turn["replies"][0]["text"] if turn["replies"] else ""
        wanted = f"{BASE}/" + urllib.request.quote(row["page"])
        links = {link.split("#")[0].removesuffix(".html") for link in re.findall(r"https://[!-~]+", text)}
        shown = wanted in links
        right.setdefault(row["locale"], []).append(shown)
        wrong += bool(links) and not shown
        best = decision["candidates"][0] if decision["candidates"] else {}
        print("right" if shown else "WRONG", row["question"], "|", decision["rule"], f"{best.get('probability', 0):.2f}", best.get("knowledge") or best.get("intent"), "|", text.replace("\n", " / ")[:160])
    for locale, shown in right.items():
        print(locale, sum(shown), "of", len(shown))
    print("all", sum(map(sum, right.values())), "of", sum(map(len, right.values())), "- a wrong page for", wrong)
    if options.foreign:
        foreign(options, key)


def foreign(options, key):
    answered = {}
    for line in open(options.foreign):
        locale, text = line.rstrip("\n").split("\t")
        conversation = call(options.port, key, "/v1/conversations", {"locale": locale})["id"]
        turn = call(options.port, key, f"/v1/conversations/{conversation}/messages", {"text": text})
        answered.setdefault(locale, []).append(any(BASE in reply["text"] for reply in turn["replies"]))
    for locale, shown in answered.items():
        print(locale, sum(shown), "of", len(shown), "foreign messages get a passage")


if __name__ == "__main__":
    main()
