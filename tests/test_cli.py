"""The terminal's verbs: what they print, what they refuse, what they write."""

import io
import json
import socket

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from automind_dash import __version__, cluster
from automind_dash.circuit.examples import example_list, example_path
from automind_dash.circuit.parameters import NAMES
from automind_dash.cli import app
from automind_dash.inference.asking.posterior import Samples
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.provenance import Refined as Told
from automind_dash.inference.asking.verification import Tally
from automind_dash.inference.spending.ensembles import INTERRUPTED, Ensemble
from automind_dash.paths import pretrained_folder
from automind_dash.recording import Recording, save_recording

EXAMPLE = str(example_path(example_list()[1]))


def run(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


def test_version_and_help():
    assert run("--version").output.strip() == __version__
    for verb in ("features", "sample", "simulate", "fit", "figure", "study", "evaluate", "campaign", "train", "serve"):
        assert verb in run("--help").output
        assert run(verb, "--help").exit_code == 0


def test_features_gives_one_object():
    result = run("features", EXAMPLE, "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert {"n_units", "duration_s", "mean_rate_hz", "bursting", "estimator", "inside_training", "features"} <= set(
        found
    )
    assert (found["n_units"], found["duration_s"], found["bursting"]) == (120, 60, False)
    assert {"burst_interval_mean", "burst_width_mean", "isi_mean_mu", "psd_0.5"} <= set(found["features"])
    assert "estimator:" in result.stderr


def test_a_guess_is_named_on_stderr_and_an_answer_is_not(tmp_path):
    path = tmp_path / "spikes.csv"
    rng = np.random.default_rng(0)
    pd.DataFrame({"t": np.sort(rng.random(4000) * 30), "cell": rng.integers(0, 20, 4000)}).to_csv(path, index=False)
    guessed = run("features", str(path), "--json")
    assert guessed.exit_code == 0
    assert "guessed:" in guessed.stderr
    assert "--set duration=" in guessed.stderr
    answered = run("features", str(path), "--json", "--set", "duration=31", "--set", "time_unit=s")
    assert json.loads(answered.stdout)["duration_s"] == 31
    assert "duration" not in answered.stderr


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: np.savez(path, spikes=np.array([complex, 2], dtype=object)), "broken.npz"),
        (lambda path: path.write_bytes(b"\x00\x01 nothing at all"), "broken.npz"),
    ],
)
def test_bad_files_exit_with_2_and_a_sentence(tmp_path, make, says):
    path = tmp_path / "broken.npz"
    make(path)
    result = run("features", str(path))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_file_exits_with_2():
    assert run("features", "no/such/file.nwb").exit_code == 2
    assert run("simulate", "no/such/table.csv").exit_code == 2
    assert run("features", EXAMPLE, "--set", "nonsense").exit_code == 2
    assert run("features", EXAMPLE, "--estimator", "no such").exit_code == 2


def test_what_is_sampled_can_be_simulated_again(tmp_path):
    table = tmp_path / "circuits.csv"
    drawn = run("sample", EXAMPLE, "-n", "3", "--seed", "4", "--out", str(table), "--json")
    assert drawn.exit_code == 0, drawn.stderr
    assert json.loads(drawn.stdout)["seed"] == 4
    frame = pd.read_csv(table)
    assert set(NAMES) <= set(frame.columns)
    again = run("sample", EXAMPLE, "-n", "3", "--seed", "4")
    np.testing.assert_allclose(pd.read_csv(pd.io.common.StringIO(again.stdout))[list(NAMES)], frame[list(NAMES)])
    ran = run(
        "simulate", str(table), "--duration", "3", "--n-neurons", "300", "--json", "--out", str(tmp_path / "runs")
    )
    assert ran.exit_code == 0, ran.stderr
    results = json.loads(ran.stdout)
    assert [result["seed"] for result in results] == [1, 2, 3]
    assert all(result["outcome"] in ("active", "silent", "saturated", "failed") for result in results)
    assert len(list((tmp_path / "runs").glob("*.npz"))) == 3


