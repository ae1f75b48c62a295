"""Parallel coordinates and kept selections: what a box selects, how selections combine, what is exported of them."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from panel.io.notifications import NotificationArea as PanelsArea
from panel_material_ui.notifications import NotificationArea

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.figures.colouring import by_membership
from automind_dash.dashboard.files.exports import rows
from automind_dash.dashboard.stages.subspace.kept_selections import (
    MAX_KEPT,
    KeptSelections,
    combined,
    compared,
)
from automind_dash.dashboard.stages.subspace.parallel_plot import MAX_LINES, ParallelPlot, through
from automind_dash.dashboard.stages.subspace.selected_spectra import SelectedSpectra
from automind_dash.dashboard.state.examined import Examined
from automind_dash.dashboard.state.membership import membership
from automind_dash.dashboard.state.run_curves import RunCurves
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.dashboard.widgets import notices
from automind_dash.dashboard.widgets.colours import LIGHT
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.estimators.prior import Prior
from automind_dash.recording import Recording
from tests.dashboard.made_up import bursting, workspace


def theta_of(u):
    return LOW + np.asarray(u) * (HIGH - LOW)


def box(left, right, low, high):
    return np.array([[left, low], [right, low], [right, high], [left, high]])


def test_a_box_takes_what_passes_through_all_its_axes():
    u = np.full((4, 28), 0.5)
    u[1, 3], u[2, 4] = 0.9, 0.9
    assert through(u, box(2.5, 3.4, 0.4, 0.6)).tolist() == [0, 2, 3]
    assert through(u, box(2.5, 4.4, 0.4, 0.6)).tolist() == [0, 3]
    assert through(u, box(3.2, 3.8, 0.0, 1.0)).tolist() == [], "between two axes there is nothing to pass through"


def test_a_lasso_takes_what_is_inside_it_on_each_axis_it_reaches_over():
    u = np.full((3, 28), 0.5)
    u[1, 4], u[2, 4] = 0.7, 0.9
    rising = np.array([[2.5, 0.3], [4.5, 0.7], [4.5, 0.85], [2.5, 0.65]])
    assert through(u, rising).tolist() == [1], "0.5 on the first axis, about 0.7 on the second"


def test_what_is_drawn_over_the_lines_is_handed_on_with_shift():
    found = []
    plot = ParallelPlot(LIGHT, lambda positions, adds: found.append((positions.tolist(), adds)))
    corners = box(-0.4, 0.4, 0.0, 1.0)
    plot.gesture.data = {"x": corners[:, 0].tolist(), "y": corners[:, 1].tolist(), "adds": [True] * 4}
    assert found == [], "there are no circuits yet"
    plot.show(theta_of(np.full((2, 28), 0.5)), Prior())
    plot.gesture.data = {"x": corners[:, 0].tolist(), "y": corners[:, 1].tolist(), "adds": [False] * 4}
    assert found == [([0, 1], False)]


def test_lines_are_bounded_and_the_selected_are_over_them():
    plot = ParallelPlot(LIGHT, lambda positions, adds: None)
    plot.show(theta_of(np.random.default_rng(1).random((5000, 28))), Prior())
    assert len(plot.all.data["xs"]) == MAX_LINES
    plot.mark(np.arange(7))
    assert len(plot.chosen.data["ys"]) == 7
    plot.mark(np.empty(0, np.int64))
    assert len(plot.chosen.data["ys"]) == 0


def test_combinations():
    assert combined("Show", [1, 2], [5, 2]) == [2, 5]
    assert combined("And", [1, 2], [5, 2]) == [2]
    assert combined("Or", [1, 2], [5, 2]) == [1, 2, 5]
    assert combined("Not", [1, 2], [5, 2]) == [1]


def test_kept_selections_are_compared_and_exported():
    kept = {"a": [0, 1], "b": [1, 2]}
    states = pd.Series(["consistent", "alive", ""], index=[0, 1, 2])
    table = compared(kept, states)
    assert table["Consistent"].tolist() == ["1 of 2", "0 of 1"]
    assert table["in b"].tolist() == [1, 2]
    assert membership(kept, states.index).to_dict("list") == {"in:a": [True, True, False], "in:b": [False, True, True]}


def test_a_circuit_in_two_selections_has_the_colour_of_the_last():
    colours, key = by_membership({"a": [0, 1], "<b>": [1]}, pd.RangeIndex(3), LIGHT)
    assert colours[0] != colours[1] != colours[2]
    assert "&lt;b&gt; 1" in key


def session():
    recording = Recording.from_spikes([0.1, 0.2], [0, 0], n_units=1, duration=1.0)
    examined = Examined(recording)
    examined.take_samples(theta_of(np.full((6, 28), 0.5)), np.zeros(6), Draws())
    space = Workspace()
    space.recordings, space.current = [examined], examined
    return space, examined


def test_keeping_showing_and_dropping():
    space, examined = session()
    view = KeptSelections(workspace=space)
    view._keep(None)
    assert examined.kept == {}
    assert view.note.object == "Select some circuits first."
    examined.selection = [4, 1]
    view.name_it.value = "mine"
    view._keep(None)
    assert examined.kept == {"mine": [1, 4]}
    assert view._some.visible
    assert not view.note.visible
    examined.selection = [0, 1]
    view._combine("Or")
    assert examined.selection == [0, 1, 4]
    assert rows(examined, examined.selection)["in:mine"].tolist() == [False, True, True]
    view._drop(None)
    assert examined.kept == {}
    assert not view._some.visible
    for _ in range(MAX_KEPT + 1):
        view._keep(None)
    assert len(examined.kept) == MAX_KEPT
    assert "drop one first" in view.note.object


def test_names_in_headings_are_shown_as_they_were_typed_and_not_as_html():
    space, examined = session()
    view = KeptSelections(workspace=space)
    examined.kept = {"<img src=x onerror=alert(1)>": [0], "C & g": [0, 1]}
    columns = view.table.get_root().columns
    titles = [column.title for column in columns if column.field.startswith("in ")]
    assert titles == ["in &lt;img src=x onerror=alert(1)&gt;", "in C &amp; g"]
    assert view.table.value["in C & g"].tolist() == [1, 2]


@pytest.mark.parametrize("area", [NotificationArea(), PanelsArea()], ids=["text", "html"])
def test_a_notice_shows_a_name_as_it_is_and_comes_anew_not_twice(monkeypatch, area):
    monkeypatch.setattr(notices.pn, "state", SimpleNamespace(notifications=area))
    for message in ("<i>x</i> & y was left out.", "another", "<i>x</i> & y was left out."):
        notices.notify(message, "error", 0)
    shown = (
        "<i>x</i> & y was left out."
        if isinstance(area, NotificationArea)
        else "&lt;i&gt;x&lt;/i&gt; &amp; y was left out."
    )
    assert [one.message for one in area.notifications] == ["another", shown]


def test_fresh_draws_forget_what_was_kept():
    _, examined = session()
    examined.kept = {"a": [1]}
    examined.take_samples(examined.configurations[list(NAMES)].to_numpy(), np.zeros(6), Draws())
    assert examined.kept == {}


def test_spectra_follow_the_selection():
    frequencies = np.geomspace(1, 100, 20)
    curves = {n: RunCurves(10, np.arange(3), np.ones(3), frequencies, frequencies * 0 + n + 1) for n in range(4)}
    curves[4] = RunCurves(10)  # a silent circuit has no spectrum
    states = {0: "consistent", 1: "alive", 2: "alive", 3: "alive", 4: "silent", 5: ""}
    view = SelectedSpectra(LIGHT)
    view.show([1, 4, 5], curves, states, curves[0])
    assert [ys[0] for ys in view.chosen.data["ys"]] == [2]
    assert [ys[0] for ys in view.others.data["ys"]] == [1, 3, 4]
    assert view.note.object.startswith("Spectra in their state")
    view.show([0, 1], curves, states, curves[0])
    assert view.chosen.data["colour"] == [LIGHT.consistent, LIGHT.alive]
    view.show([1], {}, states, None)
    assert not view.layout.visible


def test_drawing_again_after_a_selection_was_kept_empties_its_list():
    space, examined = session()
    view = KeptSelections(workspace=space)
    examined.kept = {"mine": [1, 2]}
    assert view._some.visible
    examined.take_samples(examined.configurations[list(NAMES)].to_numpy(), np.ones(6), Draws())
    assert not view._some.visible


def test_a_selection_without_a_name_takes_no_other_ones():
    space = workspace()
    asyncio.run(space.add(bursting()))
    examined = space.current
    examined.take_samples(np.tile((LOW + HIGH) / 2, (4, 1)), np.zeros(4), Draws(estimator="bursts"))
    kept = KeptSelections(workspace=space)
    for number in range(3):
        examined.selection = [number]
        kept._keep(None)
    kept.kept.value = "selection 1"
    kept._drop(None)
    examined.selection = [3]
    kept._keep(None)
    assert examined.kept == {"selection 1": [3], "selection 2": [1], "selection 3": [2]}
