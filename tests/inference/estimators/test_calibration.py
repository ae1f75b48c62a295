"""Calibration: its arithmetic, on the toy whose posterior is known, and how it is kept."""

import json
import shutil

import numpy as np
import pytest

from automind_dash.errors import EstimatorError
from automind_dash.inference.estimators.calibration import (
    CALIBRATION,
    LEVELS,
    Calibration,
    coverage_error,
)
from automind_dash.inference.estimators.card import Card
from automind_dash.inference.estimators.estimator import CARD, WEIGHTS, Estimator
from automind_dash.inference.making.calibrating import measure_calibration, tarp
from automind_dash.inference.making.evaluation import record


def test_coverage_error_of_uniform_ranks_is_small_and_of_overconfident_ones_large():
    rng = np.random.default_rng(0)
    assert coverage_error(rng.random((2000, 28))) < 0.01
    assert coverage_error((rng.random((2000, 28)) > 0.5).astype(float)) > 0.3


def test_tarp_tells_a_narrow_posterior_from_a_right_one():
    rng = np.random.default_rng(0)
    centre = rng.random((300, 1, 28))
    truth = centre[:, 0] + 0.1 * rng.standard_normal((300, 28))
    areas = {}
    for width in (0.05, 0.1, 0.2):
        draws = np.swapaxes(centre + width * rng.standard_normal((300, 200, 28)), 0, 1)
        _, _, areas[width] = tarp(draws, truth, seed=0)
    assert areas[0.05] < -0.02 < areas[0.1] < 0.02 < areas[0.2]


@pytest.fixture(scope="module")
def measured(toy):
    return measure_calibration(toy, n_targets=100, n_draws=200, seed=0)


def test_the_toy_is_calibrated_by_all_three(measured):
    assert measured.coverage_error < 0.08
    assert np.abs(measured.joint_coverage - LEVELS).mean() < 0.1
    assert abs(measured.tarp_area) < 0.05
    assert (measured.uniformity > 1e-3).mean() > 0.9
    assert (measured.histogram().sum(axis=1) == measured.n_targets).all()


def test_it_reads_back_what_it_wrote(measured, tmp_path):
    (tmp_path / CALIBRATION).write_text(measured.to_json())
    again = Calibration.read(tmp_path / CALIBRATION)
    np.testing.assert_allclose(again.ranks, measured.ranks, atol=1e-4)
    np.testing.assert_allclose(again.joint_coverage, measured.joint_coverage)
    assert (again.n_draws, again.seed, again.weights) == (200, 0, measured.weights)
    (tmp_path / CALIBRATION).write_text('{"format": 1, "ranks": [[0.1]]}')
    with pytest.raises(EstimatorError, match="is not a calibration"):
        Calibration.read(tmp_path / CALIBRATION)


def test_what_was_measured_stands_on_the_card_until_the_weights_change(toy, measured, tmp_path):
    folder = shutil.copytree(toy.folder, tmp_path / "toy")
    estimator = Estimator.load(folder)
    assert estimator.calibration() is None
    quartiles = {"mean": 0.4, "q25": 0.3, "median": 0.4, "q75": 0.5}
    names = ("alive", "yield", "alive_pruned", "yield_pruned")
    found = dict.fromkeys(names, 0.4) | {f"{name}_quartiles": quartiles for name in names}
    found |= {"n_targets": 5, "n_draws": 7, "seed": 3, "engine": "fast", "oversampling": 20, "samples_per_s": 900.0}
    found |= {"coverage_error": measured.coverage_error, "tarp_area": measured.tarp_area, "n_calibration": 100}
    record(estimator, found, measured, limits="A toy.")
    record(Estimator.load(folder), found | {"engine": "reference", "yield": 0.35}, measured)
    card = Card.read(folder / CARD)
    assert (card.metrics["yield"], card.metrics["reference_engine_yield"], card.limits) == (0.4, 0.35, "A toy.")
    assert "| yield quartiles | 0.3 – 0.4 – 0.5 |" in (folder / "README.md").read_text()
    assert json.loads((folder / CALIBRATION).read_text())["n_draws"] == 200
    assert estimator.calibration().n_targets == 100
    (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes() + b" ")
    assert estimator.calibration() is None
