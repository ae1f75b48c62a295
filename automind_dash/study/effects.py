"""What differs with age, treatment or any other column of a study, in features, parameters and composites? Each difference is tested, and
given with its size and certainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..features import FEATURES
from ..features.registry import transformed
from ..inference.estimators.estimator import REFERENCE, Estimator
from ..invariance.composites import columns, quantity
from .information import N_PRIOR, measured
from .mixed import fit_mixed
from .results import StudyResults
from .terms import StudyDesign, Term, design_of

FEATURE, PARAMETER, COMPOSITE = "feature", "parameter", "composite"

LEVEL = 0.05

Correction = Literal["fdr", "holm"]

TESTED = (
    "mean_rate", "isi_mean_mu", "isi_cv_mu", "burst_interval_mean", "burst_interval_cv", "burst_peak_fr_mean", "burst_width_mean",
    "burst_onset_time_mean", "burst_offset_time_mean", "burst_corr_mean", "burst_numsubpeaks_mean", "burst_spike_share",
)  # fmt: skip
"""Features that are tested: one for each aspect of a population's activity. More would mostly repeat the same, and every test costs the
others power."""


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects as a table. table: one row for each quantity and term, with quantity, kind, label, unit, scale (identity or log10), term,
    term_kind, column, per, level, reference, estimate, low, high (95 %), se, df, p, adjusted, standardised (over the SD of recordings),
    standardised_low, standardised_high, bits (median over recordings, NaN for features), n (recordings), replicates, why (why nothing can
    be said, or empty); notes: sentences.
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def claimed(self) -> pd.DataFrame:
        """The effects that can be told from chance, the surest first."""
        return self.table[self.table["adjusted"] <= LEVEL].sort_values("adjusted", kind="stable")


def effects(
    results: StudyResults,
    before: ArrayLike,
    *,
    correction: Correction = "fdr",
    progress: Callable[[float], None] | None = None,
) -> Effects:
    """Test all of a study's features, parameters and composites. Raises StudyError when its columns leave nothing to test.

    before: (m, 28) circuits of the kind that the estimator was trained on (`circuits_of_the_kind`): the knowledge before any recording.
    """
    design = design_of(results.metadata, results.roles)
    parts = [
        feature_effects(results, design),
        quantity_effects(results, design, np.asarray(before, dtype=np.float64), progress=progress),
    ]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    return Effects(corrected(table, correction), design.left_out)


def circuits_of_the_kind(estimator: Estimator) -> NDArray[np.float64]:
    """(m, 28) the estimator's training circuits: draws of the prior that do what it was trained on, such as burst.

    That a recording bursts at all narrows its posterior. It does so equally for every recording that is asked about, so it says nothing
    about differences between them. Where the estimator ships no simulations, these are draws of the prior.
    """
    if (estimator.folder / REFERENCE).is_file():
        return estimator.reference()[0]
    return estimator.card.prior.draw(N_PRIOR, 0)


def feature_effects(results: StudyResults, design: StudyDesign) -> pd.DataFrame:
    """Return the effects on the features of whole recordings, on each feature's own scale."""
    values = results.feature_table().reindex(list(design.rows))
    rows = []
    for name in TESTED:
        if name in values:
            spec = FEATURES[name]
            y = transformed(values[[name]].to_numpy(dtype=np.float64), (spec.transform,))[:, 0]
            rows += _rows(
                design, y, name, FEATURE, spec.label, spec.unit, "log10" if spec.transform == "log10" else "identity"
            )
    return pd.DataFrame(rows)


