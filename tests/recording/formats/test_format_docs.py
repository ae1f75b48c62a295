"""The documentation of formats is the table of formats."""

from __future__ import annotations

from pathlib import Path

from automind_dash.recording import ANSWERS, FORMATS
from automind_dash.recording.format_docs import document
from automind_dash.recording.formats import format

DOCS = Path(__file__).parents[3] / "docs/formats.md"


def test_the_document_is_made_from_the_table():
    assert DOCS.read_text(encoding="utf-8") == document(), (
        "run: python -m automind_dash.recording.format_docs > docs/formats.md"
    )


def test_every_row_has_functions_and_known_answers():
    for row in FORMATS:
        assert row.refusal or callable(row.reader())
        assert set(row.asked) <= set(ANSWERS)
        assert row.meaning


def test_what_every_row_names_is_there():
    for row in FORMATS:
        assert callable(format._function(row.sniff))
        assert row.refusal or callable(row.reader())
