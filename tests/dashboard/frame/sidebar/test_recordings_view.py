"""RecordingsView: files, examples and recordings come in, questions are asked, bad files leave the rest alone."""

from __future__ import annotations

import asyncio
from fractions import Fraction

import numpy as np
import pytest

from automind_dash.dashboard.frame.sidebar import recordings_view
from automind_dash.dashboard.frame.sidebar.recording_list import spark, spark_svg, summary
from automind_dash.dashboard.frame.sidebar.recordings_view import RecordingsView, settled, unused_name
from automind_dash.recording import Question, Recording, save_recording
from tests.dashboard.frame.sidebar.test_uploads import event
from tests.dashboard.made_up import bursting, steady, until, workspace
from tests.shared_data import SHARED


@pytest.fixture
def told(monkeypatch):
    """Everything the view tells the user."""
    sentences: list[str] = []
    monkeypatch.setattr(recordings_view, "notify", lambda message, *_: sentences.append(message))
    monkeypatch.setattr(recordings_view, "report", lambda error: sentences.append(str(error)))
    monkeypatch.setattr(recordings_view, "QUIET", 0.05)
    return sentences


@pytest.fixture
def view(told):
    shown = RecordingsView(workspace=workspace())
    yield shown
    shown.uploads.clear()


@pytest.fixture
def readings(monkeypatch):
    """The answers of each attempt at a file: one for each time that a file is read."""
    attempts: list[dict] = []
    read_bounded = recordings_view.read_bounded

    def counted(path, answers, **more):
        attempts.append(dict(answers))
        return read_bounded(path, answers, **more)

    monkeypatch.setattr(recordings_view, "read_bounded", counted)
    return attempts


def write_spikes(path, rng=None, end=20.0):
    """A CSV that leaves the duration open."""
    times = np.sort(np.random.default_rng(rng or 0).uniform(0, end, 400))
    path.write_text("time_s,unit\n" + "".join(f"{t:.6f},{i % 8}\n" for i, t in enumerate(times)))
    return path


def test_a_recording_becomes_current_and_switching_measures_nothing_again(view):
    first = asyncio.run(view.take(bursting("first")))
    second = asyncio.run(view.take(steady("second")))
    assert view.workspace.current is second
    measured = first.analysed
    first_row = view.list.rows[str(id(first))]
    first_row.open.clicks += 1
    assert view.workspace.current is first
    assert first.analysed is measured
    assert first_row._sign.object == "●"
    assert not view._hint.visible


def test_removing_drops_the_row_and_looks_at_another(view):
    first = asyncio.run(view.take(bursting("first")))
    second = asyncio.run(view.take(steady("second")))
    view.list.rows[str(id(second))].remove.clicks += 1
    assert view.workspace.recordings == [first]
    assert view.workspace.current is first
    assert len(view.list.layout) == 1


def test_the_same_spikes_twice_are_said_and_not_doubled(view, told):
    first = asyncio.run(view.take(bursting("first")))
    asyncio.run(view.take(steady("second")))
    again = asyncio.run(view.take(bursting("under another name")))
    assert again is first
    assert view.workspace.current is first
    assert len(view.workspace.recordings) == 2
    assert "first" in told[-1]
    assert "already" in told[-1]


def test_different_recordings_of_one_name_are_told_apart(view):
    asyncio.run(view.take(bursting("culture")))
    asyncio.run(view.take(bursting("culture", seed=5)))
    assert [examined.recording.name for examined in view.workspace.recordings] == ["culture", "culture (2)"]
    assert unused_name("a", ["a", "a (2)"]) == "a (3)"


def test_a_file_without_open_questions_is_read_at_once(view, tmp_path):
    path = save_recording(bursting("saved"), tmp_path / "saved.npz")
    examined = asyncio.run(view.take(path))
    assert examined.recording.n_units == 20
    assert not view.form.dialog.open