def test_parquet_tables_work_too(tmp_path):
    table = tmp_path / "circuits.parquet"
    pd.DataFrame([example_list()[1]["configuration"]]).assign(seed=12).to_parquet(table)
    result = run("simulate", str(table), "--duration", "6", "--json")
    assert result.exit_code == 0, result.stderr
    (found,) = json.loads(result.stdout)
    assert (found["seed"], found["outcome"]) == (12, "active")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.drop(columns=NAMES[3]), NAMES[3]),
        (lambda frame: frame.assign(**{NAMES[9]: -1.0}), "params_Epop.C"),
        (lambda frame: frame.assign(**{NAMES[9]: "many"}), "no finite number"),
        (lambda frame: frame.iloc[:0], "no rows"),
    ],
)
def test_bad_tables_name_the_column(tmp_path, change, says):
    table = tmp_path / "bad.csv"
    change(pd.DataFrame([example_list()[1]["configuration"]])).to_csv(table, index=False)
    result = run("simulate", str(table), "--duration", "1")
    assert result.exit_code == 2
    assert says in result.stderr


def spoken(result, *words: str) -> None:
    """Assert that a verb refused with status 2 and one sentence that holds the words."""
    assert result.exit_code == 2, result.exception
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("automind-dash: ")
    for word in words:
        assert word in last


def test_places_that_cannot_be_written_are_refused_before_any_work(tmp_path, monkeypatch):
    def spent(*arguments, **settings):
        raise AssertionError("work was done before the output was looked at")

    monkeypatch.setattr("automind_dash.cli.recordings.read_file", spent)
    monkeypatch.setattr("automind_dash.inference.making.campaign_run.train_on", spent)
    monkeypatch.setattr("automind_dash.cluster.connect", spent)
    taken = tmp_path / "taken"
    taken.write_text("a file")
    spoken(run("sample", EXAMPLE, "--out", str(tmp_path / "c.json")), "c.json", ".csv or .parquet")
    spoken(run("sample", EXAMPLE, "--out", str(tmp_path)), "is a folder", "circuits.csv")
    spoken(run("sample", EXAMPLE, "--out", str(taken / "c.csv")), "taken", "is a file")
    spoken(run("fit", EXAMPLE, "--out", str(taken)), "taken", "is a file")
    spoken(run("train", str(tmp_path), "--out", str(taken)), "taken", "is a file")
    spoken(run("campaign", str(taken)), "taken", "File exists", "folder")


@pytest.mark.parametrize(("lost", "code"), [("The cluster was lost.", 2), (INTERRUPTED, 130)])
def test_a_search_that_ended_early_writes_what_it_found_and_fails(tmp_path, monkeypatch, lost, code):
    def search(target, estimator, **settings):
        nothing = Tally(silent=1)
        table = pd.DataFrame({"distance": [0.5]})
        counts = {
            "drawn": 20,
            "simulated": 2,
            "alive": 1,
            "consistent": 1,
            "rejected_early": 0,
            "oversampling": 20,
            "step": 0.35,
        }
        spent = {"model_seconds": 20.0, "seconds": 1.0, "tally": nothing, "fresh": nothing, "near": nothing}
        runs = {"runs": [], "distances": [], "log_density": [], "parents": []}
        return Ensemble(table, **counts, **spent, **runs, lost=lost)

    monkeypatch.setattr("automind_dash.inference.spending.ensembles.fit", search)
    monkeypatch.setattr("automind_dash.cluster.connect", lambda *_: None)
    result = run("fit", EXAMPLE, "--out", str(tmp_path))
    assert result.exit_code == code
    assert f"What was found before is in {tmp_path}" in result.stderr
    assert len(pd.read_csv(tmp_path / "configurations.csv")) == 1
    assert json.loads((tmp_path / "fit.json").read_text())["lost"] == lost


def test_the_folder_of_a_table_is_made(tmp_path):
    table = tmp_path / "new" / "folder" / "circuits.csv"
    assert run("sample", EXAMPLE, "-n", "2", "--out", str(table)).exit_code == 0
    assert len(pd.read_csv(table)) == 2


def test_what_the_system_refuses_is_spoken(monkeypatch):
    def full(*arguments, **settings):
        raise OSError(28, "No space left on device", "circuits.csv")

    monkeypatch.setattr("automind_dash.cli.recordings.read_file", full)
    spoken(run("features", EXAMPLE), "circuits.csv", "No space left", "make room")


