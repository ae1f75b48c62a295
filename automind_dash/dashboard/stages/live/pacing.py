"""How much of a circuit's time passes in a frame: as much as its speed asks, and no more than the machine can do."""

from __future__ import annotations

FRAME = 0.04
"""s between frames: 25 a second where the browser keeps up."""

LONGEST_LAG = 0.25
"""s of wall time that a late frame makes good. Beyond it the circuit runs slower than asked, and the page says so."""

MOST_WORK = 0.05
"""s that computing a frame may take, so that a knob never waits longer for its effect."""

FULL = 0.0
"""The speed "as fast as it goes"."""


class Pace:
    """Gives each frame its stretch of model time. speed: times real time, FULL for as fast as it goes."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self.actual = 0.0
        self._cost = 0.02
        """s of computing for each s of model time, as last seen."""
        self._last: float | None = None

    def begin(self) -> None:
        """Start anew after a pause; the missed time is not made good."""
        self._last = None

    def due(self, now: float) -> float:
        """Return the s of model time for the frame that is computed now (s of any clock)."""
        waited = FRAME if self._last is None else min(max(now - self._last, 0.0), LONGEST_LAG)
        self._last = now
        most = MOST_WORK / max(self._cost, 1e-6)
        return most if self.speed == FULL else min(waited * self.speed, most)

    def took(self, model: float, computing: float) -> None:
        """Learn what a frame cost: s of model time, s of computing."""
        if model > 0:
            self._cost += 0.3 * (computing / model - self._cost)

    def passed(self, model: float, whole: float) -> None:
        """Note how fast the circuit really runs: s of model time, s from frame to frame."""
        if whole > 0:
            self.actual += 0.2 * (model / whole - self.actual)
