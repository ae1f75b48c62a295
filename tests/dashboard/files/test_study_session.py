"""The circuits that a study found, opened on the page: with how many seeds each matched, and what the search cost."""

import numpy as np
import pandas as pd
import pytest

from automind_dash.dashboard.files import study_session
from automind_dash.dashboard.files.session_file import read_session
from automind_dash.dashboard.files.study_session import write_study_session
from automind_dash.dashboard.state.circuit_rows import confirmed_in
from automind_dash.inference.asking.yields import yields
from automind_dash.inference.estimators.estimator import load_estimator
from automind_dash.recording import save_recording
from automind_dash.study.batch import reader_of, run_study
from automind_dash.study.measuring import Asked
from automind_dash.study.opening.reading import read_study
from automind_dash.study.opening.roles import Roles
from automind_dash.study.results import read_results
from automind_dash.study.results_check import checked_results
from tests.study.conftest import InstantSimulator, bursting

ASKED = Asked(circuits=4, budget=40, draws=60)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A study of one recording, its circuits searched; the folder of results, the estimator, and how recordings are read."""
    folder = tmp_path_factory.mktemp("one")
    save_recording(bursting(5.0, seed=3), folder / "a.npz")
    pd.DataFrame({"file": ["a.npz"], "culture": ["a"]}).to_csv(folder / "study.csv", index=False)
    estimator, study = load_estimator("bursts"), read_study(folder / "study.csv")
    run_study(study, Roles("culture"), estimator, ASKED, folder / "out", run_many=InstantSimulator())
    return folder / "out", estimator, reader_of(study)


def reopened(searched, tmp_path, results):
    _, estimator, read = searched
    path, held = write_study_session(results, estimator, ASKED, read, tmp_path)
    assert held == 1
    return read_session(path).recordings[0], estimator


def test_circuits_open_with_how_many_seeds_they_matched(searched, tmp_path):
    results = read_results(searched[0])
    one, estimator = reopened(searched, tmp_path, results)
    one.take_aim(estimator.name, one.aim(estimator), estimator.card, estimator.digest)
    table = one.configurations
    assert len(table) == len(results.runs) > len(results.circuits) > 0
    confirmed = table[confirmed_in(table)]
    assert one.selection == confirmed.index.tolist()
    assert set(results.circuits["run"]) <= set(one.selection)
    assert (confirmed[["seeds", "matched"]] == 2).all(axis=None)
    assert sorted(one.reruns) == sorted(results.repetitions["run"])
    assert not one.outdated


def test_the_yield_is_that_of_the_search(searched, tmp_path):
    results = read_results(searched[0])
    one, _ = reopened(searched, tmp_path, results)
    told = results.recordings.loc[1]
    counts = yields(one.configurations, one.provenance)
    assert (counts.draws.consistent, counts.draws.n) == (told["fresh_consistent"], told["fresh_simulated"])
    assert counts.all.consistent == told["consistent"]
    assert one.provenance.searches[0].confirmed == len(one.selection)


def test_results_of_an_earlier_version_open_with_their_circuits_alone(searched, tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    for path in searched[0].glob("*.*"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "repetitions.parquet").unlink()
    pd.read_parquet(folder / "runs.parquet").drop(columns="log_density").to_parquet(folder / "runs.parquet")
    results = checked_results(folder)
    one, _ = reopened(searched, tmp_path, results)
    assert len(one.configurations) == len(results.circuits)
    assert yields(one.configurations, one.provenance).draws.n == 0
    assert (one.configurations["matched"] == 2).all()


def test_what_a_session_cannot_hold_is_left_out_of_it(searched, tmp_path, monkeypatch):
    monkeypatch.setattr(study_session, "MOST_SIMULATIONS", 5)
    results = read_results(searched[0])
    one, _ = reopened(searched, tmp_path, results)
    assert len(one.configurations) == len(results.circuits)
    assert np.isfinite(one.configurations["distance"]).all()
