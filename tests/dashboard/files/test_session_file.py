"""A session in a file: everything comes back, on the page too; what is damaged or hostile is refused with a sentence."""

import asyncio
import io
import json
import threading
import zipfile
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit import simulate
from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.circuit.perturbation import Change, Perturbation
from automind_dash.dashboard.files import session_file, shared_views
from automind_dash.dashboard.files.provenance_file import provenance_in
from automind_dash.dashboard.files.session_file import MANIFEST, read_session, session_bytes, write_session
from automind_dash.dashboard.frame.sidebar import session_view
from automind_dash.dashboard.frame.sidebar.recordings_view import RecordingsView
from automind_dash.dashboard.frame.sidebar.session_view import SessionView
from automind_dash.dashboard.stages.subspace.subspace_view import SubspaceView
from automind_dash.dashboard.state.examined import Examined
from automind_dash.dashboard.state.marks import Mark
from automind_dash.dashboard.state.run_words import Rerun
from automind_dash.dashboard.widgets.number_fields import CountField, NumberField
from automind_dash.errors import SessionError
from automind_dash.features import BURST_FEATURES, SPECTRUM_FEATURES, AnalysisSettings, BurstSettings
from automind_dash.inference.asking.perturbed import SCALARS, PerturbedRuns
from automind_dash.inference.asking.provenance import Added, Draws, Provenance, Refined, Search
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, steady, workspace

N_RESPONSES = len(SCALARS) + len(SPECTRUM_FEATURES)
THETA = LOW + np.random.default_rng(0).random((6, len(NAMES))) * (HIGH - LOW)


@pytest.fixture
def space():
    """Two recordings; one with circuits, runs, selections, marks and an experiment."""
    space = workspace()
    asyncio.run(space.add(bursting()))
    asyncio.run(space.add(steady()))
    examined = space.recordings[0]
    asyncio.run(space.reanalyse(examined, AnalysisSettings(stop=20.0, bursts=BurstSettings(smoothing=0.01))))
    examined.take_samples(THETA, np.arange(6.0), Draws(estimator="bursts", seed=3, target=(1.0, 2.0, 3.0, 4.0)))
    vector = examined.target.vector
    recording = simulate(THETA[2], 1.0, n_neurons=200, seed=5, record="all")
    runs = {
        2: Simulated(
            THETA[2],
            5,
            "active",
            vector,
            {**dict.fromkeys(BURST_FEATURES.features, 0.5), "burst_width_mean": float("nan")},
            recording,
        ),
        4: Simulated(THETA[4], 7, "silent", np.full_like(vector, np.nan)),
    }
    examined.take_simulations(runs, space.cards["bursts"])
    examined.selection, examined.kept, examined.marks = [2, 4], {"mine": [2, 5]}, {2: frozenset({Mark.PINNED})}
    examined.reruns = {2: [Rerun(9, "fast", "active", float("inf"), np.arange(3.0), np.ones(3))]}
    change = Perturbation("block", (Change("E_b", "multiply", 0.5),))
    examined.experiments = {
        "1: block": PerturbedRuns(change, np.array([2]), THETA[2:3], np.zeros((1, 1, 2, N_RESPONSES)), np.full((1, 1, 2), "active"),
                                  np.array([[1]]), "bursts", 10.0, "these"),
    }  # fmt: skip
    space.current, space.stage = examined, "Subspace"
    space.view = {"subspace columns": [NAMES[0], NAMES[1], NAMES[2]]}
    return space


def saved(space):
    return session_bytes(list(space.recordings), space.current, space.stage, dict(space.view)).getvalue()


@pytest.fixture
def file(space, tmp_path):
    path = tmp_path / "mine.automind"
    path.write_bytes(saved(space))
    return path


