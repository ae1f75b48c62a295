"""The house stays one that can be seen: small files in small folders."""

from collections import Counter
from pathlib import Path
from statistics import median

import pytest

import automind_dash

ROOT = Path(automind_dash.__file__).parent
MOST_LINES, USUAL_LINES, MOST_FILES = 400, 200, 20


@pytest.fixture(
    scope="module", params=["circuit", "dashboard", "features", "inference", "invariance", "recording", "study"]
)
def files(request):
    """The files of a package that someone wrote, with how many lines they have."""
    found = {
        file: file.read_text(encoding="utf-8").count("\n")
        for kind in ("*.py", "*.js")
        for file in (ROOT / request.param).rglob(kind)
    }
    return {file: lines for file, lines in found.items() if lines}


def test_no_file_is_longer_than_one_reads_at_a_time(files):
    assert not {file.name: lines for file, lines in files.items() if lines > MOST_LINES}
    assert median(files.values()) < USUAL_LINES


def test_no_folder_holds_more_than_one_sees(files):
    assert not {folder: n for folder, n in Counter(file.parent for file in files).items() if n > MOST_FILES}
