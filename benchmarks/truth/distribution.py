"""Do two ways to simulate agree as well as one agrees with itself? Compares the features of active prior draws.

For each circuit, eight simulations of the fast engine with different seeds give each feature's mean and SD. They
standardise a ninth simulation (`held`) and one of the other kind (`other`): z = (x - mean) / SD. If the other kind is
the same model, the two z of a circuit are exchangeable. Wilcoxon's signed-rank test over circuits asks whether z moved
(z_other - z_held) and whether it spreads wider (|z_other| - |z_held|). It is Holm-corrected over all features and both
questions, at 1 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wilcoxon

from automind_dash.circuit import simulate
from automind_dash.features import AnalysisSettings, SpectrumSettings, all_features
from automind_dash.recording import Recording

from .configurations import DURATION, active_circuits
from .report import Rows, in_processes, markdown, write_page

N_CIRCUITS, N_BASE, LEVEL = 100, 8, 0.01
SETTINGS = AnalysisSettings(spectrum=SpectrumSettings(bands=12))
SCALARS = (
    "mean_rate", "isi_cv_mu", "burst_num", "burst_interval_mean", "burst_peak_fr_mean", "burst_width_mean",
    "burst_onset_time_mean", "burst_offset_time_mean",
)  # fmt: skip
LOGARITHMIC = ("mean_rate", "psd_", "burst_width", "burst_onset", "burst_offset", "burst_interval", "burst_peak")


@dataclass(frozen=True)
class Comparison:
    """A comparison with the fast engine at its defaults: the arguments of `simulate` that differ."""

    name: str
    title: str
    what: str
    settings: dict[str, object]


COMPARISONS = {
    comparison.name: comparison
    for comparison in (
        Comparison("distribution", "In distribution: the fast engine and brian2", "brian2", {"engine": "reference"}),
        Comparison(
            "precision", "In distribution: float32 and float64", "the fast engine in float64", {"precision": "double"}
        ),
        Comparison("step", "The time step: 0.2 ms and 0.02 ms", "the fast engine at a step of 0.02 ms", {"dt": 2e-5}),
    )
}


def features_of(recording: Recording) -> dict[str, float]:
    """Return the compared features; ratios are log10."""
    found = all_features(recording, SETTINGS, ("recording", "isi", "burst", "psd"))
    kept = {name: value for name, value in found.items() if name in SCALARS or name.startswith("psd_")}
    with np.errstate(divide="ignore", invalid="ignore"):
        return {name: float(np.log10(v)) if name.startswith(LOGARITHMIC) else v for name, v in kept.items()}


def spread(number: int, theta: NDArray[np.float64]) -> dict[str, float]:
    """Return the fast engine's own values of each feature: mean and SD over the base seeds, and held."""
    run = partial(simulate, theta, DURATION, record="excitatory")
    base = [features_of(run(seed=1000 * number + k)) for k in range(1, N_BASE + 1)]
    held = features_of(run(seed=1000 * number + 500))
    row: dict[str, float] = {}
    for name in held:
        values = np.array([features[name] for features in base])
        row |= {
            f"{name}:mean": float(values.mean()),
            f"{name}:sd": float(values.std(ddof=1)),
            f"{name}:held": held[name],
        }
    return row


def compare(
    job: tuple[int, NDArray[np.float64], dict[str, float] | None], settings: dict[str, object]
) -> dict[str, object]:
    """Return one row with each feature's base mean and SD, held, and other. A spread from an earlier comparison is reused."""
    number, theta, known = job
    found = known or spread(number, theta)
    other = features_of(simulate(theta, DURATION, record="excitatory", seed=1000 * number + 900, **settings))
    row: dict[str, object] = {"circuit": number}
    for name in other:
        row |= {f"{name}:{part}": found[f"{name}:{part}"] for part in ("mean", "sd", "held")}
        row[f"{name}:other"] = other[name]
    return row


