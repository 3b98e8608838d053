#!/usr/bin/env python3
"""Requests and imports that cost much more than they weigh: the processor time of each, beside what its bytes are worth."""
from attacklib import *

# Processor seconds of one request that says nothing; the clock of a process ticks every 10 ms, so each is measured over several. What
# has to be understood may cost three times what plain words of the same length do.
REFUSAL = 0.015
IMPORT = 5.0

MARKS = "\u0301\u0323"  # classes 230 and 220: out of their canonical order
attack = Attack()
data = trained_folder("algo")
key = secret_key(data, "all", "chat", "classify", "search", "agent")
page = publishable_key(data, "page", "https://shop.example")
server = Server(data, "--secret-rate", "100000", "--utterance-cache", "0")


def cost(name, raw, limit=REFUSAL, repeats=5):
    before, began = server.processor_seconds(), time.monotonic()
    seen = None
    for _ in range(repeats):
        connection = connect(server.port, 60)
        try:
            connection.sendall(raw)
            seen = read_response(connection).status
        except OSError as error:
            seen = type(error).__name__
        finally:
            connection.close()
    took = (time.monotonic() - began) / repeats
    used = (server.processor_seconds() - before) / repeats
    attack.check(name, used < limit and seen not in (500, "TimeoutError"),
                 f"{len(raw)} bytes, {seen}, {used * 1000:.0f} ms of processor time, {took * 1000:.0f} ms")
    return used


def plain(line, *headers, body=None):
    method, path = line.split(" ", 1)
    return request_bytes(method, path, [*headers, ("Connection", "close")], body)


def asked(path, value):
    body = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
    return plain("POST " + path, ("Authorization", "Bearer " + key), ("Content-Type", "application/json"), body=body)


huge = MARKS * 19_000
cost("nothing: /health/live", plain("GET /health/live"))
for name, start, end in (
    ("Authorization", "Bearer f", ""), ("Authorization", "b", " x"), ("Origin", "h", ""), ("Origin", "https://", ""), ("Host", "h", ""),
    ("Sec-Fetch-Site", "s", ""), ("X-Request-Id", "a", ""), ("If-None-Match", '"', ""), ("Content-Type", "a", ""), ("Connection", "c", ""),
):
    cost(f"no key: {name} of {start!r} and 76 kB of marks", plain("GET /widget.js", (name, start + huge + end)))
    # As many as the head's limits let through.
    cost(f"no key: {name} of {start!r} and 280 bytes of marks", plain("GET /widget.js", (name, start + huge[:140] + end)))
cost("no key: a path of marks", plain("GET /v1/x" + "%CC%81%CC%A3" * 4000))
cost("a query parameter of marks", plain("GET /v1/review?" + "%CC%81%CC%A3" * 4000 + "=1", ("Authorization", "Bearer " + key)))
cost("900 query parameters", plain("GET /v1/review?" + "&".join(f"{i:x}" for i in range(900)), ("Authorization", "Bearer " + key)))

many = MARKS * 15_000
cost("a field's name of 60 kB of marks", asked("/predict", {"a" + many: 1, "text": "hi"}))
cost("a field's name of 60 kB of ASCII", asked("/predict", {"a" * 60_000: 1, "text": "hi"}))
cost("a metadata key of 8 kB of marks", asked("/v1/conversations", {"metadata": {"a" + MARKS * 1_900: 1}}))
cost("metadata of 8 kB of marks", asked("/v1/conversations", {"metadata": {"a": MARKS * 1_900}}))
cost("5,000 field names", asked("/predict", {f"k{i}": 1 for i in range(5000)}))
cost("a text of 60 kB of marks", asked("/predict", {"text": "a" + many}))
cost("a locale of 60 kB of marks", asked("/v1/classify", {"text": "hi", "locale": "e" + many}))
cost("a classifier of 60 kB of marks", asked("/v1/classify", {"text": "hi", "classifier": "i" + many}))
cost("an intent of 60 kB of marks", asked("/v1/review", {"message_id": "m" + many, "intent": "i"}))
cost("an action of 60 kB of marks", asked("/v1/review/x", {"action": "l" + many}))
cost("a visitor of 60 kB of marks", asked("/v1/conversations", {"visitor": {"name": "n" + many}}))
cost("a channel of 60 kB of marks", asked("/v1/conversations", {"channel": "c" + many}))
cost("30,000 escapes", asked("/predict", b'{"text":"' + b"\\u0041" * 1900 + b'","x":"' + b"\\n" * 25_000 + b'"}'))
cost("deep and wide", asked("/predict", b'{"text":"hi","a":' + b"[" * 15 + b"1," * 25_000 + b"1" + b"]" * 15 + b"}"))

