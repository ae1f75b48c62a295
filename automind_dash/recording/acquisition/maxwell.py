"""MaxWell Biosystems: spikes that MaxLab Live detects while it records, in the three layouts of its .raw.h5 files.

Up to 2019 (version 20160704) `proc0/spikeTimes` with `mapping`, at 20 kHz; since then a group of one recording of one well, with
`spikes`, `settings/mapping` and `settings/sampling`, which stands at `wells/well000/rec0000`, `recordings/rec0000/well000` or
`data_store/data0000`. The layouts are those that neo.rawio.maxwellrawio reads traces from. The traces themselves are never read:
they are compressed with a plugin of MaxWell's own. Frame numbers count from the start of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.asking import asked_rate, asked_segment, kept_rows, listed_units, rate_fact, times_fact, units_fact
from ..facts.assembly import Found, natural_order, numbered
from ..facts.timing import Stated
from ..files.hdf5 import numbers
from ..files.hdf5_facts import dataset, number, subgroup, text
from ..questions import Question, Questions
from ..report import Fact, Note

if TYPE_CHECKING:
    import h5py

OLD_SPIKES, OLD_RATE = "proc0/spikeTimes", 20_000.0
"""Hz: MaxOne's only rate before the file said it (neo.rawio.maxwellrawio)."""

FRAME_NAMES = ("frameno", "frame")
OLD_COUNTER_ROWS = 1028
"""Rows of `sig`: 1024 channels, then four of the machine's own, the last two the low and the high half of the frame number."""

BLOCK = 2**20
"""Frame numbers that are looked at in one go: an hour has 72 million."""


@dataclass(frozen=True)
class _Place:
    """A recording of one well. well, name: as the file calls them; group: with settings and spikes."""

    well: str
    name: str
    group: Any

    @property
    def spikes(self) -> Any:
        return dataset(self.group, "spikes")


def is_maxwell(handle: h5py.File) -> bool:
    """Return whether the file has one of MaxWell's layouts."""
    return dataset(handle, OLD_SPIKES) is not None or bool(_places(handle))


def read_maxwell(handle: h5py.File, questions: Questions) -> Found:
    """Return the spikes of one well and one recording; asks which where there are several. Units are channels, each an electrode.

    Raises RecordingError where the file holds traces but no detected spikes.
    """
    writer = text(handle, "version", questions.file)
    writer = f"MaxLab Live, file version {writer}" if writer else "MaxLab Live"
    if dataset(handle, OLD_SPIKES) is not None:
        return _old(handle, writer, questions)
    place = _chosen([place for place in _places(handle) if place.spikes is not None], questions)
    rate = number(place.group, "settings/sampling", questions.file)
    facts = [] if rate is None else [rate_fact(rate, f"{place.group.name}/settings/sampling")]
    if rate is None or rate <= 0:
        rate = asked_rate(
            questions, "the file gives frame numbers but not their rate; MaxOne records at 20 kHz", OLD_RATE
        )
    frames, channels = _columns(place.spikes, questions.file)
    first, last, pieces = _recorded(place.group, questions.file)
    stop = None
    if rate is not None and first is not None and last is not None and frames.size and last >= frames.max():
        stop = (last + 1 - first) / rate
    found = _found(frames, channels, dataset(place.group, "settings/mapping"), first, rate, stop, writer, questions)
    notes: tuple[Note, ...] = ()
    observed = None
    if pieces is not None and rate is not None and first is not None:
        observed, notes = _seen(frames, pieces, first, rate)
    likely = _clock(place.group, questions.file)
    return _with(found, place, facts, likely, observed, notes)


def _places(handle: h5py.File) -> list[_Place]:
    """Return the recordings of the file; the three trees lead to the same groups, so the first that is there is taken."""
    for tree, well_outside in (("wells", True), ("recordings", False)):
        found = []
        for outer in natural_order(subgroup(handle, tree) or ()):
            for inner in natural_order(subgroup(handle, f"{tree}/{outer}") or ()):
                group = subgroup(handle, f"{tree}/{outer}/{inner}")
                if group is not None and _is_recording(group):
                    well, name = (outer, inner) if well_outside else (inner, outer)
                    found.append(_Place(well, name, group))
        if found:
            return found
    stored = []
    for name in natural_order(subgroup(handle, "data_store") or ()):
        group = subgroup(handle, f"data_store/{name}")
        if group is not None and _is_recording(group):
            well_id = number(group, "well_id", "")
            stored.append(_Place(f"well{int(well_id):03d}" if well_id is not None else "", name, group))
    return stored


