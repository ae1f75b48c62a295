"""What became of a simulated circuit: active, silent or saturated."""

from __future__ import annotations

from typing import Literal, get_args

from ..recording import Recording
from .parameters import Configuration, parameter

Outcome = Literal["active", "silent", "saturated", "failed"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)

SILENT, SATURATED = 1e-4, 0.99
"""Bounds on t_refrac × excitatory rate from 0.1 to 10.1 s, as in the publication's simulation campaign."""


def occupied(rate: float, t_refrac: float) -> float:
    """Return the share of time that a neuron is refractory. rate: Hz; t_refrac: ms.

    A refractory period below the prior's shortest counts as the shortest, since with none every circuit would be
    silent.
    """
    return rate * max(t_refrac, parameter("params_Epop.t_refrac").low) * 1e-3


def outcome(recording: Recording, configuration: Configuration, start: float = 0.1, stop: float = 10.1) -> Outcome:
    """Classify a simulation by its excitatory rate from start to stop, s ("failed" is for runs without a recording).

    recording: spikes with units labelled "excitatory"; configuration: its parameters (the refractory period is needed).
    The default window is the publication's. With a later start, a circuit that fires only at its start counts as
    silent.
    """
    excitatory = recording.population("excitatory")
    if recording.duration <= start:
        start = 0.0
    inside = excitatory.window(start, min(stop, recording.duration))
    share = occupied(inside.mean_rate, configuration["params_Epop.t_refrac"])
    if share < SILENT:
        return "silent"
    return "saturated" if share > SATURATED else "active"
