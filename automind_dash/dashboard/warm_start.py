"""Makes a server ready for its first page: loads torch and the estimators, measures the example, and draws circuits for it.

A page that comes meanwhile does not wait: it works out for itself what is not there yet.
"""

from __future__ import annotations

import threading

from ..circuit.examples import example_list, example_path
from ..errors import UserError
from ..inference.asking.target import default_estimator
from ..inference.estimators.estimator import list_estimators
from ..recording import read_recording
from .files.examining import examine
from .state.analysed import first_settings
from .state.known_draws import draw
from .widgets.notices import log


def warm_start() -> threading.Thread:
    """Begin in a thread of its own, which the server does not wait for when it ends; returns the thread."""
    thread = threading.Thread(target=_make_ready, name="warm start", daemon=True)
    thread.start()
    return thread


def _make_ready() -> None:
    try:
        estimators = list_estimators(broken=lambda error: None)  # each page names those that are broken
        for example in example_list()[:1] if estimators else []:
            recording = read_recording(example_path(example))
            settings, _ = first_settings(recording)
            name = default_estimator(recording, {name: one.card for name, one in estimators.items()}, settings)
            examined = examine(recording, estimators[name], settings)
            draw(
                estimators[name], examined.target.vector, examined.n_samples, seed=examined.seed,
                oversampling=examined.oversampling,
            )  # fmt: skip
    except UserError as error:  # the first page meets the same and says so
        log.warning("warm start: %s", error)
