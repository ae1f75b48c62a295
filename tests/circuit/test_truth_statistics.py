"""The statistics with which the engines are compared find differences that are there, and none that are not."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.truth.distribution import LEVEL, holm, summary
from benchmarks.truth.report import Rows, markdown
from benchmarks.truth.spikes import parting


def rows(n=100, shift=0.0, widen=1.0, seed=0):
    """Rows of two features over n circuits whose other value is shifted and widened, in SDs between seeds."""
    rng = np.random.default_rng(seed)
    out = []
    for circuit in range(n):
        row = {"circuit": str(circuit)}
        for name in ("mean_rate", "psd_10"):
            location, scale = rng.normal(0, 5), rng.uniform(0.1, 2)
            base = rng.normal(location, scale, 8)
            other = location + scale * (shift + widen * rng.normal())
            values = {"mean": base.mean(), "sd": base.std(ddof=1), "held": rng.normal(location, scale), "other": other}
            row |= {f"{name}:{part}": f"{value:.8g}" for part, value in values.items()}
        out.append(row)
    return out


def test_nothing_is_found_where_there_is_nothing():
    smallest = [summary(rows(seed=seed))[1] for seed in range(40)]
    assert np.mean(np.array(smallest) < LEVEL) <= 0.05


@pytest.mark.parametrize(("shift", "widen"), [(1.0, 1.0), (-1.0, 1.0), (0.0, 3.0)])
def test_a_difference_of_one_sd_and_a_wider_spread_are_found(shift, widen):
    assert all(summary(rows(shift=shift, widen=widen, seed=seed))[1] < LEVEL for seed in range(10))


def test_undefined_features_are_left_out():
    some = rows(20)
    some[3]["psd_10:other"] = "nan"
    some[4]["psd_10:sd"] = "0"
    lines, _ = summary(some)
    assert {line[0]: line[1] for line in lines} == {"log10 mean_rate": 20, "log10 psd_10": 18}


def test_holm_multiplies_the_smallest_most_and_keeps_the_order():
    np.testing.assert_allclose(holm(np.array([0.04, 0.001, 0.03, 0.9])), [0.09, 0.004, 0.09, 0.9])


def test_parting():
    a = np.array([[1, 5], [2, 3], [9, 1]])
    assert parting(a, a.copy()) == np.inf
    assert parting(a, np.array([[1, 5], [2, 4], [9, 1]])) == pytest.approx(2 * 2e-4)
    assert parting(a, a[:2]) == pytest.approx(9 * 2e-4)
    assert parting(a[:2], a) == pytest.approx(9 * 2e-4)


def test_rows_are_kept_and_only_missing_ones_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.truth.report.FOLDER", tmp_path)
    table = Rows("t", ["engine", "seed"])
    wanted = [("fast", 0), ("fast", 1)]
    assert table.missing(wanted) == wanted
    table.add({"engine": "fast", "seed": 0, "rate": 1 / 3})
    again = Rows("t", ["engine", "seed"])
    assert again.missing(wanted) == [("fast", 1)]
    assert again.rows == [{"engine": "fast", "seed": "0", "rate": "0.333333"}]
    assert Rows("t", ["engine", "seed"], again=True).missing(wanted) == wanted


def test_tables_are_markdown():
    assert markdown(["a", "b"], [[1, 2 / 3], ["x", 4]]).splitlines() == [
        "| a | b |",
        "|---|---|",
        "| 1 | 0.667 |",
        "| x | 4 |",
    ]
