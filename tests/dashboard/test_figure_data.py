"""The data behind a figure, as they are saved."""

import json

import numpy as np
import pandas as pd
from bokeh.plotting import figure

from automind_dash.dashboard.figure_saving import data_of, plots_in, save_menu


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
