"""A study on the page: opened from what was dropped, measured, looked into, saved, and opened again."""

import asyncio
import io
import zipfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from panel.models.tabulator import CellClickEvent

from automind_dash.dashboard.files.session_file import read_session
from automind_dash.dashboard.stage_views import make_view
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.study.batch import reader_of, run_study
from automind_dash.study.measuring import Asked
from automind_dash.study.opening.reading import read_study
from automind_dash.study.opening.roles import Roles
from automind_dash.study.results import read_results
from tests.dashboard.made_up import until

from .conftest import NAME, uploads


def opened(space=None):
    return make_view("Overview", space or Workspace(stage="Overview"))


def test_a_table_and_its_files_are_opened_with_the_roles_guessed(files):
    view = opened()
    assert view.opening.empty.visible
    asyncio.run(view._take(uploads(files, view)))
    assert len(view.study.table) == 6
    assert view.study.roles == Roles("culture", "age_div", ())
    assert not view.opening.empty.visible
    assert view.opening.replicate.value == "culture"
    assert view.running.measure.label == "Measure 6 recordings"
    assert view.study.notes == []


def test_a_missing_file_is_named_with_its_row_and_may_follow(files):
    view = opened()
    first = [item.name for item in files.iterdir() if item.name != "b&14.npz"]
    asyncio.run(view._take(uploads(files, view, *first)))
    assert len(view.study.table) == 5
    assert "Row 5: there is no file b&14.npz" in view.opening.notes.object
    asyncio.run(view._take(uploads(files, view, "b&14.npz")))
    assert len(view.study.table) == 6
    assert not view.opening.notes.visible


def test_what_is_no_study_is_told_and_the_page_goes_on(tmp_path, monkeypatch):
    view, told = opened(), []
    monkeypatch.setattr("automind_dash.dashboard.state.workspace.report", lambda error: told.append(str(error)))
    (tmp_path / "study.zip").write_bytes(b"PK\x03\x04 broken")
    asyncio.run(view._take(uploads(tmp_path, view)))
    assert "cut off, damaged or no zip" in told[0]
    assert view.study.table is None
    assert view.study.busy == ""


def test_no_name_leads_out_of_the_studys_folder(files, tmp_path):
    view = opened()
    place = view.study.uploads.place("x.npz")
    place.write_bytes((files / "a&7.npz").read_bytes())
    asyncio.run(view._take([("../../../escaped.npz", place)]))
    assert [path.name for path in view.study.table.files.values()] == ["escaped.npz"]
    assert all(view.study.uploads._folder in path.parents for path in view.study.table.files.values())


def test_every_recording_is_measured_and_shown(measured):
    results = measured.study.results
    assert results.recordings["status"].tolist() == ["done"] * 6
    assert measured.study.effects is not None
    assert measured.body.measured.visible
    assert len(measured.body.grid.images.data["image"]) == 6
    assert {place.line for place in measured.body.grid._places} == {0, 1}
    assert len(measured.body.table.value) == 6
    assert "age" in measured.body.trends.said["burst_interval_mean"].object
    assert len(measured.body.quantities.value) == 4
    assert measured.body.ridges.shown is not None
    assert "at most 6,000 simulations" in measured.running.cost.object


def test_subspaces_are_compared_with_halves_of_one_recording(measured):
    shown, distances = measured.body.distances, measured.study.distances
    cells = {name: np.array(values) for name, values in shown.cells.data.items()}
    assert len(cells["energy"]) == 36
    order = [distances.recordings.index(place.recording) for place in measured.body.grid._places]
    diagonal = cells["x"] == cells["y"]
    np.testing.assert_allclose(cells["energy"][diagonal], distances.own_energy[order])
    assert cells["energy"][1] == distances.energy[order[0], order[1]]
    beyond = distances.beyond()[np.ix_(order, order)].ravel()
    assert (cells["mark"][~diagonal & beyond] == "").all()
    assert (cells["mark"][~diagonal & ~beyond] == "•").all()
    assert len(shown.dots.data["x"]) == 6
    assert len(shown.lines.data["xs"]) == 2
    assert shown.said.object == distances.sentence()


def test_other_columns_leave_the_distances_as_they_are(measured, monkeypatch):
    monkeypatch.setattr(
        "automind_dash.dashboard.stages.study.working.distances_of", lambda *_, **__: pytest.fail("compared again")
    )
    before = measured.study.distances
    asyncio.run(measured._conclude())
    assert measured.study.distances is before


def test_a_mistyped_age_and_a_doubled_file_cost_only_their_rows(files):
    view = opened()
    table = pd.read_csv(files / "study.csv").astype({"age_div": "object"})
    table.loc[1, "age_div"] = "1O"
    table.loc[4, "file"] = table.loc[3, "file"]
    table.loc[5, "file"] = "nowhere.npz"
    recordings = [item.name for item in files.glob("*.npz")]
    place = view.study.uploads.place("study.csv")
    table.to_csv(place, index=False)
    asyncio.run(view._take([*uploads(files, view, *recordings), ("study.csv", place)]))
    told = view.opening.notes.object
    assert view.opening.notes.visible
    assert "Row 2" in told
    assert "1O" in told
    assert "Row 5" in told
    assert "Row 6: there is no file nowhere.npz" in told
    view.running.estimator.value = "bursts"
    asyncio.run(view._measure())
    assert view.study.results.recordings["status"].tolist() == ["done"] * 4
    assert len(view.body.grid.images.data["image"]) == 4


