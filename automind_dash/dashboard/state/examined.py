"""The state of one recording on the page: its analysis, target, circuits, simulations and selection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import param
from numpy.typing import NDArray

from ...features import AnalysisSettings
from ...inference.asking.consistency import Judge
from ...inference.asking.plausibility import checked
from ...inference.asking.posterior import DEFAULT_OVERSAMPLING
from ...inference.asking.provenance import Draws, Provenance, Search
from ...inference.asking.target import Target, distance_to, make_target
from ...inference.estimators.card import Card
from ...inference.estimators.estimator import Estimator
from ...recording import Recording
from .analysed import OF_RECORDINGS, Analysed, analyse
from .circuit_rows import NEVER_SIMULATED, judged, rows, with_reruns
from .marks import Mark

MAX_KEPT_SPIKES = 60_000_000
"""Spikes of all simulations of a session, 0.7 GB. Beyond it the oldest recordings are dropped, and made again from their seeds."""


@dataclass(frozen=True, eq=False)
class SetAside:
    """Simulations for one estimator while another one is asked: runs, curves and reruns by configuration number."""

    simulations: dict[int, Any] = field(default_factory=dict)
    curves: dict[int, Any] = field(default_factory=dict)
    reruns: dict[int, Any] = field(default_factory=dict)


OF_CIRCUITS = (
    "selection", "kept", "simulations", "experiments", "marks", "reruns", "curves", "set_aside", "provenance", "by_hand", "configurations",
)  # fmt: skip
"""The fields that belong to the present circuits and go when they go."""


@dataclass(frozen=True, eq=False)
class Replaced:
    """Circuits that have been replaced by others. fields: the values of OF_CIRCUITS."""

    fields: dict[str, Any]


EXAMPLE = "Example: "
"""Labels of experiments that the page made unasked begin with it."""


class Examined(param.Parameterized):
    """Everything the session holds about one recording. Views watch it; actions in `actions` change it.

    `configurations` is the table under every stage: one row for each circuit, index = configuration number, columns = the 28 published
    names, log_density, state, distance, seed, seeds (how many it was simulated with on the fast engine), matched (with how many of these
    it is consistent). `selection` holds row numbers and is the same in every view. `simulations`, `reruns` and
    the states always belong to `estimator` and are judged by `target`; those of other estimators wait in `set_aside`.
    """

    recording = param.ClassSelector(class_=Recording, constant=True, doc="As it was loaded.")
    settings = param.ClassSelector(class_=AnalysisSettings, default=OF_RECORDINGS, doc="Units, window and detection.")
    analysed = param.ClassSelector(class_=Analysed, default=None, allow_None=True, doc="Measured with `settings`.")
    estimator = param.String(default="", doc="Name of the estimator that is asked.")
    digest = param.String(default="", doc="Its `Estimator.digest`: a retrained estimator keeps its name.")
    wanted = param.String(
        default="", doc="Name of the estimator whose target is being worked out; empty when there is none."
    )
    target = param.ClassSelector(class_=Target, default=None, allow_None=True, doc="What the estimator is given.")
    n_samples = param.Integer(default=500, bounds=(1, 20_000), label="Samples", doc="Configurations to keep.")
    seed = param.Integer(default=1, bounds=(0, 2**31 - 1), label="Seed", doc="Of the draws.")
    oversampling = param.Integer(
        default=DEFAULT_OVERSAMPLING, bounds=(1, 100), label="Draw k times as many", doc="Keep the best n of k·n."
    )
    configurations = param.DataFrame(default=pd.DataFrame(), doc="Posterior draws and what became of them.")
    provenance = param.ClassSelector(class_=Provenance, default=Provenance(), doc="Where the circuits come from.")
    generation = param.Integer(
        default=0, doc="Changes whenever all circuits are replaced; numbers of earlier circuits then mean nothing."
    )
    before = param.Parameter(default=None, doc="The circuits that fresh draws replaced, with what was done (Replaced).")
    selection = param.List(default=[], item_type=int, doc="Numbers of the selected configurations.")
    tolerance = param.Number(default=1.0, bounds=(0.1, 10.0), label="Tolerance", doc="Times the estimator's threshold.")
    simulations = param.Dict(default={}, doc="Configuration number → Simulated, with its recording.")
    kept = param.Dict(default={}, doc="Name → numbers of the configurations of a selection that was kept.")
    marks = param.Dict(default={}, doc="Configuration number → its `Marks`; circuits without a mark are left out.")
    reruns = param.Dict(default={}, doc="Configuration number → its runs with other seeds or on the reference engine.")
    set_aside = param.Dict(default={}, doc="Name of an estimator that is not asked now → SetAside.")
    experiments = param.Dict(default={}, doc="What was done, in words → PerturbedRuns of these configurations.")
    refinement = param.Parameter(
        default=None, doc="What simulations taught about this target (Refinement); None before."
    )
    busy = param.String(default="", doc="What is running, in words; empty when nothing is.")
    arriving = param.String(default="", doc="What is done with it unasked, in words; empty when nothing is.")
    progress = param.Number(default=0.0, bounds=(0, 1), doc="Share of the work that is done.")

    def __init__(self, recording: Recording, **params: Any) -> None:
        super().__init__(recording=recording, name=recording.name, **params)
        self.stop = threading.Event()  # set to stop what runs for this recording
        self.curves: dict[int, Any] = {}  # configuration number → what is drawn of its run
        self.aims = 0  # how often a target has been asked for; only the last request counts
        self.by_hand = False  # whether the user has let anything be done with the circuits
        self.job: Any = None  # the cluster's job, while one runs: it tells the rate, and can pause and resume

    def steer(self, job: Any) -> None:
        """Take note of the job that is running for this recording."""
        self.job = job
        if self.stop.is_set():
            job.cancel()

    def measure(self, settings: AnalysisSettings) -> Analysed:
        """Return the recording measured under other settings, changing nothing (may take a while: call it off the event loop)."""
        return analyse(self.recording, settings)

    def aim(self, estimator: Estimator) -> Target:
        """Return the target for an estimator, changing nothing (call this off the event loop, too)."""
        return checked(estimator, make_target(self.recording, estimator.card, self.settings))

    def take_aim(self, name: str, aimed: Target | None, card: Card | None, digest: str = "") -> None:
        """Take an estimator and its target. Runs for another estimator are set aside, its own come back, and all are judged anew."""
        with param.parameterized.batch_call_watchers(self):
            others = name != self.estimator
            if others:
                self._change_runs(name)
            self.wanted, self.estimator, self.digest, self.target = "", name, digest, aimed
            if card is None or not len(self.configurations):
                return
            self._leave_out_strangers(card)
            self.reruns = {n: [self.judged_rerun(run, card) for run in runs] for n, runs in self.reruns.items()}
            table = self._judged_anew(self.configurations, self.simulations, card)
            if not table.equals(self.configurations):
                self.configurations = table

    def _change_runs(self, name: str) -> None:
        """Set aside what was simulated for the present estimator, and bring back what was simulated for another one."""
        rest = dict(self.set_aside)
        if self.simulations:
            rest[self.estimator] = SetAside(self.simulations, self.curves, self.reruns)
        back = rest.pop(name, SetAside())
        self.set_aside = rest
        self.simulations, self.curves, self.reruns = dict(back.simulations), dict(back.curves), dict(back.reruns)
        if len(self.configurations) and (self.configurations["state"] != "").any():
            self.configurations = self.configurations.assign(**NEVER_SIMULATED)

    def _leave_out_strangers(self, card: Card) -> None:
        """Set aside runs without this estimator's features for the one that drew the circuits, or drop them; files may hold such."""
        strange = {n: run for n, run in self.simulations.items() if not _measured_for(run, card)}
        if not strange:
            return
        drew = self.provenance.estimator or card.name
        if drew != card.name and drew not in self.set_aside:
            self.set_aside = {**self.set_aside, drew: SetAside(strange)}
        self.simulations = {n: run for n, run in self.simulations.items() if n not in strange}
        gone = self.configurations.index.isin(list(strange))
        self.configurations = self.configurations.assign(
            **{name: self.configurations[name].mask(gone, value) for name, value in NEVER_SIMULATED.items()}
        )

    @property
    def comparable(self) -> bool:
        """Whether runs have a distance to the target: there is one, and its features are defined."""
        return self.target is not None and bool(np.isfinite(self.target.vector).all())

    @property
    def refined(self) -> Any:
        """The refinement of the present target; None where there is none, or where the target or estimator has changed since."""
        found = self.refinement
        if found is None or self.target is None or found.estimator != self.estimator:
            return None
        return found if np.array_equal(found.target, self.target.vector) else None

    @property
    def drew(self) -> str:
        """Name of the estimator that drew the circuits, or of the one that is asked where that is not known."""
        return self.provenance.estimator or self.estimator

    @property
    def posterior(self) -> pd.DataFrame:
        """The rows that stand for the posterior: neither added by hand nor found by a search near other circuits."""
        return self.configurations[self.provenance.are_draws(self.configurations.index)]

    @property
    def outdated(self) -> bool:
        """Whether the circuits answer another question than the present one. Circuits that were only added answer none."""
        question = self.provenance.question
        if question is None or not question.estimator or self.target is None:
            return False
        return not question.asks_the_same(self.estimator, self.digest, self.target.vector)

    def take_samples(
        self, theta: NDArray[np.float64], log_density: NDArray[np.float64], draws: Draws | None = None
    ) -> None:
        """Replace the configurations by fresh draws; simulations of the old ones are dropped."""
        self._replace(rows(theta, log_density, 0), Provenance(draws or Draws()))

    def take_search(
        self, theta: NDArray[np.float64], log_density: NDArray[np.float64], search: Search, *, keep: bool = False
    ) -> list[int]:
        """Append the configurations (n, 28) that a search simulated and return their numbers; the present circuits stay.

        Circuits that answer another question are replaced, unless they are to be kept. search: `first` is set here.
        """
        if not keep and self.outdated:
            self._replace(rows(theta[:0], log_density[:0], 0), Provenance())
        numbers = self._append(
            theta, log_density, lambda first, _: self.provenance.with_search(replace(search, first=first))
        )
        return numbers

    def add_circuits(self, theta: NDArray[np.float64], log_density: NDArray[np.float64], origin: str) -> list[int]:
        """Append configurations (n, 28) that were neither drawn nor found by a search; returns their numbers. The present circuits stay.

        origin: in words, for the provenance.
        """
        return self._append(theta, log_density, lambda first, last: self.provenance.with_added(first, last, origin))

    def _append(
        self, theta: NDArray[np.float64], log_density: NDArray[np.float64], told: Callable[[int, int], Provenance]
    ) -> list[int]:
        """Append rows, select them and return their numbers. told: makes the provenance from the first and last number."""
        table = self.configurations
        first = int(table.index.max()) + 1 if len(table) else 0
        found = rows(theta, log_density, first)
        numbers = [int(number) for number in found.index]
        with param.parameterized.batch_call_watchers(self):
            self.provenance = told(first, first + len(theta) - 1)
            self.configurations = pd.concat([table, found]) if len(table) else found
            self.selection = numbers
        return numbers

    def _replace(self, table: pd.DataFrame, provenance: Provenance) -> None:
        """Take other circuits in place of the present ones, and drop what belongs to those."""
        with param.parameterized.batch_call_watchers(self):
            self.before = None if self.untouched else Replaced({name: getattr(self, name) for name in OF_CIRCUITS})
            self.selection = []
            self.kept = {}
            self.simulations = {}
            self.experiments, self.marks, self.reruns, self.curves, self.set_aside = {}, {}, {}, {}, {}
            self.provenance = provenance
            self.by_hand = False
            self.generation += 1
            self.configurations = table

    def bring_back(self) -> None:
        """Exchange the present circuits for those that fresh draws replaced; a second call exchanges them back."""
        if self.before is None:
            return
        with param.parameterized.batch_call_watchers(self):
            now = Replaced({name: getattr(self, name) for name in OF_CIRCUITS})
            for name, value in self.before.fields.items():
                setattr(self, name, value)
            self.before = now
            self.generation += 1

    @property
    def untouched(self) -> bool:
        """Whether drawing other circuits would lose nothing, since nobody has done anything yet with the present ones."""
        asked = [label for label in self.experiments if not label.startswith(EXAMPLE)]
        worked = (self.selection, self.kept, self.marks, self.reruns, asked, self.set_aside)
        return not any(worked) and not self.provenance.searches and not self.provenance.n_added and not self.by_hand

    def take_simulations(self, found: dict[int, Any], card: Card, curves: Mapping[int, Any] | None = None) -> None:
        """Add simulated configurations with their curves, and judge them; simulations for an estimator that is not asked now wait."""
        curves = dict(curves or {})
        with param.parameterized.batch_call_watchers(self):
            if card.name != self.estimator:
                old = self.set_aside.get(card.name, SetAside())
                more = SetAside({**old.simulations, **found}, {**old.curves, **curves}, old.reruns)
                self.set_aside = {**self.set_aside, card.name: more}
                return
            self.curves.update(curves)
            self.simulations, left = _held({**self.simulations, **found}, MAX_KEPT_SPIKES)
            for name, waiting in self.set_aside.items():
                runs, left = _held(waiting.simulations, left)
                self.set_aside = {**self.set_aside, name: replace(waiting, simulations=runs)}
            self.configurations = self._judged_anew(self.configurations, found, card)

    def take_reruns(self, found: Mapping[int, list[Any]], card: Card) -> None:
        """Add further runs of configurations and judge them; one with the same seed on the same engine takes the place of its elder."""
        with param.parameterized.batch_call_watchers(self):
            if card.name != self.estimator:
                old = self.set_aside.get(card.name, SetAside())
                more = replace(old, reruns=with_reruns(old.reruns, found))
                self.set_aside = {**self.set_aside, card.name: more}
                return
            present = {number: [self.judged_rerun(one, card) for one in some] for number, some in found.items()}
            self.reruns = with_reruns(self.reruns, present)
            self.configurations = self.judged(self.configurations, card)

    def _judged_anew(self, table: pd.DataFrame, runs: Mapping[int, Any], card: Card) -> pd.DataFrame:
        """Return the table with the seed, state and present distance to the target of these runs."""
        table, numbers = table.copy(), [number for number in runs if number in table.index]
        table.loc[numbers, "seed"] = [runs[number].seed for number in numbers]
        table.loc[numbers, "distance"] = [
            self._distance(runs[number].outcome, runs[number].vector, card) for number in numbers
        ]
        table.loc[numbers, "state"] = [runs[number].outcome for number in numbers]
        return self.judged(table, card)

    def _distance(self, outcome: str, vector: NDArray[np.float64], card: Card) -> float:
        """Return how far a run is from the target; infinite where a feature of either is undefined."""
        return distance_to(self.target, outcome, vector, card)

    def judged_rerun(self, run: Any, card: Card) -> Any:
        """Return a rerun with its present distance to the target; with its old distance where its features are not known."""
        known = len(run.vector) == len(card.feature_set)
        return replace(run, distance=self._distance(run.outcome, run.vector, card)) if known else run

    def judged(self, table: pd.DataFrame, card: Card) -> pd.DataFrame:
        """Return the table with every simulated row called consistent, alive, silent, saturated or failed at the present tolerance, and
        with how often each circuit matched.

        A circuit is alive at most when the user rejected it or when its run was given up before its end.
        """
        rejected = [number for number, marks in self.marks.items() if Mark.REJECTED in marks]
        given_up = [number for number, run in self.simulations.items() if run.rejected_after is not None]
        return judged(table, self.judge(card), [*rejected, *given_up], self.reruns)

    def judge(self, card: Card) -> Judge:
        """Return what calls an estimator's circuits consistent at the present tolerance."""
        return Judge.of(card, self.tolerance)


def _measured_for(run: Any, card: Card) -> bool:
    """Tell whether a run holds the features that an estimator sees. Of an inactive run only the number of features is known."""
    return len(run.vector) == len(card.feature_set) and (
        not run.features or set(card.feature_set.features) <= set(run.features)
    )


def _held(runs: dict[int, Any], spikes: int) -> tuple[dict[int, Any], int]:
    """Return runs and how many more spikes may be kept. Where runs hold too many spikes, the oldest lose their recordings."""
    kept = {}
    for number in reversed(list(runs)):
        recording = runs[number].recording
        spikes -= recording.n_spikes if recording is not None else 0
        kept[number] = runs[number] if spikes >= 0 else replace(runs[number], recording=None)
    return dict(reversed(list(kept.items()))), spikes