def test_everything_comes_back(space, file):
    ours, found = space.recordings[0], read_session(file)
    theirs = found.recordings[0]
    assert (found.current, found.stage, len(found.recordings)) == (0, "Subspace", 2)
    assert theirs.recording.content_hash == ours.recording.content_hash
    assert theirs.recording.name == "bursting"
    assert theirs.settings == ours.settings
    pd.testing.assert_frame_equal(theirs.configurations, ours.configurations)
    for name in (
        "estimator",
        "n_samples",
        "seed",
        "oversampling",
        "tolerance",
        "provenance",
        "selection",
        "kept",
        "marks",
    ):
        assert getattr(theirs, name) == getattr(ours, name), name
    run, again = ours.simulations[2], theirs.simulations[2]
    assert np.array_equal(run.recording.spike_times, again.recording.spike_times)  # to the last bit
    assert np.array_equal(run.recording.spike_units, again.recording.spike_units)
    assert run.recording.unit_groups == again.recording.unit_groups
    assert np.array_equal(run.vector, again.vector, equal_nan=True)
    assert again.features["burst_interval_mean"] == 0.5
    assert np.isnan(again.features["burst_width_mean"])
    assert theirs.simulations[4].outcome == "silent"
    assert theirs.reruns[2][0].distance == float("inf")
    assert theirs.experiments["1: block"].perturbation == ours.experiments["1: block"].perturbation
    assert theirs.experiments["1: block"].outcomes.tolist() == [[["active", "active"]]]


def test_which_runs_were_given_up_early_comes_back(space, tmp_path):
    examined = space.recordings[0]
    examined.simulations = {
        n: replace(run, rejected_after=12.5 if n == 2 else None) for n, run in examined.simulations.items()
    }
    path = tmp_path / "early.automind"
    path.write_bytes(saved(space))
    found = read_session(path).recordings[0].simulations
    assert (found[2].rejected_after, found[4].rejected_after) == (12.5, None)


def test_a_file_without_runs_given_up_early_is_still_read(file):
    older = changed(file, lambda target: target["simulations"]["2"].pop("rejected_after", None))
    assert read_session(older).recordings[0].simulations[2].rejected_after is None


def test_opened_on_another_page_it_shows_the_same(file):
    other = workspace()
    asyncio.run(other.add(steady("worked on")))
    other.current.take_samples(THETA, np.zeros(6), Draws(estimator="spectrum"))
    view = RecordingsView(workspace=other)
    asyncio.run(view.take(file))
    assert [examined.recording.name for examined in other.recordings] == ["worked on", "bursting", "steady"]
    assert other.current.recording.name == "bursting"
    assert other.stage == "Subspace"
    assert other.current.analysed is not None
    assert other.current.target is not None
    assert set(other.current.curves) == {2, 4}
    assert SubspaceView(workspace=other).choice.value == [NAMES[0], NAMES[1], NAMES[2]]


def test_an_estimator_that_is_not_here_is_named(file, monkeypatch):
    said = []
    monkeypatch.setattr("automind_dash.dashboard.state.workspace.notify", lambda text, *_: said.append(text))
    other = workspace(bursts=False)
    asyncio.run(RecordingsView(workspace=other).take(file))
    assert "'bursts'" in said[0]
    assert other.current.estimator == "spectrum"
    assert len(other.current.configurations) == 6


def test_a_choice_that_no_view_has_is_left_out(space):
    space.view = {"subspace columns": ["nothing", NAMES[0]], "subspace colour": 7}
    view = SubspaceView(workspace=space)
    assert "nothing" not in view.choice.value


def test_too_many_spikes_are_left_to_their_seeds(space, tmp_path, monkeypatch):
    monkeypatch.setattr(session_file, "MAX_SAVED_SPIKES", 0)
    path = tmp_path / "small.automind"
    path.write_bytes(saved(space))
    found = read_session(path).recordings[0].simulations
    assert found[2].recording is None
    assert found[2].outcome == "active"


def rewritten(file, **files):
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name not in files:
                new.writestr(name, old.read(name))
        for name, content in files.items():
            if content is not None:
                new.writestr(name, content)
    file.write_bytes(out.getvalue())
    return file


def manifest(file, **changes):
    with zipfile.ZipFile(file) as archive:
        return json.dumps(json.loads(archive.read(MANIFEST)) | changes)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({MANIFEST: None}, "not a saved session"),
        ({MANIFEST: "{"}, "damaged"),
        ({MANIFEST: "[]"}, "damaged"),
        ({"arrays.npz": b"nothing"}, "cut off, damaged, or no saved session"),
        ({"arrays.npz": None}, "mine.automind cannot be opened: it lacks arrays.npz"),
        ({"recordings/0.npz": None}, "it lacks the recording 1"),
        ({"recordings/0.npz": b"nothing"}, "cannot be opened"),
        ({"configurations/0.parquet": b"nothing"}, "mine.automind"),
        ({"../../evil": b"x"}, "leads outside"),
    ],
)
def test_damaged_and_hostile_files_are_refused(file, files, said):
    with pytest.raises(SessionError, match=said):
        read_session(rewritten(file, **files))


