"""What the Experiments stage says about an experiment: caption, legend and the table of circuits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ....circuit.parameters import parameter
from ....inference.asking.perturbed import PerturbedRuns
from ....invariance import response
from ...widgets.quantities import counted, number
from .response_plots import outcome_colours

AWAITS = (
    "What will be here: the bursts of each circuit before and after the change, the responses beside what another seed alone changes, and "
    "the parameters that go with the response."
)
"""What is said where no experiment has been made yet."""


def finding(runs: PerturbedRuns) -> str:
    """Return in one sentence what became of bursts and rate: how many circuits burst after the change, and the median responses."""
    became = response.outcomes(runs)
    bursting = [one for one in became if one in ("bursts on", "stops bursting", "begins to burst")]
    sizes = []
    for measure in response.MEASURES.values():
        median = response.answer(runs, measure.name).median
        if measure.fold and np.isfinite(median):
            sizes.append(f"{measure.label} ×{number(2.0**median, 2)}")
    after = sum(one != "stops bursting" for one in bursting)
    said = f"Bursts after the change in {after}" if bursting else "No bursts before or after the change in any"
    said += f" of {counted(len(became), 'circuit')}"
    return f"{said}{'; medians: ' if sizes else ''}{', '.join(sizes)}."


def legend(runs: PerturbedRuns, colours: Any) -> Markup:
    """Return what the lines' colours mean, with counts."""
    became = pd.Series(response.outcomes(runs)).value_counts()
    hues = outcome_colours(colours)
    entry = Markup('<span style="color:{}">▬</span> {}')
    parts = [entry.format(hues[str(word)], f"{word}: {count}") for word, count in became.items()]
    return Markup(" &nbsp; ").join(["After the change:", *parts, entry.format(colours.selected, "selected")])


def caption(runs: PerturbedRuns, told: response.Answer, explained: pd.DataFrame) -> str:
    """Return what the figures show, on how many circuits and seeds, from which estimator."""
    n, n_seeds = runs.features.shape[:2]
    noise = (
        f"grey: changes no larger than 95 % of those that another seed alone makes ({n} circuits × {n_seeds - 1} reruns)"
        if np.isfinite(told.noise)
        else "seed noise is not known (one seed)"
    )
    what = (
        f"Left: {n} circuits of {runs.estimator} with the first seed, {runs.duration:g} s each at most. Middle: {told.n} of them, in "
        f"which the measure is defined before and after, mean over {n_seeds} seed{'s' * (n_seeds > 1)}; {noise}. Right: "
    )
    if not len(explained):
        return (
            what + f"which parameters go with the response needs {response.MINIMUM} circuits with different responses."
        )
    real = [parameter(name).symbol for name in explained["name"][explained["adjusted"] <= 0.05]]
    found = f"orange: significant after correction for {len(explained)} parameters (Benjamini–Hochberg, 5 %)"
    return (
        what + f"the parameters of the unperturbed circuits that go with it most; {found}: {', '.join(real) or 'none'}."
    )


def printed(runs: PerturbedRuns) -> str:
    """Return what is said of the printed figures: the change, the circuits, and what became of them."""
    n, n_seeds = runs.features.shape[:2]
    return (
        f"{runs.perturbation.written} in {counted(n, 'circuit')} that match the recording or stand in for those that do, with "
        f"{counted(n_seeds, 'seed')} each: each circuit before and after, the responses (bars) beside what another seed alone changes "
        f"(line; grey: 95 %), and the parameters that go with them (Spearman's rank correlation). {finding(runs)}"
    )


def table(runs: PerturbedRuns) -> pd.DataFrame:
    """Return one row for each circuit: what became of it, each measure before and after, and its response."""
    out = pd.DataFrame({"after the change": response.outcomes(runs)}, index=pd.Index(runs.numbers, name="circuit"))
    for measure in response.MEASURES.values():
        both = response.levels(runs, measure.name)
        unit = "" if measure.unit == "1" else f" ({measure.unit})"
        if measure.name == "spectrum":
            out["change of the spectrum"] = np.round(both[:, 1], 3)
            continue
        out[f"{measure.label}{unit}"] = [f"{a:.3g} → {b:.3g}".replace("nan", "–") for a, b in both]
    return out
