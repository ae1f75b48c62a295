"""Chains through development and distances between subspaces, on points whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import HIGH, INDEX, LOW, NAMES
from automind_dash.errors import StudyError
from automind_dash.inference.estimators.estimator import load_estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.study.chains import chains_of, follow, matched
from automind_dash.study.geometry import classical_scaling, distances_of, energy_distance, flips, geometry_of
from automind_dash.study.results import StudyResults

B = INDEX["params_Epop.b"]


def study(shifts, *, ages=None, seed=0, n=80):
    """One culture whose parameter b lies at 0.3 plus a shift at each age; halves differ by chance alone."""
    rng = np.random.default_rng(seed)
    tables = []
    for number, shift in enumerate(shifts, 1):
        for part in ("whole", "first half", "second half"):
            u = 0.5 + 0.1 * rng.standard_normal((n, 28)).clip(-3, 3)
            u[:, B] = 0.3 + shift + 0.05 * rng.standard_normal(n).clip(-3, 3)
            table = pd.DataFrame(LOW + u * (HIGH - LOW), columns=list(NAMES))
            table.insert(0, "part", part)
            table.insert(0, "recording", number)
            tables.append(table)
    ages = ages or list(range(7, 7 * len(shifts) + 1, 7))
    recordings = pd.DataFrame(
        {"meta.culture": "a", "meta.age": ages, "status": "done"},
        index=pd.RangeIndex(1, len(shifts) + 1, name="recording"),
    )
    empty = pd.DataFrame({"recording": []} | {name: [] for name in NAMES})
    about = {"roles": {"replicate": "culture", "order": "age", "conditions": []}, "n_neurons": 2000, "format": 1}
    return StudyResults(recordings, empty, empty, pd.concat(tables, ignore_index=True), empty, empty, about)


def test_points_that_were_shuffled_are_matched_back():
    rng = np.random.default_rng(0)
    points = rng.random((30, 4))
    order = rng.permutation(30)
    rows, columns, distance = matched(points, points[order] + 1e-4)
    np.testing.assert_array_equal(order[columns], rows)
    assert distance == pytest.approx(2e-4, rel=0.01)


def test_chains_keep_to_the_smallest_set():
    rng = np.random.default_rng(0)
    chains = follow([rng.random((20, 3)), rng.random((12, 3)), rng.random((30, 3))])
    assert chains.shape == (12, 3, 3)
    assert len(np.unique(chains[:, 0], axis=0)) == 12
    with pytest.raises(StudyError, match="two recordings"):
        follow([rng.random((3, 2))])


def test_what_had_to_change_is_what_changed():
    found = chains_of(study([0.0, 0.3, 0.3]), "a", Prior())
    assert found.recordings == (1, 2, 3)
    first = found.had_to_change(0)
    assert first[0][0] == "b"
    assert first[0][1] == pytest.approx(0.3, abs=0.03)
    assert first[0][2] < 0.05
    assert "b" not in [symbol for symbol, *_ in found.had_to_change(1)]
    assert found.moved[0] > found.null[0]
    told = found.sentences()
    assert told[0].startswith("a, 7 to 14: b up by")
    assert len(found.table(Prior())) == 2 * 28
    lengths = np.linalg.norm(np.diff(found.points, axis=1), axis=2).sum(axis=1)
    assert found.least == np.argmin(lengths)


def test_chains_go_by_age_not_by_row():
    assert chains_of(study([0, 0.1, 0.2], ages=[21, 7, 14]), "a", Prior()).recordings == (2, 3, 1)
    with pytest.raises(StudyError, match="fewer than two"):
        chains_of(study([0, 0.1]), "b", Prior())


def test_energy_distance_of_shifted_normals():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((400, 1)), rng.standard_normal((400, 1))
    assert energy_distance(a, b) < 0.15
    assert energy_distance(a, b + 3) > 1.2


def test_distances_beyond_what_halves_differ_by():
    found = distances_of(study([0.0, 0.0, 0.5]), Prior())
    beyond = found.beyond()
    assert beyond[0, 2]
    assert beyond[1, 2]
    assert found.energy[0, 2] > 5 * found.energy[0, 1]
    assert "pairs of recordings" in found.sentence()
    assert len(found.table()) == 3
    assert np.linalg.norm(found.map[0] - found.map[2]) == pytest.approx(found.energy[0, 2], rel=0.2)


def test_places_of_a_triangle():
    corners = np.array([[0.0, 0], [3, 0], [0, 4]])
    distances = np.linalg.norm(corners[:, None] - corners, axis=2)
    places = classical_scaling(distances)
    np.testing.assert_allclose(np.linalg.norm(places[:, None] - places, axis=2), distances, atol=1e-9)


def test_flipped_correlations_are_named():
    results = study([0.0, 0.0], n=200)
    a, b = "params_Epop.C", "params_Epop.g_L"
    for recording, sign in ((1, 1.0), (2, -1.0)):
        rows = (results.draws["recording"] == recording) & (results.draws["part"] == "whole")
        z = (results.draws.loc[rows, a] - results.draws.loc[rows, a].mean()) / results.draws.loc[rows, a].std()
        results.draws.loc[rows, b] = 25 + sign * 4 * z + 0.5 * np.random.default_rng(0).standard_normal(rows.sum())
    found = flips(results, Prior())
    assert {(row.one, row.other) for row in found.itertuples()} == {(a, b)}
    told = found.iloc[0]
    assert told["rho_first_low"] < told["rho_first"] < told["rho_first_high"]
    assert told["rho_second_low"] < told["rho_second"] < told["rho_second_high"] < 0 < told["rho_first_low"]


def test_each_recording_has_its_geometry_with_intervals():
    estimator = load_estimator("bursts")
    from automind_dash.inference.asking.posterior import sample

    vector = estimator.reference(held_out=True)[1][0]
    results = study([0.0], n=80)
    results.recordings["target"] = [vector.tolist()]
    draws = sample(estimator, vector, 80, seed=1).theta
    rows = (results.draws["recording"] == 1) & (results.draws["part"] == "whole")
    results.draws.loc[rows, list(NAMES)] = draws
    found = geometry_of(results, estimator).iloc[0]
    assert found["dimension_low"] <= found["dimension"] <= found["dimension_high"] <= 28
    assert found["stiffness_low"] <= found["stiffness"] <= found["stiffness_high"]
    assert found["stiffest"].count(",") == 3


def test_the_report_shows_distances_and_paths():
    from automind_dash.study.telling.report import Subspaces, report_html

    results = study([0.0, 0.3])
    about = results.about | {"source": "s.csv", "problems": [], "estimator": "bursts", "digest": "x", "threshold": 1.0}
    results = StudyResults(**{**vars(results), "about": about | {"asked": {"seed": 1, "draws": 80, "tolerance": 1.0}}})
    for name in ("name", "verdict", "why", "error"):
        results.recordings[name] = "a"
    results.recordings[["n_units", "mean_rate", "confirmed", "simulated"]] = 1.0
    excerpts = pd.DataFrame({"recording": [1], "time": [0.5], "unit": [0]})
    features = pd.DataFrame({"recording": [1], "part": ["whole"], "feature": ["mean_rate"], "value": [1.0]})
    results = StudyResults(**{**vars(results), "excerpts": excerpts, "features": features})
    told = Subspaces(None, distances_of(results, Prior()), (chains_of(results, "a", Prior()),))
    html = report_html(results, None, told)
    assert "a, 7 to 14: b up by" in html
    assert "1 of 1 pairs of recordings" in html
    assert "Geometry of each recording" not in html
