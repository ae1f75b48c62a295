"""Files that were made to do harm give a sentence, with the memory and processor time that their size explains."""

import pytest

from benchmarks.hostile import MEMORY, given_by, warm_up
from tests.shared_data import SHARED

FOLDER = SHARED / "hostile"
FILES = sorted(path.name for path in FOLDER.glob("*.*") if path.suffix != ".md") if FOLDER.is_dir() else []


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory):
    warm_up(tmp_path_factory.mktemp("warm"))


@pytest.mark.skipif(not FILES, reason="needs the hostile files of ../shared/data")
def test_every_hostile_file_is_tried():
    assert len(FILES) >= 16


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_a_sentence(name):
    given = given_by(FOLDER / name)
    assert "\n" not in given.words
    assert "Error" not in given.words
    assert given.peak < MEMORY or name.endswith(".json")  # cards are read here, beside all else that tests have loaded