def test_a_later_format_asks_for_an_update(file):
    with pytest.raises(SessionError, match="update"):
        read_session(rewritten(file, **{MANIFEST: manifest(file, format=99)}))


def test_pickled_arrays_are_refused(file):
    out = io.BytesIO()
    np.savez(out, a0=np.array([{"x": 1}], dtype=object))
    with pytest.raises(SessionError):
        read_session(rewritten(file, **{"arrays.npz": out.getvalue()}))


def test_a_refused_file_leaves_the_page_as_it_was(space, file):
    rewritten(file, **{MANIFEST: "{"})
    before = list(space.recordings)
    assert asyncio.run(RecordingsView(workspace=space).take(file)) is None
    assert space.recordings == before


def test_a_file_that_cannot_be_written_says_so(space, tmp_path):
    with pytest.raises(SessionError, match="cannot be saved"):
        write_session(space.recordings, space.current, "Features", {}, tmp_path / "no" / "folder.automind")


def test_links(monkeypatch, tmp_path, space):
    monkeypatch.setenv("AUTOMIND_VIEWS", str(tmp_path / "views"))
    monkeypatch.setattr(shared_views, "MAX_VIEWS", 2)
    names = [shared_views.keep_view(saved(space)) for _ in range(3)]
    assert len(set(names)) == 3
    assert len(read_session(shared_views.view_path(names[-1])).recordings) == 2
    assert len(list((tmp_path / "views").iterdir())) == 2
    for wrong in ("../../etc/passwd", "", "x" * 22, names[-1] + "/.."):
        with pytest.raises(SessionError):
            shared_views.view_path(wrong)


def test_a_link_is_made_beside_the_page(space, monkeypatch):
    threads = []

    def keep_view(session, browser):
        threads.append(threading.current_thread())
        return "x" * 22

    monkeypatch.setattr(session_view, "keep_view", keep_view)
    view = SessionView(workspace=space)
    asyncio.run(view._share())
    assert view.link.visible
    assert view.link.value.endswith("?view=" + "x" * 22)
    assert threads != [threading.main_thread()]


def parquet(table):
    out = io.BytesIO()
    table.to_parquet(out)
    return out.getvalue()


def circuits(n=2, **columns):
    table = pd.DataFrame(np.resize(THETA, (n, len(NAMES))), columns=list(NAMES))
    return table.assign(log_density=0.0, state="", distance=np.nan, seed=-1).assign(**columns)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (circuits(state="<img src=x onerror=alert(1)>"), "states that this version does not know"),
        (circuits(log_density="a"), "log_density of the circuits is not a number"),
        (circuits(**{NAMES[3]: np.inf}), "not finite numbers"),
        (circuits().set_axis([1, 1]), "some of them repeat"),
        (circuits().drop(columns="seed"), "lacks seed"),
        (circuits(100_001), "at most 100000"),
        (circuits(300, state="x" * 1_000_000), "states that this version does not know"),
        (circuits(state=1), "states that this version does not know"),
        (circuits().set_axis(["x" * 1000, "y"]), "is not a number"),
    ],
)
def test_tables_that_no_page_wrote_are_refused(file, table, said):
    with pytest.raises(SessionError, match=said):
        read_session(rewritten(file, **{"configurations/0.parquet": parquet(table)}))


