"""Rows for training and rows kept from it."""

import numpy as np

from automind_dash.inference.building import HELD_OUT_EVERY, Rows
from automind_dash.inference.prior import Prior


def test_a_configuration_that_was_simulated_twice_is_not_on_both_sides():
    theta = np.repeat(Prior().draw(200, 0), 2, axis=0)
    seeds = np.arange(400) + 1
    rows = Rows(theta, np.zeros((400, 1)), seeds, np.ones(400, bool))
    held = rows.held_out
    assert held[seeds % HELD_OUT_EVERY == 0].all()
    np.testing.assert_array_equal(held[::2], held[1::2])
    assert 0 < held.mean() < 0.2


def test_what_was_drawn_around_targets_is_never_held_out():
    theta, seeds = Prior().draw(200, 0), np.arange(200) * HELD_OUT_EVERY
    of_prior = np.arange(200) % 2 == 0
    rows = Rows(theta, np.zeros((200, 1)), seeds, of_prior)
    np.testing.assert_array_equal(rows.held_out, of_prior)
