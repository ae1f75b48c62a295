"""`python -m benchmarks.hostile FOLDER`: the result, time and peak memory of reading each file in a folder.

The files were made to do harm. Each must give a sentence, or be read, within 2 s and 500 MB. Memory is the peak of the
reading process, libraries included. Cards of estimators are read in this process, because only the operator of a server
puts them there.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from automind_dash.dashboard.files.session_file import READER, SUFFIX
from automind_dash.errors import SessionError, UserError
from automind_dash.inference.estimators.card import Card
from automind_dash.inference.estimators.estimator import Estimator, list_estimators
from automind_dash.paths import pretrained_folder
from automind_dash.recording import Recording, save_recording
from automind_dash.recording.bounded import Ended, read_bounded, rehearse, warm_readers

SECONDS, MEMORY = 2.0, 500 * 2**20


@dataclass(frozen=True)
class Given:
    """The result of a file: words, seconds, and peak bytes."""

    file: str
    words: str
    seconds: float
    peak: int

    @property
    def holds(self) -> bool:
        return self.seconds <= SECONDS and self.peak <= MEMORY and "\n" not in self.words


def given_by(path: Path) -> Given:
    """Read a file as the page would."""
    ended: list[Ended] = []
    begun = time.perf_counter()
    words = "read"
    try:
        _read(path, ended.append)
    except UserError as error:
        words = str(error)
    seconds = time.perf_counter() - begun
    peak = ended[0].peak if ended else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Given(path.name, words, seconds, peak)


def _read(path: Path, told: Callable[[Ended], None]) -> None:
    if path.suffix == SUFFIX:
        rehearse(f"{READER}:read_session", path, SessionError, told=told)
    elif path.suffix == ".json" and "card" in path.name:
        _ask_estimator(path)
    else:
        read_bounded(path, told=told)


def _ask_estimator(path: Path) -> None:
    """Read a card, and build its network with the weights of the estimator from which the card was made."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "estimator")
        shutil.copytree(pretrained_folder() / Card.read(path).name, folder)
        shutil.copy(path, folder / "card.json")
        _ = Estimator.load(folder).density


def warm_up(folder: Path) -> None:
    """Load the libraries as a server does at its start, so that no file pays for it."""
    warm_readers(READER)
    read_bounded(save_recording(Recording.from_spikes([0.5], [0], duration=1.0, n_units=1), folder / "one.npz"))
    _ = next(iter(list_estimators().values())).density


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with tempfile.TemporaryDirectory() as scratch:
        warm_up(Path(scratch))
    failed = 0
    for path in sorted(folder.iterdir()):
        if path.suffix == ".md":
            continue
        given = given_by(path)
        failed += not given.holds
        print(
            f"{'' if given.holds else 'FAILS  '}{given.seconds:5.2f} s  {given.peak / 2**20:4.0f} MB  {given.file}: {given.words}"
        )
    sys.exit(failed)


if __name__ == "__main__":
    main()
