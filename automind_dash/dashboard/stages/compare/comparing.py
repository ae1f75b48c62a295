"""The computations of the Compare stage. They run off the event loop, on the circuits that the recordings have at that moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....circuit.parameters import NAMES, PARAMETERS
from ....inference.estimators.estimator import Estimator
from ....inference.estimators.prior import Prior
from ....invariance.density import posterior_density
from ....invariance.scaling import to_unit
from ....invariance.side_by_side import JointMatrix, SideBySide, compare, joint_matrix
from ...files.circuit_tables import with_units
from ...state.ensemble import ensemble_of
from ...state.examined import Examined

MATRIX_SHARE = 0.3
"""Share of the progress bar for the distances between all pairs. The rest is for the chosen pair."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One comparison. thetas: (n, 28) circuits of each recording; pair: positions of the two compared closely; prior: the estimator's;
    confirmed: whether only confirmed circuits were compared.
    """

    recordings: tuple[Examined, ...]
    tables: tuple[pd.DataFrame, ...]
    thetas: tuple[NDArray[np.float64], ...]
    pair: tuple[int, int]
    matrix: JointMatrix
    found: SideBySide
    prior: Prior
    confirmed: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the recordings."""
        return [examined.recording.name for examined in self.recordings]

    def is_of(self, recordings: Sequence[Examined], confirmed: bool = False) -> bool:
        """Return whether these recordings still have the circuits that were compared, in the same order."""
        return len(recordings) == len(self.recordings) and all(
            examined is one and np.array_equal(_theta(ensemble_of(examined, confirmed)), theta)
            for examined, one, theta in zip(recordings, self.recordings, self.thetas, strict=True)
        )


def _theta(table: pd.DataFrame) -> NDArray[np.float64]:
    return table[list(NAMES)].to_numpy(dtype=np.float64) if len(table) else np.empty((0, len(NAMES)))


def compare_targets(
    recordings: Sequence[Examined],
    tables: Sequence[pd.DataFrame],
    asked: Sequence[NDArray[np.float64]],
    estimator: Estimator,
    pair: tuple[int, int],
    known: JointMatrix | None,
    *,
    progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Compared | None:
    """Compare the circuits of recordings: all pairs by one distance, one pair in detail. Returns None if stopped.

    tables: circuits of each; asked: the vectors for which they were drawn; known: the matrix, if it was measured before.
    """
    thetas = tuple(_theta(table) for table in tables)
    prior = estimator.card.prior
    units = [to_unit(theta, prior) for theta in thetas]
    matrix = known or joint_matrix(units, progress=lambda s: progress(MATRIX_SHARE * s), should_stop=should_stop)
    if matrix is None:
        return None
    i, j = pair
    found = compare(
        units[i], units[j], list(NAMES), densities=(posterior_density(estimator, asked[i]), posterior_density(estimator, asked[j])),
        progress=lambda s: progress(MATRIX_SHARE + (1 - MATRIX_SHARE) * s), should_stop=should_stop,
    )  # fmt: skip
    return None if found is None else Compared(tuple(recordings), tuple(tables), thetas, pair, matrix, found, prior)


def parameter_table(compared: Compared) -> pd.DataFrame:
    """Return how the pair differs: a row for each parameter, the most different first."""
    marginals = compared.found.marginals
    first, second = (np.quantile(compared.thetas[i], [0.05, 0.5, 0.95], axis=0) for i in compared.pair)
    rows: dict[str, Any] = {
        "Parameter": [spec.symbol for spec in PARAMETERS],
        "Meaning": [spec.meaning for spec in PARAMETERS],
        "Unit": [spec.unit for spec in PARAMETERS],
        "First": first[1],
        "Second": second[1],
        "Wasserstein": marginals.distance,
        "KS": marginals.statistic,
        "Shift, 95 %": [f"{low:+.2f} to {high:+.2f}".replace("-", "−") for low, high in marginals.interval],
        "Differs": np.where(marginals.differs, "yes", "no"),
    }
    return pd.DataFrame(rows).sort_values("Wasserstein", ascending=False, kind="stable", ignore_index=True)


def correlation_table(compared: Compared) -> pd.DataFrame:
    """Return the pairs of parameters whose correlation flips its sign or changes significantly, largest change first."""
    change, first, second = compared.found.change, compared.found.first, compared.found.second
    rows, columns = np.nonzero(np.triu(change.flipped | change.changed, 1))
    symbols = [spec.symbol for spec in PARAMETERS]
    table = pd.DataFrame(
        {
            "Pair": [f"{symbols[i]} – {symbols[j]}" for i, j in zip(rows, columns, strict=True)],
            "First": first.rho[rows, columns],
            "Second": second.rho[rows, columns],
            "Change": change.difference[rows, columns],
            "Flips sign": np.where(change.flipped[rows, columns], "yes", "no"),
        }
    )
    order = np.argsort(-np.abs(change.difference[rows, columns]), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def joint_table(compared: Compared) -> pd.DataFrame:
    """Return the squared MMD of every two recordings, numbered as in the key. A star marks distances that shuffling does not explain."""
    matrix, m = compared.matrix, len(compared.recordings)
    cells = [
        ["–" if i == j else f"{matrix.value[i, j]:.3f}{'*' if matrix.p_value[i, j] <= 0.05 else ''}" for j in range(m)]
        for i in range(m)
    ]
    table = pd.DataFrame(cells, columns=[str(j + 1) for j in range(m)])
    table.insert(0, "Recording", [f"{i + 1}  {name}" for i, name in enumerate(compared.names)])
    return table


def saved_table(compared: Compared, what: str) -> pd.DataFrame:
    """Return a table as it is saved, with the recordings' names. what: "parameters", "correlations" or "circuits"."""
    if what == "circuits":
        parts = zip(compared.tables, compared.names, strict=True)
        return with_units(
            pd.concat([table[list(NAMES)].assign(recording=name) for table, name in parts], ignore_index=True)
        )
    table = parameter_table(compared) if what == "parameters" else correlation_table(compared)
    first, second = (f"{i + 1} {compared.names[i]}" for i in compared.pair)
    return table.rename(columns={"First": first, "Second": second})
