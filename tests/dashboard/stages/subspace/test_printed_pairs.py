"""The pair plot is printed as it is coloured on the page, and its data say which circuit is which."""

import asyncio

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.stages.subspace.subspace_view import KEPT, SubspaceView
from automind_dash.errors import SessionError
from automind_dash.publication.paper import Paper, drawn_on
from tests.dashboard.made_up import bursting, workspace


@pytest.fixture
def view():
    space = workspace()
    asyncio.run(space.add(bursting()))
    view = SubspaceView(workspace=space)
    with pytest.raises(SessionError, match="draw circuits"):
        view._printed()
    theta = LOW + np.random.default_rng(0).random((40, len(NAMES))) * (HIGH - LOW)
    space.current.take_samples(theta, np.linspace(-3, 0, 40))
    space.stage = "Subspace"
    view.redraw()
    return view


def words(view):
    with drawn_on(Paper(85)):
        sheet = view._printed()(Paper(85))
        return [text.get_text() for legend in sheet.legends for text in legend.get_texts()], sheet.get_axes()


def test_it_is_printed_in_the_colours_that_are_chosen(view):
    examined = view.workspace.current
    assert words(view)[0] == ["not simulated"]
    examined.selection = [1, 2]
    assert words(view)[0] == ["selected", "not simulated"]
    examined.kept = {"mine $x$": [3]}
    view.colour.value = KEPT
    assert words(view)[0] == ["selected", "not simulated", r"mine \$x\$"]
    view.colour.value = "log_density"
    assert words(view)[1][-1].get_xlabel()  # the bar of colours says what they are of


def test_its_data_have_numbers_and_units(view):
    table = view._saved()
    assert table["circuit"].tolist() == list(range(40))
    assert "params_Epop.tau_w (ms)" in table
    assert "log_density (nats)" in table
    assert len(view._saved(NAMES).columns) == 1 + len(NAMES) + 4
