"""SONATA spike reports: `spikes/<population>` with timestamps and node_ids; attribute `units` of timestamps, ms by the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import RecordingError
from ..facts.asking import times_fact, units_fact
from ..facts.assembly import Found, natural_order, numbered
from ..facts.timing import Stated
from ..files.hdf5_facts import attribute_text, dataset, subgroup, vector
from ..questions import Question, Questions
from ..report import Fact

if TYPE_CHECKING:
    import h5py

ALL = "all"
UNITS = {
    "milliseconds": "ms",
    "millisecond": "ms",
    "ms": "ms",
    "seconds": "s",
    "second": "s",
    "s": "s",
    "microseconds": "us",
    "us": "us",
}


def is_sonata(handle: h5py.File) -> bool:
    """Return whether the file is a spike report."""
    return bool(_populations(handle))


def read_sonata(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of the populations; asks which where there are several. Units are the nodes that fired: others are not listed."""
    places = _populations(handle)
    place = places[0]
    if len(places) > 1 or questions.answer("variable") is not None:
        names = tuple(item.rpartition("/")[2] for item in places)
        reason = f"the report has {len(places)} populations"
        chosen = questions.ask(Question("variable", "Which population?", ALL, reason, choices=(ALL, *names)))
        if chosen == ALL:
            return _together(
                [(name, _read(handle, place, questions)) for name, place in zip(names, places, strict=True)]
            )
        place = places[names.index(chosen)]
    return _read(handle, place, questions)


def _together(found: list[tuple[str, Found]]) -> Found:
    """Return the spikes of several populations; node 3 of one is another unit than node 3 of the next."""
    first = np.cumsum([0, *(len(part.unit_names) for _, part in found)])
    return Found(
        np.concatenate([part.times for _, part in found]),
        np.concatenate([part.units + start for (_, part), start in zip(found, first[:-1], strict=True)]),
        tuple(f"{name}_{node}" for name, part in found for node in part.unit_names),
        stated=found[0][1].stated,
        unit_groups=tuple(name for name, part in found for _ in part.unit_names),
        curated=False,
        facts=tuple(fact for _, part in found for fact in part.facts),
    )


def _read(handle: h5py.File, place: str, questions: Questions) -> Found:
    """Return the spikes of one population."""
    file = questions.file
    times, nodes = vector(handle, f"{place}/timestamps", file), vector(handle, f"{place}/node_ids", file)
    if times.size != nodes.size:
        raise RecordingError(
            f"{file}: {place} has {times.size} timestamps but {nodes.size} node_ids; write the report again."
        )
    said = attribute_text(handle[f"{place}/timestamps"], "units")
    unit = UNITS.get(said.lower()) if said else "ms"
    if unit is None:
        raise RecordingError(f"{file}: the timestamps' units are {said!r}; give them in milliseconds.")
    units, names = numbered(nodes)
    where = "attribute units" if said else "the specification"
    return Found(
        times,
        units,
        names,
        stated=Stated(unit, start=0.0),
        facts=(
            times_fact(times.size, said or "milliseconds", f"/{place}/timestamps"),
            Fact("unit of time", said or "milliseconds", where),
            units_fact(len(names), "nodes with spikes", f"/{place}/node_ids"),
        ),
        details={"population": place.rpartition("/")[2]},
    )


def _populations(handle: h5py.File) -> list[str]:
    """Return the paths of the populations; reports before version 0.1 have one, in the group itself."""
    root = subgroup(handle, "spikes")
    if root is None:
        return []
    paths = ["spikes", *(f"spikes/{name}" for name in natural_order(root) if subgroup(root, name) is not None)]
    return [
        p
        for p in paths
        if dataset(handle, f"{p}/timestamps") is not None and dataset(handle, f"{p}/node_ids") is not None
    ]
