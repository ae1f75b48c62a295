"""What Figure 1 shows of an examined recording."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...circuit.parameters import NAMES
from ...errors import SessionError
from ...features import feature
from ...inference.asking.circuit_run import analysed_part
from ...inference.estimators.card import Card
from ...publication.figure_one import Evidence, Example
from ..figures.predictive_band import deviations
from ..state.examined import Examined
from ..state.facts_of import facts_of
from ..state.run_curves import shown_seconds


def evidence_of(examined: Examined | None, card: Card | None) -> Evidence:
    """Return what is known about a recording. card: of the estimator that is asked. Raises SessionError where there is nothing to show."""
    seen, aimed = (None, None) if examined is None else (examined.analysed, examined.target)
    if examined is None or seen is None or aimed is None or card is None:
        raise SessionError("There is nothing for a figure yet: load a recording that an estimator can take.")
    if not len(examined.configurations):
        raise SessionError("There are no circuits for a figure yet: draw some first.")
    if examined.outdated:
        raise SessionError(
            "These circuits were drawn for another estimator, window or detection than the recording is analysed with now: draw "
            "circuits again."
        )
    return all_known(examined, card)


def all_known(examined: Examined, card: Card) -> Evidence:
    """Return what is known about a recording with a target, even where it has no circuits or circuits that answer another question."""
    seen, aimed = examined.analysed, examined.target
    assert seen is not None
    assert aimed is not None
    table = examined.posterior if len(examined.configurations) else pd.DataFrame(columns=[*NAMES, "state"])
    runs = {n: run for n, run in examined.simulations.items() if n in examined.configurations.index}
    are_draws = examined.provenance.are_draws(runs)
    whole = [
        run.vector for run, own in zip(runs.values(), are_draws, strict=True) if own and run.rejected_after is None
    ]
    order = sorted(runs, key=lambda n: float(examined.configurations.loc[n, "distance"]))
    examples = [
        Example(int(n), str(examined.configurations.loc[n, "state"]), analysed_part(run.recording, card.plan.warm_up))
        for n in order if (run := runs[n]).recording is not None and run.recording.n_spikes
    ]  # fmt: skip
    start = float(examined.settings.start)
    return Evidence(
        facts=facts_of(examined, card), recording=seen.recording, seen=_within(aimed.start - start, aimed.stop - start,
        seen.recording.duration),
        shown=shown_seconds(aimed, card.plan.duration),
        labels=tuple(feature(name).label for name in np.array(card.feature_set.features)[card.compared]),
        drawn=deviations(whole, aimed.vector, card), theta=table[list(NAMES)].to_numpy(dtype=float),
        states=tuple(table["state"].astype(str)),
        prior=card.prior, examples=tuple(examples),
    )  # fmt: skip


def _within(start: float, stop: float, whole: float) -> tuple[float, float]:
    return max(start, 0.0), min(stop, whole)
