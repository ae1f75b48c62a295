"""A batch over recordings: what it keeps, what it goes on from, and what one recording's failure costs."""

import shutil

import numpy as np
import pandas as pd
import pytest

from automind_dash.errors import ClusterError, StudyError
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.recording import Recording
from automind_dash.study.batch import common_estimator, reader_of, run_study
from automind_dash.study.journal import Journal
from automind_dash.study.kept import read_json, read_parquet, write_json, write_parquet
from automind_dash.study.measuring import Asked, key_of
from automind_dash.study.opening.reading import read_study
from automind_dash.study.opening.roles import roles_of
from automind_dash.study.results import TABLES, read_results

from .conftest import InstantSimulator, bursting

ASKED = Asked(circuits=4, budget=20, draws=100)


def run(folder, out, simulator, estimator, asked=ASKED, **options):
    study = read_study(folder / "study.csv")
    return run_study(study, roles_of(study), estimator, asked, out, run_many=simulator, **options)


def test_a_study_gives_tidy_tables(study_folder, estimator, tmp_path):
    seen = []
    results = run(study_folder, tmp_path / "out", InstantSimulator(), estimator, progress=seen.append)
    assert results.recordings["status"].tolist() == ["done"] * 6
    read = read_results(tmp_path / "out")
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(read, name), getattr(results, name), check_dtype=False)
    assert read.recordings.index.name == "recording"
    assert set(read.recordings["verdict"]) <= {"can", "hardly", "cannot"}
    assert (read.recordings["confirmed"] <= 4).all()
    assert len(read.circuits) == read.recordings["confirmed"].sum() > 0
    assert read.draws_of(1).shape == (100, 28)
    assert read.draws_of(1, "first half").shape == (100, 28)
    interval = read.feature_table()["burst_interval_mean"]
    assert interval[1] == pytest.approx(6, rel=0.1)
    assert interval[3] == pytest.approx(3, rel=0.1)
    assert {"label", "unit"} <= set(read.features.columns)
    assert {move.stage for move in seen} >= {"features", "draws", "circuits", "done"}
    assert max(move.done for move in seen) == 6


def test_begun_again_nothing_is_simulated_twice(study_folder, estimator, tmp_path):
    first = InstantSimulator(fails_after=33)
    with pytest.raises(KeyboardInterrupt):
        run(study_folder, tmp_path / "out", first, estimator, at_once=1)
    again = InstantSimulator()
    results = run(study_folder, tmp_path / "out", again, estimator, at_once=1)
    assert not set(first.asked) & set(again.asked)
    fresh = InstantSimulator()
    whole = run(study_folder, tmp_path / "fresh", fresh, estimator, at_once=1)
    assert set(first.asked) | set(again.asked) == set(fresh.asked)
    timed = ["seconds"]
    pd.testing.assert_frame_equal(results.recordings.drop(columns=timed), whole.recordings.drop(columns=timed))
    pd.testing.assert_frame_equal(results.circuits, whole.circuits)
    third = InstantSimulator()
    run(study_folder, tmp_path / "out", third, estimator)
    assert third.asked == []


def test_more_circuits_can_be_asked_for_later(study_folder, estimator, tmp_path):
    first, more = InstantSimulator(), InstantSimulator()
    run(study_folder, tmp_path / "out", first, estimator, Asked(circuits=2, budget=20, draws=100))
    results = run(study_folder, tmp_path / "out", more, estimator, Asked(circuits=6, budget=40, draws=100))
    assert not set(first.asked) & set(more.asked)
    assert (results.recordings["confirmed"] > 2).all()


def test_a_recording_that_fails_costs_itself_only(study_folder, estimator, tmp_path):
    (study_folder / "a_DIV07.npz").write_bytes(b"PK\x03\x04 broken")
    shutil.copy(study_folder / "a_DIV14.npz", study_folder / "a_DIV21.npz")
    results = run(study_folder, tmp_path / "out", InstantSimulator(), estimator)
    assert results.recordings["status"].tolist() == [
        "failed",
        "done",
        "failed",
        "done",
        "done",
        "done",
    ] or results.recordings["status"].tolist() == ["failed", "failed", "done", "done", "done", "done"]
    assert "a_DIV07" in results.recordings.loc[1, "error"]
    assert any("the same spikes as row" in error for error in results.recordings["error"])


def test_a_recording_without_bursts_is_said_to_be_none(study_folder, estimator, tmp_path):
    from automind_dash.recording import Recording, save_recording

    rng = np.random.default_rng(0)
    silent = Recording.from_spikes(rng.random(60) * 60, rng.integers(0, 20, 60), duration=60.0, n_units=20)
    save_recording(silent, study_folder / "a_DIV07.npz")
    results = run(study_folder, tmp_path / "out", InstantSimulator(), estimator)
    assert results.recordings.loc[1, "verdict"] == "undefined"
    assert "lacks features" in results.recordings.loc[1, "why"]
    assert np.isnan(results.recordings.loc[1, "confirmed"])
    assert results.recordings.loc[2, "status"] == "done"


def test_a_lost_cluster_ends_the_batch_with_what_there_is(study_folder, estimator, tmp_path):
    def lost(items):
        raise ClusterError("The cluster is gone.")
        yield

    with pytest.raises(ClusterError, match="the same command goes on"):
        run(study_folder, tmp_path / "out", lost, estimator)
    results = read_results(tmp_path / "out")
    assert set(results.recordings["status"]) == {"unfinished"}
    assert results.unfinished == [1, 2, 3, 4, 5, 6]


