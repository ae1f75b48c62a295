"""What the live bench holds: the running circuit, the frozen one beside it, and the changes that wait for the next frame."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ....circuit.live import Frame, LiveCircuit, began_again
from ....circuit.parameters import PARAMETERS
from ....errors import ConfigurationError
from ...widgets.quantities import number
from .live_measures import Measures
from .pacing import Pace

EARLIER = " of earlier draws"


@dataclass(frozen=True, eq=False)
class Frozen:
    """A circuit as it was when it was frozen."""

    circuit: LiveCircuit
    measures: Measures | None
    name: str


class Bench:
    """The running circuit B and, after `freeze`, A. The page asks for changes; the thread that computes frames takes them in."""

    def __init__(self, circuit: LiveCircuit, name: str) -> None:
        """name: the circuit's name before any knob was turned, in words that can follow others."""
        self.circuit = circuit
        self.name = name
        self.wanted: NDArray[np.float64] = circuit.vector.copy()
        self.frozen: Frozen | None = None
        self.measures: Measures | None = None
        self.pace = Pace()
        self.watched = 0
        self.echo = 0.0
        self.refused = ""
        self._asked_at = 0.0

    def ask(self, index: int, value: float, at: float = 0.0) -> None:
        """Ask for another value of one parameter. at: the browser's time, ms, which comes back with the frame that shows the change."""
        wanted = self.wanted.copy()
        wanted[index] = value
        self.wanted, self._asked_at = wanted, at

    def frame(self, duration: float) -> Frame:
        """Take in the requested changes and run on for a duration, s. A refused change leaves its reason in `refused`.

        Raises SimulationError.
        """
        wanted, at = self.wanted, self._asked_at
        self.circuit.watched = self.watched
        if not np.array_equal(wanted, self.circuit.vector):
            try:
                self.circuit.change(wanted)
            except ConfigurationError as error:
                self.refused = str(error)
                if self.wanted is wanted:
                    self.wanted = self.circuit.vector.copy()
        self.echo = at
        began = time.perf_counter()
        frame = self.circuit.advance(duration)
        self.pace.took(frame.stop - frame.start, time.perf_counter() - began)
        return frame

    def restart(self) -> None:
        """Begin again with the same seed and the present parameters."""
        self.circuit = began_again(self.circuit)
        self.measures = None

    def freeze(self) -> None:
        """Keep the present state as A; B goes on from it."""
        self.frozen = Frozen(self.circuit.copy(), self.measures, self.name)

    def swap(self) -> None:
        """Go on with A; what ran until now is frozen."""
        if self.frozen is None:
            return
        ours = Frozen(self.circuit, self.measures, self.name)
        self.circuit, self.measures, self.name = self.frozen.circuit, self.frozen.measures, self.frozen.name
        self.wanted, self.frozen = self.circuit.vector.copy(), ours

    def drawn_anew(self) -> None:
        """Say about the running and the frozen circuit that the table's numbers now mean other circuits."""
        if not self.name.endswith(EARLIER):
            self.name += EARLIER
        if self.frozen is not None and not self.frozen.name.endswith(EARLIER):
            self.frozen = replace(self.frozen, name=self.frozen.name + EARLIER)

    def said(self) -> str:
        """Return what runs and how fast, as a sentence."""
        measures = self.measures
        became = "" if measures is None or measures.outcome == "active" else f", {measures.outcome}"
        speed = f"{self.pace.actual:.2g}× real time"
        return f"{self.name.capitalize()}, seed {self.circuit.seed}, {self.circuit.n_neurons} neurons, {speed}{became}."

    def differences(self) -> list[str]:
        """Return the parameters in which B differs from A, as words."""
        if self.frozen is None:
            return []
        theirs, ours = self.frozen.circuit.vector, self.wanted
        return [
            f"{spec.symbol} {number(a)} → {number(b)}{'' if spec.unit == '1' else ' ' + spec.unit}"
            for spec, a, b in zip(PARAMETERS, theirs, ours, strict=True)
            if a != b
        ]
