"""The 28 marginals of several recordings laid over each other: small multiples in one figure, whose data are exchanged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....circuit.parameters import PARAMETERS
from ....errors import UserError
from ....inference.estimators.prior import Prior
from ....publication.overlaid_marginals import overlaid_marginals_figure
from ...figures.marginals import BINS, CELL_WIDTH, COLUMNS, axis_ends, histograms
from ...widgets.colours import Palette
from ...widgets.quantities import number
from .target_colours import DASHES, LIGHT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ....publication.paper import Paper

ROWS = -(-len(PARAMETERS) // COLUMNS)
ROW_HEIGHT, KEY_HEIGHT = 104, 0.3
BAR_HEIGHT, BASE = 0.58, 0.2
LONGEST_NAME = 24
"""Letters of a recording's name in the key."""


def shortened(name: str) -> str:
    """Return a name short enough for a key."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


class OverlaidMarginals:
    """One figure of 28 cells; each has one step line for each recording and the dashed prior."""

    def __init__(self, palette: Palette) -> None:
        self.figure = figure(
            height=int((ROWS + KEY_HEIGHT) * ROW_HEIGHT), sizing_mode="stretch_width", tools="save", toolbar_location="right",
            x_range=Range1d(-0.05, COLUMNS), y_range=Range1d(-ROWS, KEY_HEIGHT), min_border=4, outline_line_color=None,
        )  # fmt: skip
        self.figure.toolbar.logo = None
        self.figure.toolbar.autohide = True
        self.figure.axis.visible = False
        self.figure.grid.visible = False
        self.cells = ColumnDataSource({name: [] for name in FIELDS})
        self.lines = ColumnDataSource({"xs": [], "ys": [], "colour": [], "dash": []})
        self.keys = ColumnDataSource({"x0": [], "x1": [], "xt": [], "y": [], "name": [], "colour": [], "dash": []})
        self._shown: tuple[Any, ...] | None = None
        self._draw()
        self.recolour(palette)

    def _draw(self) -> None:
        fig = self.figure
        self._quiet = [
            fig.segment(x0="left", x1="right", y0="prior", y1="prior", source=self.cells, line_dash="dotted"),
            fig.segment(x0="left", x1="right", y0="bottom", y1="bottom", source=self.cells),
        ]
        fig.multi_line(xs="xs", ys="ys", line_color="colour", line_dash="dash", source=self.lines, line_width=1.8)
        fig.segment(
            x0="x0", x1="x1", y0="y", y1="y", line_color="colour", line_dash="dash", source=self.keys, line_width=3
        )
        small = {"source": self.cells, "text_font_size": "10px", "text_baseline": "top"}
        self._texts = [
            fig.text(x="left", y="top", text="symbol", source=self.cells, text_font_size="11px", text_baseline="top"),
            fig.text(x="right", y="top", text="said", text_align="right", y_offset=2, **small),
            fig.text(x="left", y="bottom", text="low", y_offset=2, **small),
            fig.text(x="right", y="bottom", text="end", text_align="right", y_offset=2, **small),
            fig.text(x="xt", y="y", text="name", source=self.keys, text_font_size="12px", text_baseline="middle"),
        ]
        cover = fig.quad(left="left", right="right", top="ceiling", bottom="floor", source=self.cells, alpha=0)
        fig.add_tools(HoverTool(renderers=[cover], tooltips=TOOLTIP, attachment="vertical"))

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; the recordings' own come with `show`."""
        for quiet in self._quiet:
            quiet.glyph.line_color = palette.dead
        for text in self._texts:
            text.glyph.text_color = palette.ink

    def printed(self) -> Callable[[Paper], Figure]:
        """Return a function that draws on paper what is shown. Raises UserError where nothing is."""
        if self._shown is None:
            raise UserError("There is no comparison to save yet: press Compare.")
        thetas, names, distance, differs, prior = self._shown
        return partial(
            overlaid_marginals_figure, thetas=thetas, names=names, lines=list(zip(LIGHT, DASHES, strict=True)), prior=prior,
            said=_said(distance, differs), order=np.argsort(-distance, kind="stable").tolist(),
        )  # fmt: skip

    def show(
        self,
        thetas: Sequence[NDArray[np.float64]],
        names: Sequence[str],
        colours: Sequence[str],
        distance: NDArray[np.float64],
        differs: NDArray[np.bool_],
        prior: Prior,
    ) -> None:
        """Show recordings' draws, each (n, 28), with names and colours. distance: (28,) orders the cells, largest first."""
        self._shown = list(thetas), list(names), distance, differs, prior
        rank = np.empty(len(PARAMETERS), dtype=int)
        rank[np.argsort(-distance, kind="stable")] = np.arange(len(PARAMETERS))
        x, y = (rank % COLUMNS).astype(float), -1.0 - rank // COLUMNS + BASE
        heights = np.stack([histograms(theta, prior) for theta in thetas])
        scale = BAR_HEIGHT / np.maximum(heights.max(axis=(0, 2)), 1.5)
        steps = np.repeat(np.arange(BINS + 1), 2)[1:-1] * (CELL_WIDTH / BINS)
        xs = list(x[:, None] + steps)
        self.lines.data = {
            "xs": xs * len(thetas),
            "ys": [line for h in heights for line in y[:, None] + np.repeat(h * scale[:, None], 2, axis=1)],
            "colour": np.repeat(list(colours[: len(thetas)]), len(xs)).tolist(),
            "dash": np.repeat(list(DASHES[: len(thetas)]), len(xs)).tolist(),
        }
        medians = [np.median(theta, axis=0) for theta in thetas]
        ends = [axis_ends(spec, prior) for spec in PARAMETERS]
        self.cells.data = {
            "left": x, "right": x + CELL_WIDTH, "bottom": y, "floor": y - BASE, "ceiling": y - BASE + 0.98,
            "top": y - BASE + 0.98, "prior": y + scale,
            "symbol": [spec.symbol for spec in PARAMETERS],
            "said": _said(distance, differs),
            "low": [low for low, _ in ends], "end": [end for _, end in ends],
            "meaning": [spec.meaning for spec in PARAMETERS],
            "medians": [", ".join(number(m[i]) for m in medians) for i in range(len(PARAMETERS))],
        }  # fmt: skip
        width = min(2.5, COLUMNS / len(thetas))
        at = np.arange(len(thetas)) * width
        self.keys.data = {
            "x0": at, "x1": at + 0.3, "xt": at + 0.38, "y": np.full(len(at), KEY_HEIGHT / 2),
            "name": [shortened(name) for name in names], "colour": list(colours[: len(at)]), "dash": list(DASHES[: len(at)]),
        }  # fmt: skip


def _said(distance: NDArray[np.float64], differs: NDArray[np.bool_]) -> list[str]:
    """Return the number in each cell, with a star where it is significant."""
    return [f"{d:.2f}{'*' if s else ''}" for d, s in zip(distance, differs, strict=True)]


FIELDS = (
    "left", "right", "bottom", "floor", "ceiling", "top", "prior", "symbol", "said", "low", "end", "meaning", "medians",
)  # fmt: skip
TOOLTIP = [
    ("", "@meaning"),
    ("medians, in order", "@medians"),
    ("distance", "@said"),
    ("prior", "@low to @end, uniform"),
]
