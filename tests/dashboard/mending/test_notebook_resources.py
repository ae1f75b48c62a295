"""What is shown in a notebook brings its stylesheets along: nothing is asked of another host."""

import re

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest
from bokeh.models import ImportedStyleSheet

from automind_dash.dashboard.mending import notebook_resources


@pytest.fixture
def unmended(monkeypatch):
    """Stylesheets as Bokeh makes them, in a notebook whose resources are to come from the kernel."""
    pytest.importorskip("jupyter_bokeh")
    monkeypatch.setattr(ImportedStyleSheet, "__init__", notebook_resources._make_stylesheet)
    monkeypatch.setattr(pn.config, "inline", True)
    monkeypatch.setattr(pn.config, "comms", "ipywidgets")


def asked_of_others():
    """The addresses on other hosts of the stylesheets that a table, a button and a text are sent with."""
    table = pn.widgets.Tabulator(pd.DataFrame({"circuit": [1]}))
    widget = pn.ipywidget(pn.Column(table, pmui.Button(label="Draw"), pn.pane.Str("text")))
    return set(re.findall(r"'url': '(https?://[^']+)'", str(widget.render_bundle)))


def test_stylesheets_come_from_the_kernel(unmended):
    notebook_resources.stylesheets_from_kernel()
    assert asked_of_others() == set()


def test_the_mending_is_still_needed(unmended):
    """When this fails Panel's `inline` reaches what goes through jupyter_bokeh, and `stylesheets_from_kernel` can go."""
    assert any("cdn.holoviz.org" in address for address in asked_of_others())