@pytest.mark.parametrize("verb", ["serve", "demo"])
def test_a_port_that_is_taken_is_named(verb):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        spoken(run(verb, "--port", str(port), *(["--no-open"] if verb == "demo" else [])), str(port), "--port")


def table_of(path, **columns):
    pd.DataFrame([example_list()[1]["configuration"]] * 3).assign(**columns).to_csv(path, index=False)
    return str(path)


@pytest.mark.parametrize("seed", ["first", "1.5", "inf"])
def test_a_seed_that_is_none_is_named(tmp_path, seed):
    table = table_of(tmp_path / "seeds.csv", seed=["4", "", seed])
    spoken(run("simulate", table, "--duration", "1"), "seeds.csv", "row 3", "column seed")


def test_rows_outside_the_domain_are_named_before_any_is_run(tmp_path, monkeypatch):
    monkeypatch.setattr("automind_dash.inference.asking.rerun.rerun", lambda *_, **__: pytest.fail("simulated"))
    table = table_of(tmp_path / "rows.csv", **{NAMES[9]: [200.0, -1.0, -2.0]})
    spoken(run("simulate", table), "rows.csv", "row 2", "params_Epop.C", "-1")


def test_rows_are_printed_as_they_are_run(tmp_path, monkeypatch):
    def runs_once(vector, duration, *, seed, **settings):
        if seed == 2:
            raise OSError(28, "No space left on device")
        return {"seed": seed, "outcome": "silent", "features": {}}, None

    monkeypatch.setattr("automind_dash.inference.asking.rerun.rerun", runs_once)
    result = run("simulate", table_of(tmp_path / "rows.csv"))
    assert result.exit_code == 2
    assert "silent" in result.stdout


class Refined:
    """A refinement that measured a yield after it, and draws nothing that could be taken for the posterior's."""

    def __init__(self, pays: bool):
        self.pays, self.sentence, self.provenance = (
            pays,
            "Yield before 5 of 10, after some.",
            Told(yield_before=(5, 10)),
        )

    def sample(self, estimator, n, **control):
        return Samples(np.zeros((n, 28)), np.zeros(n), Draws(seed=1, refined=self.provenance))


@pytest.mark.parametrize("pays", [True, False])
def test_a_refinement_that_lowered_the_yield_is_not_drawn_from(monkeypatch, pays):
    monkeypatch.setattr("automind_dash.cli.recordings.on_cluster", lambda scheduler: None)
    monkeypatch.setattr("automind_dash.inference.spending.refinement.refine", lambda *_, **__: Refined(pays))
    result = run("sample", EXAMPLE, "-n", "2", "--refine", "100", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["circuits"][0][NAMES[0]] == 0) == pays
    assert ("refined" in found) == pays
    assert ("drawn from the posterior as it was" in result.stderr) != pays
    assert (found["refinement"]["yield_before"], found["refinement"]["used"]) == ([5, 10], pays)


def test_json_holds_the_circuits_unless_a_table_does(tmp_path):
    found = json.loads(run("sample", EXAMPLE, "-n", "2", "--seed", "4", "--json").stdout)
    table = tmp_path / "circuits.csv"
    told = json.loads(run("sample", EXAMPLE, "-n", "2", "--seed", "4", "--json", "--out", str(table)).stdout)
    assert "circuits" not in told
    assert told["file"] == str(table)
    np.testing.assert_allclose(pd.DataFrame(found["circuits"]), pd.read_csv(table))
    assert "circuits" in run("sample", "--help").stdout


def test_a_half_copied_estimator_is_told_and_left_out(tmp_path, monkeypatch):
    for name in ("bursts", "spectrum"):
        (tmp_path / name).symlink_to(pretrained_folder() / name)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "card.json").write_text("{")
    monkeypatch.setenv("AUTOMIND_PRETRAINED", str(tmp_path))
    for arguments in ((), ("--estimator", "spectrum")):
        result = run("features", EXAMPLE, "--json", *arguments)
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["estimator"] == "spectrum"
        assert ("left out: " in result.stderr and "mine is not an estimator" in result.stderr) != bool(arguments)
    spoken(run("evaluate", "mine"), "mine is not an estimator", "weights.safetensors is missing")