def test_a_file_whose_guesses_are_confirmed_is_read_once(view, readings, tmp_path):
    async def main():
        work = asyncio.ensure_future(view.take(write_spikes(tmp_path / "spikes.csv")))
        await until(lambda: view.form.dialog.open)
        view.form.use.clicks += 1
        return await work

    provenance = asyncio.run(main()).recording.provenance
    assert readings == [{}]
    assert (provenance["answers"], provenance["guesses"]) == ({"duration": 20.0}, [])


def test_questions_wait_for_an_answer_and_the_answer_is_used(view, readings, tmp_path):
    path = write_spikes(tmp_path / "spikes.csv")

    async def main():
        work = asyncio.ensure_future(view.take(path))
        await until(lambda: view.form.dialog.open)
        assert view.form.widgets["duration"].value == 20.0
        assert view.workspace.recordings == []
        view.form.widgets["duration"].value = 25.0
        view.form.use.clicks += 1
        return await work

    examined = asyncio.run(main())
    assert examined.recording.duration == 25.0
    assert examined.recording.provenance["answers"]["duration"] == 25.0
    assert readings == [{}, {"duration": 25.0}]
    assert not view.form.dialog.open


def test_several_wells_of_a_plate_become_recordings_with_the_well_in_their_names(view, tmp_path):
    rng = np.random.default_rng(0)
    rows = "\n".join(
        f"{t:.3f},{well},{i % 6}" for well in ("A1", "B2", "C3") for i, t in enumerate(np.sort(rng.uniform(0, 60, 300)))
    )
    (tmp_path / "plate.csv").write_text(f"time_s,well,unit\n{rows}")

    async def main():
        work = asyncio.ensure_future(view.take(tmp_path / "plate.csv"))
        await until(lambda: view.form.dialog.open)
        wells = view.form.widgets["well"]
        assert wells.options == ["A1", "B2", "C3"]
        wells.value = ["A1", "C3"]
        view.form.use.clicks += 1
        while not work.done():
            await asyncio.sleep(0.05)
            if view.form.dialog.open:
                view.form.use.clicks += 1
        return await work

    asyncio.run(main())
    assert [examined.recording.name for examined in view.workspace.recordings] == ["plate A1", "plate C3"]


def test_a_file_can_be_left_out(view, told, tmp_path):
    async def main(close):
        work = asyncio.ensure_future(view.take(write_spikes(tmp_path / "spikes.csv")))
        await until(lambda: view.form.dialog.open)
        close()
        return await work

    assert asyncio.run(main(lambda: setattr(view.form.skip, "clicks", 1))) is None
    assert asyncio.run(main(lambda: setattr(view.form.dialog, "open", False))) is None
    assert view.workspace.recordings == []
    assert "left out" in told[-1]


def test_guesses_that_hang_on_a_changed_answer_are_made_and_shown_again(view, readings, tmp_path):
    folder = tmp_path / "sorting"
    folder.mkdir()
    rng = np.random.default_rng(0)
    np.save(folder / "spike_times.npy", np.sort(rng.integers(0, 30_000 * 60, 3000)).astype(np.uint64)[:, None])
    np.save(folder / "spike_clusters.npy", rng.integers(0, 5, (3000, 1)).astype(np.int32))

    async def main():
        work = asyncio.ensure_future(view.take(folder))
        await until(lambda: view.form.dialog.open)
        assert view.form.widgets["duration"].value == 60.0
        view.form.widgets["sampling_rate"].value = "20000"
        view.form.use.clicks += 1
        await until(lambda: list(view.form.widgets) == ["duration"] and view.form.dialog.open)
        assert view.form.widgets["duration"].value == 90.0
        view.form.use.clicks += 1
        return await work

    examined = asyncio.run(main())
    assert examined.recording.duration == 90.0
    assert readings == [{}, {"sampling_rate": 20000.0}]