def quantity_effects(
    results: StudyResults,
    design: StudyDesign,
    before: NDArray[np.float64],
    *,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """Return the effects on parameters and composites; each recording is weighted by how well it determines them
    (`information.measured`).

    A recording that says nothing about a quantity is left out of its tests. Where too few recordings say something, there is no test.
    """
    drawn = {row: theta for row in design.rows if len(theta := results.draws_of(row))}
    if not drawn:
        return pd.DataFrame()
    n_neurons = int(results.about["n_neurons"])
    reference = columns(before, n_neurons)
    tables = {row: columns(theta, n_neurons) for row, theta in drawn.items()}
    rows = []
    for number, name in enumerate(map(str, reference.columns)):
        if progress is not None:
            progress(number / reference.shape[1])
        spec = quantity(name)
        kind = COMPOSITE if name.startswith("composite.") else PARAMETER
        scale = "log10" if kind == COMPOSITE and spec.unit != "mV" else "identity"
        first = _scaled(reference[name], scale)
        known = {row: measured(_scaled(table[name], scale), first) for row, table in tables.items()}
        told = [known[row].bits for row in known]
        y, variance = (
            np.array([getattr(known[row], field) if row in known else np.nan for row in design.rows])
            for field in ("value", "variance")
        )
        rows += _rows(
            design, y, name, kind, spec.symbol, spec.unit, scale, known=variance, bits=float(np.median(told)),
            lacking="too few recordings say anything about it",
        )  # fmt: skip
    return pd.DataFrame(rows)


def _scaled(values: pd.Series, scale: str) -> NDArray[np.float64]:
    given = values.to_numpy(dtype=np.float64)
    return np.log10(given, out=np.full_like(given, np.nan), where=given > 0) if scale == "log10" else given


def _rows(
    design: StudyDesign, y: NDArray[np.float64], name: str, kind: str, label: str, unit: str, scale: str, *,
    known: NDArray[np.float64] | None = None, bits: float = np.nan, lacking: str = "it is defined in too few recordings",
) -> list[dict[str, object]]:  # fmt: skip
    """Return a row for each term. y: (n,) values, NaN where undefined; known: (n,) variances of the values themselves."""
    defined = np.isfinite(y)
    said = {
        "quantity": name,
        "kind": kind,
        "label": label,
        "unit": unit,
        "scale": scale,
        "bits": bits,
        "n": int(defined.sum()),
    }
    part = design if defined.all() else design.of_rows(defined)
    lost = [
        {**said, **_of_term(term), "why": lacking} for term in design.terms if part is None or term not in part.terms
    ]
    if part is None:
        return lost
    y = y[defined]
    if not float(np.ptp(y)) > 0:
        return [*lost, *({**said, **_of_term(term), "why": "it is the same in all recordings"} for term in part.terms)]
    fit = fit_mixed(part.design, y, None if known is None else known[defined])
    spread = float(np.sqrt(fit.variances.sum() + (0.0 if known is None else np.mean(known[defined]))))
    rows = []
    for term in part.terms:
        j = part.design.names.index(term.name)
        why = part.design.generalises(j)
        estimate, se, df = float(fit.beta[j]), float(fit.se[j]), float(fit.df[j])
        reach = float(stats.t.ppf(0.975, df)) * se
        low, high = estimate - reach, estimate + reach
        with np.errstate(divide="ignore"):
            p = float(2 * stats.t.sf(abs(np.divide(estimate, se)), df))
        rows.append({
            **said, **_of_term(term), "estimate": estimate, "low": low, "high": high, "se": se, "df": df, "p": np.nan if why else p,
            "standardised": estimate / spread, "standardised_low": low / spread, "standardised_high": high / spread, "why": why,
        })  # fmt: skip
    return lost + rows


def _of_term(term: Term) -> dict[str, object]:
    return {
        "term": term.name, "term_kind": term.kind, "column": term.column, "per": term.per, "level": term.level, "reference": term.reference,
        "replicates": " + ".join(map(str, term.replicates)), "within": term.within,
    }  # fmt: skip


def corrected(table: pd.DataFrame, correction: Correction = "fdr") -> pd.DataFrame:
    """Return the table with `adjusted`: p-values corrected, for each effect, over all quantities that are tested.

    Whether anything goes with age is one question, what a drug changes another. fdr: Benjamini & Hochberg (1995); holm: Holm (1979).
    """
    out = table.copy()
    out["adjusted"] = np.nan
    for name in ("p", "estimate", "low", "high", "se", "df", "standardised", "standardised_low", "standardised_high"):
        if name not in out:
            out[name] = np.nan
    for _, rows in out.groupby("term"):
        tested = rows.index[np.isfinite(rows["p"].to_numpy(dtype=np.float64))]
        p = out.loc[tested, "p"].to_numpy(dtype=np.float64)
        if len(p):
            out.loc[tested, "adjusted"] = stats.false_discovery_control(p) if correction == "fdr" else holm(p)
    return out


def holm(p: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) p-values after Holm's step-down correction."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * (len(values) - np.arange(len(values))))
    out = np.empty(len(values))
    out[order] = np.minimum(stepped, 1.0)
    return out