def changed(file, change):
    with zipfile.ZipFile(file) as archive:
        told = json.loads(archive.read(MANIFEST))
    change(told["targets"][0])
    return rewritten(file, **{MANIFEST: json.dumps(told)})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda target: target["simulations"]["2"]["recording"].update(counts=[10**9, 1]), "do not add up"),
        (lambda target: target["simulations"]["2"]["recording"].update(duration=1e300), r"the duration is 1e\+300 s"),
        (lambda target: target["simulations"]["2"]["recording"].update(duration=1e6), "are run"),
        (lambda target: target["simulations"]["2"].update(outcome="<b>"), "not an outcome"),
        (lambda target: target["simulations"]["2"].update(theta=target["simulations"]["2"]["vector"]), "28 parameters"),
        (lambda target: target["simulations"]["2"].update(vector="no such array"), "damaged"),
        (lambda target: target["simulations"]["2"].update(rejected_after="soon"), "given up"),
        (lambda target: target["simulations"]["2"].update(rejected_after=-1.0), "given up"),
        (lambda target: target["simulations"]["2"].update(rejected_after=float("nan")), "given up"),
        (lambda target: target.update(marks={"2": "<script>"}), "not a mark"),
        (lambda target: target.update(marks={"2": ["pinned", ["hidden"]]}), "not a mark"),
        (lambda target: target.update(marks={"2": 7}), "not a mark"),
        (lambda target: target.update(marks={"2": ["pinned"] * 9}), "not a mark"),
        (lambda target: target.update(kept={"x" * 1000: [2]}), "at most 200"),
        (lambda target: target.update(tolerance=1e9), "damaged"),
        (lambda target: target.update(settings={"start": "soon"}), "mine.automind"),
        (lambda target: target.update(provenance=[1]), "provenance"),
        (lambda target: target["provenance"]["draws"].update(estimator={"a": 1}), "'estimator'"),
        (lambda target: target["provenance"].update(searches="all"), "'searches'"),
        (lambda target: target["provenance"].update(searches=["all"]), "'searches'"),
        (lambda target: target["provenance"].update(searches=[{"drawn_near": [1]}]), "'drawn_near'"),
        (lambda target: target["provenance"].update(searches=[{"parents": ["first"]}]), "'parents'"),
        (lambda target: target["provenance"].update(searches=[{"cancelled": 2}]), "'cancelled'"),
        (lambda target: target["provenance"].update(added=[{}]), "'added'"),
        (lambda target: target["provenance"]["draws"].update(refined={"simulations": "many"}), "'simulations'"),
        (lambda target: target["provenance"]["draws"].update(oversampling=1e400), "'oversampling'"),
        (lambda target: target["provenance"]["draws"].update(oversampling=10**400), "'oversampling'"),
        (lambda target: target.update(provenance={"estimator": "bursts", "verified": "all"}), "'verified'"),
        (lambda target: target.update(provenance={"estimator": "bursts", "verified": {"step": "long"}}), "'step'"),
    ],
)
def test_values_that_no_page_wrote_are_refused(file, change, said):
    with pytest.raises(SessionError, match=said):
        read_session(changed(file, change))


@pytest.mark.parametrize(
    ("array", "said"),
    [
        ({"outcomes": np.full((1, 1, 2), "<script>")}, "not an outcome"),
        ({"outcomes": np.full((1, 1), "active")}, "outcomes of an experiment"),
        ({"theta": np.zeros((1, 3))}, "theta of an experiment"),
        ({"features": np.zeros((1, 1, 2, 7))}, "features of an experiment"),
        ({"numbers": np.array(["one"])}, "numbers of an experiment"),
        ({"seeds": np.array([1])}, "of an experiment"),
    ],
)
def test_experiments_that_no_page_made_are_refused(space, tmp_path, array, said):
    examined = space.recordings[0]
    examined.experiments = {"1: block": replace(examined.experiments["1: block"], **array)}
    file = tmp_path / "mine.automind"
    file.write_bytes(saved(space))
    with pytest.raises(SessionError, match=said):
        read_session(file)


def test_an_array_that_declares_more_than_it_holds_is_refused_before_room_is_made(file):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**7,)})
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a0.npy", header.getvalue())
    with pytest.raises(SessionError, match="declares more values than it holds"):
        read_session(rewritten(file, **{"arrays.npz": out.getvalue()}))


def test_a_file_that_unpacks_to_too_much_is_refused(file, monkeypatch):
    monkeypatch.setattr("automind_dash.recording.files.archive.MAX_UNPACKED", 10_000)
    with pytest.raises(SessionError, match="unpacks to"):
        read_session(file)


def test_a_whole_number_comes_back_into_a_field_for_any(space):
    """JSON writes 12.0 as 12, which was taken for no number of the field's kind."""
    field, count = NumberField(value=10.0, start=1.0, end=600.0), CountField(value=3, start=1, end=9)
    space.remember("duration", field)
    space.remember("count", count)
    space.view = {"duration": 12, "count": 4}
    assert (field.value, count.value) == (12, 4)
    space.view = {"duration": 12.5, "count": 4.5}
    assert (field.value, count.value) == (12.5, 4)
    for odd in (True, "9", None, 1e9):
        space.view = {"duration": odd}
        assert field.value == 12.5