def _is_recording(group: h5py.Group) -> bool:
    """Return whether a group holds MaxWell's spikes, or the settings and traces that come with them."""
    spikes = dataset(group, "spikes")
    names = getattr(spikes, "dtype", np.dtype("u1")).names or ()
    return ("channel" in names and any(name in names for name in FRAME_NAMES)) or (
        dataset(group, "settings/mapping") is not None and "groups" in group
    )


def _chosen(places: list[_Place], questions: Questions) -> _Place:
    if not places:
        raise RecordingError(
            f"{questions.file}: this MaxWell file holds traces but no detected spikes; record with spike detection on, or sort the "
            "traces (SpikeInterface reads them) and give the sorting."
        )
    wells = natural_order({place.well for place in places})
    spikes = {well: sum(place.spikes.size for place in places if place.well == well) for well in wells}
    if len(wells) > 1 or questions.answer("well") is not None:
        best = max(wells, key=lambda well: spikes[well])
        reason = f"of {len(wells)} wells it has the most spikes, {spikes[best]}"
        well = questions.ask(Question("well", "Which well?", best, reason, choices=tuple(wells)))
        places = [place for place in places if place.well == well]
    names = [place.name for place in places]
    return places[asked_segment(questions, names, [place.spikes.size for place in places], "recording")]


def _columns(spikes: Any, file: str) -> tuple[NDArray, NDArray]:
    """Return the frame number and the channel of each spike."""
    names = spikes.dtype.names or ()
    frame = next((name for name in FRAME_NAMES if name in names), None)
    if frame is None or "channel" not in names:
        raise RecordingError(
            f"{file}: {spikes.name!r} has no columns frameno and channel; export it again with MaxLab Live."
        )
    values = numbers(spikes, file).reshape(-1)
    frames = values[frame]
    if frames.dtype.kind not in "iuf" or values["channel"].dtype.kind not in "iu":
        raise RecordingError(f"{file}: frame numbers and channels of {spikes.name!r} must be numbers.")
    return frames.astype(np.int64), values["channel"].astype(np.int64)


def _recorded(group: h5py.Group, file: str) -> tuple[int | None, int | None, NDArray[np.int64] | None]:
    """Return the first and the last frame that was recorded, and the recorded pieces, (n, 2) frames, where there are several."""
    frames = [
        item
        for name in subgroup(group, "groups") or ()
        if (item := dataset(group, f"groups/{name}/frame_nos")) is not None
        and item.ndim == 1 and item.size and item.dtype.kind in "iu"
    ]  # fmt: skip
    if not frames:
        return None, None, None
    longest = max(frames, key=lambda item: item.size)
    first, last = int(longest[0]), int(longest[-1])
    if last - first + 1 == longest.size or last < first:
        return first, last, None
    return first, last, _pieces(longest)


def _pieces(frames: Any) -> NDArray[np.int64]:
    """Return the stretches of consecutive frames, (n, 2), first and last of each; read in blocks."""
    starts, stops, before = [], [], None
    for begin in range(0, frames.size, BLOCK):
        block = frames[begin : begin + BLOCK].astype(np.int64)
        if before is None:
            starts.append(int(block[0]))
        elif block[0] != before + 1:
            stops.append(before)
            starts.append(int(block[0]))
        breaks = np.flatnonzero(np.diff(block) != 1)
        stops += block[breaks].tolist()
        starts += block[breaks + 1].tolist()
        before = int(block[-1])
    stops.append(int(before or 0))
    return np.column_stack([starts, stops])


def _seen(
    frames: NDArray, pieces: NDArray[np.int64], first: int, rate: float
) -> tuple[NDArray[np.float64] | None, tuple[Note, ...]]:
    """Return the recorded pieces as intervals, s; spikes between them show that detection went on while traces were not kept."""
    number = np.searchsorted(pieces[:, 0], frames, side="right") - 1
    between = int(((number < 0) | (frames > pieces[np.maximum(number, 0), 1])).sum())
    if between:
        said = f"Traces were kept in {len(pieces)} pieces, but {between} spikes lie between them: spikes are taken as seen throughout."
        return None, (Note("pieces", said),)
    return (pieces + np.array([0, 1]) - first) / rate, (
        Note("pieces", f"It was recorded in {len(pieces)} pieces.", "note"),
    )


def _clock(group: h5py.Group, file: str) -> float | None:
    """Return the time from start to stop by the computer's clock, s; both are ms since 1970."""
    start, stop = number(group, "start_time", file), number(group, "stop_time", file)
    return (stop - start) / 1000 if start is not None and stop is not None and stop > start else None


