"""Simulation campaigns: shards of simulated configurations, each written once, whole, and with its seeds.

A shard is a Parquet file that depends only on the plan and its number. So a campaign can be killed at any moment and continued later. It
can also be shared among processes and machines that agree on who makes which shard.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...atomic import written_whole
from ...circuit.parameters import NAMES
from ...errors import EstimatorError, FeatureError
from ...features import (
    FeatureSet,
    GrowingRate,
    bursts_in_rate,
    detect_bursts,
    is_bursting,
    population_rate,
    published_detection,
    smooth,
    subsample_units,
    that_fit,
)
from ...recording import Recording
from ...version import __version__
from ..asking.circuit_run import run_circuit
from ..estimators.card import SimulationPlan
from ..estimators.prior import Prior

PLAN = "plan.json"

Propose = Callable[[int, np.random.Generator], NDArray[np.float64]]
"""(n, generator) → (n, 28) configurations to simulate."""

NOT_BURSTING = "not bursting"
"""Outcome, in a campaign for bursts, of an active circuit whose activity does not consist of bursts."""


@dataclass(frozen=True)
class CampaignPlan:
    """The plan by which every shard of a campaign is made. Seconds.

    feature_sets: measured on each active circuit, after warm_up; duration: s analysed at most; enough_bursts: bursts after which a run
    ends early, None for fixed durations; patience: s analysed after which a run for bursts is given up when it shows none; few_units:
    (low, high) of the number of units, log-uniform, at which the spectrum is measured a second time, as an electrode array would see it.
    seed and shard number decide every draw.
    """

    feature_sets: tuple[FeatureSet, ...]
    warm_up: float = 2.0
    duration: float = 10.0
    n_neurons: int = 2000
    enough_bursts: int | None = None
    patience: float = 60.0
    few_units: tuple[int, int] | None = None
    shard_size: int = 100
    seed: int = 20261123
    prior: Prior = field(default_factory=Prior)

    def to_json(self) -> str:
        """Return the plan as JSON text, with the version that writes it."""
        return json.dumps(
            {
                **{k: v for k, v in asdict(self).items() if k not in ("feature_sets", "prior")},
                "feature_sets": [features.to_dict() for features in self.feature_sets],
                "prior": self.prior.to_dict(),
                "version": __version__,
            },
            indent=1,
        )

    @classmethod
    def from_json(cls, text: str) -> CampaignPlan:
        """Read a plan that `to_json` wrote; raises EstimatorError when it cannot be one."""
        try:
            raw = json.loads(text)
            if not isinstance(raw, dict):
                raise TypeError("it holds no JSON object")
            raw.pop("version", None)
            raw["feature_sets"] = tuple(FeatureSet.from_dict(values) for values in raw["feature_sets"])
            raw["prior"] = Prior.from_dict(raw["prior"])
            raw["few_units"] = tuple(raw["few_units"]) if raw["few_units"] else None
            return cls(**raw)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise EstimatorError(f"This is not a campaign's plan: {type(error).__name__}: {error}.") from None


def read_plan(folder: Path) -> CampaignPlan:
    """Return a campaign's plan; raises EstimatorError that names the file when it is missing or cannot be a plan."""
    path = folder / PLAN
    if not path.is_file():
        raise EstimatorError(f"{folder} is not a campaign: {PLAN} is missing.")
    try:
        return CampaignPlan.from_json(path.read_text())
    except (OSError, ValueError) as error:
        raise EstimatorError(f"{path} cannot be read: {error}") from None


def run_one(theta: NDArray[np.float64], seed: int, plan: CampaignPlan) -> dict[str, Any]:
    """Simulate one configuration and return its row: parameters, seed, outcome, duration, and `<set>:<feature>` raw values.

    A configuration outside the model's domain, which a user's own prior may hold, counts as failed.
    """
    row: dict[str, Any] = dict(zip(NAMES, theta.tolist(), strict=True)) | {"seed": int(seed)}
    run = run_circuit(
        theta, seed, SimulationPlan(plan.warm_up, plan.duration, plan.n_neurons, plan.enough_bursts),
        ends=None if plan.enough_bursts is None else partial(is_decided, plan=plan, growing=growing_rate(plan)),
    )  # fmt: skip
    if run.recording is None:
        return row | {"outcome": run.outcome, "error": run.error}
    row |= {"outcome": run.outcome, "duration": run.recording.duration, "mean_rate": run.recording.mean_rate}
    stretch = run.stretch
    if stretch is None or stretch.duration < 1 - 1e-9:
        return row
    if plan.enough_bursts is not None:
        asked = plan.feature_sets[0].analysis.bursts
        row["n_bursts"] = float(len(detect_bursts(stretch, asked)))
        if not is_bursting(detect_bursts(stretch, published_detection(asked))):
            return row | {"outcome": NOT_BURSTING, "mean_rate": stretch.mean_rate}
    return row | {"mean_rate": stretch.mean_rate} | _features(stretch, plan, seed)


