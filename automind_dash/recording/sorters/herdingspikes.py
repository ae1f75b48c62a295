"""HerdingSpikes 2: `times` (samples), `cluster_id` and `Sampling` (Hz), with `centres` of the clusters, as spikeinterface reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...errors import RecordingError
from ..facts.asking import asked_rate, rate_fact, times_fact, units_fact
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..files.hdf5_facts import number, vector
from ..questions import Questions

if TYPE_CHECKING:
    import h5py

USUAL_RATE = 20_000.0
"""Hz, of the BioCAM and MaxWell arrays that the sorter was written for."""


def is_herdingspikes(handle: h5py.File) -> bool:
    """Return whether the file is a result of HerdingSpikes."""
    return {"times", "cluster_id"} <= set(handle) and bool({"Sampling", "centres"} & set(handle))


def read_herdingspikes(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes; the sampling rate is asked for where Sampling is 0 or missing."""
    file = questions.file
    times, clusters = vector(handle, "times", file), vector(handle, "cluster_id", file)
    if times.size != clusters.size:
        raise RecordingError(
            f"{file}: times has {times.size} values but cluster_id has {clusters.size}; save the clustering again."
        )
    rate = number(handle, "Sampling", file)
    facts = [] if not rate or rate <= 0 else [rate_fact(rate, "/Sampling")]
    if not rate or rate <= 0:
        rate = asked_rate(
            questions, "HerdingSpikes gives sample numbers, and Sampling is not set in this file", USUAL_RATE
        )
    held = clusters >= 0
    units, names = numbered(clusters[held].astype(np.int64))
    left = int((~held).sum())
    facts += [times_fact(int(held.sum()), "samples", "/times"), units_fact(len(names), "clusters", "/cluster_id")]
    return Found(
        times[held],
        units,
        names,
        stated=Stated("samples", rate, start=0.0),
        writer="HerdingSpikes",
        facts=tuple(facts),
        left_out=(f"{left} spikes that are in no cluster (cluster_id below 0).",) if left else (),
    )
