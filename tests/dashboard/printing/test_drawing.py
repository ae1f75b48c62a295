"""Figures of the page are drawn on paper with what they show, light, and with numbers that do not run into each other."""

import numpy as np
import pytest
from bokeh.layouts import gridplot
from bokeh.models import (
    BoxAnnotation,
    ColumnDataSource,
    FactorRange,
    FixedTicker,
    Legend,
    LegendItem,
    LinearColorMapper,
    Range1d,
    Span,
)
from bokeh.plotting import figure
from matplotlib.colors import to_hex

from automind_dash.dashboard.printing.drawing import drawing
from automind_dash.dashboard.printing.from_bokeh import plotted
from automind_dash.dashboard.printing.printed_colours import PrintedColours
from automind_dash.dashboard.widgets.colours import DARK, LIGHT, exchange
from automind_dash.publication.paper import Paper, drawn_on

COLUMN = Paper(85)


def on_paper(figures, paper=COLUMN, colours=None):
    with drawn_on(paper):
        sheet = drawing(plotted(figures), paper, colours)
        sheet.canvas.draw()
        return sheet


def all_axes(sheet):
    return (
        [*sheet.get_axes(), *(axes for part in sheet.subfigs for axes in all_axes(part))]
        if not sheet.axes
        else sheet.axes
    )


def everything():
    fig = figure(title="t", x_range=Range1d(0, 10), y_range=Range1d(0, 5), x_axis_label="time (s)", y_axis_label="Hz")
    source = ColumnDataSource({"x": [1, 2], "y": [3, 4], "c": ["#ff0000", "#00ff00"], "m": ["circle", "x"]})
    fig.scatter("x", "y", fill_color="c", line_color="c", marker="m", source=source)
    line = fig.line([0, 10], [1, 2], line_dash="dashed")
    fig.step([0, 1, 2], [1, 2, 1], mode="after")
    fig.multi_line([[0, 1], [2, 3]], [[0, 1], [1, 0]], line_color=["#111111", "#222222"])
    fig.segment(x0=[0], x1=[1], y0=[0], y1=[1])
    fig.quad(left=[1], right=[2], bottom=[0], top=[1])
    fig.vbar(x=[5], top=[2], bottom=0, width=1)
    fig.varea(x=[0, 1], y1=[0, 0], y2=[1, 2])
    fig.patch([0, 1, 1], [0, 0, 1])
    fig.rect(x=[3], y=[3], width=1, height=1)
    fig.text(x=[1], y=[1], text=["τ_w"], y_offset=2)
    fig.image(
        [np.eye(4)], x=0, y=0, dw=4, dh=4, color_mapper=LinearColorMapper(palette=["#000000", "#ffffff"], low=0, high=1)
    )
    fig.add_layout(Span(location=2, dimension="width"))
    fig.add_layout(BoxAnnotation(bottom=1, top=2))
    fig.add_layout(Legend(items=[LegendItem(label="mean", renderers=[line])]))
    return fig


def test_every_glyph_of_the_page_is_drawn():
    axes = all_axes(on_paper(everything()))[0]
    assert len(axes.lines) == 3  # line, step, span
    assert len(axes.collections) >= 8
    assert len(axes.images) == 1
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 10), (0, 5))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "Hz")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["mean"]


def test_lines_with_a_dash_each():
    """Marginals of several recordings; saving them failed."""
    fig = figure()
    source = ColumnDataSource({"xs": [[0, 1], [0, 1]], "ys": [[0, 1], [1, 0]], "dash": ["solid", "dashed"]})
    fig.multi_line("xs", "ys", line_dash="dash", source=source)
    lines = all_axes(on_paper(fig))[0].collections[0]
    assert [bool(pattern) for _, pattern in lines.get_linestyles()] == [False, True]


def test_cells_are_coloured_by_their_values_and_as_pale_as_they_are():
    mapper = LinearColorMapper(palette=["#ff0000", "#1e1e1e", "#0000ff"], low=-1, high=1, nan_color="#00ff00")
    fig = figure()
    source = ColumnDataSource({"x": [0, 1, 2, 3], "v": [-1.0, 0.0, np.nan, 1.0], "a": [1.0, 1.0, 1.0, 0.3]})
    fig.rect(
        x="x", y=0, width=1, height=1, fill_color={"field": "v", "transform": mapper}, fill_alpha="a", source=source
    )
    cells = all_axes(on_paper(fig, colours=exchange()))[0].collections[0].get_facecolor()
    assert [to_hex(one) for one in cells] == ["#ff0000", "#ffffff", "#00ff00", "#0000ff"]
    assert cells[:, 3].tolist() == [1.0, 1.0, 1.0, 0.3]


def test_a_dark_page_is_printed_light():
    fig = figure()
    fig.line([0, 1], [0, 1], line_color=DARK.ink)
    fig.scatter([0], [0], fill_color=DARK.alive + "66", line_color=None)
    axes = all_axes(on_paper(fig, colours=exchange()))[0]
    assert to_hex(axes.lines[0].get_color()) == LIGHT.ink
    assert to_hex(axes.collections[0].get_facecolor()[0]) == LIGHT.alive
    assert PrintedColours(exchange()).one("#2a2a2a")[:3] == pytest.approx((0xD5 / 255,) * 3)


def test_names_on_an_axis_and_fixed_ticks():
    fig = figure(y_range=FactorRange("a", "b"), x_range=Range1d(0, 2))
    fig.hbar(y=["b"], left=0, right=[1.5])
    fig.xaxis.ticker = FixedTicker(ticks=[0, 1])
    fig.xaxis.major_label_overrides = {0: "before", 1: "after"}
    axes = all_axes(on_paper(fig))[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["before", "after"]
    low, high = axes.collections[0].get_datalim(axes.transData).intervaly
    assert (low, high) == (0.5, 1.5)


def test_numbers_do_not_run_into_each_other():
    """ "20000 1" stood below a pair plot."""
    panels = [figure(height=150, x_range=Range1d(5, 20000), y_range=Range1d(5, 20000)) for _ in range(4)]
    for panel in panels:
        panel.scatter([100, 10000], [5, 10000])
    sheet = on_paper(gridplot([panels]), Paper(85, 7))
    boxes = [
        label.get_window_extent()
        for axes in all_axes(sheet)
        for label in axes.get_xticklabels()
        if label.get_text() and axes.viewLim.x0 <= label.get_position()[0] <= axes.viewLim.x1
    ]
    assert boxes
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_figures_that_share_their_time_stand_below_each_other():
    first = figure(height=90, x_range=Range1d(0, 1))
    second = figure(height=90, x_range=first.x_range)
    a, b = all_axes(on_paper([first, second], Paper(180)))
    assert a.get_position().x0 == pytest.approx(b.get_position().x0)
    assert a.get_position().y0 > b.get_position().y1


def test_grids_and_figures_are_printed_below_each_other():
    """Compare's marginals, pairs and medians: the pairs keep their places."""
    alone, panels = figure(), [[figure(), None], [figure(), figure()]]
    sheet = on_paper([alone, gridplot(panels)], Paper(180))
    first, *grid = (axes.get_window_extent() for axes in all_axes(sheet))
    assert len(grid) == 3
    assert all(one.y1 < first.y0 for one in grid)
    assert grid[1].y1 < grid[0].y0
    assert grid[2].x0 > grid[1].x1


def test_hidden_figures_are_not_printed():
    shown, hidden = figure(), figure(visible=False)
    assert len(plotted([shown, hidden])) == 1
