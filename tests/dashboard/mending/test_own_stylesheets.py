"""Stylesheets of models whose document Panel does not know."""

import panel as pn
from bokeh.models import ImportedStyleSheet
from panel import reactive
from panel.io import resources
from panel.io.resources import CDN_DIST

from automind_dash.dashboard.mending.own_stylesheets import _patch, ask_own_server


def asked_of_a_cdn():
    sheets = pn.widgets.IntInput()._get_properties(None)["stylesheets"]
    return [sheet.url for sheet in sheets if isinstance(sheet, ImportedStyleSheet) and sheet.url.startswith(CDN_DIST)]


def test_panel_still_asks_a_cdn_where_it_knows_no_document(monkeypatch):
    for module in (
        resources,
        reactive,
    ):  # put back what other tests' pages have mended, and afterwards what this one does
        monkeypatch.setattr(module, "patch_stylesheet", _patch)
    assert asked_of_a_cdn()
    ask_own_server()
    assert not asked_of_a_cdn()
