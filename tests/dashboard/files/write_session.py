"""Write a session as the code here writes it, so that later versions can be tested to open it.

    python -m tests.dashboard.files.write_session tests/dashboard/files/sessions/<version>.automind

Run once for each version whose files must stay readable; what it wrote is committed and never written again.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.circuit.perturbation import Change, Perturbation
from automind_dash.dashboard.files.session_file import session_bytes
from automind_dash.dashboard.state.examined import SetAside
from automind_dash.dashboard.state.marks import Mark
from automind_dash.dashboard.state.run_words import Rerun
from automind_dash.features import SPECTRUM_FEATURES, AnalysisSettings, BurstSettings
from automind_dash.inference.asking.perturbed import SCALARS, PerturbedRuns
from automind_dash.inference.asking.provenance import Draws, Refined, Search
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, workspace

THETA = LOW + np.random.default_rng(0).random((8, len(NAMES))) * (HIGH - LOW)


def _searched(examined, card) -> None:
    """Give a recording what a search and a look at the nearest simulated circuit leave: runs, marks, selections, an experiment."""
    vector = examined.target.vector
    refined = Refined(400, 150, 1, 20, (30, 100), (60, 100))
    search = Search(
        card.name, "of-another-day", 2000, tuple(vector), 3, 6, 20, "0.1.0", refined, want=2, budget=100, tolerance=1.5, consistent=3,
        simulated=6, rejected_early=1, drawn=900, hardest_oversampling=80, of_the_posterior=(1, 3), drawn_near=(2, 3), step=0.35,
        model_seconds=60, seconds=5, parents=(-1, -1, -1, 0, 0, 3),
    )  # fmt: skip
    examined.tolerance = 1.5
    examined.take_search(THETA[:6], np.arange(6.0), search)
    found = examined.add_circuits(THETA[6:7], np.array([np.nan]), "live bench, from circuit 3")
    near = {n: vector + 0.01 * n for n in (0, 3, 4, *found)}
    far = dict.fromkeys((1, 5), vector + 9.0)
    runs = {n: Simulated(THETA[n], 50 + n, "active", seen, rejected_after=5.0 if n == 5 else None)
            for n, seen in (near | far).items()}  # fmt: skip
    runs[2] = Simulated(THETA[2], 52, "silent", np.full(len(vector), np.nan))
    examined.take_simulations(runs, card)
    examined.marks = {
        number: frozenset(map(Mark, words.split()))
        for number, words in {
            0: "pinned",
            1: "hidden",
            3: "rejected",
            4: "rejected hidden",
            5: "rejected pinned",
        }.items()
    }
    examined.configurations = examined.judged(examined.configurations, card)
    examined.selection, examined.kept = [0, 3], {"mine": [0, 5]}
    examined.reruns = {0: [Rerun(9, "fast", "active", 0.5, np.arange(3.0), np.ones(3), vector)]}
    examined.set_aside = {
        "spectrum": SetAside({2: Simulated(THETA[2], 4, "silent", np.full(len(SPECTRUM_FEATURES), np.nan))})
    }
    change = Perturbation("block", (Change("E_b", "multiply", 0.5),))
    responses = np.zeros((1, 1, 2, len(SCALARS) + len(SPECTRUM_FEATURES)))
    examined.experiments = {
        "1: block": PerturbedRuns(change, np.array([0]), THETA[:1], responses, np.full((1, 1, 2), "active"), np.array([[1]]), card.name,
                                  10.0, "these"),
    }  # fmt: skip


def main(out: Path) -> None:
    """Write a session with three recordings: searched and added to, drawn, and untouched."""
    space = workspace()
    for name, seed in (("searched", 0), ("drawn", 1), ("untouched", 2)):
        asyncio.run(space.add(bursting(name, n_units=6, duration=20.0, seed=seed)))
    for examined in space.recordings:
        asyncio.run(space.reanalyse(examined, AnalysisSettings(stop=18.0, bursts=BurstSettings(smoothing=0.01))))
    first, second, _ = space.recordings
    _searched(first, space.cards["bursts"])
    second.take_samples(
        THETA, np.arange(8.0),
        Draws(estimator="bursts", digest="", n_neurons=2000, target=tuple(second.target.vector), seed=7, n=8, version="0.1.0"),
    )  # fmt: skip
    space.current, space.stage, space.view = first, "Subspace", {"subspace columns": list(NAMES[:3])}
    out.write_bytes(session_bytes(list(space.recordings), space.current, space.stage, dict(space.view)).getvalue())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
