"""`python -m automind_dash.recording.format_docs > docs/formats.md`: the table of formats as documentation."""

from __future__ import annotations

import sys

from .files.archive import PACKED
from .formats.format import Format
from .formats.table import FORMATS
from .questions import ANSWERS

HEAD = """# What is read

Made from the table of formats by `python -m automind_dash.recording.format_docs`; a test compares. The content of a file decides what it
is, not its name. What a file leaves open is asked on the page with a guess filled in; the terminal takes `--set key=value`, and Python
keywords of `read_recording`. A guess that may misread a file is never used unasked. What was read as what stands under the recording's
name, in `features --json`, and in `recording.report`.

Folders may be packed ({packed}). Spreadsheets are not read: save the table as CSV. Nothing in a file is ever run or unpickled.

| format | files | what is read | what may be asked | limits, and how to export |
|---|---|---|---|---|
"""


def row(item: Format) -> str:
    """Return a format's row of the table."""
    files = ", ".join(item.extensions) or ("a folder" if item.kind == "folder" else "–")
    if item.kind == "folder" and item.extensions:
        files = f"a folder, {files}"
    last = " ".join(text for text in (item.limits, item.export) if text)
    if item.refusal:
        last = f"Not read: {item.refusal}"
    asked = ", ".join(f"`{key}`" for key in item.asked) or "–"
    return f"| {item.name} | {files} | {item.meaning} | {asked} | {last or '–'} |"


def document() -> str:
    """Return the whole page, Markdown."""
    head = HEAD.format(packed=", ".join(sorted(PACKED)))
    answers = "\n".join(f"* `{key}`: {meaning}" for key, meaning in ANSWERS.items())
    return f"{head}" + "\n".join(map(row, FORMATS)) + f"\n\n## What can be answered\n\n{answers}\n"


if __name__ == "__main__":
    sys.stdout.write(document())
