"""Klusta's .kwik: `channel_groups/k/spikes` with time_samples, recording and clusters/main, and the clusters' groups.

A cluster's group is the attribute `cluster_group` of `channel_groups/k/clusters/main/<n>`: 0 noise, 1 multi-unit, 2 good, 3 unsorted.
Each recording counts its samples anew, from its `start_sample`; its rate is the attribute `sample_rate` of `recordings/r`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import asked_rate, asked_segment, rate_fact, times_fact, units_fact
from ..facts.assembly import Found, natural_order
from ..facts.timing import Stated
from ..files.hdf5_facts import attribute_number, dataset, subgroup, vector
from ..questions import Questions
from ..report import Fact

if TYPE_CHECKING:
    import h5py

GROUPS = {0: "noise", 1: "mua", 2: "good", 3: "unsorted"}
USUAL_RATE = 20_000.0
"""Hz, Klusta's default."""


def is_kwik(handle: h5py.File) -> bool:
    """Return whether the file holds Klusta's channel groups."""
    groups = subgroup(handle, "channel_groups")
    return groups is not None and any(dataset(groups, f"{name}/spikes/time_samples") is not None for name in groups)


def read_kwik(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of one recording over all channel groups; asks which recording, and which groups of clusters are kept."""
    file = questions.file
    shanks = [
        name
        for name in natural_order(handle["channel_groups"])
        if dataset(handle, f"channel_groups/{name}/spikes/time_samples")
    ]
    times, clusters, recordings, shank_of = [], [], [], []
    for i, name in enumerate(shanks):
        base = f"channel_groups/{name}/spikes"
        samples = vector(handle, f"{base}/time_samples", file)
        main = vector(handle, f"{base}/clusters/main", file)
        there = dataset(handle, f"{base}/recording") is not None
        recording = vector(handle, f"{base}/recording", file) if there else np.zeros(samples.size, np.int64)
        if not samples.size == main.size == recording.size:
            raise RecordingError(
                f"{file}: {base} has {samples.size} times but {main.size} clusters; save the sorting again."
            )
        times.append(samples.astype(np.float64) if samples.dtype.kind == "f" else samples.astype(np.int64))
        clusters.append(main.astype(np.int64))
        recordings.append(recording.astype(np.int64))
        shank_of.append(np.full(samples.size, i))
    samples, cluster, recording, shank = (np.concatenate(part) for part in (times, clusters, recordings, shank_of))
    numbers_of = sorted(set(np.unique(recording).tolist()))
    chosen = 0
    if numbers_of:
        counts = [int((recording == number).sum()) for number in numbers_of]
        chosen = numbers_of[
            asked_segment(questions, [f"recording {number}" for number in numbers_of], counts, "recording")
        ]
    inside = recording == chosen
    units, names, groups = _units(handle, shanks, shank[inside], cluster[inside])
    rate, where = _rate(handle, chosen)
    facts = [] if rate is None else [rate_fact(rate, where)]
    if rate is None:
        rate = asked_rate(
            questions, "this .kwik file gives sample numbers but no sample_rate; it stands in the .prm file", USUAL_RATE
        )
    facts += [times_fact(int(inside.sum()), "samples", "/channel_groups/…/spikes/time_samples")]
    facts += [units_fact(len(names), "clusters", "/channel_groups/…/spikes/clusters/main")]
    facts += [Fact("labels", ", ".join(sorted(set(groups))), "attribute cluster_group")] if any(groups) else []
    return Found(
        samples[inside],
        units,
        names,
        stated=Stated("samples", rate, start=0.0),
        unit_groups=groups,
        writer="Klusta",
        facts=tuple(facts),
        details={"recording": int(chosen)} if len(numbers_of) > 1 else {},
    )


def _units(
    handle: h5py.File, shanks: list[str], shank: NDArray, cluster: NDArray[np.int64]
) -> tuple[NDArray[np.int64], tuple[str, ...], tuple[str, ...]]:
    """Return each spike's unit, the units' names, and their groups; clusters are numbered anew in each channel group."""
    import pandas as pd

    codes, values = pd.factorize(cluster, sort=True)  # numpy's unique rows take ten times as long
    n = max(len(values), 1)
    places, units = np.unique(shank * n + codes, return_inverse=True)
    names, groups = [], []
    for i, number in zip((places // n).tolist(), values[places % n].tolist(), strict=True):
        names.append(f"{number}" if len(shanks) == 1 else f"{shanks[i]}:{number}")
        item = subgroup(handle, f"channel_groups/{shanks[i]}/clusters/main/{number}")
        group = attribute_number(item, "cluster_group") if item is not None else None
        groups.append(GROUPS.get(int(group), "unsorted") if group is not None else "unsorted")
    return units.reshape(-1), tuple(names), tuple(groups)


def _rate(handle: h5py.File, chosen: int) -> tuple[float | None, str]:
    for path in (f"recordings/{chosen}", "application_data/spikedetekt", "recordings/0"):
        item = subgroup(handle, path)
        rate = attribute_number(item, "sample_rate") if item is not None else None
        if rate is not None and rate > 0:
            return rate, f"/{path}, attribute sample_rate"
    return None, ""