def test_a_guess_that_stays_the_same_beside_a_changed_answer_is_not_asked_again(view, readings, tmp_path):
    path = tmp_path / "spikes.csv"
    rows = np.sort(np.random.default_rng(1).uniform(0, 20, 400))
    path.write_text("a,b,c\n" + "".join(f"{t:.6f},{i % 8},{(i * 7) % 5}\n" for i, t in enumerate(rows)))

    async def main():
        work = asyncio.ensure_future(view.take(path))
        await until(lambda: view.form.dialog.open)
        asked = list(view.form.widgets)
        view.form.widgets["unit_column"].value = "b"
        view.form.use.clicks += 1
        return asked, await asyncio.wait_for(work, 60)

    asked, examined = asyncio.run(main())
    assert asked == ["time_column", "unit_column", "time_unit", "duration"]
    assert examined.recording.n_units == 8
    assert examined.recording.provenance["answers"] == {
        "time_column": "a",
        "unit_column": "b",
        "time_unit": "s",
        "duration": 20.0,
    }
    assert readings == [{}, {"time_column": "a", "unit_column": "b"}]


def test_an_answer_that_cannot_be_is_explained_and_asked_again(view, readings, tmp_path):
    async def main():
        work = asyncio.ensure_future(view.take(write_spikes(tmp_path / "spikes.csv")))
        await until(lambda: view.form.dialog.open)
        view.form.widgets["duration"].value = -3.0
        view.form.use.clicks += 1
        await until(lambda: "positive" in view.form._note.object and view.form.dialog.open)
        view.form.use.clicks += 1
        return await work

    assert asyncio.run(main()).recording.duration == 20.0
    assert readings == [{}, {"duration": -3.0}]


def test_answers_that_stand_are_the_changed_ones_and_those_before_them():
    questions = [Question(key, "?", 1.0, "so") for key in ("variable", "offset", "duration")]
    assert settled(questions, {"variable": 1.0, "offset": 2.0, "duration": 1.0}) == {"variable": 1.0, "offset": 2.0}
    assert settled(questions, {"variable": 1.0, "offset": 1.0, "duration": 1.0}).keys() == {
        "variable",
        "offset",
        "duration",
    }
    assert settled(questions, {"variable": 2.0, "offset": 1.0, "duration": 3.0}) == {"variable": 2.0, "duration": 3.0}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("truncated.nwb", b"\x89HDF\r\n\x1a\n" + b"\0" * 40),
        ("words.csv", b"time_s,unit\nnever,1\nsoon,2\n"),
        ("nan.csv", b"time_s,unit\nnan,1\n2.0,2\n"),
        ("pickle.npz", b"\x80\x04\x95 anything"),
        ("no_format.xyz", bytes(range(256))),
    ],
)
def test_a_bad_file_gives_one_sentence_and_what_was_loaded_stays(view, told, tmp_path, name, content):
    good = asyncio.run(view.take(bursting()))
    (tmp_path / name).write_bytes(content)
    assert asyncio.run(view.take(tmp_path / name)) is None
    assert len(told) == 1
    assert name in told[0]
    assert view.workspace.recordings == [good]
    assert view.workspace.current is good


def test_arrays_of_python_objects_are_refused(view, told, tmp_path):
    """Plain numbers in object arrays are read without unpickling; anything else in them would have to be run."""
    objects = np.empty(2, dtype=object)
    objects[:] = [Fraction(1, 2), Fraction(1, 3)]
    np.savez(tmp_path / "objects.npz", spikes=objects)
    assert asyncio.run(view.take(tmp_path / "objects.npz")) is None
    assert "objects.npz" in told[0]
    assert "Fraction" in told[0]


def test_a_recording_without_spikes_or_with_one_unit_does_not_break_the_page(view):
    silent = asyncio.run(view.take(steady("silent", rate=0.0)))
    alone = asyncio.run(view.take(steady("alone", n_units=1, rate=5.0)))
    assert [examined.recording.name for examined in view.workspace.recordings] == ["silent", "alone"]
    assert silent.recording.n_spikes == 0
    assert view.workspace.current is alone


def test_an_example_is_one_click(view, monkeypatch, tmp_path):
    view._examples = {"tiny": save_recording(bursting("tiny"), tmp_path / "tiny.npz")}
    view.example.options = ["", "tiny"]

    async def main():
        view.example.value = "tiny"
        await until(lambda: len(view.workspace.recordings) == 1 and view.example.value == "")

    asyncio.run(main())
    assert view.workspace.current.recording.name == "tiny"


