"""A server makes itself ready for its first page."""

import logging

import numpy as np

from automind_dash.dashboard import warm_start
from automind_dash.errors import EstimatorError


def test_the_example_is_drawn_for_before_anybody_asks(monkeypatch):
    asked = []
    monkeypatch.setattr(
        warm_start, "draw", lambda estimator, target, n, **how: asked.append((estimator.name, target, n, how))
    )
    warm_start.warm_start().join()
    ((name, target, n, how),) = asked
    assert name == "bursts"
    assert np.isfinite(target).all()
    assert n == 500
    assert set(how) == {"seed", "oversampling"}


def test_what_goes_wrong_is_logged_and_left_to_the_page(monkeypatch, caplog):
    def broken(*_, **__):
        raise EstimatorError("the weights are gone")

    monkeypatch.setattr(warm_start, "draw", broken)
    with caplog.at_level(logging.WARNING):
        warm_start.warm_start().join()
    assert "the weights are gone" in caplog.text
