"""Draws that were asked for before are there at once, and are those that would be drawn again."""

from types import SimpleNamespace

import numpy as np
import pytest

from automind_dash.dashboard.state import known_draws
from automind_dash.dashboard.state.known_draws import draw, known
from automind_dash.inference.asking.posterior import Samples

TARGET = np.array([1.0, 2.0])
ESTIMATOR = SimpleNamespace(digest="one")


@pytest.fixture
def times(monkeypatch):
    """How often was drawn."""
    seeds = []

    def sample(estimator, target, n, *, seed, oversampling, progress, should_stop):
        seeds.append(seed)
        should_stop()
        return Samples(np.full((n, 28), float(seed)), np.zeros(n))

    monkeypatch.setattr(known_draws, "sample", sample)
    known_draws.forget()
    yield seeds
    known_draws.forget()


def test_the_same_question_is_answered_once(times):
    first = draw(ESTIMATOR, TARGET, 5, seed=1)
    first.theta[:] = np.nan  # whoever was answered may change the answer
    assert (draw(ESTIMATOR, TARGET.copy(), 5, seed=1).theta == 1).all()
    assert times == [1]


@pytest.mark.parametrize(
    ("estimator", "target", "n", "asked"),
    [
        (SimpleNamespace(digest="trained anew"), TARGET, 5, {"seed": 1}),
        (ESTIMATOR, TARGET + 1e-9, 5, {"seed": 1}),
        (ESTIMATOR, TARGET, 6, {"seed": 1}),
        (ESTIMATOR, TARGET, 5, {"seed": 2}),
        (ESTIMATOR, TARGET, 5, {"seed": 1, "oversampling": 2}),
    ],
)
def test_another_question_is_drawn(times, estimator, target, n, asked):
    draw(ESTIMATOR, TARGET, 5, seed=1)
    assert known(estimator, target, n, **asked) is None
    draw(estimator, target, n, **asked)
    assert len(times) == 2


def test_what_was_cancelled_is_drawn_again(times):
    draw(ESTIMATOR, TARGET, 5, seed=1, should_stop=lambda: True)
    assert known(ESTIMATOR, TARGET, 5, seed=1) is None


def test_few_and_small_answers_are_kept(times):
    draw(ESTIMATOR, TARGET, known_draws.LARGEST + 1, seed=0)
    assert known(ESTIMATOR, TARGET, known_draws.LARGEST + 1, seed=0) is None
    for seed in range(known_draws.MOST + 1):
        draw(ESTIMATOR, TARGET, 1, seed=seed)
    assert known(ESTIMATOR, TARGET, 1, seed=0) is None
    assert known(ESTIMATOR, TARGET, 1, seed=known_draws.MOST) is not None
