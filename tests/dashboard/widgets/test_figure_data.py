"""The data behind a figure, as they are saved."""

import io

import numpy as np
import pandas as pd
from bokeh.models import Range1d
from bokeh.plotting import figure

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.figures.marginals import BINS, Marginals
from automind_dash.dashboard.printing.from_bokeh import plots_in, plotted
from automind_dash.dashboard.printing.table import table_of
from automind_dash.dashboard.widgets.colours import palette
from automind_dash.dashboard.widgets.figure_saving import _csv, save_menu
from automind_dash.inference.estimators.prior import Prior


def test_each_glyph_is_a_block_whose_columns_are_named_as_the_axes():
    plot = figure(title="rates", x_axis_label="time (s)", y_axis_label="rate (Hz)")
    plot.scatter([1, 2], [3.0, 4.0])
    plot.multi_line([[0, 1], [0, 1, 2]], [[5, 6], [7, 8, 9]])
    table = table_of(plotted(plot))
    assert table["mark"].tolist() == ["point"] * 2 + ["lines"] * 5
    assert set(table["figure"]) == {"rates"}
    assert table["time (s)"].tolist() == [1, 2, 0, 1, 0, 1, 2]
    assert table["rate (Hz)"].tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert table["line"].dropna().tolist() == [0, 0, 1, 1, 1]


def test_an_image_is_a_row_for_each_pixel_and_nothing_is_nothing():
    plot = figure(x_range=Range1d(0, 1), y_range=Range1d(0, 1))
    plot.image([np.array([[1.0, 2.0]])], x=0, y=0, dw=4, dh=1)
    table = table_of(plotted(plot))
    assert table["x"].tolist() == [1, 3]
    assert table["value"].tolist() == [1, 2]
    assert table_of([]).empty
    assert plots_in(None) == []


def test_what_only_says_how_a_point_looks_is_no_datum():
    plot = figure()
    source = {"x": [1], "y": [2], "colour": ["#000000"], "circuit": [7]}
    plot.scatter("x", "y", fill_color="colour", source=source)
    table = table_of(plotted(plot))
    assert list(table) == ["figure", "mark", "x", "y", "circuit"]


def test_a_menu_saves_what_its_figures_hold_at_that_moment():
    menu = save_menu(None, "later")
    assert menu._table().empty
    plot = figure(x_axis_label="time (s)", y_axis_label="Hz")
    source = plot.line([0, 1], [2, 3]).data_source
    menu.figures = plot
    source.data = {"x": [0, 1], "y": [5, 6]}
    table = pd.read_csv(io.BytesIO(_csv(menu._table())))
    assert table["Hz"].tolist() == [5, 6]
    assert table["figure"].iloc[0] == "Hz against time (s)"


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