def known_spreads() -> dict[int, dict[str, float]]:
    """Return the fast engine's own spread by circuit from the comparison with brian2, since the same seeds give the same numbers."""
    rows = Rows("distribution", ["circuit"]).rows
    return {
        int(row["circuit"]): {
            key: float(value) for key, value in row.items() if not key.endswith(("circuit", ":other"))
        }
        for row in rows
    }


def columns(rows: list[dict[str, str]], name: str) -> NDArray[np.float64]:
    """Return (4, n) mean, sd, held, other of the circuits in which all four are defined and the seeds differ."""
    values = np.array([[float(row[f"{name}:{part}"]) for part in ("mean", "sd", "held", "other")] for row in rows]).T
    return values[:, np.isfinite(values).all(axis=0) & (values[1] > 0)]


def holm(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Holm's adjusted p-values."""
    order = np.argsort(p_values)
    scaled = p_values[order] * np.arange(len(p_values), 0, -1)
    out = np.empty_like(p_values)
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return out


def summary(rows: list[dict[str, str]]) -> tuple[list[list[object]], float]:
    """Return the table's lines (feature, circuits, shifts, spreads, adjusted p-values) and the smallest p-value."""
    names = [key.removesuffix(":mean") for key in rows[0] if key.endswith(":mean")]
    lines, p_values = [], []
    for name in names:
        mean, sd, held, other = columns(rows, name)
        z_held, z_other = (held - mean) / sd, (other - mean) / sd
        moved = wilcoxon(z_other, z_held).pvalue if len(mean) > 5 else 1.0
        wider = wilcoxon(np.abs(z_other), np.abs(z_held), alternative="greater").pvalue if len(mean) > 5 else 1.0
        p_values += [moved, wider]
        label = f"log10 {name}" if name.startswith(LOGARITHMIC) else name
        lines.append([label, len(mean), *_quantiles(z_held, z_other, other - held)])
    adjusted = holm(np.array(p_values)).reshape(-1, 2)
    return [[*line, *map(float, p)] for line, p in zip(lines, adjusted, strict=True)], float(adjusted.min())


def _quantiles(z_held: NDArray[np.float64], z_other: NDArray[np.float64], moved: NDArray[np.float64]) -> list[float]:
    """Return the median z and median |z| of held and other, and the median difference in the feature's own unit."""
    if not len(z_held):
        return [np.nan] * 5
    parts = (z_held, z_other, np.abs(z_held), np.abs(z_other), moved)
    return [float(np.median(part)) for part in parts]


def main(name: str, *, again: bool, processes: int) -> None:
    """Run the missing simulations and write docs/truth/<name>.{csv,md}."""
    comparison = COMPARISONS[name]
    rows = Rows(name, ["circuit"], again=again)
    missing = rows.missing((i,) for i in range(N_CIRCUITS))
    circuits = active_circuits(N_CIRCUITS) if missing else []
    known = {} if name == "distribution" else known_spreads()
    jobs = [(number, circuits[number], known.get(number)) for (number,) in missing]
    in_processes(partial(compare, settings=comparison.settings), jobs, rows, processes)
    lines, smallest = summary(rows.rows)
    verdict = "agree: no feature differs" if smallest > LEVEL else "differ in at least one feature"
    medians = [f"median {what}" for what in ("z held", "z other", "|z| held", "|z| other", "other - held")]
    write_page(
        name, comparison.title,
        f"The fast engine (float32, 0.2 ms) and {comparison.what}: {N_CIRCUITS} active draws from the prior, 2000 "
        f"neurons, {DURATION:g} s, with a different seed for each simulation.",
        " ".join(__doc__.split("\n\n")[1].split()),
        f"**They {verdict} at {LEVEL:.0%}; the smallest adjusted p-value is {smallest:.3g}.**",
        markdown(["feature", "circuits", *medians, "p moved", "p wider"], lines),
    )  # fmt: skip
