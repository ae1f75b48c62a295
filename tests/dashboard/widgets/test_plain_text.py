"""Text of users is text in the browser: whatever the pane is given, the browser decodes it once and finds no element."""

from html import unescape

import pandas as pd
import pytest
from markupsafe import Markup

from automind_dash.dashboard.figures.colouring import by_membership, by_value
from automind_dash.dashboard.widgets.colours import LIGHT
from automind_dash.dashboard.widgets.dense_table import dense_table
from automind_dash.dashboard.widgets.plain_text import OwnMarkup, plain

EVIL = '</pre><img src=x onerror="alert(1)"><script>alert(2)</script>'


def as_rendered(pane):
    """Return what Panel's script gives to innerHTML: the text, decoded once."""
    return unescape(pane.get_root().text)


@pytest.mark.parametrize(
    "text", [EVIL, Markup(EVIL), "$$\\href{javascript:alert(1)}{x}$$ <b>", "&lt;img src=x onerror=alert(1)&gt;"]
)
def test_plain_text_holds_no_element_but_its_own(text):
    for pane in (plain(text), plain(), plain(text, small=True, one_line=True)):
        pane.object = text
        inside = as_rendered(pane).removeprefix("<pre>").removesuffix("</pre>")
        assert "<" not in inside
        assert unescape(inside) == text
        model = pane.get_root()
        assert model.disable_math
        assert not model.run_scripts


def test_own_markup_escapes_what_is_not_markup():
    assert "<" not in as_rendered(OwnMarkup(EVIL))
    assert as_rendered(OwnMarkup(Markup("<b>{}</b>").format("<i>"))) == "<b>&lt;i&gt;</b>"


def test_names_in_keys_to_colours_are_escaped():
    table = pd.DataFrame({"a": [1.0, 2.0]})
    for key in (by_membership({EVIL: [0]}, table.index, LIGHT)[1], by_value(table["a"].to_numpy(), EVIL, LIGHT)[1]):
        assert "<img" not in as_rendered(OwnMarkup(key))
        assert "&lt;img" in as_rendered(OwnMarkup(key))


def test_headings_of_tables_are_text():
    table = dense_table(value=pd.DataFrame({EVIL: [1], "b": ["<i>"]}), titles={"b": EVIL})
    assert not [column.title for column in table.get_root().columns if "<" in column.title]
