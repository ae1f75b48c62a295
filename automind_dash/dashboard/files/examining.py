"""A recording examined without a page: measured, asked about, circuits drawn and simulated, as the page does it."""

from __future__ import annotations

from collections.abc import Callable

from ...circuit.parameters import NAMES
from ...errors import SessionError
from ...features import AnalysisSettings
from ...inference.asking.posterior import sample
from ...inference.asking.verification import RunMany, run_items
from ...inference.estimators.estimator import Estimator
from ...recording import Recording
from ..state.batch import run_and_report
from ..state.examined import Examined
from ..state.run_curves import shown_seconds
from ..state.saved_session import SavedSession


def examine(recording: Recording, estimator: Estimator, settings: AnalysisSettings) -> Examined:
    """Return a recording, measured under settings and with its target for an estimator."""
    examined = Examined(recording, settings=settings)
    return _aimed(examined, estimator)


def reopened(saved: SavedSession, name: str | None, estimators: dict[str, Estimator]) -> Examined:
    """Return a recording of a session that was read: the one of that name, else the one that was looked at.

    Raises SessionError for a name that no recording has, and where its estimator is not here.
    """
    known = {examined.recording.name: examined for examined in saved.recordings}
    if not known:
        raise SessionError("The session holds no recording.")
    if name is not None and name not in known:
        raise SessionError(f"The session holds no recording {name!r}; it holds {', '.join(map(repr, known))}.")
    examined = saved.recordings[saved.current] if name is None else known[name]
    if examined.estimator not in estimators:
        raise SessionError(
            f"The estimator {examined.estimator!r} of {examined.recording.name} is not here: copy its folder to AUTOMIND_PRETRAINED."
        )
    return _aimed(examined, estimators[examined.estimator])


def _aimed(examined: Examined, estimator: Estimator) -> Examined:
    examined.analysed = examined.measure(examined.settings)
    examined.take_aim(estimator.name, examined.aim(estimator), estimator.card, estimator.digest)
    return examined


def draw(
    examined: Examined, estimator: Estimator, n: int, seed: int, oversampling: int, progress: Callable[[float], None] | None = None
) -> None:  # fmt: skip
    """Draw circuits for a recording in place of those that it has."""
    assert examined.target is not None
    found = sample(estimator, examined.target.vector, n, seed=seed, oversampling=oversampling, progress=progress)
    examined.take_samples(found.theta, found.log_density, found.provenance)


def simulate_first(
    examined: Examined, estimator: Estimator, n: int, seed: int, run_many: RunMany, progress: Callable[[float], None]
) -> None:  # fmt: skip
    """Simulate the first n draws, each with seed + its number, and keep their spikes."""
    card, aimed = estimator.card, examined.target
    numbers = [int(number) for number in examined.configurations.index[:n]]
    theta = examined.configurations.loc[numbers, list(NAMES)].to_numpy()
    items = run_items(theta, [seed + number for number in numbers], card, aimed, keep_recording=True)
    run_and_report(
        items, numbers, lambda runs, curves: examined.take_simulations(runs, card, curves), run_many, card.plan.warm_up,
        shown_seconds(aimed, card.plan.duration), progress=progress, should_stop=lambda: False,
    )  # fmt: skip
