#!/usr/bin/env python3
"""Damaged files for every reader of `import` and `knowledge sync`: each is read or refused with a clear line, in bounded time and memory.

[SECONDS] [SEED]. The same seed damages the same files in the same way. Nothing is stored: all runs are dry.
"""
import io
import json
import random
import tarfile
import zipfile

from attacklib import *

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 120
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 1

# What one run of the program may take for some damaged files, and for one of the hostile ones.
TIME = 60
MEMORY = 1_500  # MB
BATCH = 8

attack = Attack()
chance = random.Random(seed)
data = empty_folder("fuzz-import")
work = WORK / "fuzz-import-files"
work.mkdir(parents=True, exist_ok=True)


def archive(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in files.items():
            out.writestr(name, text)
    return packed.getvalue()


def tarball(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=tarfile.PAX_FORMAT) as out:
        for name, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def workbook(rows):
    cells = "".join(
        f'<row r="{number}">' + "".join(f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for column, text in enumerate(row)) + "</row>"
        for number, row in enumerate(rows, 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return archive({
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'})


def text(value):
    return value.encode()


PAGE = """---
title: A guide
locale: en
url: /guide
---
# Guide

Some *words* with a [link](https://x.example "t"), `code` and ![a picture](p.png). 中文也有。

## Prices {#prices}

| Plan | Price |
| --- | ---: |
| Team | 12 € |

1. first
   - inner [ ] task
> quoted

```sh
make install
```

Below
-----
<details><summary>More</summary>hidden &amp; &#x4e2d; text</details>

[ref]: https://x.example
"""
HTML = """<!doctype html><html lang="zh"><head><meta charset="utf-8"><title>T &ndash; S</title><style>p{}</style></head>
<body><nav><ul><li>a</ul></nav><main><h1 id="a">Guide</h1><p class='x'>One &amp; two.<br>三。</p>
<section id="s"><h2>Table<a class="headerlink" href="#s">&para;</a></h2><table><tr><th>A<th>B</tr><tr><td>1<td>2</table>
<pre>code  x
 y</pre><ul><li>i<li>j</ul><dl><dt>k<dd>v</dl></section><script>var a = "</p>"</script><!-- c --></main><footer>f</footer></body></html>
"""
INTENT = "intent: greeting\ntitle: { en: Hello }\nexamples:\n  en:\n    - hello [A1](order_number)\n    - good day\nanswers:\n  - en: \"Hi {{order_number}}\"\n"
SEEDS = [(file.suffix, file.read_bytes()[:5000]) for file in sorted(INTENTS.glob("*.yaml"))[:8] + sorted((INTENTS / "knowledge").glob("*"))[:4]]
BOT = {"bot.config.json": '{"id": "b", "defaultLanguage": "en", "languages": ["en"]}', "intents/a.json": '{"name": "a", "utterances": {"en": ["hello there"]}, "slots": []}'}
SEEDS += [
    (".md", text(PAGE)), (".md", text(PAGE)), (".html", text(HTML)), (".html", text(HTML)), (".htm", HTML.replace("utf-8", "gbk").encode("gbk", "ignore")),
    (".yaml", text(INTENT)), (".yaml", text("entities:\n  size:\n    values:\n      small: { en: [s, tiny] }\n    patterns:\n      - \"[a-z]{2,5}[0-9]+\"\n")),
    (".yaml", text("version: '3.1'\nnlu:\n- intent: a\n  examples: |\n    - where is [it](thing)\n- lookup: thing\n  examples: |\n    - x\n")),
    (".csv", text('text,intent,locale,split\nhello,greeting,en,train\n"a, ""b""",x.y,zh,test\n')), (".csv", text("sep=;\n问题;答案\n怎么退货;30天内\n")),
    (".tsv", text("question\tanswer\tlink\nhow?\tso\thttps://x.example\n")), (".xlsx", workbook([["text", "intent"], ["hello", "a"], ["bye", "b"]])),
    (".jsonl", text('{"text": "hi", "intent": "greeting"}\n{"text": "你好", "intent": "greeting"}\n')),
    (".json", text('{"train": [["hello", "greeting"]], "oos_train": [["x", "oos"]]}')),
    (".json", text('{"intents": [{"tag": "a", "patterns": ["x", "y"], "responses": ["z"]}]}')),
    (".json", text('{"rasa_nlu_data": {"common_examples": [{"text": "show me", "intent": "a", "entities": [{"start": 0, "end": 4, "value": "s", "entity": "e"}]}]}}')),
    (".json", text('{"projectFileVersion": "2022-05-01", "assets": {"intents": [{"category": "A"}], "utterances": [{"text": "a b", "intent": "A", "entities": []}]}}')),
    (".json", text('{"articles": [{"id": 1, "title": "T", "locale": "en-us", "body": "<h2 id=\'a\'>x</h2><p>y</p>"}]}')),
    (".json", text('[{"short_code": "hi-there", "content": "Hello"}]')), (".json", text('{"qnas": [{"id": "1", "data": {"questions": {"en": ["q"]}, "answers": {"en": ["a"]}}}]}')),
    (".zip", archive({"agent.json": '{"language": "en"}', "intents/a.json": '{"name": "a", "responses": [{"messages": [{"type": "0", "speech": ["yes"]}]}]}', "intents/a_usersays_en.json": '[{"data": [{"text": "hello"}]}]'})),
    (".zip", archive(BOT)), (".tgz", tarball(BOT)), (".tgz", tarball({"./" + "long/" * 40 + name: text for name, text in BOT.items()})),
]
PIECES = [text(piece) for piece in [
    "{", "}", "[", "]", ":", "- ", "\n", "\t", "'", '"', "|", ">", "&a ", "*a", "!!binary ", "<<: *a", "%YAML 9.9\n", "---\n", "...\n", "\0", "\ufeff", "{{x}}",
    "[a](b)", "](", "((((", "{0,200}", "\\", "\r", "\u2028", "\x85", "? ", "1e999", "null", "~", ",", ";", '""', "\u0301" * 50, "# ", "## x\n", "===\n", "```", "~~~\n",
    "<", "</", "<div>", "</main>", "<nav>", "<!--", "-->", "<script>", "<table><tr>", "<td>", "<pre>", "&#x110000;", "&#0;", "&amp", "<h2 id='", "| a | b |\n|---|---|\n",
    "charset=", "+++\n", "{#", ":::", "$", "==", "﻿", "🏴‍☠️", "\u202e"]] + [b"\xff", b"\xf0\x9f", b"\xff\xfe", b"PK\x03\x04", b"\x81\x40"]


def damaged(content):
    content = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        if not content:
            content = bytearray(b"a")
        kind, place = chance.random(), chance.randrange(len(content))
        if kind < .35:
            content[place:place] = chance.choice(PIECES)
        elif kind < .5:
            content[place] = chance.randrange(256)
        elif kind < .65:
            del content[place:place + chance.randrange(1, 30)]
        elif kind < .8:
            start = chance.randrange(len(content))
            content[place:place] = content[start:start + chance.randrange(1, 200)]
        elif kind < .88:
            content = content[:place]
        elif kind < .95:
            content[place:place] = chance.choice(PIECES) * chance.choice([10, 300, 3000])
        else:
            content += chance.choice(SEEDS)[1][:500]
    return bytes(content)


def run(arguments):
    """Code, seconds, MB and what was said; code None where it had to be stopped."""
    began = time.time()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen([PROGRAM, *arguments, "--dry-run", "--data", data], stdout=told, stderr=told, preexec_fn=lambda: os.nice(5))
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            if time.time() - began > TIME:
                process.kill()
                os.wait4(process.pid, 0)
                return None, TIME, 0, "stopped"
            time.sleep(0.005)
        told.seek(0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, time.time() - began, usage.ru_maxrss / 1024, told.read(200_000).decode(errors="replace")


def is_clear(code, said):
    """A refusal names the place and what is wrong; nobody is shown Swift's insides."""
    if code == 0:
        return True
    return code == 65 and ("error:" in said or "refused" in said or "expected" in said) and "Fatal error" not in said and "Swift." not in said


worst = {"seconds": (0, ""), "MB": (0, "")}
counts = {}
odd = []


def judge(arguments, name, files):
    code, took, memory, said = run(arguments)
    counts[code] = counts.get(code, 0) + 1
    if took > worst["seconds"][0]:
        worst["seconds"] = (round(took, 2), name)
    if memory > worst["MB"][0]:
        worst["MB"] = (round(memory), name)
    if code is None or not is_clear(code, said) or memory > MEMORY:
        kept = WORK / f"odd-{len(odd)}"
        kept.mkdir(exist_ok=True)
        for file in files:
            shutil.copy(file, kept)
        odd.append((name, code, round(took, 1), round(memory), str(kept), said[-300:]))
        print("ODD", odd[-1], flush=True)
    return code, took, memory


HOSTILE = {
    "a page of 1 GB": (".html", None), "100,000 nested divs": (".html", b"<div>" * 100_000 + b"x" + b"</div>" * 100_000),
    "anchors that multiply, in front matter": (".md", b"---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n---\n# T\n\ntext\n"),
    "200,000 open links": (".md", b"# T\n\n" + b"[a](" * 200_000), "200,000 headings": (".md", b"# a\n\nb\n\n" * 200_000),
    "a line of 7 MB": (".md", b"# T\n\n" + b"word " * 1_400_000), "a heading of 5 MB": (".html", b"<h1>" + b"x" * 5_000_000 + b"</h1><p>y"),
    "half a million references": (".html", b"<p>" + b"&#x4e2d;" * 500_000), "100,000 tables in tables": (".html", b"<table><tr><td>" * 100_000),
    "a million quotation marks": (".csv", b"text,intent\n" + b'"' * 1_000_001), "a million columns": (".csv", b"text,intent\n" + b"a," * 1_000_000),
    "100,000 brackets": (".json", b"[" * 100_000), "anchors that multiply": (".yaml", b"a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b]\n"),
    "100,000 levels of YAML": (".yaml", b"- " * 100_000 + b"a"), "a bomb": (".zip", archive({"agent.json": '{"language": "en"}', "intents/a.json": "0" * 300_000_000})),
    "a bomb that is a tar archive": (".tgz", tarball({"bot.config.json": "{}", "intents/a.json": "0" * 300_000_000})),
    "a bomb beside a bot": (".tgz", tarball({**BOT, "models/a.model": b"0" * 1_500_000_000})),
    "20,000 files in a tar archive": (".tgz", tarball({**BOT, **{f"intents/{number}.json": "{}" for number in range(20_000)}})),
    "a bomb of a sheet": (".xlsx", workbook([["text", "intent"]] + [["a" * 200, "b"]] * 200_000)),
}
for name, (ending, content) in HOSTILE.items():
    file = work / f"hostile{ending}"
    if content is None:
        with open(file, "wb") as out:
            out.write(b"<p>text ")
            out.truncate(1 << 30)
    else:
        file.write_bytes(content)
    code, took, memory = judge(["import", file], name, [file] if content else [])
    attack.check(f"{name}: read or refused", code in (0, 65) and memory <= MEMORY, f"code {code}, {took:.1f} s, {memory:.0f} MB")
    file.unlink()

began, files = time.time(), 0
while time.time() - began < seconds:
    shutil.rmtree(work)
    (work / "pages").mkdir(parents=True)
    batch = []
    for number in range(BATCH):
        ending, content = chance.choice(SEEDS)
        if chance.random() < .1:
            ending = chance.choice([".md", ".html", ".yaml", ".csv", ".json", ".xlsx"])
        file = work / (f"pages/{number}" if ending in (".md", ".html", ".htm") else f"{number}")
        file = file.with_suffix(ending)
        file.write_bytes(damaged(content))
        batch.append(file)
    files += len(batch)
    judge(["import", *batch, *(["--skip-bad-rows"] if chance.random() < .2 else [])], f"after {files} files", batch)
    if any(file.parent.name == "pages" for file in batch):
        judge(["knowledge", "sync", work / "pages", "--base-url", "https://x.example"], f"pages after {files} files", batch)

attack.check(f"{files} damaged files are read or refused", not odd, f"codes {counts}, slowest {worst['seconds']}, largest {worst['MB']}, odd {len(odd)}")
attack.end()