TURN = 3 * cost("a text of 2,000: words of dictionaries", asked("/predict", {"text": ("where is my order number " * 90)[:2000]}), 5, repeats=3)
for name, text in (
    ("'a'", "a" * 2000), ("marks", ("a" + MARKS * 1000)[:2000]), ("emoji", "😀" * 2000), ("Chinese", "退款什么时候到账" * 250),
    ("digits", "1" * 2000), ("words", "a b c d e " * 200), ("'1 '", "1 " * 1000), ("'二'", "二" * 2000), ("'1-'", "1-" * 1000),
    ("'a@a.'", "a@" + "a." * 990), ("families", "👩‍👩‍👧‍👦" * 285), ("U+FDFA", "ﷺ" * 2000), ("number words", ("one hundred " * 200)[:2000]),
    ("Hebrew points", ("א" + "\u05b0\u05b4\u05bc\u05c1" * 500)[:2000]), ("one word of marks", ("x\u0345\u0323" * 700)[:2000]),
):
    cost(f"a text of 2,000: {name}", asked("/predict", {"text": text}), TURN, repeats=3)
cost("64 texts of 320", asked("/v1/classify", {"texts": ["退款什么时候到账" * 40] * 64}), 64 * TURN, repeats=1)
cost("a search of 2,000", asked("/v1/search", {"query": "refund order return " * 100, "limit": 50}), TURN, repeats=3)
cost("a search of 2,000 marks", asked("/v1/search", {"query": ("a" + MARKS * 1000)[:2000], "limit": 50}), TURN, repeats=3)

# Frames that a socket refuses.
with Socket(server.port, page, "https://shop.example", timeout=60) as socket_:
    socket_.send({"type": "start"})
    socket_.until("ready")
    for name, value in (
        ("type", {"type": "s" + many}), ("rating", {"type": "feedback", "message_id": "m", "rating": "u" + many}),
        ("field name", {"type": "ping", "a" + many: 1}),
    ):
        before = server.processor_seconds()
        socket_.send(value)
        seen = socket_.next()
        used = server.processor_seconds() - before
        attack.check(f"a frame with a {name} of 60 kB of marks", used < 2 * REFUSAL and seen["type"] == "error",
                     f"{used * 1000:.0f} ms of processor time, {seen['message'][:60]}")

# Files of a bot owner: an example, an answer or a key of 800 kB of marks is refused by its line, in no time.
run_of_marks = "a" + MARKS * 200_000
escaped = "a" + "\\u0301\\u0323" * 60_000
long_text = "where is my order " * 500
files = {
    "example.yaml": f"intent: x\nexamples:\n  en:\n    - {run_of_marks}\n",
    "escaped.yaml": f'intent: x\nexamples:\n  en:\n    - "{escaped}"\n',
    "key.yaml": f'? "{escaped}"\n: x\nintent: x\n',
    "answer.yaml": f"intent: x\nexamples:\n  en: [hi]\nanswers:\n  - en: {run_of_marks}\n",
    "long.yaml": f"intent: x\nexamples:\n  en:\n    - {long_text}\n",
    "table.csv": f'text,intent\n"{run_of_marks}",x\n',
    "label.csv": f"text,intent\nhello,{run_of_marks}\n",
    "long.csv": f"text,intent\n{long_text},x\n",
    "rows.jsonl": json.dumps({"text": run_of_marks, "intent": "x"}, ensure_ascii=False) + "\n",
    "escaped.jsonl": json.dumps({"text": run_of_marks[:100_000], "intent": "x"}) + "\n",
    "long.jsonl": json.dumps({"text": long_text, "intent": "x"}) + "\n",
    "clinc.json": json.dumps({"train": [[run_of_marks, "x"]]}, ensure_ascii=False),
    "knowledge/page.md": f"---\nlocale: en\n---\n## {run_of_marks}\nAnswer.\n",
}
folder = WORK / "files"
(folder / "knowledge").mkdir(parents=True, exist_ok=True)
for name, text in files.items():
    (folder / name).write_text(text)
    options = ["--dry-run"] + (["--format", "clinc"] if name == "clinc.json" else [])
    for more in ([], ["--classifier", "mood"]):
        if more and not name.endswith(("csv", "jsonl")):
            continue
        began = time.monotonic()
        result = run("import", folder / name, *options, *more, data=data, check=False, timeout=120)
        took = time.monotonic() - began
        complaint = next((line for line in result.stderr.splitlines() if "expected" in line), result.stderr[-200:])
        attack.check(f"import {name} {' '.join(more)}", took < IMPORT and result.returncode == 65
                     and re.search(r":\d+: .*expected", complaint) is not None,
                     f"{len(text)} characters, {took:.2f} s, {result.returncode}, {complaint[-120:]}")

attack.note(f"resident memory {server.resident_megabytes():.0f} MB")
attack.check("the server ends by itself", server.stop() == 0)
attack.end()
