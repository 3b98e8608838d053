"""Measures how the bot hears danger: 100 messages of people in danger beside 500 harmless ones with the same words.

    python3 Benchmarks/danger.py URL KEY [MESSAGES.tsv]
    python3 Benchmarks/danger.py fit MODEL_DIRECTORY         fits the weights of Sources/Ranking/DangerModel.swift

URL is a running server with the starter bot, KEY a secret key with the scope `chat`. Each message begins a conversation of its
own; danger was heard where the decision's rule begins with `danger.`. The messages (`Benchmarks/danger.tsv`: kind, locale, text)
are for judging only; no example of the bot comes from them. Ends with 1 below 0.95 found or above 0.01 false alarms.
The fit needs numpy, PyYAML and RankingBench: the shipped sentences in English and Chinese, beside examples and questions of the
starter bot, each fifth against the others.
"""

import glob
import json
import os
import random
import re
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


NEAREST = (2, 16)
# Examples and questions that are asked about.
CONTENT = 1500


def similarities(model, sentences, messages):
    """For each message its similarity to each sentence, by the sentence's place, and to the nearest of the background without dangers."""
    bot = {
        "intents": {}, "messages": messages, "withoutCategories": ["health-emergency"],
        "entries": [{"id": str(place), "questions": [text]} for place, text in enumerate(sentences)]}
    bench = subprocess.run(
        [os.environ.get("RANKING_BENCH", ".build/release/RankingBench"), model],
        input=json.dumps(bot, ensure_ascii=False) + "\n", capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in bench.stdout.splitlines() if line.strip()]
    near = [{int(c["name"]): c["li"] for c in line["candidates"]} for line in lines]
    return near, [max(line["background"], default=0.2) for line in lines]


def fit(model):
    import numpy
    import yaml

    chance = random.Random(5)
    sides, examples = {"danger": [], "harmless": []}, []
    for locale in ("en", "zh"):
        with open(f"Intents/phrases/{locale}.yaml", encoding="utf-8") as file:
            for act, sentences in yaml.safe_load(file)["acts"].items():
                side = "danger" if act.startswith("danger") else act
                if side in sides:
                    sides[side] += [str(sentence) for sentence in sentences]
    for path in sorted(glob.glob("Intents/*.yaml")):
        with open(path, encoding="utf-8") as file:
            for sentences in yaml.safe_load(file).get("examples", {}).values():
                examples += [str(sentence) for sentence in sentences]
    for path in sorted(glob.glob("Intents/knowledge/*.yaml")):
        with open(path, encoding="utf-8") as file:
            for entry in yaml.safe_load(file)["entries"]:
                examples += [str(question) for question in entry["questions"]]
    examples = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text) for text in examples]
    chance.shuffle(examples)
    # What is asked about stands first, and is no neighbour of its own fifth.
    content = examples[:CONTENT]
    asked = sides["danger"] + sides["harmless"] + content
    folds = [chance.randrange(5) for _ in asked]
    columns = []
    for side, begin in (("danger", 0), ("harmless", len(sides["danger"]))):
        found, background = similarities(model, sides[side], asked)
        for count in NEAREST:
            column = []
            for place, near in enumerate(found):
                # A sentence and those of its fold are no neighbours.
                near = sorted(
                    (value for other, value in near.items()
                     if place >= len(asked) - len(content) or folds[begin + other] != folds[place]), reverse=True)
                near = (near + [0.2] * count)[:count]
                column.append(sum(near) / count)
            columns.append(column)
    found, background = similarities(model, examples, asked)
    first = len(asked) - len(content)
    others = []
    for place, near in enumerate(found):
        values = [value for other, value in near.items()
                  if place < first or other >= len(content) or folds[first + other] != folds[place]]
        others.append(max(values + [background[place], 0.2]))
    columns.append(others)
    table = numpy.array([[1.0] * len(asked)] + columns).T
    right = numpy.array([place < len(sides["danger"]) for place in range(len(asked))], dtype=float)

    def weights(rows):
        solution = numpy.zeros(table.shape[1])
        for _ in range(50):
            p = 1 / (1 + numpy.exp(-table[rows] @ solution))
            hessian = (table[rows].T * (p * (1 - p))) @ table[rows] + 0.01 * numpy.eye(len(solution))
            solution -= numpy.linalg.solve(hessian, table[rows].T @ (p - right[rows]) + 0.01 * solution)
        return solution

    every = numpy.arange(len(asked))
    fold = numpy.array(folds)
    print(f"constant, danger {NEAREST}, harmless {NEAREST}, the nearest other:", numpy.round(weights(every), 2))
    logits = numpy.zeros(len(asked))
    for part in range(5):
        logits[fold == part] = table[fold == part] @ weights(every[fold != part])
    harmless = slice(len(sides["danger"]), first)
    for threshold in (-1, -0.5, 0, 0.5, 1, 1.5, 2):
        print(f"from {threshold}: found {(logits[right == 1] >= threshold).mean():.3f}, "
              f"false alarms {(logits[harmless] >= threshold).mean():.4f} of harmless talk, "
              f"{(logits[first:] >= threshold).mean():.4f} of questions to the shop")


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "fit":
        sys.exit(fit(sys.argv[2]))
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "danger.tsv")
    sys.exit(main(sys.argv[1].rstrip("/"), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else own))
