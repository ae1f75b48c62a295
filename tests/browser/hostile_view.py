"""A shared view and a report each of whose texts is hostile; made in a process of its own, since playwright keeps a loop running.

python -m tests.browser.hostile_view FOLDER
"""

import asyncio
import sys
from pathlib import Path

import numpy as np

from automind_dash.circuit.perturbation import Change, Perturbation
from automind_dash.dashboard.files.report import report_html
from automind_dash.dashboard.files.session_file import session_bytes
from automind_dash.dashboard.state.run_words import Rerun
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.features import SPECTRUM_FEATURES
from automind_dash.inference.asking.perturbed import SCALARS, PerturbedRuns
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.files.write_session import THETA
from tests.dashboard.made_up import bursting


def evil(field: str) -> str:
    """Return a name that strikes where it is taken for HTML, and says which field it stood in."""
    return f"<img src=x class=struck onerror=\"(window.struck??=[]).push('{field}')\">"


def session() -> bytes:
    """Return a session each of whose texts is hostile, drawn and simulated with the burst estimator."""

    async def made():
        space = Workspace()
        for name in ("recording", "second"):
            await space.add(bursting(evil(name), n_units=6, duration=20.0, unit_groups=(evil("group"),) * 6))
        for examined in space.recordings:
            await space.aim(examined, "bursts")
            _fill(examined, space.cards["bursts"])
        space.current = space.recordings[0]
        space.stage = "Features"
        return session_bytes(list(space.recordings), space.current, space.stage, {})

    return asyncio.run(made()).getvalue()


def _fill(examined, card) -> None:
    vector = examined.target.vector
    examined.take_samples(
        THETA, np.arange(8.0),
        Draws(estimator=card.name, digest=evil("digest"), n_neurons=2000, target=tuple(vector), seed=7, n=8, version=evil("version")),
    )  # fmt: skip
    examined.add_circuits(THETA[:1], np.array([np.nan]), evil("origin"))
    runs = {
        n: Simulated(THETA[n], 50 + n, "active", vector + 0.01 * n, recording=bursting(evil("run"), seed=n), error=evil("error"))
        for n in range(3)
    }  # fmt: skip
    examined.take_simulations(runs, card)
    examined.kept = {evil("kept"): [0, 2]}
    examined.selection = [0, 1]
    examined.reruns = {0: [Rerun(9, evil("engine"), "active", 0.5, np.arange(3.0), np.ones(3), vector)]}
    change = Perturbation(evil("perturbation"), (Change("E_b", "multiply", 0.5),))
    responses = np.random.default_rng(0).random((3, 2, 2, len(SCALARS) + len(SPECTRUM_FEATURES)))
    examined.experiments = {
        evil("experiment"): PerturbedRuns(
            change,
            np.arange(3),
            THETA[:3],
            responses,
            np.full((3, 2, 2), "active"),
            np.array([[1, 2]] * 3),
            card.name,
            10.0,
            evil("who"),
        )
    }


def report() -> str:
    """Return the report of a hostile recording."""

    async def made():
        space = Workspace()
        await space.add(bursting(evil("recording"), n_units=6, duration=20.0, unit_groups=(evil("group"),) * 6))
        await space.aim(space.current, "bursts")
        _fill(space.current, space.cards["bursts"])
        return report_html(space.current, space.cards["bursts"])

    return asyncio.run(made())


if __name__ == "__main__":
    out = Path(sys.argv[1])
    (out / "views").mkdir()
    (out / "views" / f"{'v' * 22}.automind").write_bytes(session())
    (out / "report.html").write_text(report(), encoding="utf-8")
