"""What became of a simulated circuit: active, silent or saturated."""

from __future__ import annotations

from typing import Literal

from ..recording import Recording
from .parameters import Configuration

Outcome = Literal["active", "silent", "saturated", "failed"]

SILENT, SATURATED = 1e-4, 0.99
"""Bounds on t_refrac × excitatory rate from 0.1 to 10.1 s, as in the original's simulation campaign."""


def outcome(recording: Recording, configuration: Configuration) -> Outcome:
    """Classify a simulation by its excitatory rate from 0.1 to 10.1 s ("failed" is for runs that gave no recording).

    recording: spikes with units labelled "excitatory"; configuration: its parameters (the refractory period is needed).
    """
    excitatory = recording.population("excitatory")
    stop = min(10.1, recording.duration)
    start = 0.1 if stop > 0.2 else 0.0
    inside = excitatory.window(start, stop)
    occupied = inside.mean_rate * configuration["params_Epop.t_refrac"] * 1e-3
    if occupied < SILENT:
        return "silent"
    return "saturated" if occupied > SATURATED else "active"