def test_a_hostile_name_stays_text(measured):
    assert NAME not in str(measured.body.key.object)
    assert "&lt;img" in str(measured.body.key.object)


def test_a_click_makes_a_recording_the_current_one(measured):
    space, grid = measured.workspace, measured.body.grid
    cell = {name: values[4] for name, values in grid.cells.data.items()}
    row = grid.at((cell["left"] + cell["right"]) / 2, (cell["bottom"] + cell["top"]) / 2)
    asyncio.run(measured._look(row))
    assert space.current.recording.content_hash == measured.study.results.recordings.loc[row, "content_hash"]
    assert grid.current.data["left"] == [cell["left"]]
    count = len(space.recordings)
    asyncio.run(measured._look(row))
    assert len(space.recordings) == count


def test_clicks_on_figure_and_table_are_followed(measured):
    space, cells = measured.workspace, measured.body.grid.cells.data

    async def click(press):
        before = space.current
        press()
        await until(lambda: space.current is not None and space.current is not before)
        return space.current.recording.content_hash

    told = measured.study.results.recordings["content_hash"]
    tap = SimpleNamespace(x=cells["left"][1] + 0.1, y=cells["bottom"][1] + 0.1)
    assert asyncio.run(click(lambda: measured.body.grid._tapped(tap))) == told[2]
    press = CellClickEvent(None, "Row", 5)
    assert asyncio.run(click(lambda: measured.body.table._process_event(press))) == told[6]


def test_other_columns_change_what_is_asked_and_nothing_is_measured_again(measured):
    before = measured.study.results
    measured.opening.replicate.value = "none"
    assert measured.study.results.roles.replicate is None
    assert measured.study.results.draws is before.draws
    measured.opening.replicate.value = "culture"
    assert measured.study.results.roles.replicate == "culture"


@pytest.fixture(scope="module")
def saved(measured, tmp_path_factory):
    """The folder of results, as it was saved on the page."""
    packed = asyncio.run(measured._save())
    folder = tmp_path_factory.mktemp("saved")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)
    (folder / "all.zip").write_bytes(packed)
    return folder


def test_the_terminal_goes_on_with_what_the_page_saved(saved, files, measured, monkeypatch):
    written = read_results(saved / "results")
    assert (saved / "results" / "report.html").is_file()
    table = read_study(files / "study.csv")
    monkeypatch.setattr("automind_dash.study.measuring._draws", lambda *_: pytest.fail("drawn again"))
    estimator = measured.workspace.estimators["bursts"]
    results = run_study(
        table, written.roles, estimator, Asked(circuits=0), saved / "results", run_many=iter, read=reader_of(table)
    )
    pd.testing.assert_frame_equal(results.draws, written.draws, check_dtype=False)


def test_the_page_opens_what_was_saved_with_its_recordings(saved):
    view = opened()
    asyncio.run(view._take(uploads(saved, view, "all.zip")))
    assert len(view.study.done) == 6
    assert view.study.effects is not None
    asyncio.run(view._look(3))
    told = view.study.results.recordings.loc[3, "content_hash"]
    assert view.workspace.current.recording.content_hash == told


def test_a_session_holds_the_study(saved):
    session = read_session(saved / "results" / "study.automind")
    assert len(session.study.recordings) == 6
    space = Workspace(stage="Overview")
    view = opened(space)
    session.recordings.clear()
    asyncio.run(space.open_session(session))
    assert len(view.study.table) == 6
    heir = space.hand_over()
    assert len(heir.study.done) == 6
    assert space.study.table is None


def test_a_cancelled_study_keeps_what_was_found(files):
    view = opened()
    asyncio.run(view._take(uploads(files, view)))

    async def run():
        view.study.param.watch(lambda event: len(event.new) > 0 and view.study.cancel(), "moves")
        view.running.estimator.value = "bursts"
        await view._measure()

    asyncio.run(run())
    assert view.study.busy == ""
    assert 0 < len(view.study.results.unfinished) < 6
    assert view.running.measure.visible


def test_closing_lets_go_of_everything(files):
    view = opened()
    asyncio.run(view._take(uploads(files, view)))
    view._close()
    assert view.study.table is None
    assert view.study.uploads.held() == 0
    assert view.opening.empty.visible
    assert np.isfinite(view.running.bar.value)


def test_the_example_opens_as_a_study():
    view = opened()
    assert not view.opening.example.disabled
    asyncio.run(view.opening._example())
    assert len(view.study.table) == 9
    assert view.study.roles == Roles("culture", "age_div", ())
    assert view.study.read(1).n_units == 12


def test_a_search_that_is_cancelled_loses_no_measurement(measured):
    study, before = measured.study, measured.study.results
    asked = []

    async def run():
        watcher = study.param.watch(lambda event: len(event.new) and (asked.append(event.new), study.cancel()), "moves")
        await measured._search()
        study.param.unwatch(watcher)

    asyncio.run(run())
    assert asked
    assert study.results is not before
    assert study.results.recordings["status"].tolist() == ["done"] * 6
    assert not measured.running.measure.visible
    assert len(measured.body.grid.images.data["image"]) == 6
    order = ["recording", "part", "draw"]
    now, then = (table.sort_values(order, ignore_index=True) for table in (study.results.draws, before.draws))
    pd.testing.assert_frame_equal(now, then, check_dtype=False)
    for row in before.recordings.index:
        np.testing.assert_array_equal(study.results.target_of(row), before.target_of(row))
