"""The explorer from Python: what it takes, gives back and follows, and its views one by one."""

import asyncio

import numpy as np
import pandas as pd
import pytest
from bokeh.models import ImportedStyleSheet
from panel.io.resources import CDN_DIST, LOCAL_DIST

from automind_dash import Explorer
from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard import explorer as explorer_module
from automind_dash.dashboard.embedding import EMBEDDABLE, companion
from automind_dash.dashboard.explorer import chosen_numbers
from automind_dash.dashboard.mending import notebook, notebook_resources
from automind_dash.dashboard.widgets import notices
from automind_dash.errors import RecordingError, SessionError
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, workspace

THETA = LOW + np.random.default_rng(0).random((6, len(NAMES))) * (HIGH - LOW)


@pytest.fixture
def explorer():
    explorer = Explorer(workspace=workspace())
    asyncio.run(explorer.workspace.add(bursting()))
    explorer.workspace.current.take_samples(THETA, np.arange(6.0), Draws(estimator="bursts"))
    return explorer


def test_what_is_selected_on_the_page_is_read_in_python(explorer):
    explorer.workspace.current.selection = [4, 1]
    assert explorer.selection.index.tolist() == [4, 1]
    np.testing.assert_array_equal(explorer.selection[list(NAMES)], THETA[[4, 1]])


def test_the_page_follows_what_python_selects(explorer):
    explorer.selection = np.array([3, 0, 3])
    assert explorer.workspace.current.selection == [3, 0]
    explorer.selection = explorer.configurations.query("log_density > 3")
    assert explorer.workspace.current.selection == [4, 5]
    export = explorer.configurations.loc[[5, 2]].reset_index(names="circuit")  # read from a file
    for given in (export, export["circuit"]):
        explorer.selection = []
        explorer.selection = given
        assert explorer.workspace.current.selection == [5, 2]
    explorer.selection = []
    assert explorer.selection.empty
    explorer.selection = explorer.configurations["log_density"] > 3
    assert explorer.workspace.current.selection == [4, 5]
    explorer.selection = (explorer.configurations["log_density"] < 2).tolist()
    assert explorer.workspace.current.selection == [0, 1]
    for wrong in ("12", [3.7], None, 7, ["a"], [True, False]):
        with pytest.raises(SessionError, match="truth value for each of its"):
            explorer.selection = wrong
    assert explorer.workspace.current.selection == [0, 1]
    with pytest.raises(SessionError, match="no circuit 17"):
        explorer.selection = [0, 17]


def test_what_is_given_back_is_the_callers_own(explorer):
    run = Simulated(THETA[2], 5, "silent", np.full(4, np.nan))
    explorer.workspace.current.simulations = {2: run}
    explorer.simulations.clear()
    table = explorer.configurations
    table["log_density"] = 0.0
    assert explorer.simulations == {2: run}
    assert explorer.configurations["log_density"].tolist() == [0, 1, 2, 3, 4, 5]
    assert explorer.recording.name == "bursting"


def test_nothing_is_there_before_a_recording_is():
    explorer = Explorer(workspace=workspace())
    assert explorer.recording is None
    assert explorer.simulations == {}
    pd.testing.assert_frame_equal(explorer.selection, pd.DataFrame())
    with pytest.raises(SessionError):
        explorer.selection = [0]


def test_recordings_and_arrays_are_taken():
    async def loaded(explorer):
        return (await explorer.ready()).recording

    async def both():
        given = await loaded(Explorer(bursting("given"), workspace=workspace(bursts=False, spectrum=False)))
        none = workspace(bursts=False, spectrum=False)
        made = await loaded(Explorer.from_arrays([2.0, 1.0, 3.5], [0, 1, 1], duration=60, workspace=none))
        return given, made

    given, made = asyncio.run(both())
    assert given.name == "given"
    assert (made.n_units, made.duration, made.spike_times.tolist()) == (2, 60, [1.0, 2.0, 3.5])
    with pytest.raises(RecordingError, match="NaN"):
        Explorer.from_arrays([np.nan], [0])


