"""Fits the weights of the ranking on public data sets, each judged with itself left out.

    python3 Benchmarks/ranking.py features DATASETS MODEL_DIRECTORY features.jsonl    asks RankingBench; minutes
    python3 Benchmarks/ranking.py fit features.jsonl [JUDGED.jsonl]                   prints each left-out set and the weights

DATASETS holds one folder a set with `train.jsonl` and `test.jsonl` of {"text", "intent"} (banking77_fewshot, clinc150,
clinc150_fewshot, hwu64, snips, bitext, smp2017_ecdt), or `corpus.jsonl` of {"id", "question"} and `test.jsonl`
(covid_faq, stackfaq). A bot is made of each set as owners have them: some of its classes become intents with 5 to 30 examples,
some become knowledge entries with one to four questions, and the rest are unknown to it: their messages, and those of
other sets, are foreign. JUDGED has more messages of the first bot of each set (MESSAGES=2000 SEEDS=1 in the environment of
`features`): the calibration error of 600 messages is 0.03 to 0.06 by chance alone. numpy is needed.
"""

import json
import math
import os
import random
import subprocess
import sys

INTENT_SETS = ["banking77_fewshot", "clinc150", "hwu64", "snips", "bitext", "smp2017_ecdt"]
FAQ_SETS = ["covid_faq", "stackfaq"]
FOREIGN_LABELS = {"oos"}
FOREIGN_SHARE = 0.3
# Of the foreign messages those that belong to classes of the same set which the bot does not know.
NEAR_SHARE = 0.35
MESSAGES = int(os.environ.get("MESSAGES", "400"))


