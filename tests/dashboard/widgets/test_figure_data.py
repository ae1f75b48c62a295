"""The data behind a figure, as they are saved."""

import json

import numpy as np
import pandas as pd
from bokeh.plotting import figure

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.figures.marginals import BINS, Marginals
from automind_dash.dashboard.widgets.colours import palette
from automind_dash.dashboard.widgets.figure_saving import data_of, plots_in, save_menu
from automind_dash.inference.estimators.prior import Prior


def test_each_glyph_is_a_block_with_its_figure_beside_it():
    plot = figure(title="rates")
    plot.scatter([1, 2], [3.0, 4.0])
    plot.multi_line([[0, 1], [0, 1, 2]], [[5, 6], [7, 8, 9]])
    table = data_of([plot])
    assert table["glyph"].tolist() == ["Scatter", "Scatter", "MultiLine", "MultiLine"]
    assert set(table["figure"]) == {"rates"}
    assert table["x"].dropna().tolist() == [1, 2]
    assert json.loads(table["ys"].iloc[3]) == [7, 8, 9]


def test_images_are_pictures_and_nothing_is_nothing():
    plot = figure()
    plot.image([np.zeros((2, 2))], x=0, y=0, dw=1, dh=1)
    assert data_of([plot]).empty
    assert data_of([]).empty
    assert plots_in(None) == []


def test_a_menu_saves_what_its_figures_hold_at_that_moment():
    menu = save_menu(None, "later")
    assert menu._csv().getvalue().strip() in (b"", b'""')
    plot = figure(x_axis_label="time (s)", y_axis_label="Hz")
    source = plot.line([0, 1], [2, 3]).data_source
    menu.figures = plot
    source.data = {"x": [0, 1], "y": [5, 6]}
    table = pd.read_csv(menu._csv(), index_col=0)
    assert table["y"].tolist() == [5, 6]
    assert table["figure"].iloc[0] == "time (s) / Hz"


def test_marginals_are_saved_in_the_parameters_own_units():
    marginals = Marginals(palette(False))
    theta = np.random.default_rng(0).uniform(LOW, HIGH, (200, 28))
    marginals.show(theta, Prior(), by_group=False)
    table = marginals.table()
    assert list(table) == ["parameter", "unit", "from", "to", "density"]
    assert len(table) == len(NAMES) * BINS
    one = table[table["parameter"] == "params_Epop.tau_w"]
    assert one["from"].min() == 5
    assert one["to"].max() == 20000
    assert np.isclose(one["density"].mean(), 1)
    marginals.mark(theta[:30])
    assert "density of the selected" in marginals.table()


def test_the_unit_of_a_marginal_stands_on_its_axis():
    cells = Marginals(palette(False)).cells.data
    at = NAMES.index("params_Epop.v_reset")
    assert (cells["symbol"][at], cells["low"][at], cells["end"][at]) == ("V_reset", "−75", "−55 mV")
