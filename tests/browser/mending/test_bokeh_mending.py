"""What bokeh_mending.js mends, in one page without a server: first that the libraries still need it, then that it helps.

When the first half of a test fails, the library does it right by now, and that function of bokeh_mending.js can go.
"""

from pathlib import Path

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.events import SelectionGeometry
from bokeh.models import BoxSelectTool, ColumnDataSource, CustomJS
from bokeh.plotting import figure

from automind_dash.dashboard.mending import bokeh_mending

from .static_page import open_static

SCRIPT = Path(bokeh_mending.__file__).with_suffix(".js").read_text(encoding="utf-8")
WIDE = {"sizing_mode": "stretch_width"}
TELL = "window.told = {modifiers: cb_obj.modifiers, shift: window.automind_shift}"

HELP = """
  const root = [...Bokeh.index.roots][0];
  const every_view = (view = root) => [view, ...(view.child_views ?? []).flatMap(child => every_view(child))];
  const named = name => every_view().find(view => view.model.name == name);
  const the_table = () => every_view().find(view => view.tabulator != null);
  const frames = n => new Promise(done => {
    const next = left => left ? requestAnimationFrame(() => next(left - 1)) : done();
    next(n);
  });
  const later = ms => new Promise(done => setTimeout(done, ms));
"""


def plot(name):
    source = ColumnDataSource({"x": [0, 1, 2], "y": [0, 1, 2]})
    fig = figure(name=name, height=120, tools="", **WIDE)
    fig.scatter("x", "y", source=source)
    fig.add_tools(box := BoxSelectTool())
    fig.toolbar.active_drag = box
    fig.js_on_event(SelectionGeometry, CustomJS(code=TELL))
    return pn.pane.Bokeh(fig, **WIDE)


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A page of figures in nested layouts and a table, not mended; the script's functions are there to be called."""
    table = pn.widgets.Tabulator(pd.DataFrame({"circuit": [1, 2]}))
    deep = pn.FlexBox(plot("deep"))
    shown = pn.Column(
        plot("one"), pn.Column(plot("two"), pn.Column(plot("three"), deep, **WIDE), **WIDE), table,
        pn.Column(pmui.Button(label="Draw", disabled=True), name="buttons"), **WIDE
    )  # fmt: skip
    page = open_static(browser, shown, tmp_path_factory.mktemp("page"))
    page.wait_for_function("() => [...(window.Bokeh?.index?.roots ?? [])].length")
    page.add_script_tag(content=SCRIPT.replace("export function render", "function mend_all"))
    page.wait_for_function(
        f"() => {{ {HELP} return named('one')?.frame.bbox.width > 0 && the_table()?._initializing === false }}"
    )
    yield page
    page.close()


def asked(page, code):
    """Run code with the helpers, and return what it returns."""
    return page.evaluate(f"async () => {{ {HELP} {code} }}")


def test_a_figure_deep_in_nested_layouts_is_measured(page):
    width = "root.compute_layout(); await frames(3); return named('deep').frame.bbox.width"
    assert asked(page, width) == 0
    assert asked(page, f"lay_out_to_the_leaves(); {width}") > 100


def test_scripts_learn_whether_shift_was_held(page):
    box = asked(
        page, "const {x, y, width, height} = named('one').el.getBoundingClientRect(); return [x, y, width, height]"
    )

    def brush():
        x, y, width, height = box
        page.evaluate("() => { window.told = null; }")
        page.keyboard.down("Shift")
        page.mouse.move(x + 0.3 * width, y + 0.3 * height)
        page.mouse.down()
        page.mouse.move(x + 0.6 * width, y + 0.6 * height, steps=4)
        page.mouse.up()
        page.keyboard.up("Shift")
        page.wait_for_function("() => window.told")
        return page.evaluate("() => window.told")

    assert not brush().get("modifiers"), "Bokeh's event of a selection tells of keys"
    page.evaluate("() => keep_shift()")
    assert brush()["shift"] is True


def test_what_changes_in_one_go_is_laid_out_once(page):
    change = """
      let times = 0;
      const measure = root.measure_layout;
      root.measure_layout = () => { times += 1; measure.call(root); };
      for (const name of ["one", "two", "three"]) named(name).model.visible = false;
      for (const name of ["one", "two", "three"]) named(name).model.visible = true;
      await later(600);
      delete root.measure_layout;
      return times;
    """
    assert asked(page, change) >= 6
    assert asked(page, f"lay_out_once_a_frame(root); {change}") < 4


def test_a_table_hears_that_its_stylesheets_are_there(page):
    waits_for = """
      const table = the_table();
      table.watch_stylesheets();
      await later(400);
      const missing = [...table._initialized_stylesheets.values()].filter(there => !there).length;
      return [missing, table._initialized_stylesheets.size];
    """
    missing, sheets = asked(page, waits_for)
    assert sheets > 0
    assert missing == sheets, "a table counts stylesheets that came before it listened"
    assert asked(page, f"hear_of_stylesheets(); {waits_for}")[0] == 0


def test_a_table_is_drawn_anew_once_for_its_stylesheets(page):
    page.evaluate("() => hear_of_stylesheets()")
    exchange = """
      const table = the_table();
      let times = 0;
      table.redraw = (...given) => { times += given.length == 0; }; // given where the size changed
      table._update_stylesheets();
      await later(800);
      delete table.redraw;
      return times;
    """
    assert asked(page, exchange) > 1
    assert asked(page, f"redraw_once_for_stylesheets(); {exchange}") == 1


def test_a_figure_does_not_ask_for_styles_with_every_stroke(page):
    asks = """
      const {prototype} = CSSStyleDeclaration, given = prototype.getPropertyValue;
      let times = 0;
      prototype.getPropertyValue = function (name) { times += 1; return given.call(this, name); };
      named("one").repaint();
      await frames(5);
      prototype.getPropertyValue = given;
      return times;
    """
    assert asked(page, asks) > 20
    assert asked(page, f"ask_no_styles(); {asks}") == 0


def test_an_empty_figure_is_not_told_to_the_console(page):
    told = []
    page.on("console", lambda message: told.append(message.text))
    show_nothing = """
      const range = new (Bokeh.Models.get("DataRange1d"))({scale_hint: "log"});
      const ends = range._compute_range(NaN, NaN);
      const {RangeManager} = Bokeh.require("models/plots/range_manager");
      new RangeManager({frame: {x_ranges: [["x", {start: NaN, end: NaN}]], y_ranges: []}}).compute_initial();
      return ends;
    """
    before = asked(page, show_nothing)
    assert any("log axis" in text for text in told)
    assert any("initial ranges" in text for text in told)
    told.clear()
    assert asked(page, f"let_figures_be_empty(); {show_nothing}") == before
    assert not told


def test_a_widget_hears_of_a_change_between_its_drawing_and_its_listening(page):
    """The change comes here as the last thing before the widget listens. On a busy machine it comes by itself."""
    enable = """
      const place = named("buttons").model, [button] = place.children;
      button.data.disabled = true;
      place.children = [];
      await later(200);
      button.watch = function (view, property, ...how) {
        if (property == "disabled") this.data.disabled = false;
        Object.getPrototypeOf(this).watch.call(this, view, property, ...how);
      };
      place.children = [button];
      await later(600);
      delete button.watch;
      const [{shadow_el}] = named("buttons").child_views;
      return shadow_el.querySelector("button").disabled;
    """
    assert asked(page, enable) is True, "a widget of React's hears what came before it listened"
    assert asked(page, f"hear_what_came_before(); {enable}") is False
