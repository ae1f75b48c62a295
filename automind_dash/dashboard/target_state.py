"""The state of one recording on the page: its analysis, target, samples, simulations and selection."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import param
from numpy.typing import NDArray

from ..circuit.parameters import NAMES
from ..features import (
    AnalysisSettings,
    Bursts,
    burst_features,
    detect_bursts,
    dimensionality_features,
    isi_features,
    recording_features,
    spectrum,
    spectrum_features,
)  # fmt: skip
from ..inference.card import Card
from ..inference.estimator import Estimator
from ..inference.plausibility import checked
from ..inference.posterior import DEFAULT_OVERSAMPLING
from ..inference.target import Target, make_target
from ..recording import Recording

MAX_KEPT_SPIKES = 60_000_000
"""Of all simulated recordings of a session, 0.7 GB: beyond it the oldest are dropped, and drawn again from their seeds."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """A recording under some settings: what the target strip and the feature tables show."""

    settings: AnalysisSettings
    recording: Recording  # the analysed part, time counted from the window's start
    bursts: Bursts | None
    frequencies: NDArray[np.float64]
    power: NDArray[np.float64]
    features: dict[str, float]


def glance(recording: Recording, settings: AnalysisSettings) -> Analysed:
    """Apply the settings and measure what the raster, the rate and its marks need: a tenth of the time that `complete` takes.

    Raises FeatureError when the settings leave nothing.
    """
    part = settings.apply(recording)
    bursts = detect_bursts(part, settings.bursts)
    features = recording_features(part) | burst_features(bursts)
    return Analysed(settings, part, bursts, np.empty(0), np.empty(0), features)


def complete(seen: Analysed) -> Analysed:
    """Add the intervals, the spectrum and the components to a glance; without spikes or a window for them no spectrum."""
    part, settings = seen.recording, seen.settings
    features = seen.features | isi_features(part, settings.minimum_spikes)
    if not part.n_spikes or part.duration < settings.spectrum.window:
        return replace(seen, features=features)
    frequencies, power = spectrum(part, settings.spectrum)
    features |= spectrum_features(part, settings.spectrum) | dimensionality_features(part, settings.dimensionality)
    return replace(seen, frequencies=frequencies, power=power, features=features)


def analyse(recording: Recording, settings: AnalysisSettings) -> Analysed:
    """Apply the settings and measure everything shown of a target. Raises FeatureError when they leave nothing."""
    return complete(glance(recording, settings))


class TargetState(param.Parameterized):
    """Everything the session holds about one recording. Views watch it; actions in `actions` change it.

    `configurations` is the table under every stage: one row per posterior draw, index = configuration number, columns = the 28
    published names, log_density, state, distance, seed. `selection` holds row numbers and is the same in every view.
    """

    recording = param.ClassSelector(class_=Recording, constant=True, doc="As it was loaded.")
    settings = param.ClassSelector(
        class_=AnalysisSettings, default=AnalysisSettings(), doc="Units, window and detection."
    )
    analysed = param.ClassSelector(class_=Analysed, default=None, allow_None=True, doc="Measured with `settings`.")
    estimator = param.String(default="", doc="Name of the estimator that is asked.")
    target = param.ClassSelector(class_=Target, default=None, allow_None=True, doc="What the estimator is given.")
    n_samples = param.Integer(default=500, bounds=(1, 20_000), label="Samples", doc="Configurations to keep.")
    seed = param.Integer(default=1, bounds=(0, 2**31 - 1), label="Seed", doc="Of the draws.")
    oversampling = param.Integer(
        default=DEFAULT_OVERSAMPLING, bounds=(1, 100), label="Draw k times as many", doc="Keep the best n of k·n."
    )
    configurations = param.DataFrame(default=pd.DataFrame(), doc="Posterior draws and what became of them.")
    provenance = param.Dict(default={}, doc="Of the draws: estimator, target, seed, version.")
    selection = param.List(default=[], item_type=int, doc="Numbers of the selected configurations.")
    tolerance = param.Number(default=1.0, bounds=(0.1, 10.0), label="Tolerance", doc="Times the estimator's threshold.")
    simulations = param.Dict(default={}, doc="Configuration number → Simulated, with its recording.")
    kept = param.Dict(default={}, doc="Name → numbers of the configurations of a selection that was kept.")
    marks = param.Dict(default={}, doc="Configuration number → pinned, hidden or rejected.")
    reruns = param.Dict(default={}, doc="Configuration number → its runs with other seeds or on the reference engine.")
    experiments = param.Dict(default={}, doc="What was done, in words → PerturbedRuns of these configurations.")
    refinement = param.Parameter(default=None, doc="What simulations taught of this target (Refinement), None before.")
    busy = param.String(default="", doc="What is running, in words; empty when nothing is.")
    progress = param.Number(default=0.0, bounds=(0, 1), doc="Share of it that is done.")

    def __init__(self, recording: Recording, **params: Any) -> None:
        super().__init__(recording=recording, name=recording.name, **params)
        self.stop = threading.Event()  # set to stop what runs for this recording
        self.curves: dict[int, Any] = {}  # configuration number → what is drawn of its run
        self.job: Any = None  # the cluster's job behind it, while there is one: its rate, pause and resume

    def steer(self, job: Any) -> None:
        """Take the job that is running for this recording."""
        self.job = job
        if self.stop.is_set():
            job.cancel()

    def measure(self, settings: AnalysisSettings) -> Analysed:
        """Return the recording under other settings, changing nothing (may take a while: call it off the event loop)."""
        return analyse(self.recording, settings)

    def aim(self, estimator: Estimator) -> Target:
        """Return the target for an estimator, changing nothing (off the event loop, too)."""
        return checked(estimator, make_target(self.recording, estimator.card, self.settings))

    @property
    def refined(self) -> Any:
        """The refinement of the target as it is now; None where there is none, or the question has changed since."""
        found = self.refinement
        if found is None or self.target is None or found.estimator != self.estimator:
            return None
        return found if np.array_equal(found.target, self.target.vector) else None

    def take_samples(
        self, theta: NDArray[np.float64], log_density: NDArray[np.float64], provenance: dict[str, Any]
    ) -> None:
        """Replace the configurations by fresh draws; simulations of the old ones are dropped."""
        table = pd.DataFrame(theta, columns=list(NAMES))
        table["log_density"] = log_density
        table["state"] = ""
        table["distance"] = np.nan
        table["seed"] = -1
        with param.parameterized.batch_call_watchers(self):
            self.selection = []
            self.kept = {}
            self.simulations = {}
            self.experiments, self.marks, self.reruns, self.curves = {}, {}, {}, {}
            self.provenance = provenance
            self.configurations = table

    def add_circuits(self, theta: NDArray[np.float64], log_density: NDArray[np.float64], origin: str) -> list[int]:
        """Append configurations (n, 28) that were found, not drawn, select them and return their numbers; what there is stays.

        origin: in words, for the provenance.
        """
        table = self.configurations
        first = int(table.index.max()) + 1 if len(table) else 0
        found = pd.DataFrame(theta, columns=list(NAMES), index=range(first, first + len(theta)))
        found["log_density"], found["state"], found["distance"], found["seed"] = log_density, "", np.nan, -1
        numbers = found.index.tolist()
        with param.parameterized.batch_call_watchers(self):
            # changed in place: it tells which draws these are (`provenance is`), and they are still the same
            self.provenance.setdefault("added", []).append({"circuits": [numbers[0], numbers[-1]], "origin": origin})
            self.configurations = pd.concat([table, found]) if len(table) else found
            self.selection = numbers
        return numbers

    def take_simulations(self, found: dict[int, Any], card: Card) -> None:
        """Add simulated configurations and write their state and distance into the table."""
        simulations = {**self.simulations, **found}
        kept, total = {}, 0
        for number in reversed(list(simulations)):
            recording = simulations[number].recording
            total += recording.n_spikes if recording is not None else 0
            kept[number] = simulations[number] if total <= MAX_KEPT_SPIKES else _without_recording(simulations[number])
        table = self.configurations.copy()
        for number, run in found.items():
            table.loc[number, "seed"] = run.seed
            defined = run.outcome == "active" and self.target is not None and np.isfinite(self.target.vector).all()
            table.loc[number, "distance"] = card.distance(run.vector, self.target.vector)[0] if defined else np.inf
            table.loc[number, "state"] = run.outcome
        with param.parameterized.batch_call_watchers(self):
            self.simulations = dict(reversed(list(kept.items())))
            self.configurations = self.judged(table, card)

    def judged(self, table: pd.DataFrame, card: Card) -> pd.DataFrame:
        """Return the table with every simulated row called consistent, alive, silent, saturated or failed at the present tolerance.

        A circuit that the user rejected is alive at most.
        """
        table = table.copy()
        simulated = table["state"] != ""
        alive = simulated & table["state"].isin(["active", "alive", "consistent"])
        table.loc[alive, "state"] = "alive"
        alive &= ~table.index.isin([number for number, mark in self.marks.items() if mark == "rejected"])
        table.loc[alive & (table["distance"] <= self.tolerance * card.threshold), "state"] = "consistent"
        return table


def _without_recording(run: Any) -> Any:
    return replace(run, recording=None)