def rows(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def by_label(items):
    groups = {}
    for item in items:
        groups.setdefault(item["intent"], []).append(item["text"])
    return groups


def intent_bot(folder, name, seed, far):
    """A bot of an intent set: intents, entries, messages with what is right, nothing for foreign ones."""
    chance = random.Random(f"{name}/{seed}")
    train = by_label(rows(os.path.join(folder, name, "train.jsonl")))
    test = by_label(rows(os.path.join(folder, name, "test.jsonl")))
    labels = sorted(set(train) & set(test) - FOREIGN_LABELS)
    chance.shuffle(labels)
    unknown = labels[: max(1, round(0.25 * len(labels)))]
    known = labels[len(unknown) :]
    entries = known[: round((0, 0.3, 0.6)[seed % 3] * len(known))]
    intents = known[len(entries) :]
    shots = (10, 20, 5, 30)[seed % 4]
    bot = {"intents": {}, "entries": []}
    for label in intents:
        bot["intents"][label] = chance.sample(train[label], min(shots, len(train[label])))
    for label in entries:
        count = min(chance.randint(1, 4), len(train[label]))
        bot["entries"].append({"id": label, "questions": chance.sample(train[label], count)})
    inside = [(text, label) for label in known for text in test[label]]
    near = [text for label in unknown for text in test[label]]
    for label in FOREIGN_LABELS & set(test):
        near += chance.sample(test[label], min(len(near) or 100, len(test[label])))
    return bot, messages(chance, inside, near, far)


def faq_bot(folder, name, seed, far):
    """A bot of a set of questions and answers, beside some intents of another set."""
    chance = random.Random(f"{name}/{seed}")
    corpus = rows(os.path.join(folder, name, "corpus.jsonl"))
    test = by_label(rows(os.path.join(folder, name, "test.jsonl")))
    extra = {}
    if os.path.exists(os.path.join(folder, name, "train.jsonl")):
        extra = by_label(rows(os.path.join(folder, name, "train.jsonl")))
    chance.shuffle(corpus)
    count = round(0.25 * len(corpus))
    unknown, known = corpus[:count], corpus[count:]
    bot = {"intents": {}, "entries": []}
    for item in known:
        more = extra.get(item["id"], [])
        more = chance.sample(more, min(len(more), chance.randint(0, 2)))
        bot["entries"].append({"id": item["id"], "questions": [item["question"]] + more, "answer": item["answer"][:2000]})
    inside = [(text, item["id"]) for item in known for text in test.get(item["id"], [])]
    near = [text for item in unknown for text in test.get(item["id"], [])]
    if seed % 3:
        guest = ("snips", "hwu64")[seed % 2]
        train = by_label(rows(os.path.join(folder, guest, "train.jsonl")))
        host = by_label(rows(os.path.join(folder, guest, "test.jsonl")))
        for label in chance.sample(sorted(set(train) & set(host)), min(7, len(host))):
            bot["intents"][label] = chance.sample(train[label], min(20, len(train[label])))
            inside += [(text, label) for text in chance.sample(host[label], min(8, len(host[label])))]
        far = [item for item in far if item[0] != guest]
    return bot, messages(chance, inside, near, far)


def messages(chance, inside, near, far):
    chance.shuffle(inside)
    far = [text for _, text in chance.sample(far, min(len(far), MESSAGES // 4))]
    chance.shuffle(near)
    foreign = near[: MESSAGES // 4] + far
    return [(text, label, "inside") for text, label in inside[:MESSAGES]] + [
        (text, None, "near" if place < len(near[: MESSAGES // 4]) else "far") for place, text in enumerate(foreign)
    ]


def ask_bench(arguments):
    folder, model, target = arguments
    tests = {}
    for name in INTENT_SETS + FAQ_SETS:
        tests[name] = [item["text"] for item in rows(os.path.join(folder, name, "test.jsonl"))]
    bench = subprocess.Popen(
        [os.environ.get("RANKING_BENCH", ".build/release/RankingBench"), model],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    with open(target, "w", encoding="utf-8") as out:
        for name in INTENT_SETS + FAQ_SETS:
            for seed in range(int(os.environ.get("SEEDS", "2"))):
                chance = random.Random(f"far/{name}/{seed}")
                # Questions of these two are about anything at all.
                close = {"clinc150": {"hwu64", "snips"}, "hwu64": {"clinc150", "snips"}, "snips": {"clinc150", "hwu64"}}
                far = [
                    (other, text)
                    for other in tests if other != name and other not in close.get(name, set())
                    for text in chance.sample(tests[other], min(60 * MESSAGES // 400, len(tests[other])))]
                make = intent_bot if name in INTENT_SETS else faq_bot
                bot, items = make(folder, name, seed, far)
                bot["messages"] = [text for text, _, _ in items]
                bench.stdin.write(json.dumps(bot, ensure_ascii=False) + "\n")
                bench.stdin.flush()
                for text, label, kind in items:
                    line = json.loads(bench.stdout.readline())
                    line.update(set=name, seed=seed, gold=label, kind=kind)
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
                assert bench.stdout.readline() == "\n"
                print(name, seed, len(items), "messages", "dropped", line["dropped"], file=sys.stderr, flush=True)
    bench.stdin.close()
    bench.wait()


# What the fit sees of a candidate and of "nothing of this", in the order of the weights.
CANDIDATE = ["head", "untrained", "similarity", "meanSimilarity", "sentences", "untrainedSimilarity", "lexical"]
NULL = ["constant", "background", "meanBackground", "length", "closeness", "separation"]
SEPARATION = len(CANDIDATE) + NULL.index("separation")
# Tokens of a message that are compared at once.
WINDOW = 16
# Bots whose sentences are told apart more easily than this are treated alike.
USUAL_SEPARATION = 0.15


def features(line):
    import numpy

    names, table = [], []
    for c in line["candidates"]:
        trained = c.get("p") is not None
        table.append([
            math.log(max(1e-4, c.get("p"))) if trained else 0, 0 if trained else 1, c["li"], c["li3"], math.log(1 + c["n"]),
            0 if trained else c["li"], c["lexical"], *[0] * len(NULL)])
        names.append(c["name"])
    background = line["background"]
    table.append([0] * len(CANDIDATE) + [
        1, background[0] if background else 0, sum(background) / len(background) if background else 0,
        math.log(1 + min(line["tokens"], WINDOW)), line["closeness"], min(line["separation"], USUAL_SEPARATION)])
    names.append(None)
    return names, numpy.array(table)


def fit(samples, penalty=1e-4, rounds=100):
    """Newton's method with a halving step on the mean negative log-likelihood. Samples: (features, place of what is right, weight)."""
    import numpy

    width = samples[0][0].shape[1]
    length = max(table.shape[0] for table, _, _ in samples)
    tables = numpy.zeros((len(samples), length, width))
    absent = numpy.full((len(samples), length), -1e9)
    for place, (table, _, _) in enumerate(samples):
        tables[place, : len(table)] = table
        absent[place, : len(table)] = 0
    share = numpy.array([weight for _, _, weight in samples])
    share = share / share.sum()
    chosen = tables[numpy.arange(len(samples)), [right for _, right, _ in samples]]

    def loss(weights):
        scores = tables @ weights + absent
        top = scores.max(axis=1, keepdims=True)
        p = numpy.exp(scores - top)
        norm = p.sum(axis=1, keepdims=True)
        value = share @ ((numpy.log(norm) + top)[:, 0] - chosen @ weights) + penalty / 2 * weights @ weights
        return value, p / norm

    weights = numpy.zeros(width)
    value, p = loss(weights)
    for _ in range(rounds):
        mean = numpy.matmul(p[:, None, :], tables)[:, 0, :]
        gradient = share @ (mean - chosen) + penalty * weights
        flat = tables.reshape(-1, width)
        hessian = (flat * (share[:, None] * p).reshape(-1, 1)).T @ flat - (mean * share[:, None]).T @ mean
        step = numpy.linalg.solve(hessian + penalty * numpy.eye(width), gradient)
        scale = 1.0
        while scale > 1e-6:
            after, later = loss(weights - scale * step)
            if after < value:
                break
            scale /= 2
        else:
            break
        done = value - after < 1e-9
        weights, value, p = weights - scale * step, after, later
        if done:
            break
    return weights


def prepared(lines):
    result = []
    for line in lines:
        names, table = features(line)
        right = names.index(line["gold"]) if line["gold"] in names else None
        result.append((line, names, table, right))
    return result


def shares(kinds):
    """How much of a set's weight each of its messages has, by kind."""
    counts = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    wanted = {
        "inside": 1 - FOREIGN_SHARE, "near": FOREIGN_SHARE * NEAR_SHARE, "far": FOREIGN_SHARE * (1 - NEAR_SHARE)}
    return {kind: wanted[kind] / count for kind, count in counts.items()}


def samples(items):
    """Each bot counts the same, and foreign messages are the stated share of each."""
    kinds = {}
    for line, _, _, _ in items:
        kinds.setdefault((line["set"], line["seed"]), []).append(line["kind"])
    weights = {name: shares(values) for name, values in kinds.items()}
    return [
        (table, right, weights[line["set"], line["seed"]][line["kind"]]) for line, _, table, right in items if right is not None]


def judge(items, weights):
    import numpy

    results = []
    for line, names, table, _ in items:
        scores = table @ weights
        p = numpy.exp(scores - scores.max())
        p /= p.sum()
        best = max(range(len(names) - 1), key=lambda place: p[place]) if len(names) > 1 else None
        results.append((
            float(p[best]) if best is not None else 0, best is not None and names[best] == line["gold"],
            line["gold"] is None, line["kind"]))
    return results


def weight_of(results):
    weights = shares([result[3] for result in results])
    return lambda result: weights[result[3]]


def describe(results):
    weight = weight_of(results)
    inside = [result for result in results if not result[2]]
    foreign = sorted(result[0] for result in results if result[2])
    top = sum(result[1] for result in inside) / max(1, len(inside))
    import bisect
    area = sum(bisect.bisect_left(foreign, result[0]) for result in inside) / max(1, len(inside) * len(foreign))
    error = 0
    ordered = sorted(results)
    bins = [ordered[len(ordered) * k // 15 : len(ordered) * (k + 1) // 15] for k in range(15)]
    for part in bins:
        mass = sum(weight(r) for r in part)
        if mass:
            error += abs(sum(weight(r) * (r[0] - r[1]) for r in part))
    text = f"top1 {top:.3f}  AUROC {area:.3f}  calibration error {error:.3f} "
    for mark in (0.5, 0.7, 0.8, 0.9):
        shown = [r for r in results if r[0] >= mark]
        mass = sum(weight(r) for r in shown) or 1
        right = sum(weight(r) for r in shown if r[1])
        answered = sum(1 for r in shown if not r[2]) / max(1, len(inside))
        text += f"  at {mark}: {right / mass:.3f} of {answered:.3f}"
    return text


def mark_for(results, precision):
    """The smallest probability from which on answers are right so often."""
    weight = weight_of(results)
    best, right, mass = 1.0, 0.0, 0.0
    for result in sorted(results, reverse=True):
        mass += weight(result)
        right += weight(result) * result[1]
        if right / mass >= precision:
            best = result[0]
    return best


def with_own_measure(items, weights):
    """Each sample by what the weights make of it, and the two features of "nothing" that a bot's own content moves."""
    import numpy

    result = []
    for table, right, weight in samples(items):
        own = numpy.zeros((len(table), 2))
        own[-1] = 1, table[-1, SEPARATION]
        result.append((table @ weights, own, right, weight))
    return result


def fit_own(items, weights, rounds=50):
    """What is added to the constant, and the weight of the separation, all others being kept; by Newton's method."""
    import numpy

    parts, added = with_own_measure(items, weights), numpy.zeros(2)
    for _ in range(rounds):
        gradient, hessian = numpy.zeros(2), 1e-9 * numpy.eye(2)
        for utility, own, right, weight in parts:
            scores = utility + own @ added
            p = numpy.exp(scores - scores.max())
            null = p[-1] / p.sum()
            gradient += weight * (null - (right == len(scores) - 1)) * own[-1]
            hessian += weight * null * (1 - null) * numpy.outer(own[-1], own[-1])
        step = numpy.linalg.solve(hessian, gradient)
        added -= step
        if abs(step).max() < 1e-9:
            break
    result = weights.copy()
    result[[len(CANDIDATE), SEPARATION]] += added
    return result


def fit_both(items):
    """The weights of all features but the separation by the bots that differ in nothing but their set, then the separation and the
    constant by those that differ in their number of examples and entries too."""
    import numpy

    alike = [(table[:, :SEPARATION], right, weight) for table, right, weight in samples(of_seeds(items, 1))]
    return fit_own(of_seeds(items, 2), numpy.append(fit(alike), 0))


def of_seeds(items, count):
    return [item for item in items if item[0]["seed"] < count]


def fit_all(arguments):
    items = of_seeds(prepared(rows(arguments[0])), 2)
    judged = prepared(rows(arguments[1])) if len(arguments) > 1 else items
    sets = sorted({line["set"] for line, _, _, _ in items})
    missing = sum(right is None for _, _, _, right in items)
    print(len(items), "messages,", missing, "without the right candidate among those compared")
    pooled = {1: [], 2: []}
    for name in sets:
        weights = fit_both([item for item in items if item[0]["set"] != name])
        test = [item for item in judged if item[0]["set"] == name]
        for seeds, results in pooled.items():
            results += judge(of_seeds(test, seeds), weights)
        print(f"{name:18}", describe(judge(of_seeds(test, 1), weights)))
    print(f"{'all left-out':18}", describe(pooled[1]))
    print(f"{'of both kinds':18}", describe(pooled[2]))
    for name, value in zip(CANDIDATE + NULL, fit_both(items)):
        print(f"{name:18} {value:.4f}")
    for precision in (0.8, 0.85, 0.9, 0.95, 0.97, 0.99):
        print("precision", precision, "from", round(mark_for(pooled[1], precision), 3))


if __name__ == "__main__":
    commands = {"features": ask_bench, "fit": fit_all}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](sys.argv[2:])
