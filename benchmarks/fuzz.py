"""`python -m benchmarks.fuzz`: damaged files of every kind that is read, each of which must be read, or be one sentence.

The files are made here from small recordings, a saved session, an estimator's card and a table of circuits; a seed draws the damage.
A file that gives anything else is kept in --keep, under a name that tells the kind, the seed and its number; it is made again by
`--kind K --seed S --only N`. CI runs some hundred (`tests/test_fuzz.py`); `--seconds 3600` is for a night.
"""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.circuit.table import read_configurations
from automind_dash.dashboard.files.session_file import READER, SUFFIX
from automind_dash.dashboard.state.analysed import OF_RECORDINGS, complete, glance
from automind_dash.errors import SessionError, UserError
from automind_dash.inference.estimators.card import Card
from automind_dash.paths import pretrained_folder
from automind_dash.recording import Recording
from automind_dash.recording.bounded import Ended, read_bounded, rehearse, warm_readers
from tests.recording.layouts import LAYOUTS

ROOT = Path(__file__).parents[1]
EXTREMES = (
    b"1e308",
    b"-1",
    b"nan",
    b"99999999999999999999",
    b"1e-300",
    b"",
    b"\xff",
    b"0",
    b"<img src=x onerror=alert(1)>",
    "²".encode(),
)
ENOUGH = 20_000
"""Spikes up to which what could be read is measured, too."""

FAILED = 4


@dataclass(frozen=True)
class Odd:
    """What is no sentence. content: of the file."""

    name: str
    why: str
    content: bytes


def originals(folder: Path) -> dict[str, bytes]:
    """Return a small whole file of each kind: name → content. The name's end is the file's."""
    rng = np.random.default_rng(7)
    recording = Recording.from_spikes(
        np.sort(rng.uniform(0.2, 19.5, 300)).round(4), rng.integers(0, 4, 300), duration=20.0, n_units=4
    )
    found = {}
    for layout, write in LAYOUTS.items():
        place = folder / layout
        place.mkdir()
        path = write(recording, place, True).path
        if path.is_dir():
            path = Path(shutil.make_archive(str(place / "zipped"), "zip", path))
        found[f"{layout}{path.suffix}"] = path.read_bytes()
    sessions = sorted(
        (ROOT / "tests/dashboard/files/sessions").glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_size
    )
    found[f"session{SUFFIX}"] = sessions[0].read_bytes()
    found["card.json"] = next(iter(sorted(pretrained_folder().glob("*/card.json")))).read_bytes()
    table = pd.DataFrame(LOW + rng.random((5, len(NAMES))) * (HIGH - LOW), columns=list(NAMES))
    packed = io.BytesIO()
    table.to_parquet(packed)
    found |= {"circuits.csv": table.to_csv(index=False).encode(), "circuits.parquet": packed.getvalue()}
    return found


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Return content with one to four kinds of damage; of an archive, often inside of one of its members."""
    if content.startswith(b"PK") and rng.random() < 0.7:
        try:
            return _member_damaged(content, rng)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError):
            pass  # no archive that can be opened: damaged as it is
    for _ in range(rng.integers(1, 5)):
        content = DAMAGES[rng.integers(len(DAMAGES))](content, rng)
    return content


def _member_damaged(content: bytes, rng: np.random.Generator) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        names = given.namelist()
        harmed = names[rng.integers(len(names))]
        for name in names:
            inner = given.read(name)
            made.writestr(name, DAMAGES[rng.integers(len(DAMAGES))](inner, rng) if name == harmed else inner)
    return out.getvalue()


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    values = np.frombuffer(content, np.uint8).copy()
    if len(values):
        places = rng.integers(0, len(values), rng.integers(1, 9))
        values[places] ^= rng.integers(1, 256, len(places)).astype(np.uint8)
    return values.tobytes()


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(0, len(content) + 1)]


def _stretch(content: bytes, rng: np.random.Generator) -> tuple[int, int]:
    begin = int(rng.integers(0, len(content) + 1))
    return begin, min(begin + int(rng.integers(0, 257)), len(content))


def _drop(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _stretch(content, rng)
    return content[:begin] + content[end:]


def _repeat(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _stretch(content, rng)
    return content[:end] + content[begin:end] * int(rng.integers(1, 20)) + content[end:]


def _fill(content: bytes, rng: np.random.Generator) -> bytes:
    begin, end = _stretch(content, rng)
    return content[:begin] + bytes([(0, 255)[rng.integers(2)]]) * (end - begin) + content[end:]


def _extreme(content: bytes, rng: np.random.Generator) -> bytes:
    """Put an extreme value in place of a number of the text."""
    starts = [
        i for i in range(min(len(content), 4000)) if content[i : i + 1].isdigit() and not content[i - 1 : i].isdigit()
    ]
    if not starts:
        return _flip(content, rng)
    begin = end = starts[rng.integers(len(starts))]
    while end < len(content) and content[end : end + 1] in b"0123456789.":
        end += 1
    return content[:begin] + EXTREMES[rng.integers(len(EXTREMES))] + content[end:]


DAMAGES: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (_flip, _cut, _drop, _repeat, _fill, _extreme)


def oddity(path: Path) -> str:
    """Read a file as the program does; return what is wrong with how it was taken, empty where it was read or is a sentence."""
    ended: list[Ended] = []
    try:
        if path.suffix == SUFFIX:
            rehearse(f"{READER}:read_session", path, SessionError, told=ended.append)
        elif path.name.startswith("card"):
            Card.read(path)
        elif path.name.startswith("circuits"):
            read_configurations(path)
        else:
            recording = read_bounded(path, told=ended.append).recording
            if recording is not None and 0 < recording.n_spikes <= ENOUGH:
                complete(glance(recording, OF_RECORDINGS))
    except UserError as error:
        words = str(error)
        if "\n" in words.rstrip() or "Traceback" in words:
            return f"no sentence: {words[:200]!r}"
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is looked for
        return f"{type(error).__name__}: {error}"
    if ended and ended[0].status == FAILED and "MemoryError" not in ended[0].words and "allocate" not in ended[0].words:
        return f"the reader failed: {ended[0].words}"
    return ""


def fuzz(seed: int, count: int, kinds: tuple[str, ...] = (), only: int | None = None) -> Iterator[Odd]:
    """Yield what is odd of so many damaged files, the same for a seed on any machine."""
    warm_readers(READER)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        whole = originals(Path(scratch))
        names = [name for name in sorted(whole) if not kinds or name.split(".")[0] in kinds]
        for number in range(count) if only is None else [only]:
            name = names[number % len(names)]
            content = damaged(whole[name], np.random.default_rng([seed, number, zlib.crc32(name.encode())]))
            path = Path(scratch, name)
            path.write_bytes(content)
            if why := oddity(path):
                yield Odd(f"{Path(name).stem}-{seed}-{number}{path.suffix}", why, content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--kind", action="append", default=[])
    parser.add_argument("--only", type=int)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-found"))
    given = parser.parse_args()
    begun, seed, tried, found = time.monotonic(), given.seed, 0, 0
    batch = 200 if given.only is None else 1
    while not tried or (given.only is None and time.monotonic() - begun < given.seconds):
        for odd in fuzz(seed, batch, tuple(given.kind), given.only):
            given.keep.mkdir(exist_ok=True)
            (given.keep / odd.name).write_bytes(odd.content)
            print(f"{odd.name}: {odd.why}", flush=True)
            found += 1
        tried, seed = tried + batch, seed + 1
    print(f"{tried} files in {time.monotonic() - begun:.0f} s, {found} odd")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