@pytest.mark.parametrize("name", EMBEDDABLE)
def test_each_view_stands_alone(explorer, name):
    view = explorer.embed(name)
    assert view.get_root() is not None


def test_views_share_selections_and_keep_their_stage(explorer):
    space = explorer.workspace
    twin = companion(space, "Posterior")
    assert twin.current is space.current
    asyncio.run(space.add(bursting("another", seed=2)))
    assert twin.current is space.current
    assert twin.recordings == space.recordings
    twin.view = {"posterior order": "x"}
    assert space.view["posterior order"] == "x"
    twin.stage = "Simulate"
    assert (twin.stage, space.stage) == ("Posterior", "Simulate")


def test_a_view_that_there_is_not_is_named(explorer):
    with pytest.raises(SessionError, match="choose one of Target, Circuits, Features"):
        explorer.embed("Postreior")


def test_stylesheets_and_fonts_travel_with_a_notebook(monkeypatch):
    monkeypatch.setattr(ImportedStyleSheet, "__init__", ImportedStyleSheet.__init__)  # put back afterwards
    notebook_resources.stylesheets_from_kernel()
    for root in (CDN_DIST, LOCAL_DIST):
        assert ImportedStyleSheet(url=f"{root}css/loading.css?v=1").url.startswith("data:text/css;base64,")
    assert ImportedStyleSheet(url="https://elsewhere/x.css").url == "https://elsewhere/x.css"
    faces = notebook_resources.font_faces()
    assert "Material Icons" in faces
    assert "url(./" not in faces
    assert 'url("./' not in faces


def test_a_notebook_without_its_bridge_says_what_to_install(monkeypatch):
    monkeypatch.setattr(notebook, "in_notebook", lambda: True)
    monkeypatch.setattr(notebook, "find_spec", lambda _: None)
    with pytest.raises(SessionError, match="pip install jupyter_bokeh"):
        Explorer(workspace=workspace())


def test_in_a_notebook_what_is_refused_is_said_over_the_page_and_raised_on_waiting(monkeypatch, tmp_path):
    """There is no area for notices in a cell: a wrong file name was not answered at all."""
    monkeypatch.setattr(explorer_module, "in_notebook", lambda: True)
    shown = Explorer(tmp_path / "typo.h5", workspace=workspace())

    async def main():
        await shown._load()
        with pytest.raises(SessionError, match=r"typo\.h5"):
            await shown.ready()

    asyncio.run(main())
    assert shown.recording is None
    assert "typo.h5" in shown.notices.said[0][0]
    notices.notify("Something else.", "info")
    notices.notify(shown.notices.said[1][0], "error", 0)
    assert [kind for _, kind in shown.notices.said] == ["error", "info"], "the same sentence comes first, and once"
    row = shown.notices._layout[0]
    row[1].clicks += 1
    assert len(shown.notices.said) == 1


def test_a_server_has_no_notice_boards():
    assert Explorer(workspace=workspace()).notices not in notices.boards


@pytest.mark.parametrize(
    "mask",
    [pd.Series([0.0, 1.0, 3.0]) > 2, pd.Series([0.0, None, 3.0]).convert_dtypes() > 2, np.array([False, False, True])],
)
def test_circuits_are_chosen_by_a_truth_value_for_each(mask):
    """Those of a column that can be empty chose every circuit."""
    assert chosen_numbers(mask, pd.DataFrame(index=range(3))) == [2]


def test_a_cell_that_is_run_again_shows_the_view_that_it_made(explorer):
    """Each run left a whole view behind, and every selection was drawn in all of them."""
    first = explorer.embed("Subspace")
    assert explorer.embed("Subspace") is first
    cancels = first.select(lambda part: getattr(part, "label", "") == "Cancel")
    assert len(cancels) == 1, "what runs can be seen, and cancelled, in its cell"