def test_a_session_too_long_to_be_opened_again_is_not_saved(space, tmp_path, monkeypatch):
    monkeypatch.setattr(session_file, "MAX_MANIFEST", 1000)
    with pytest.raises(SessionError, match="save it with fewer"):
        saved(space)
    with pytest.raises(SessionError, match="save it with fewer"):
        write_session(space.recordings, space.current, space.stage, space.view, tmp_path / "long.automind")
    assert not (tmp_path / "long.automind").exists()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"format": 1, "current": 1e400}'])
def test_manifests_that_no_number_or_stack_can_hold_are_refused(file, text):
    if "e400" in text:
        whole = json.loads(manifest(file))
        text = json.dumps(whole).replace(f'"current": {whole["current"]}', '"current": 1e400')
    with pytest.raises(SessionError, match="damaged"):
        read_session(rewritten(file, **{MANIFEST: text}))


def test_runs_with_other_features_of_the_same_number_are_not_judged_as_these(file):
    """An estimator that was trained again on other features has the same name."""
    saved_session = read_session(file)
    examined = saved_session.recordings[0]
    other = dict.fromkeys((*BURST_FEATURES.features[:-1], "mean_rate"), 0.5)
    examined.simulations = {2: replace(examined.simulations[2], features=other)}
    opened = workspace()
    asyncio.run(opened.open_session(saved_session))
    assert not opened.recordings[0].simulations
    assert opened.recordings[0].configurations.loc[2, "state"] == ""


def test_circuits_of_an_estimator_that_was_trained_again_answer_another_question(space):
    examined = space.recordings[0]
    asyncio.run(space.aim(examined))
    examined.digest = "of today"
    draws = Draws("bursts", "of today", target=tuple(examined.target.vector))
    examined.provenance = Provenance(draws)
    assert not examined.outdated
    examined.provenance = Provenance(replace(draws, digest="another"))
    assert examined.outdated


def test_circuits_drawn_while_a_session_is_opened_stay(space, file):
    """What gives way was chosen before the saved recordings were measured."""
    saved_session = read_session(file)
    example = Examined(steady("example", provenance={"kind": "synthetic"}))
    opened = workspace()
    opened.recordings = [example]

    async def main():
        opening = asyncio.create_task(opened.open_session(saved_session))
        await asyncio.sleep(0)
        example.take_samples(THETA, np.zeros(6), Draws())
        await opening

    asyncio.run(main())
    assert example in opened.recordings


def test_what_a_later_version_tells_of_where_circuits_come_from_is_named_when_it_is_left_out(file, monkeypatch):
    """It was dropped in silence."""
    later = changed(file, lambda target: target["provenance"]["draws"].update(temperature=0.7))
    found = read_session(later)
    assert len(found.recordings[0].configurations) == 6
    assert "leaves it out: 'temperature'" in found.notes[0]
    said, opened = [], workspace()
    monkeypatch.setattr("automind_dash.dashboard.state.workspace.notify", lambda text, *_: said.append(text))
    asyncio.run(opened.open_session(found))
    assert found.notes[0] in said


def test_every_field_of_a_provenance_comes_back():
    """The check is made from the types: a field that is added to them is saved and read."""
    refined = Refined(1, 2, 3, 4, (5, 6), (7, 8), 9.5)
    question = ("bursts", "digest", 2000, (1.0, -2.5), 3, 4, 5, "0.2.0", refined)
    search = Search(
        *question,
        7,
        10,
        20,
        1.5,
        3,
        2,
        1,
        900,
        80,
        (1, 1),
        (2, 2),
        0.35,
        60,
        5,
        (-1, 0),
        1,
        2,
        1,
        (1, 2),
        ((0, 17),),
        True,
    )
    whole = Provenance(Draws(*question), (search,), (Added((9, 11), "by hand"),))
    unknown = []
    assert provenance_in(json.loads(json.dumps(whole.to_dict())), unknown) == whole
    assert unknown == []
    for kind in (Draws, Search):
        default = [
            one.name
            for one in fields(kind)
            if getattr(whole.draws if kind is Draws else search, one.name) == one.default
        ]
        assert default == [], "the test leaves a field as it is by default"
