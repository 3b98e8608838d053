"""Measures how the bot hears danger: 100 messages of people in danger beside 500 harmless ones with the same words.

    python3 Benchmarks/danger.py URL KEY [MESSAGES.tsv]
    python3 Benchmarks/danger.py fit MODEL_DIRECTORY         fits the weights of Sources/Ranking/DangerModel.swift

URL is a running server with the starter bot, KEY a secret key with the scope `chat`. Each message begins a conversation of its
own; danger was heard where the decision's rule begins with `danger.`. The messages (`Benchmarks/danger.tsv`: kind, locale, text)
are for judging only; no example of the bot comes from them. Ends with 1 below 0.95 found or above 0.01 false alarms.
The fit needs numpy, PyYAML and RankingBench: a quarter of the shipped sentences against the other three, beside examples of the
starter bot.
"""

import glob
import json
import os
import random
import subprocess
import sys
import urllib.request


def post(url, key, path, body):
    request = urllib.request.Request(
        url + path, json.dumps(body).encode(),
        {"Authorization": "Bearer " + key, "Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def main(url, key, table):
    with open(table, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    missed, alarms, kinds = [], [], {}
    for kind, locale, text in rows:
        conversation = post(url, key, "/v1/conversations", {"locale": locale})["id"]
        decision = post(url, key, f"/v1/conversations/{conversation}/messages", {"text": text})["decision"]
        heard = decision["rule"].startswith("danger.")
        right = kinds.setdefault(kind, [0, 0])
        right[0] += heard
        right[1] += 1
        if kind == "harmless" and heard:
            alarms.append(f"{decision['rule']}: {text}")
        if kind != "harmless" and not heard:
            missed.append(f"{kind}: {text}")
    for title, lines in (("missed", missed), ("false alarms", alarms)):
        print(f"{title}:")
        for line in lines:
            print("  " + line)
    for kind, (heard, count) in sorted(kinds.items()):
        print(f"{kind:10} heard {heard} of {count}")
    dangers = sum(count for kind, (_, count) in kinds.items() if kind != "harmless")
    found = 1 - len(missed) / dangers
    false = len(alarms) / kinds["harmless"][1]
    print(f"found {found:.3f}, false alarms {false:.4f}")
    return 0 if found >= 0.95 and false <= 0.01 else 1


def mean_similarity(line, wanted):
    return max((c["li3"] for c in line["candidates"] if wanted(c["name"])), default=0.2)


def fit(model):
    import numpy
    import yaml

    chance = random.Random(5)
    acts, content = {}, []
    for path in sorted(glob.glob("Intents/phrases/*.yaml")):
        with open(path, encoding="utf-8") as file:
            for act, sentences in yaml.safe_load(file)["acts"].items():
                if act.startswith("danger") or act == "harmless":
                    acts.setdefault(act, []).extend(sentences)
    for path in sorted(glob.glob("Intents/*.yaml")):
        with open(path, encoding="utf-8") as file:
            for sentences in yaml.safe_load(file).get("examples", {}).values():
                content += [str(sentence) for sentence in sentences]
    kept, asked = {}, []
    for act, sentences in acts.items():
        chance.shuffle(sentences)
        kept[act] = sentences[: len(sentences) * 3 // 4]
        asked += [(act, sentence) for sentence in sentences[len(kept[act]) :]]
    asked += [("content", sentence) for sentence in chance.sample(content, min(300, len(content)))]
    bot = {
        "intents": {}, "messages": [text for _, text in asked],
        "entries": [{"id": act, "questions": sentences} for act, sentences in kept.items()]}
    bench = subprocess.run(
        [os.environ.get("RANKING_BENCH", ".build/release/RankingBench"), model],
        input=json.dumps(bot, ensure_ascii=False) + "\n", capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in bench.stdout.splitlines() if line.strip()]
    table = numpy.array([
        [1, mean_similarity(line, lambda name: name.startswith("danger")),
         mean_similarity(line, lambda name: name == "harmless")] for line in lines])
    right = numpy.array([act.startswith("danger") for act, _ in asked], dtype=float)
    weights = numpy.zeros(3)
    for _ in range(50):
        p = 1 / (1 + numpy.exp(-table @ weights))
        hessian = (table.T * (p * (1 - p))) @ table + 0.01 * numpy.eye(3)
        weights -= numpy.linalg.solve(hessian, table.T @ (p - right) + 0.01 * weights)
    print("constant, danger, harmless:", numpy.round(weights, 2))
    logits = table @ weights
    for threshold in (0, 0.5, 1, 1.5, 2, 2.5, 3):
        print(f"from {threshold}: found {(logits[right == 1] >= threshold).mean():.3f}, "
              f"false alarms {(logits[right == 0] >= threshold).mean():.4f}")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "fit":
        sys.exit(fit(sys.argv[2]))
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "danger.tsv")
    sys.exit(main(sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else own))
