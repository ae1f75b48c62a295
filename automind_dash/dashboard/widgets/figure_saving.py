"""Saves figures for a paper: as SVG, PDF and PNG with a width in mm and a type size, their data as CSV, and a caption to paste."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd
import panel as pn
import panel_material_ui as pmui
from bokeh.models import Plot
from panel.viewable import Viewer

from ...errors import UserError
from ...publication.facts import Facts, caption, file_stem
from ...publication.paper import (
    COLUMN,
    FORMATS,
    LARGEST,
    NARROWEST,
    PAGE,
    SMALLEST,
    WIDEST,
    Paper,
    drawn_on,
    file_bytes,
)
from ..printing.drawing import drawing
from ..printing.figure_words import SAYS
from ..printing.from_bokeh import plots_in, plotted
from ..printing.table import table_of
from .colours import exchange
from .download import Download
from .number_fields import NumberField
from .plain_text import plain

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TYPE = 7.0
"""pt: the lettering size that most journals ask for in figures."""

MEANINGS = {
    "svg": "a drawing that scales, whose text can be edited", "pdf": "a drawing that scales, fonts embedded", "png": "an image, 600 dpi",
}  # fmt: skip
WIDTHS = f"{COLUMN:g} mm: one column, {PAGE:g} mm: two. Light, for print, whatever the page's theme."

Drawn = Callable[[Paper], "Figure"]


class OfASession(Protocol):
    """What a menu needs from the session (a Workspace): the facts of its figures, and the theme."""

    dark: bool

    def figure_facts(self) -> Facts:
        """Return what captions tell."""
        ...

    def remember(self, key: str, widget: Any) -> None:
        """Save a widget's value with the session."""
        ...


class SaveMenu(Viewer):
    """A button that opens a menu for saving figures. Assign `figures` when the view makes new ones."""

    def __init__(
        self, figures: Any, name: str, table: Callable[[], pd.DataFrame] | None = None, of: OfASession | None = None,
        draw: Callable[[], Drawn] | None = None, says: Callable[[Paper], str] | None = None, label: str = "Save figure",
        width: float = COLUMN,
    ) -> None:  # fmt: skip
        super().__init__()
        self.name_of_figure, self._of, self._draw, self._says, self._width = name, of, draw, says, width
        self._table = table or (lambda: table_of(plotted(self._given)))
        self._given = figures
        self._dialog: Any = None
        self.button = pmui.Button(
            label=label, icon="save_alt", variant="text", size="small", margin=0, on_click=lambda _: self.open(),
            description="Save as SVG, PDF or PNG for a paper, with a caption, or its data as CSV",
        )  # fmt: skip
        self._layout = pn.Row(self.button, margin=(0, 4), sizing_mode=None)

    @property
    def figures(self) -> list[Plot]:
        """The figures that are saved."""
        return plots_in(self._given)

    @figures.setter
    def figures(self, figures: Any) -> None:
        self._given = figures

    def open(self) -> None:
        """Open the menu, made when it is first asked for."""
        if self._dialog is None:
            self._make()
        self.caption.value = self._told()
        for kind, button in self.downloads.items():
            button.filename = f"{file_stem(self._facts().recording, self.name_of_figure)}.{kind}"
        self._dialog.open = True

    def _make(self) -> None:
        self.width = NumberField(
            label="Width, mm",
            value=self._width,
            start=NARROWEST,
            end=WIDEST,
            step=5.0,
            size="small",
            width=140,
            margin=(10, 6),
        )
        self.type = NumberField(
            label="Type, pt", value=TYPE, start=SMALLEST, end=LARGEST, step=0.5, size="small", width=120, margin=(10, 6)
        )
        if self._of is not None:
            self._of.remember("figure width" if self._says is None else f"{self.name_of_figure} width", self.width)
            self._of.remember("figure type", self.type)
        self.downloads = {kind: self._picture(kind) for kind in FORMATS}
        self.downloads["csv"] = Download(
            _csv, prepare=self._table, filename="figure.csv", label="CSV", icon="table_chart", size="small", margin=(10, 4),
            variant="outlined", description="The figure's data as comma-separated values",
        )  # fmt: skip
        self.caption = pmui.TextAreaInput(
            label="Caption, ready to paste", rows=6, sizing_mode="stretch_width", margin=(14, 6, 6, 6)
        )
        self._dialog = pmui.Dialog(
            pn.Row(self.width, self.type, margin=0), plain(WIDTHS, small=True, margin=(0, 8)),
            pn.FlexBox(*self.downloads.values(), margin=0), self.caption,
            title=f"Save figure: {self.name_of_figure.replace('_', ' ')}", close_on_click=True, show_close_button=True, width=560,
        )  # fmt: skip
        self._layout.append(self._dialog)

    def _picture(self, kind: str) -> Download:
        return Download(
            lambda given: self._file(kind, *given), prepare=self._ready, filename=f"figure.{kind}", label=kind.upper(), size="small",
            icon="image" if kind == "png" else "polyline", variant="outlined", margin=(10, 4),
            description=f"Save the figure as {MEANINGS[kind]}",
        )  # fmt: skip

    def _ready(self) -> tuple[Drawn, Paper, str]:
        """Return what is drawn, and on which paper, as read from the page."""
        return self.drawn(), self.paper, self.words()

    @property
    def paper(self) -> Paper:
        """The paper that the figure is drawn for."""
        return Paper(float(self.width.value or self._width), float(self.type.value or TYPE))

    def drawn(self) -> Drawn:
        """Return a function that draws what the page shows now on a sheet of paper. It may be called in any thread."""
        if self._draw is not None:
            return self._draw()
        seen, colours = plotted(self._given), exchange() if self._of is not None and self._of.dark else {}
        return lambda paper: drawing(seen, paper, colours)

    def _file(self, kind: str, draw: Drawn, paper: Paper, words: str) -> bytes:
        with drawn_on(paper):
            return file_bytes(draw(paper), kind, self.name_of_figure.replace("_", " "), words)

    def words(self) -> str:
        """Return the caption. Raises UserError where there is no figure yet."""
        if self._says is not None:
            return self._says(self.paper)
        says = SAYS.get(self.name_of_figure)
        if says is None:
            told = dict.fromkeys(
                one.title or " against ".join(filter(None, [one.y.label, one.x.label])) for one in plotted(self._given)
            )
            says = "; ".join(filter(None, told))
            says = f"{says}." if says else ""
        return caption(says, self._facts())

    def _told(self) -> str:
        try:
            return self.words()
        except UserError as error:
            return str(error)

    def _facts(self) -> Facts:
        return Facts() if self._of is None else self._of.figure_facts()

    def __panel__(self) -> Any:
        return self._layout


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def save_menu(
    figures: Any, name: str, table: Callable[[], pd.DataFrame] | None = None, *, of: OfASession | None = None,
    draw: Callable[[], Drawn] | None = None, **special: Any,
) -> SaveMenu:  # fmt: skip
    """Return a small control that saves figures for a paper, with their data and a caption.

    figures: a Bokeh figure, a grid, or a list of either (None or empty: assign `.figures` later); name: of the files, and of the figures'
    entry in `figure_words.py`; table: called when the data are asked for; without it the data are what the glyphs hold; of: the session
    (a Workspace) that captions and file names tell about; draw: called when a picture is asked for, returns a function from Paper to a
    figure, where the printed figure is not the one on the page; special: `says`, which gives the caption, `label` of the button, and
    `width`, the proposed width in mm.
    """
    return SaveMenu(figures, name, table, of, draw, **special)