def _features(stretch: Recording, plan: CampaignPlan, seed: int) -> dict[str, float]:
    """Return `<set>:<feature>` of one analysed stretch, and `few:<feature>` at fewer units where the plan asks for it."""
    values: dict[str, float] = {}
    for features in plan.feature_sets:
        if that_fit(features.families, features.analysis, stretch.duration) != features.families:
            continue
        try:  # as many units and spikes as a recording sees, by the feature set
            seen = features.observe(stretch, int(seed))
            values |= {f"{features.name}:{name}": value for name, value in features.compute(seen).items()}
        except FeatureError:  # fewer units fire than are to be seen: no features
            continue
    if plan.few_units is not None:
        rng = np.random.default_rng([seed, 0xFE3])
        low, high = np.log(plan.few_units)
        n = min(int(np.exp(rng.uniform(low, high)) + 1e-9), stretch.n_units)  # exp(log 20) is a little less than 20
        few = subsample_units(stretch, n, int(rng.integers(2**31)))
        values["few:n_units"] = float(n)
        if few.n_spikes:
            with suppress(FeatureError):  # none of these fires often enough to have features
                values |= {f"few:{name}": value for name, value in plan.feature_sets[0].compute(few).items()}
    return values


def growing_rate(plan: CampaignPlan) -> GrowingRate:
    """Return the rate that `is_decided` follows, one object for each run."""
    return GrowingRate(plan.feature_sets[0].analysis.bursts.bin_width, plan.warm_up, "excitatory")


def is_decided(recording: Recording, plan: CampaignPlan, growing: GrowingRate) -> bool:
    """Tell whether a run for bursts can stop: it holds enough of them, or it has none and no prospect of one.

    Called every few seconds of model time. Without a burst, a run is given up after the plan's patience. It is given up after a quarter
    of that when it fires steadily (at the rate that a burst must reach, in half of its seconds or more): circuits that burst are quieter
    between bursts.
    """
    analysed = recording.duration - plan.warm_up
    if analysed < 10 or plan.enough_bursts is None:
        return False
    settings = plan.feature_sets[0].analysis.bursts
    rate = growing.of(recording)
    found = len(bursts_in_rate(smooth(rate, settings.bin_width, settings.smoothing), settings))
    if found:
        return found >= plan.enough_bursts
    if analysed >= plan.patience:
        return True
    per_second, _ = population_rate(recording.window(plan.warm_up, recording.duration), 1.0)
    return analysed >= plan.patience / 4 and float(np.median(per_second)) >= settings.minimum_rate


def shard_path(folder: Path, kind: str, number: int) -> Path:
    """Return where a shard is kept. kind: "prior", "restricted-1", …: the source of its configurations."""
    return folder / f"{kind}-{number:05d}.parquet"


def run_shard(
    folder: Path,
    plan: CampaignPlan,
    number: int,
    *,
    kind: str = "prior",
    propose: Propose | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Make one shard, unless it is already there, and return its path. It is written under another name and renamed when whole.

    propose: gives the shard's configurations; without it they are draws of the plan's prior.
    """
    path = shard_path(folder, kind, number)
    if path.exists():
        return path
    stream = int.from_bytes(hashlib.sha256(kind.encode()).digest()[:8], "little")
    rng = np.random.default_rng(np.random.SeedSequence([plan.seed, stream, number]))
    n = plan.shard_size
    theta = plan.prior.draw(n, rng) if propose is None else propose(n, rng)
    seeds = rng.integers(0, 2**31, n)
    rows = []
    for i in range(n):
        rows.append(run_one(theta[i], int(seeds[i]), plan))
        if progress is not None:
            progress(i + 1, n)
    frame = pd.DataFrame(rows)
    numbers = frame.select_dtypes("float64").columns
    frame[numbers] = frame[numbers].astype(np.float32)
    with written_whole(path) as part:  # two workers may make the same shard
        frame.to_parquet(part, index=False, compression="zstd")
    return path


def read_shards(folder: Path, paths: Sequence[Path] | None = None) -> pd.DataFrame:
    """Return all rows of a campaign's shards, or of some of them, with the column `kind`.

    Raises EstimatorError when there are none, and for a file that is damaged or not a shard.
    """
    paths = sorted(folder.glob("*.parquet")) if paths is None else paths
    if not paths:
        raise EstimatorError(f"{folder} holds no shards to learn from; run a campaign first.")
    return pd.concat([_read_shard(path) for path in paths], ignore_index=True)


def _read_shard(path: Path) -> pd.DataFrame:
    """Return the rows of one shard; raises EstimatorError that names the file when it cannot be one."""
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are of both kinds
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise EstimatorError(
            f"{path} cannot be read ({why}); delete it and run the campaign again, which makes a new one."
        ) from None
    missing = [name for name in (*NAMES, "seed", "outcome") if name not in frame]
    if missing:
        raise EstimatorError(f"{path} is not a shard: it lacks {', '.join(missing[:3])}. Move it out of the folder.")
    strange = [name for name in (*NAMES, "seed") if not pd.api.types.is_numeric_dtype(frame[name])]
    if strange or not np.isfinite(frame[list(NAMES)].to_numpy(np.float64)).all():
        raise EstimatorError(
            f"{path} holds configurations that are not numbers; delete it and run the campaign again, which makes a new one."
        )
    return frame.assign(kind=kind_of(path))


def kind_of(path: Path) -> str:
    """Return the kind of a shard, by its name: prior, restricted, posterior-…"""
    return path.stem.rpartition("-")[0]


def missing_shards(folder: Path, kind: str, count: int) -> Iterator[int]:
    """Yield the numbers below count of the shards that are missing."""
    return (number for number in range(count) if not shard_path(folder, kind, number).exists())
