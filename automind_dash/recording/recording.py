"""The one type that files load into and simulations return."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import RecordingError
from .observed import Intervals, Observed, anyone, cut, gaps, normalised, seconds_of, stretches, visits
from .report import ReadingReport

MAX_SECONDS = 1e9
"""Longer than anybody recorded; bins over 10³⁰⁸ s cannot be counted."""

MAX_UNITS = 100_000
"""More units than any array has: beyond this a file's unit numbers are not unit numbers."""

MAX_SPIKES = 200_000_000
"""3.2 GB of spikes; analysis needs about four times that, which is what a 24 GiB machine can hold."""


@dataclass(frozen=True, eq=False)
class Recording:
    """Spikes of many units over a stretch of time, recorded or simulated.

    spike_times: (n_spikes,) float64, s, ascending, within [0, duration]
    spike_units: (n_spikes,) int32, 0 … n_units-1
    n_units: units, those that never fire included
    duration: s
    unit_groups: (n_units,) str, a label per unit: a curator's quality ("good", "mua") or, in a simulation,
        "excitatory" and "inhibitory"; empty where nothing is known
    unit_names: (n_units,) str, the file's own names of the units
    positions: (n_units, 2) float64, µm, or None
    observed: when units were seen, s: () throughout; one (n_intervals, 2) for all units; or one for each. No spike lies outside
    provenance: where it came from: format, file, offset, guesses; or configuration, seed, engine, version

    Raises RecordingError when the arrays contradict each other. Use `Recording.from_spikes` for unsorted input.
    """

    spike_times: NDArray[np.float64]
    spike_units: NDArray[np.int32]
    n_units: int
    duration: float
    name: str = "recording"
    unit_groups: tuple[str, ...] = ()
    unit_names: tuple[str, ...] = ()
    positions: NDArray[np.float64] | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    observed: Observed = ()

    def __post_init__(self) -> None:
        times, units = self.spike_times, self.spike_units
        if times.ndim != 1 or times.shape != units.shape:
            raise RecordingError(
                f"{self.name}: {times.shape} spike times but {units.shape} unit numbers; each spike needs both."
            )
        if self.n_units < 0 or self.n_units > MAX_UNITS:
            raise RecordingError(f"{self.name}: {self.n_units} units; between 0 and {MAX_UNITS} can be held.")
        if not np.isfinite(self.duration) or self.duration <= 0:
            raise RecordingError(f"{self.name}: the duration is {self.duration} s; it must be positive and finite.")
        if self.duration > MAX_SECONDS:
            raise RecordingError(
                f"{self.name}: the duration is {self.duration:.3g} s, over {MAX_SECONDS / 3.15e7:.0f} years; check the unit of the "
                "times and the sampling rate."
            )
        for label, values in (("unit_groups", self.unit_groups), ("unit_names", self.unit_names)):
            if values and len(values) != self.n_units:
                raise RecordingError(f"{self.name}: {len(values)} {label} for {self.n_units} units.")
        if self.positions is not None and np.shape(self.positions) != (self.n_units, 2):
            raise RecordingError(
                f"{self.name}: positions of shape {np.shape(self.positions)} for {self.n_units} units; each has two, in µm."
            )
        if len(times):
            if not np.isfinite(times[[0, -1]]).all() or times[0] < 0 or times[-1] > self.duration:
                raise RecordingError(
                    f"{self.name}: spikes from {times[0]:.6g} to {times[-1]:.6g} s do not lie within the duration "
                    f"of {self.duration:.6g} s; give a longer duration or an offset."
                )
            if units.min() < 0 or units.max() >= self.n_units:
                raise RecordingError(
                    f"{self.name}: unit numbers from {units.min()} to {units.max()} for {self.n_units} units."
                )
        object.__setattr__(self, "observed", normalised(self.observed, self.n_units, self.duration, self.name))
        if self.observed and self.n_outside:
            raise RecordingError(
                f"{self.name}: {self.n_outside} spikes lie outside the times at which their units were observed; leave them out, or "
                "correct the observation times."
            )
        times.setflags(write=False)
        units.setflags(write=False)

    @classmethod
    def from_spikes(
        cls,
        spike_times: ArrayLike,
        spike_units: ArrayLike,
        *,
        duration: float | None = None,
        n_units: int | None = None,
        name: str = "recording",
        **fields: Any,
    ) -> Recording:
        """Build a recording from spikes in any order, sorted here.

        spike_times: (n_spikes,) s; spike_units: (n_spikes,) integers from 0; duration: s, the last spike's time
        rounded up to 0.1 s when it is not given. Raises RecordingError for NaN, negative times or odd shapes.
        """
        times = np.array(spike_times, dtype=np.float64).reshape(-1)
        units = np.array(spike_units).reshape(-1)
        if times.shape != units.shape:
            raise RecordingError(f"{name}: {len(times)} spike times but {len(units)} unit numbers.")
        if len(times) > MAX_SPIKES:
            raise RecordingError(f"{name}: {len(times)} spikes; at most {MAX_SPIKES} can be held. Cut it in time.")
        if not np.isfinite(times).all():
            bad = int((~np.isfinite(times)).sum())
            raise RecordingError(f"{name}: {bad} spike times are NaN or infinite; remove them from the file.")
        if len(times) and times.min() < 0:
            raise RecordingError(
                f"{name}: spike times start at {times.min():.6g} s; shift them with an offset so that none is negative."
            )
        if len(units) and not (
            units.dtype.kind in "iuf" and np.array_equal(units, np.floor(units)) and np.abs(units).max() < 2**31
        ):
            raise RecordingError(f"{name}: unit numbers must be whole numbers from 0.")
        units = units.astype(np.int32)
        order = np.argsort(times, kind="stable") if len(times) and np.any(np.diff(times) < 0) else slice(None)
        if duration is None:
            duration = float(np.ceil(times.max() * 10 + 1e-6) / 10) if len(times) else 1.0
        if n_units is None:
            n_units = int(units.max()) + 1 if len(units) else 0
        return cls(times[order], units[order], int(n_units), float(duration), name, **fields)

    @property
    def n_spikes(self) -> int:
        """Spikes of all units."""
        return len(self.spike_times)

    @property
    def mean_rate(self) -> float:
        """Spikes per unit and second of observation, Hz."""
        seconds = float(self.unit_seconds.sum()) if self.observed else self.duration * self.n_units
        return self.n_spikes / seconds if seconds else 0.0

    @property
    def report(self) -> ReadingReport | None:
        """How the file was read, with guesses and remarks. None for a recording that was not read from a file."""
        return ReadingReport.from_provenance(self.provenance)

    @cached_property
    def unit_rates(self) -> NDArray[np.float64]:
        """(n_units,) mean firing rate of each unit over the time it was observed, Hz."""
        spikes = np.bincount(self.spike_units, minlength=self.n_units)
        if not self.observed:
            return spikes / self.duration
        return np.divide(spikes, self.unit_seconds, out=np.zeros(self.n_units), where=self.unit_seconds > 0)

    @cached_property
    def unit_seconds(self) -> NDArray[np.float64]:
        """(n_units,) s for which each unit was observed."""
        return seconds_of(self.observed, self.n_units, self.duration)

    @cached_property
    def observed_duration(self) -> float:
        """s for which at least one unit was observed."""
        return float(np.diff(self.observed_intervals, axis=1).sum())

    @cached_property
    def observed_intervals(self) -> Intervals:
        """(n_intervals, 2) s, when at least one unit was observed."""
        return anyone(self.observed, self.duration)

    @cached_property
    def gaps(self) -> Intervals:
        """(n_gaps, 2) s, when no unit was observed."""
        return gaps(self.observed, self.duration)

    @cached_property
    def n_outside(self) -> int:
        """Spikes outside the time at which their unit was observed: none in a recording that could be made."""
        return int((visits(self.spike_times, self.spike_units, self.observed) < 0).sum())

    def stretches(self) -> list[Recording]:
        """Return the parts over which the same units were observed throughout, with just these units; the whole where there are no gaps."""
        if not self.observed:
            return [self]
        parts = []
        for start, stop, units in stretches(self.observed, self.n_units, self.duration):
            part = self.window(start, stop)
            parts.append(part if units.all() else part.select_units(units))
        return parts

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the spikes, units and duration: equal for recordings with the same content."""
        digest = hashlib.sha256()
        digest.update(np.ascontiguousarray(self.spike_times).tobytes())
        digest.update(np.ascontiguousarray(self.spike_units).tobytes())
        digest.update(f"{self.n_units} {self.duration!r}".encode())
        for seen in self.observed:
            digest.update(np.ascontiguousarray(seen).tobytes())
        return digest.hexdigest()

    def trains(self) -> list[NDArray[np.float64]]:
        """Return each unit's spike times, n_units arrays, s, ascending."""
        order = np.argsort(self.spike_units, kind="stable")
        edges = np.searchsorted(self.spike_units[order], np.arange(1, self.n_units))
        return np.split(self.spike_times[order], edges) if self.n_units else []

    def window(self, start: float, stop: float) -> Recording:
        """Return the stretch from start to stop, s, with time counted from start."""
        if not 0 <= start < stop:
            raise RecordingError(f"{self.name}: the window from {start} to {stop} s is empty or negative.")
        stop = min(stop, self.duration)
        first, last = np.searchsorted(self.spike_times, [start, stop])
        if stop == self.duration:  # a spike at the very end is inside
            last = self.n_spikes
        return replace(
            self,
            spike_times=self.spike_times[first:last] - start,
            spike_units=self.spike_units[first:last],
            duration=float(stop - start),
            observed=tuple(cut(self.observed, start, stop)),
        )

    def select_units(self, units: ArrayLike) -> Recording:
        """Return the recording of some units, renumbered from 0 in the order given.

        units: (n_units,) bool mask or (k,) unit numbers, without repetition.
        """
        chosen = np.asarray(units)
        chosen = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        if np.array_equal(chosen, np.arange(self.n_units)):
            return self
        number = np.full(self.n_units, -1, dtype=np.int32)
        number[chosen] = np.arange(len(chosen), dtype=np.int32)
        kept = number[self.spike_units] >= 0

        def labels(values: Sequence[str]) -> tuple[str, ...]:
            return tuple(values[i] for i in chosen) if values else ()

        return replace(
            self,
            spike_times=self.spike_times[kept],
            spike_units=number[self.spike_units[kept]],
            n_units=len(chosen),
            unit_groups=labels(self.unit_groups),
            unit_names=labels(self.unit_names),
            positions=None if self.positions is None else self.positions[chosen],
            observed=tuple(self.observed[i] for i in chosen) if len(self.observed) > 1 else self.observed,
        )

    def population(self, group: str) -> Recording:
        """Return the units of one group ("excitatory", "good", …); the whole recording where no unit has that label."""
        mask = np.array([label == group for label in self.unit_groups], dtype=bool)
        return self.select_units(mask) if mask.any() else self