def _old(handle: h5py.File, writer: str, questions: Questions) -> Found:
    frames, channels = _columns(handle[OLD_SPIKES], questions.file)
    first, count = _old_frames(handle, frames)
    stop = None if first is None or count is None else count / OLD_RATE
    found = _found(frames, channels, dataset(handle, "mapping"), first, OLD_RATE, stop, writer, questions)
    facts = [rate_fact(OLD_RATE, "the rate of MaxOne in this version")]
    return _with(found, _Place("", "", handle["proc0"]), facts, None, None, ())


def _old_frames(handle: h5py.File, frames: NDArray) -> tuple[int | None, int | None]:
    """Return the first frame and the number of frames, from the counter in the last two rows of the traces, where it counts."""
    signal = dataset(handle, "sig")
    if signal is None or signal.ndim != 2 or signal.shape[0] != OLD_COUNTER_ROWS or signal.shape[1] < 2:
        return None, None
    try:
        low, high = signal[-2, :2].astype(np.int64), signal[-1, :2].astype(np.int64)
    except OSError:  # compressed with MaxWell's plugin, which is not here
        return None, None
    counter = low + (high << 16)
    first, count = int(counter[0]), int(signal.shape[1])
    if counter[1] != first + 1 or (frames.size and not first <= frames.min() <= frames.max() < first + count):
        return None, None
    return first, count


def _found(
    frames: NDArray,
    channels: NDArray,
    mapping: Any,
    first: int | None,
    rate: float | None,
    stop: float | None,
    writer: str,
    questions: Questions,
) -> Found:
    """Return the spikes of routed channels; electrodes below 0 in the mapping are not routed."""
    left_out: tuple[str, ...] = ()
    positions = None
    if mapping is not None and mapping.dtype.names and {"channel", "electrode"} <= set(mapping.dtype.names):
        table = numbers(mapping, questions.file).reshape(-1)
        table = table[(table["channel"] >= 0) & (table["electrode"] >= 0)]
        _, once = np.unique(table["channel"], return_index=True)
        table = table[once]
        routed = table["channel"].astype(np.int64)
        inside = np.isin(channels, routed)
        if inside.any():
            if not inside.all():
                left_out = (f"{int((~inside).sum())} spikes of channels that no electrode is routed to.",)
            frames, channels = frames[inside], channels[inside]
            units, names = np.searchsorted(routed, channels), tuple(str(channel) for channel in routed.tolist())
            if {"x", "y"} <= set(table.dtype.names or ()):
                positions = np.column_stack([table["x"], table["y"]]).astype(np.float64)
        else:
            units, names = numbered(channels)
    else:
        units, names = numbered(channels)
    found = Found(
        frames - (first or 0),
        units,
        names,
        stated=Stated("samples", rate, start=None if first is None else 0.0, stop=stop),
        positions=positions,
        writer=writer,
        left_out=left_out,
        facts=() if first is None else (Fact("start", f"frame {first}", "the first frame that was recorded"),),
    )
    counts = np.bincount(units, minlength=len(names))
    return kept_rows(
        found, listed_units(counts, questions, "leave out", "an electrode without a spike may have no cell on it")
    )


def _with(
    found: Found,
    place: _Place,
    facts: list[Fact],
    clock: float | None,
    observed: NDArray[np.float64] | None,
    notes: tuple[Note, ...],
) -> Found:
    from dataclasses import replace

    stated = found.stated
    if clock is not None and stated.stop is None:
        start = stated.start if stated.start is not None else _floor(found)
        stated = replace(stated, likely_stop=start + clock, hint=f"from start_time to stop_time {clock:g} s pass")
    where = f"{place.group.name.rstrip('/')}/{'spikes' if place.name else 'spikeTimes'}"
    facts = [
        times_fact(found.times.size, "frames", where),
        units_fact(len(found.unit_names), "channels", where),
        *facts,
        *found.facts,
    ]
    if place.name:
        facts.append(Fact("recording", " ".join(filter(None, (place.well, place.name))), place.group.name))
    details = {"well": place.well} if place.well else {}
    return replace(found, stated=stated, facts=tuple(facts), observed=observed, notes=notes, details=details)


def _floor(found: Found) -> float:
    """Return the whole second before the first spike, which is the start where the file does not say it."""
    return (
        float(np.floor(found.times.min() / found.stated.sampling_rate))
        if found.times.size and found.stated.sampling_rate
        else 0.0
    )
