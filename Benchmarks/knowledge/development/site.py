#!/usr/bin/env python3
"""Two sites with their questions to choose the bounds of the ranking by: a library in English, a gym in Chinese. The questions that the
kind is measured with are those of ../questions.tsv, to another site.

usage: site.py FOLDER QUESTIONS      writes the pages, and the questions as a table of locale, question, page

Lines of the files: "# path | title" begins a page, "## heading" a passage of it, "? question" asks for what the page says.
"@name path | title" begins a page that is repeated for each of the lines "= value|value|...", the values being those of the fields in
braces, in their order; "? question > path" asks for one of them.
"""
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent


def read(file):
    """Pages as (path, title, [(heading, [lines])]) and questions as (question, path)."""
    pages, questions, template = [], [], None
    for line in file.read_text().splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "#" or mark.startswith("@"):
            path, title = rest.split(" | ")
            template = (path, title, []) if mark != "#" else None
            if not template:
                pages.append((path, title, []))
        elif mark == "##":
            (template or pages[-1])[2].append((rest, []))
        elif mark == "?":
            question, _, path = rest.partition(" > ")
            questions.append((question, path or pages[-1][0]))
        elif mark == "=":
            pages.append(filled(template, rest.split("|")))
        else:
            (template or pages[-1])[2][-1][1].append(line)
    return pages, questions


def filled(template, values):
    path, title, sections = template
    fields = dict.fromkeys(re.findall(r"\{(\w+)\}", title + repr(sections)))
    values = dict(zip(fields, values), slug=re.sub("[^a-z0-9]+", "-", values[0].lower().replace("'", "")))
    return path.format(**values), title.format(**values), [(h, [t.format(**values) for t in lines]) for h, lines in sections]


def everything():
    for file in sorted(HERE.glob("*.txt")):
        yield file.name.split(".")[1], *read(file)


def main():
    folder = pathlib.Path(sys.argv[1])
    rows = []
    for locale, pages, questions in everything():
        for path, title, sections in pages:
            file = folder / locale / (path + ".md")
            file.parent.mkdir(parents=True, exist_ok=True)
            text = "".join(f"\n## {heading}\n\n" + "\n\n".join(lines) + "\n" for heading, lines in sections)
            file.write_text(f'---\ntitle: "{title}"\nlocale: {locale}\n---\n\n# {title}\n{text}')
        assert {path for _, path in questions} <= {path for path, _, _ in pages}
        rows += [(locale, question, f"{locale}/{path}") for question, path in questions]
    with open(sys.argv[2], "w", newline="") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([("locale", "question", "page"), *rows])


if __name__ == "__main__":
    main()
