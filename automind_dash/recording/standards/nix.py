"""NIX: spike trains as neo writes them.

Each train is a `multi_tag` of type neo.spiketrain, whose `positions` hold the times and their unit, and whose `metadata` hold its
limits and its name; a segment is a group that lists its trains. The same train is reached over several links, and is read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...errors import RecordingError
from ..facts.asking import asked_segment, times_fact, units_fact
from ..facts.assembly import Found, joined, natural_order
from ..facts.timing import Stated
from ..files.hdf5 import MAX_OBJECTS
from ..files.hdf5_facts import attribute_text, dataset, number, subgroup, text, vector
from ..questions import Questions
from ..report import Fact

if TYPE_CHECKING:
    import h5py

TRAIN, SEGMENT = "neo.spiketrain", "neo.segment"
SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "min": 60.0, "h": 3600.0}
"""Of the units of time that neo writes."""


@dataclass(frozen=True)
class _Train:
    name: str
    times: Any
    unit: str
    start: float | None
    stop: float | None


def is_nix(handle: h5py.File) -> bool:
    """Return whether the file says that it is NIX."""
    return attribute_text(handle, "format") == "nix"


def read_nix(handle: h5py.File, questions: Questions) -> Found:
    """Return the spike trains of one segment; asks which. Raises RecordingError where there are none, or their unit is no time."""
    file = questions.file
    segments = _segments(handle, file)
    if not segments:
        raise RecordingError(
            f"{file}: this NIX file holds no spike trains of neo's; save the sorted trains with neo.io.NixIO."
        )
    names = list(segments)
    sizes = [sum(int(train.times.size) for train in trains) for trains in segments.values()]
    chosen = names[asked_segment(questions, names, sizes)]
    trains = segments[chosen]
    scale = [_scale(train.unit, file) for train in trains]
    times, units = joined([vector(t.times.parent, "data", file) * s if s != 1 else vector(t.times.parent, "data", file)
                           for t, s in zip(trains, scale, strict=True)])  # fmt: skip
    starts = [t.start * s for t, s in zip(trains, scale, strict=True) if t.start is not None]
    stops = [t.stop * s for t, s in zip(trains, scale, strict=True) if t.stop is not None]
    said = ", ".join(sorted({train.unit for train in trains}))
    facts = [
        times_fact(times.size, said, "positions of each train"),
        units_fact(len(trains), "spike trains", f"segment {chosen}"),
    ]
    if stops:
        facts.append(
            Fact(
                "duration", f"from {min(starts, default=0.0):g} to {max(stops):g} s", "t_start and t_stop of the trains"
            )
        )
    return Found(
        times,
        units,
        _distinct([train.name for train in trains]),
        stated=Stated("s", start=min(starts, default=None), stop=max(stops, default=None)),
        writer=f"neo {text(handle, 'metadata/neo/properties/version', file)}".strip(),
        facts=tuple(facts),
        details={"segment": chosen} if len(names) > 1 else {},
    )


def _segments(handle: h5py.File, file: str) -> dict[str, list[_Train]]:
    """Return segment → its trains, of every block."""
    found: dict[str, list[_Train]] = {}
    seen = 0
    blocks = subgroup(handle, "data")
    for block in blocks or ():
        groups = subgroup(blocks, f"{block}/groups") if blocks is not None else None
        for name in groups or ():
            if groups is None or attribute_text(groups[name], "type") != SEGMENT:
                continue
            tags = subgroup(groups, f"{name}/multi_tags")
            trains = []
            for tag in tags or ():
                seen += 1
                if seen > MAX_OBJECTS:
                    raise RecordingError(
                        f"{file}: it has more than {MAX_OBJECTS} spike trains; export only one segment."
                    )
                if tags is not None and (train := _train(tags[tag], file)) is not None:
                    trains.append(train)
            if trains:
                label = text(groups, f"{name}/metadata/properties/neo_name", file) or f"segment {len(found) + 1}"
                found[label if label not in found else f"{label} ({len(found) + 1})"] = _in_order(trains)
    return found


def _train(tag: Any, file: str) -> _Train | None:
    times = dataset(tag, "positions/data")
    if attribute_text(tag, "type") != TRAIN or times is None:
        return None
    name = text(tag, "metadata/properties/neo_name", file) or attribute_text(tag, "name").removeprefix(f"{TRAIN}.")
    limits = [number(tag, f"metadata/properties/{key}", file) for key in ("t_start", "t_stop")]
    return _Train(name, times, attribute_text(times.parent, "unit"), *limits)


def _in_order(trains: list[_Train]) -> list[_Train]:
    """Return the trains by their names, as people count."""
    rank = {name: i for i, name in enumerate(natural_order({train.name for train in trains}))}
    return sorted(trains, key=lambda train: rank[train.name])


def _scale(unit: str, file: str) -> float:
    if unit not in SECONDS:
        raise RecordingError(f"{file}: its times are in {unit or 'no unit'!r}; save the trains in s or ms.")
    return SECONDS[unit]


def _distinct(names: list[str]) -> tuple[str, ...]:
    """Return the names, numbered where several trains have one name."""
    if len(set(names)) == len(names):
        return tuple(names)
    return tuple(f"{name} ({i + 1})" for i, name in enumerate(names))
