"""One recording of a study: its features, whether the model makes recordings like it, draws, and circuits that are known to match."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..circuit.parameters import NAMES
from ..errors import FeatureError
from ..features import AnalysisSettings, all_features, recordings_detection
from ..inference.asking.consistency import Judge
from ..inference.asking.plausibility import UNUSUAL, checked, plausibility
from ..inference.asking.posterior import DEFAULT_OVERSAMPLING, sample
from ..inference.asking.simulated import Simulated
from ..inference.asking.target import Target, make_target
from ..inference.asking.verification import RunMany
from ..inference.estimators.estimator import Estimator
from ..inference.spending.ensembles import INTERRUPTED, Ensemble, fit
from ..recording import Recording
from ..version import __version__
from .journal import Journal
from .kept import read_json, read_parquet, write_json, write_parquet

WHOLE, FIRST, SECOND = "whole", "first half", "second half"
PARTS = (WHOLE, FIRST, SECOND)
"""Parts of a recording that are drawn for: the whole, and its two halves, which differ by nothing but chance."""

EXCERPT, MAX_EXCERPT = 30.0, 20_000
"""The results show this many s and spikes of a recording."""

CAN, HARDLY, CANNOT, UNKNOWN = "can", "hardly", "cannot", "undefined"
"""Verdicts on whether the model makes recordings like this one; undefined where it lacks features that the estimator needs."""


@dataclass(frozen=True)
class Asked:
    """The question to every recording. circuits: confirmed ones wanted; budget: simulations for each recording, at most; draws: of the
    posterior, unpruned; confirm: seeds that each match is simulated with again (`ensembles.fit`); oversampling: of the search's first
    round; minimum_rate: Hz, of the units analysed; refractory: s, of a unit's spikes that follow sooner only the first is kept.
    """

    circuits: int = 100
    budget: int = 1000
    draws: int = 500
    confirm: int = 1
    oversampling: int = DEFAULT_OVERSAMPLING
    tolerance: float = 1.0
    seed: int = 1
    minimum_rate: float = 0.0
    refractory: float = 0.0

    def analysis(self, estimator: Estimator) -> AnalysisSettings:
        """Return how recordings are analysed: bursts are detected as in the estimator's training, except for what only recordings have."""
        trained = recordings_detection(estimator.card.feature_set.analysis.bursts)
        bursts = replace(trained, refractory=self.refractory or trained.refractory)
        return AnalysisSettings(minimum_rate=self.minimum_rate, bursts=bursts)


@dataclass(frozen=True, eq=False)
class Found:
    """The results for one recording. summary: its entries in the table of recordings; the tables have no column for the recording."""

    summary: dict[str, Any]
    features: pd.DataFrame
    excerpts: pd.DataFrame
    draws: pd.DataFrame = field(default_factory=pd.DataFrame)
    circuits: pd.DataFrame = field(default_factory=pd.DataFrame)
    runs: pd.DataFrame = field(default_factory=pd.DataFrame)
    repetitions: pd.DataFrame = field(default_factory=pd.DataFrame)


