"""A page whose session has ended is forgotten; Panel and panel-material-ui hold it without that."""

import gc
import weakref

import panel as pn
import panel_material_ui as pmui
from bokeh.document import Document

from automind_dash.dashboard.frame.configuration_table import formatters
from automind_dash.dashboard.mending.forgetting import forget_page
from automind_dash.dashboard.widgets.dense_table import dense_table


def made():
    page, document = pmui.Page(title="AutoMIND"), Document()
    pn.state._views["left-over"] = (page, None, document, None)
    return page, document


def test_the_libraries_hold_a_page_without_this():
    page, _ = made()
    known = weakref.ref(page)
    del page
    pn.state._views.pop("left-over")
    gc.collect()
    assert known() is not None


def test_a_forgotten_page_is_gone():
    page, document = made()
    known = weakref.ref(page)
    forget_page(document, page)
    assert "left-over" not in pn.state._views
    del page
    gc.collect()
    assert known() is None


def test_a_table_is_not_held_by_its_formatters():
    table, models = dense_table(formatters=formatters()), formatters()
    known = weakref.ref(table)
    assert models["distance"] is not formatters()["distance"]
    root = table.get_root()
    pn.state._views.pop(root.ref["id"])
    del table, root
    gc.collect()
    assert known() is None
