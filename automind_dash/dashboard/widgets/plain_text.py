"""The one way for text to reach the page: as text. What users and their files wrote can never become HTML here.

Panel's own panes hand their text to the browser as HTML. Even `pn.pane.Str` only wraps it in <pre>, and the browser decodes and renders
it. The lint rule in pyproject.toml forbids those panes everywhere but in this file.
"""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
from markupsafe import Markup, escape

WRAPPED = "pre { font-family: inherit; font-size: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }"
ONE_LINE = (
    "pre { font-family: inherit; font-size: inherit; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; "
    "margin: 0; }"
)


class OwnMarkup(pn.pane.HTML):  # noqa: TID251
    """Shows the page's own drawings and keys. A `Markup` (markupsafe) is shown as it is; any other text is escaped first.

    `Markup("<b>{}</b>").format(name)` escapes the name, so that a user's text inside stays text.
    """

    def __init__(self, object: Any = "", **params: Any) -> None:
        super().__init__(object, **({"disable_math": True} | params))

    def _transform_object(self, obj: Any) -> dict[str, Any]:
        # the browser decodes the text once before rendering it, so it is escaped twice, once for each
        return {"object": str(escape(str(self._as_markup(obj))))}

    @staticmethod
    def _as_markup(obj: Any) -> Markup:
        return escape("" if obj is None else obj)

    def _get_properties(self, doc: Any) -> dict[str, Any]:
        return super()._get_properties(doc) | {"run_scripts": False}


class PlainText(OwnMarkup):
    """Shows its `object` as the text that it is, whatever it holds."""

    @staticmethod
    def _as_markup(obj: Any) -> Markup:
        text = "" if obj is None else str(obj)
        return Markup("<pre>{}</pre>").format(str.__str__(text) or " ")


def plain(
    text: str = "", *, small: bool = False, bold: bool = False, one_line: bool = False, **params: Any
) -> PlainText:
    """Return a pane that shows its `object` as plain text.

    small: for captions; bold: for what a stage found; one_line: cut with … where too long.
    """
    styles = {"font-size": "12px", "opacity": "0.8"} if small else {"font-size": "14px"}
    styles |= {"font-weight": "700"} if bold else {}
    params.setdefault("margin", (2, 10, 6, 10))
    if "width" not in params:
        params.setdefault("sizing_mode", "stretch_width")
    return PlainText(text, styles=styles, stylesheets=[ONE_LINE if one_line else WRAPPED], **params)


def own_words(markdown: str, **params: Any) -> Any:
    """Return a pane of the page's own words in Markdown: constants of this code, nothing from users or their files."""
    return pn.pane.Markdown(markdown, **params)  # noqa: TID251


def heading(words: str, variant: str = "h6", margin: Any = (4, 8, 0, 8)) -> Any:
    """Return a heading of the page's own words, as `own_words`."""
    return pmui.Typography(words, variant=variant, margin=margin)  # noqa: TID251