def test_the_shipped_examples_are_offered():
    assert set(recordings_view.example_files()) >= {"synthetic bursting culture"}


def test_files_dropped_together_are_read_as_one_and_deleted_afterwards(view):
    times = np.sort(np.random.default_rng(0).uniform(0, 20, 300))
    clusters = np.arange(300) % 6
    arrays = {"spikes.times.npy": times, "spikes.clusters.npy": clusters}

    def bytes_of(array):
        import io

        stream = io.BytesIO()
        np.save(stream, array)
        return stream.getvalue()

    async def main():
        for name, array in arrays.items():
            view.area._process_event(event(name, bytes_of(array)))
        await until(lambda: view.form.dialog.open)
        view.form.use.clicks += 1
        await until(lambda: len(view.workspace.recordings) == 1)
        await asyncio.sleep(0.05)

    asyncio.run(main())
    recording = view.workspace.current.recording
    assert (recording.n_units, recording.n_spikes, recording.name) == (6, 300, "ALF recording")
    assert not [path for path in view.uploads._folder.rglob("*") if path.is_file()]


def test_half_a_recording_waits_for_the_other_half(view, told):
    async def arrive(name):
        view.area._process_event(event(name, b"\x93NUMPY"))
        n = len(told)
        await until(lambda: len(told) > n)

    asyncio.run(arrive("spike_times.npy"))
    assert "spike_clusters.npy" in told[-1]
    asyncio.run(arrive("spike_clusters.npy"))  # both are there now, and both are cut off
    assert "NumPy" in told[-1]
    assert view.workspace.recordings == []


def test_a_session_that_ends_deletes_its_uploads_and_asks_no_more(view, tmp_path):
    async def main():
        view.uploads.place("a.csv").write_text("1")
        folder = view.uploads._folder
        work = asyncio.ensure_future(view.take(write_spikes(tmp_path / "spikes.csv")))
        await until(lambda: view.form.dialog.open)
        view._end()
        assert await work is None
        return folder

    assert not asyncio.run(main()).exists()


def test_the_small_rate_holds_every_spike_and_its_picture_only_numbers():
    recording = bursting("<script>alert(1)</script>")
    rate = spark(recording, 50)
    assert np.isclose(rate.mean(), recording.mean_rate)
    assert "script" not in spark_svg(rate)
    assert summary(recording).startswith("20 units, 30 s")
    assert spark_svg(spark(steady("silent", rate=0.0))).count("<polyline") == 1


REAL = {
    "mea_culture_mouse/TC89_DIV25_A.h5": 59,
    "mea_human_ipsc/hiPSN_tc72_d41_tidy.csv": 38,
    "nwb/A8604-211122.nwb": 3,
    "axion_csv/one_well_E5_spike_list.csv": 12,
    "matlab/linear-track_spikes.mat": 31,
    "neuropixels_alf": 289,
}


@pytest.mark.parametrize(("path", "n_units"), REAL.items())
def test_real_recordings_come_in_with_their_guesses_accepted(view, path, n_units):
    if not (SHARED / path).exists():
        pytest.skip(f"the real recording {path} (../shared/data) is not here")

    async def main():
        work = asyncio.ensure_future(view.take(SHARED / path))
        while not work.done():
            if view.form.dialog.open:
                view.form.use.clicks += 1
            await asyncio.sleep(0.02)
        return await work

    assert asyncio.run(main()).recording.n_units == n_units


def test_of_a_recording_of_a_day_the_page_shows_a_part_and_says_so(view, monkeypatch):
    said = []
    monkeypatch.setattr("automind_dash.dashboard.state.workspace.notify", lambda message, *_: said.append(message))
    day = 24 * 3600.0
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, day, 20_000))
    recording = Recording.from_spikes(times, rng.integers(0, 10, 20_000), duration=day, name="day")
    examined = asyncio.run(view.take(recording))
    assert examined.analysed.recording.duration == examined.settings.stop == 4 * 3600
    assert examined.settings.bursts.chance_level > 0
    assert said == [
        "day lasts 24 h, and at most 13.9 h can be analysed at once. Its first 4 h are shown; choose another part with "
        "Window under Settings."
    ]