def key_of(recording: Recording, estimator: Estimator, asked: Asked) -> str:
    """Return the name under which results are kept: a digest of the spikes, the estimator, the seed, the version and everything asked.

    The number of circuits and the budget for them are left out, so that more can be asked for without repeating runs.
    """
    said = {name: value for name, value in asdict(asked).items() if name not in ("circuits", "budget")}
    if not asked.refractory:  # results that were kept before it could be asked for still count
        del said["refractory"]
    text = json.dumps([recording.content_hash, estimator.digest, __version__, said], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def measure(
    recording: Recording,
    estimator: Estimator,
    asked: Asked,
    folder: Path,
    *,
    run_many: RunMany,
    progress: Callable[[str, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Found | None:
    """Find everything for one recording, or read what is already in its folder; None when it was stopped.

    folder: of this recording's key, made if need be. Each stage's results are written there when it is done, each simulation's when it
    comes. progress gets a stage and the share of it that is done. Raises UserError for a recording that cannot be analysed.
    """
    say = progress or (lambda stage, share: None)
    folder.mkdir(parents=True, exist_ok=True)
    say("features", 0.0)
    analysis = asked.analysis(estimator)
    target = make_target(recording, estimator.card, analysis)
    verdict = _verdict(estimator, target)
    features = read_parquet(folder / "features.parquet")
    if features is None:
        features = _features(recording, estimator, analysis, target)
        write_parquet(folder / "features.parquet", features)
    excerpt = _excerpt(target)
    summary = _summary(recording, estimator, asked, target, verdict, analysis)
    if verdict["verdict"] == UNKNOWN:
        return Found(summary, features, excerpt)
    say("draws", 0.0)
    draws = read_parquet(folder / "draws.parquet")
    if draws is None:
        draws = _draws(recording, estimator, asked, target, analysis)
        write_parquet(folder / "draws.parquet", draws)
    found = _circuits(estimator, asked, target, folder, run_many, say, should_stop)
    return None if found is None else Found(summary | found[0], features, excerpt, draws, *found[1:])


def _verdict(estimator: Estimator, target: Target) -> dict[str, Any]:
    """Return whether the model makes recordings like the target, and the figures behind it."""
    if not np.isfinite(target.vector).all():
        lacking = [name for name, value in target.features.items() if not np.isfinite(value)]
        return {
            "verdict": UNKNOWN,
            "why": f"The recording lacks features that {estimator.name} needs: {', '.join(lacking[:5]) or 'some of its transforms'}.",
        }
    found = plausibility(estimator, target.vector)
    if found is None:
        return {"verdict": CAN, "why": "The estimator ships too few simulations to tell."}
    verdict = CAN if found.share >= UNUSUAL else CANNOT if found.beyond_all else HARDLY
    return {
        "verdict": verdict, "why": found.sentence, "nearest_distance": found.distance, "usual_distance": found.usual,
        "share_as_far": found.share, "differing": ", ".join(found.differing),
    }  # fmt: skip


def _summary(
    recording: Recording, estimator: Estimator, asked: Asked, target: Target, verdict: dict[str, Any], analysis: AnalysisSettings
) -> dict[str, Any]:  # fmt: skip
    analysed = analysis.apply(recording)
    return {
        "name": recording.name, "content_hash": recording.content_hash, "n_units": analysed.n_units, "duration": analysed.duration,
        "mean_rate": analysed.mean_rate, "estimator": estimator.name, "digest": estimator.digest, "seed": asked.seed,
        "version": __version__, "threshold": Judge.of(estimator.card, asked.tolerance).bound, "start": target.start, "stop": target.stop,
        "target": target.vector.tolist(), "warnings": " ".join(checked(estimator, target).warnings),
        "guesses": "; ".join(f"{g['key']}={g['guess']}" for g in recording.provenance.get("guesses", [])), **verdict,
    }  # fmt: skip


def _features(
    recording: Recording, estimator: Estimator, analysis: AnalysisSettings, target: Target
) -> pd.DataFrame:  # fmt: skip
    """Return features in long form: of the whole recording, of its halves, and of the stretch that the estimator is asked about."""
    rows = []
    for part, stretch in parts_of(analysis.apply(recording)).items():
        try:
            values = all_features(stretch, analysis_of_part(analysis))
        except FeatureError:  # a half that is too short for a window of the spectrum, say
            continue
        rows += [(part, name, value) for name, value in values.items()]
    rows += [("target", name, value) for name, value in target.features.items()]
    return pd.DataFrame(rows, columns=["part", "feature", "value"])


def _excerpt(target: Target) -> pd.DataFrame:
    """Return the spikes in the first EXCERPT s of the stretch that the estimator is asked about, for plots."""
    seen = target.recording
    shown = int(np.searchsorted(seen.spike_times, EXCERPT))
    shown = min(shown, MAX_EXCERPT)
    return pd.DataFrame({"time": seen.spike_times[:shown], "unit": seen.spike_units[:shown]})


def parts_of(analysed: Recording) -> dict[str, Recording]:
    """Return the analysed units over the whole time and over its halves."""
    middle = analysed.duration / 2
    return {
        WHOLE: analysed,
        FIRST: analysed.window(0.0, middle),
        SECOND: analysed.window(middle, analysed.duration),
    }


def analysis_of_part(analysis: AnalysisSettings) -> AnalysisSettings:
    """Return the settings for a stretch whose units were already chosen."""
    return AnalysisSettings(
        bursts=analysis.bursts, spectrum=analysis.spectrum, dimensionality=analysis.dimensionality,
        minimum_spikes=analysis.minimum_spikes,
    )  # fmt: skip


def _draws(
    recording: Recording, estimator: Estimator, asked: Asked, target: Target, analysis: AnalysisSettings
) -> pd.DataFrame:  # fmt: skip
    """Return draws of the posterior, unpruned, given the recording and given each half; a half that lacks features has none."""
    tables = [_drawn(estimator, target, asked, 0)]
    for number, part in enumerate((FIRST, SECOND), 1):
        stretch = parts_of(analysis.apply(recording))[part]
        try:
            half = make_target(stretch, estimator.card, analysis_of_part(analysis))
        except FeatureError:
            continue
        if np.isfinite(half.vector).all():
            tables.append(_drawn(estimator, half, asked, number))
    return pd.concat(tables, ignore_index=True)


def _drawn(estimator: Estimator, target: Target, asked: Asked, number: int) -> pd.DataFrame:
    seed = int(np.random.default_rng([asked.seed, number, 0xD4A]).integers(2**31))
    table = sample(estimator, target.vector, asked.draws, seed=seed).to_frame()
    table.insert(0, "draw", np.arange(len(table)))
    table.insert(0, "part", PARTS[number])
    return table


def _circuits(
    estimator: Estimator, asked: Asked, target: Target, folder: Path, run_many: RunMany, say: Callable[[str, float], None],
    should_stop: Callable[[], bool] | None,
) -> tuple[dict[str, Any], pd.DataFrame, pd.DataFrame, pd.DataFrame] | None:  # fmt: skip
    """Return counts, confirmed circuits, all runs and the repetitions of matches; None when it was stopped early."""
    wanted = {"circuits": asked.circuits, "budget": asked.budget, "confirm": asked.confirm}
    done = read_json(folder / "done.json")
    if isinstance(done, dict) and done.get("asked") == wanted:
        circuits, runs = read_parquet(folder / "circuits.parquet"), read_parquet(folder / "runs.parquet")
        if circuits is not None and runs is not None:
            say("circuits", 1.0)
            again = read_parquet(folder / "repetitions.parquet")  # earlier versions did not keep them
            return done["counts"], circuits, runs, pd.DataFrame() if again is None else again
    if not asked.circuits:
        counts: dict[str, Any] = {"drawn": 0, "simulated": 0, "confirmed": 0}
        return counts, pd.DataFrame(), pd.DataFrame(), pd.DataFrame()
    say("circuits", 0.0)
    found = fit(
        target, estimator, want=asked.circuits, budget=asked.budget, oversampling=asked.oversampling, confirm=asked.confirm,
        seed=asked.seed, tolerance=asked.tolerance, run_many=Journal(folder / "runs.jsonl").around(run_many),
        progress=lambda share: say("circuits", share), should_stop=should_stop,
    )  # fmt: skip
    if found.lost == INTERRUPTED or (should_stop is not None and should_stop()):
        return None
    if found.lost:
        from ..errors import ClusterError

        raise ClusterError(found.lost)
    circuits = _confirmed(found, asked.circuits)
    counts, runs = _counts(found) | {"confirmed": len(circuits)}, _runs(found, estimator)
    again = _repetitions(found, estimator)
    write_parquet(folder / "circuits.parquet", circuits)
    write_parquet(folder / "runs.parquet", runs)
    write_parquet(folder / "repetitions.parquet", again)
    write_json(folder / "done.json", {"asked": wanted, "counts": counts})  # written last: it marks the others as whole
    return counts, circuits, runs, again


def _counts(found: Ensemble) -> dict[str, Any]:
    low, high = found.tally.interval
    return {
        "drawn": found.drawn, "simulated": found.simulated, "repeated": found.repeated.n, "matched_again": found.repeated.consistent,
        "alive": found.alive,
        "consistent": found.consistent, "rejected_early": found.rejected_early, "yield": found.yield_, "yield_low": low,
        "yield_high": high, "fresh_simulated": found.fresh.n, "fresh_consistent": found.fresh.consistent,
        "model_seconds": found.model_seconds, "seconds": found.seconds,
    }  # fmt: skip


def _confirmed(found: Ensemble, most: int) -> pd.DataFrame:
    """Return the circuits that matched with every seed that was asked for."""
    asked_for = found.configurations[["seeds", "matched"]].eq(1 + found.confirm).all(axis=1)
    table = found.configurations[asked_for].head(most).reset_index(drop=True)
    table.insert(0, "circuit", np.arange(len(table)))
    return table


def _runs(found: Ensemble, estimator: Estimator) -> pd.DataFrame:
    table = pd.DataFrame([run.theta for run in found.runs], columns=list(NAMES))
    table.insert(0, "run", np.arange(len(table)))
    table["log_density"] = found.log_density
    told = _told(found.runs, found.distances, estimator)
    told.insert(3, "parent", found.parents)
    return pd.concat([table, told], axis=1)


def _repetitions(found: Ensemble, estimator: Estimator) -> pd.DataFrame:
    """Return the runs of matches with other seeds; `run` is the number of the run whose circuit was simulated again."""
    again = [(number, one) for number, some in found.repetitions.items() for one in some]
    table = _told([one.run for _, one in again], [one.distance for _, one in again], estimator)
    table.insert(0, "run", np.array([number for number, _ in again], dtype=np.int64))
    return table


def _told(runs: Sequence[Simulated], distances: Sequence[float], estimator: Estimator) -> pd.DataFrame:
    """Return what became of simulations: seed, outcome, distance, and their features as the estimator sees them."""
    table = pd.DataFrame({
        "seed": np.array([run.seed for run in runs], dtype=np.int64), "outcome": [str(run.outcome) for run in runs],
        "distance": np.array(distances, dtype=np.float64),
        "rejected_after": [np.nan if run.rejected_after is None else run.rejected_after for run in runs],
        "error": [run.error for run in runs],
    })  # fmt: skip
    names = estimator.card.feature_set.features
    vectors = np.array([run.vector for run in runs], dtype=np.float64).reshape(len(runs), len(names))
    return table.assign(**{f"transformed.{name}": vectors[:, number] for number, name in enumerate(names)})