def test_a_scheduler_that_does_not_answer_is_spoken(tmp_path, monkeypatch):
    cluster.close()  # of an earlier test, it would be used
    monkeypatch.setattr("automind_dash.cluster.PATIENCE", "1s")
    spoken(
        run("campaign", str(tmp_path / "runs"), "--scheduler", "tcp://127.0.0.1:9"), "tcp://127.0.0.1:9", "--scheduler"
    )


def test_study_works_on_a_table_and_says_what_it_guessed(tmp_path):
    from .study.conftest import bursting

    rows = []
    for culture in ("a", "b", "c"):
        for number, age in enumerate((7, 14, 21)):
            save_recording(bursting(6.0 - number, seed=7 * number + ord(culture)), tmp_path / f"{culture}{age}.npz")
            rows.append({"file": f"{culture}{age}.npz", "culture": culture, "age_div": age})
    pd.DataFrame([*rows, {"file": "gone.npz", "culture": "c", "age_div": 28}]).to_csv(
        tmp_path / "study.csv", index=False
    )
    out = tmp_path / "results"
    result = run(
        "study",
        str(tmp_path / "study.csv"),
        "--out",
        str(out),
        "--circuits",
        "0",
        "--draws",
        "100",
        "--refractory",
        "1",
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["status"] == {"done": 9}
    assert "Row 10: there is no file gone.npz" in result.stderr
    assert "→ culture (3 of them with 3 to 3 recordings each" in result.stderr
    assert "→ age_div" in result.stderr
    assert {
        "recordings.parquet",
        "features.parquet",
        "draws.parquet",
        "effects.parquet",
        "report.html",
        "study.json",
    } <= {path.name for path in out.iterdir()}
    from automind_dash.dashboard.files.session_file import read_session

    session = read_session(out / "study.automind")
    assert len(session.recordings) == 9
    assert session.recordings[0].settings.bursts.refractory == 0.001
    refused = run("study", str(tmp_path / "study.csv"), "--out", str(out), "--replicate", "cultur")
    assert refused.exit_code == 2
    assert "Did you mean culture" in refused.stderr


def test_pinned_parameters_are_checked_before_anything_is_read():
    result = run("refute", EXAMPLE, "--pin", "E_b")
    assert result.exit_code == 2
    assert "NAME=LOW:HIGH" in result.stderr
    refused = run("changed", "no/such/results", "1", "2")
    assert refused.exit_code == 2
    assert "holds no results of a study" in refused.stderr


def test_figure_of_a_recording(tmp_path):
    out = tmp_path / "figure.pdf"
    found = run(
        "figure",
        EXAMPLE,
        "--out",
        str(out),
        "-n",
        "20",
        "--oversampling",
        "1",
        "--simulate",
        "0",
        "--width",
        "85",
        "--refractory",
        "1",
        "--json",
    )
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["files"] == [str(out)]
    assert out.read_bytes().startswith(b"%PDF")
    assert out.with_suffix(".txt").read_text().strip() == told["caption"]
    assert "n = 20 draws" in told["caption"]


def test_figures_of_other_kinds_and_sizes_are_refused_before_any_work(tmp_path):
    spoken(run("figure", EXAMPLE, "--out", str(tmp_path / "a.bmp")), "a.bmp", ".svg, .pdf, .png")
    spoken(run("figure", EXAMPLE, "--width", "5"), "5 mm wide")
    spoken(run("figure", EXAMPLE, "--font", "99"), "99 pt")


def test_what_the_code_page_lacks_is_replaced(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", stream)
    with pytest.raises(SystemExit) as ended:
        app(["features", "--help"])
    stream.write("µ → …")
    stream.flush()
    assert ended.value.code == 0
    assert stream.errors == "replace"


def test_a_recording_of_a_day_is_told_to_choose_a_window(tmp_path):
    times = np.random.default_rng(0).uniform(0, 86_400, 9000)
    day = Recording.from_spikes(times, np.arange(9000) % 3, duration=86_400.0, n_units=3)
    result = run("features", str(save_recording(day, tmp_path / "day.npz")))
    assert result.exit_code == 2
    assert "--window START STOP" in result.output
