"""What a caption and the methods of a paper have to tell of an analysis."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..version import __version__


@dataclass(frozen=True)
class Facts:
    """Of one analysis. seconds: analysed; draws: circuits drawn from the posterior; others: found by searches or added; pruned: of how
    many draws the best was kept; match: how many simulated circuits match, a sentence. What is empty is not told.
    """

    recording: str = ""
    n_units: int = 0
    seconds: float = 0.0
    estimator: str = ""
    draws: int = 0
    others: int = 0
    seed: int | None = None
    pruned: int = 1
    match: str = ""
    version: str = __version__

    @property
    def sentences(self) -> list[str]:
        """They as a caption ends with them."""
        told = []
        if self.recording:
            told.append(f"Recording: {self.recording} ({self.n_units:,} units, {self.seconds:.4g} s analysed).")
        if self.draws:
            ways = [f"seed {self.seed}"] if self.seed is not None else []
            ways += [f"of every {self.pruned} draws the one likeliest to match was kept"] if self.pruned > 1 else []
            how = f" ({'; '.join(ways)})" if ways else ""
            told.append(f"Circuits: n = {self.draws:,} draws of the posterior, estimator “{self.estimator}”{how}.")
        if self.others:
            told.append(f"{self.others:,} more were found by searches or added by hand.")
        if self.match:
            told.append(self.match)
        return [*told, f"AutoMIND dashboard {self.version}."]


def caption(says: str, facts: Facts | None = None) -> str:
    """Return a caption ready to paste: what the figure shows, then what it was made of."""
    return " ".join(filter(None, [says, *(facts or Facts()).sentences]))


def file_stem(recording: str, what: str) -> str:
    """Return the name of a file, without its ending, that says of which recording it is and what it holds: `TC89_w12-marginals`."""
    parts = [re.sub(r"[^\w.-]+", "_", part).strip("._-")[:60] for part in (recording, what)]
    return "-".join(filter(None, parts)) or "figure"
