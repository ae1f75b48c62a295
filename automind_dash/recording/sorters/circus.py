"""SpyKING CIRCUS: `spiketimes/temp_k` of result.hdf5 holds the sample numbers of template k.

The rate stands in the .params file of the recording, not here (spikeinterface's and the manual's readers take it from there).
`gspikes/elec_k` holds the spikes that no template fitted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..facts.asking import asked_rate, times_fact, units_fact
from ..facts.assembly import Found, joined, natural_order
from ..facts.timing import Stated
from ..files.hdf5_facts import attribute_number, dataset, number, subgroup, vector
from ..questions import Questions
from ..report import Fact

if TYPE_CHECKING:
    import h5py

GROUP, PREFIX, GARBAGE = "spiketimes", "temp_", "gspikes"
USUAL_RATE = 20_000.0
"""Hz, of the arrays that the sorter was written for."""


def is_circus(handle: h5py.File) -> bool:
    """Return whether the file is a result of SpyKING CIRCUS."""
    group = subgroup(handle, GROUP)
    return group is not None and any(name.startswith(PREFIX) for name in group)


def read_circus(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of every template; the sampling rate is asked for."""
    file = questions.file
    names = [
        name
        for name in natural_order(handle[GROUP])
        if name.startswith(PREFIX) and dataset(handle, f"{GROUP}/{name}") is not None
    ]
    times, units = joined([vector(handle, f"{GROUP}/{name}", file) for name in names], np.int64)
    rate = attribute_number(handle, "sampling_rate")
    if rate is None or rate <= 0:
        rate = asked_rate(
            questions,
            "results of SpyKING CIRCUS give sample numbers; their rate stands in the .params file",
            USUAL_RATE,
        )
    facts = [times_fact(times.size, "samples", f"/{GROUP}"), units_fact(len(names), "templates", f"/{GROUP}/{PREFIX}k")]
    duration = number(handle, "duration", file) or number(handle, "info/duration", file)
    stated = Stated("samples", rate, start=0.0)
    if duration is not None and duration > 0:
        facts.append(Fact("duration", f"{duration:g}", "duration"))
        stated = Stated("samples", rate, start=0.0, likely_stop=duration, hint="the file's duration says so")
    garbage = subgroup(handle, GARBAGE)
    left = sum(int(item.size) for name in garbage or () if (item := dataset(handle, f"{GARBAGE}/{name}")) is not None)
    return Found(
        times,
        units,
        tuple(name.removeprefix(PREFIX) for name in names),
        stated=stated,
        writer="SpyKING CIRCUS",
        facts=tuple(facts),
        left_out=(f"{left} spikes that no template fitted (/{GARBAGE}).",) if left else (),
    )