def test_stopped_it_says_what_is_missing(study_folder, estimator, tmp_path):
    simulator = InstantSimulator()
    results = run(
        study_folder, tmp_path / "out", simulator, estimator, should_stop=lambda: len(simulator.asked) > 25, at_once=1
    )
    assert results.unfinished
    assert len(results.unfinished) < 6


def test_the_estimator_that_suits_most(study_folder, estimator):
    study = read_study(study_folder / "study.csv")
    assert common_estimator(study, reader_of(study), {"bursts": estimator}) == "bursts"


def test_a_folder_without_results_says_so(tmp_path):
    with pytest.raises(StudyError, match=r"recordings\.parquet"):
        read_results(tmp_path)


def item(seed):
    return {"theta": np.arange(28.0) + seed, "seed": seed, "n_units": 20}


def test_a_journal_gives_back_what_it_was_given_though_cut_off(tmp_path):
    path = tmp_path / "runs.jsonl"
    journal = Journal(path)
    vector = np.array([1 / 3, np.nan, -2.5])
    journal.put(
        item(1), Simulated(item(1)["theta"], 1, "active", vector, {"a": 1 / 3, "b": float("nan")}, rejected_after=3.5)
    )
    journal.put(item(2), Simulated(item(2)["theta"], 2, "silent", np.full(3, np.nan)))
    path.write_bytes(path.read_bytes()[:-20])
    again = Journal(path)
    assert len(again) == 1
    found = again.get(item(1))
    np.testing.assert_array_equal(found.vector, vector)
    assert found.rejected_after == 3.5
    assert again.get(item(2)) is None
    again.put(item(2), Simulated(item(2)["theta"], 2, "silent", np.full(3, np.nan)))
    assert len(Journal(path)) == 2


def test_files_are_whole_or_not_there(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"x": [1.5, float("nan")], "y": np.float64(2)})
    assert read_json(path) == {"x": [1.5, None], "y": 2.0}
    path.write_text('{"x": ')
    assert read_json(path) is None
    write_parquet(tmp_path / "t.parquet", pd.DataFrame({"a": [1]}))
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:50])
    assert read_parquet(tmp_path / "t.parquet") is None
    assert not list(tmp_path.glob(".*part"))
    with pytest.raises(StudyError, match="cannot be written"):
        write_json(tmp_path / "no" / "a.json", {})


def test_the_report_is_one_file_that_runs_nothing_of_the_tables(study_folder, estimator, tmp_path):
    from automind_dash.study.effects import circuits_of_the_kind, effects
    from automind_dash.study.telling.report import report_html

    frame = pd.read_csv(study_folder / "study.csv")
    frame["treatment"] = frame["treatment"].replace("drug", "<script>alert(1)</script>")
    frame.to_csv(study_folder / "study.csv", index=False)
    results = run(study_folder, tmp_path / "out", InstantSimulator(), estimator)
    html = report_html(results, effects(results, circuits_of_the_kind(estimator)))
    assert "<script" not in html
    assert "http" not in html.replace("http://www.w3.org", "").replace("http://purl.org", "").replace(
        "http://creativecommons.org", ""
    )
    assert html.count("<svg") == 3
    assert "6 of 6 recordings were analysed" in html
    assert "Which recordings the model can make" in html


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.study.conftest import InstantSimulator
from tests.study.test_batch import ASKED, run
from automind_dash.inference.estimators.estimator import load_estimator

class Dying(InstantSimulator):
    def __call__(self, items):
        for index, found in super().__call__(items):
            yield index, found
            print(self.asked[-1].hex(), flush=True)
            if len(self.asked) == 27:
                os.kill(os.getpid(), signal.SIGKILL)

run(Path({folder!r}), Path({out!r}), Dying(), load_estimator("bursts"), at_once=1)
"""


def test_a_process_that_is_killed_loses_nothing_that_was_simulated(study_folder, estimator, tmp_path):
    import subprocess
    import sys
    from pathlib import Path

    root, out = str(Path(__file__).parents[2]), str(tmp_path / "out")
    code = KILLED.format(root=root, folder=str(study_folder), out=out)
    died = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert died.returncode == -9, died.stderr
    kept = {bytes.fromhex(line) for line in died.stdout.split()}
    assert len(kept) >= 26
    again = InstantSimulator()
    results = run(study_folder, tmp_path / "out", again, estimator, at_once=1)
    assert not kept & set(again.asked)
    assert set(results.recordings["status"]) == {"done"}


def test_double_detections_are_left_out_by_a_refractory_period(estimator):
    once = bursting(4.0, seed=5)
    times = np.concatenate([once.spike_times, once.spike_times + 3e-4])
    twice = Recording.from_spikes(times, np.tile(once.spike_units, 2), duration=once.duration + 1, n_units=once.n_units)
    mended = Asked(refractory=0.001).analysis(estimator).apply(twice)
    assert mended.n_spikes <= once.n_spikes
    assert Asked().analysis(estimator).apply(twice).n_spikes == 2 * once.n_spikes
    assert key_of(twice, estimator, Asked(refractory=0.001)) != key_of(twice, estimator, Asked())
