"""Formats whose spikes neo reads: Plexon .plx, Blackrock .nev, Neuralynx .nse and .ntt, Spike2 .smr and .smrx.

neo runs in a process of its own (`apart`), since its readers trust what a file says. Unit 0 of an electrode holds what was not
sorted, and Blackrock's 255 noise: where some units are sorted, which to keep is asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import RecordingError
from ..apart.run import Limits, run_apart
from ..facts.asking import NOISE, SORTED, UNSORTED, asked_segment, asked_sorted, times_fact, units_fact
from ..facts.assembly import Found
from ..facts.timing import Stated
from ..files.start import Start
from ..questions import Questions
from ..report import Fact

LIMITS = Limits(seconds=300, memory=6 * 2**30)
"""neo walks through a .plx block by block in Python: a million spikes take 5 s."""

NUMBER = re.compile(r"#(\d+)$")


@dataclass(frozen=True)
class _Reader:
    """A class of neo.rawio. what: the word for such a file; noise: unit numbers that are noise; ends: it knows the recording's end."""

    name: str
    what: str
    options: dict[str, Any] = field(default_factory=dict)
    as_folder: bool = False
    noise: tuple[int, ...] = ()
    ends: bool = True


PLEXON = _Reader("PlexonRawIO", "Plexon file", {"progress_bar": False}, ends=False)
BLACKROCK = _Reader("BlackrockRawIO", "Blackrock file", {"nsx_to_load": []}, noise=(255,), ends=False)
NEURALYNX = _Reader("NeuralynxRawIO", "Neuralynx file", {"keep_original_times": True}, as_folder=True, ends=False)
SPIKE2 = _Reader("Spike2RawIO", "Spike2 file", {"try_signal_grouping": False})
CED = _Reader("CedRawIO", "Spike2 file")


def is_plexon(start: Start) -> bool:
    """Return whether the file begins as .plx files do."""
    return start.head.startswith(b"PLEX")


def is_blackrock(start: Start) -> bool:
    """Return whether the file begins as .nev files do."""
    return start.head.startswith((b"NEURALEV", b"BREVENTS"))


def is_neuralynx(start: Start) -> bool:
    """Return whether the file is of spikes of one electrode, .nse or .ntt, with Neuralynx's header."""
    return start.head.startswith(b"######## Neuralynx") and start.suffix in (".nse", ".ntt")


def is_neuralynx_folder(folder: Path) -> bool:
    """Return whether a folder holds .nse or .ntt files."""
    return any(item.suffix.lower() in (".nse", ".ntt") for item in folder.iterdir())


def is_spike2(start: Start) -> bool:
    """Return whether the file begins as .smr files of Spike2 do."""
    return start.head[2:12] == b"(C) CED 87"


def is_spike2_64(start: Start) -> bool:
    """Return whether the file is a .smrx, Spike2's format of 64 bits."""
    return start.suffix == ".smrx" and start.encoding is None


def read_plexon(start: Start, questions: Questions) -> Found:
    """Return the spikes of a .plx."""
    return _found(PLEXON, start.path, questions)


def read_blackrock(start: Start, questions: Questions) -> Found:
    """Return the spikes of a .nev; the .nsX of the same name are not opened."""
    return _found(BLACKROCK, start.path, questions)


def read_neuralynx(start: Start, questions: Questions) -> Found:
    """Return the spikes of one .nse or .ntt."""
    return _found(NEURALYNX, start.path, questions, [start.path.name])


def read_neuralynx_folder(folder: Path, questions: Questions) -> Found:
    """Return the spikes of all .nse and .ntt files of a folder."""
    return _found(
        NEURALYNX,
        folder,
        questions,
        sorted(item.name for item in folder.iterdir() if item.suffix.lower() in (".nse", ".ntt")),
    )


def read_spike2(start: Start, questions: Questions) -> Found:
    """Return the spikes (WaveMark channels) of a .smr."""
    return _found(SPIKE2, start.path, questions)


def read_spike2_64(start: Start, questions: Questions) -> Found:
    """Return the spikes of a .smrx, with CED's sonpy; raises RecordingError where that is not installed."""
    from importlib.util import find_spec

    if find_spec("sonpy") is None:
        raise RecordingError(
            f"{questions.file}: .smrx files of Spike2 are read with CED's library sonpy, which is not installed (pip install sonpy); or "
            "save it as .smr in Spike2 (File, Save As), or export the spike times as text."
        )
    return _found(CED, start.path, questions)


def _found(reader: _Reader, path: Path, questions: Questions, only: list[str] | None = None) -> Found:
    file = questions.file
    arguments = {"reader": reader.name, "options": reader.options, "as_folder": reader.as_folder, "only": only}
    outcome = run_apart(
        "automind_dash.recording.acquisition.neo_trains:trains", path, file, arguments, LIMITS, reader.what
    )
    times, units, segments = (outcome.arrays[name] for name in ("times", "units", "segments"))
    listed, limits = outcome.outline["units"], outcome.outline["limits"]
    if not listed:
        raise RecordingError(
            f"{file}: neo finds no spikes in this {reader.what}; detect and sort spikes first, and give that file."
        )
    counts = np.bincount(segments, minlength=len(limits))
    segment = asked_segment(questions, [f"segment {i}" for i in range(len(limits))], counts.tolist())
    inside = segments == segment
    groups = [_group(item, reader) for item in listed]
    kept, left_out = asked_sorted(groups, np.bincount(units[inside], minlength=len(listed)), questions)
    chosen = np.array([group in kept for group in groups], dtype=bool)
    inside &= chosen[units]
    number = np.cumsum(chosen) - 1
    names = _names([item for item, keep in zip(listed, chosen, strict=True) if keep])
    start, stop = limits[segment]
    ends = reader.ends and stop is not None
    facts = [
        times_fact(int(inside.sum()), "s, as neo gives them", reader.what),
        units_fact(len(names), "units", "electrode#number"),
    ]
    if ends:
        facts.append(Fact("duration", f"from {start or 0:g} to {stop:g} s", "neo's segment"))
    return Found(
        times[inside],
        number[units[inside]],
        names,
        stated=Stated("s", start=start if ends else None, stop=stop if ends else None),
        unit_groups=tuple(group for group, keep in zip(groups, chosen, strict=True) if keep)
        if len(set(groups)) > 1
        else (),
        curated=False,
        writer=f"read by neo's {reader.name}",
        facts=tuple(facts),
        left_out=left_out,
        details={"segment": segment} if len(limits) > 1 else {},
    )


def _group(item: dict[str, str], reader: _Reader) -> str:
    """Return whether a unit is sorted, by the number after the electrode's name; what has no number is taken as sorted."""
    found = NUMBER.search(item["name"]) or NUMBER.search(item["id"])
    if found is None:
        return SORTED
    number = int(found.group(1))
    return NOISE if number in reader.noise else SORTED if number else UNSORTED


def _names(items: list[dict[str, str]]) -> tuple[str, ...]:
    """Return a name for each unit: the electrode's, with the unit's number where the name lacks it."""
    names = []
    for item in items:
        number = NUMBER.search(item["id"])
        has = NUMBER.search(item["name"]) or number is None
        names.append(item["name"] if has else f"{item['name']}{number.group(0) if number else ''}")
    return tuple(names) if len(set(names)) == len(names) else tuple(f"{name} ({i + 1})" for i, name in enumerate(names))
