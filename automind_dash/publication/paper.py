"""The paper that a figure is drawn for: its width, its type, its colours; and a drawn figure as the bytes of a file."""

from __future__ import annotations

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import UserError
from ..version import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MM = 25.4
"""mm in an inch."""

COLUMN, PAGE = 85.0, 180.0
"""mm: one column and two of most journals."""

NARROWEST, WIDEST = 40.0, 400.0
SMALLEST, LARGEST = 5.0, 24.0

DOTS_PER_INCH = 600
"""Of PNG and of what is an image within SVG and PDF: what journals ask of figures that mix lines and images."""

MAX_VECTORS = 20_000
"""Marks that are drawn one by one: more make a file that programs open slowly, and are an image of DOTS_PER_INCH within it."""

FORMATS = ("svg", "pdf", "png")

SANS = ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"]
"""What journals ask for first; the last one comes with matplotlib."""


@dataclass(frozen=True)
class Inks:
    """Colours on white paper, by meaning: Okabe–Ito hues whose greys differ as well, as hex."""

    ink: str = "#1a1a1a"  # the recording
    consistent: str = "#00795a"
    alive: str = "#0072b2"
    dead: str = "#8a8a8a"
    selected: str = "#d55e00"
    prior: str = "#b8b8b8"


INKS = Inks()


@dataclass(frozen=True)
class Paper:
    """Width in mm and size of the type in points. Raises UserError for what no journal prints."""

    width: float = PAGE
    font: float = 7.0

    def __post_init__(self) -> None:
        if not NARROWEST <= self.width <= WIDEST:
            raise UserError(
                f"A figure {self.width:g} mm wide cannot be drawn; from {NARROWEST:g} to {WIDEST:g} mm can."
            )
        if not SMALLEST <= self.font <= LARGEST:
            raise UserError(f"Type of {self.font:g} pt cannot be set; from {SMALLEST:g} to {LARGEST:g} pt can.")

    def sheet(self, height: float) -> Figure:
        """Return an empty figure of the paper's width, of a height in mm. To be called within `drawn_on`."""
        from matplotlib.figure import Figure

        return Figure(figsize=(self.width / MM, height / MM), facecolor="white")

    @property
    def settings(self) -> Any:
        """matplotlib's settings for it."""
        thin = 0.09 * self.font
        return {
            "font.family": "sans-serif", "font.sans-serif": SANS, "font.size": self.font, "axes.titlesize": self.font,
            "axes.labelsize": self.font, "xtick.labelsize": self.font - 1, "ytick.labelsize": self.font - 1,
            "legend.fontsize": self.font - 1, "legend.frameon": False, "axes.linewidth": thin, "xtick.major.width": thin,
            "ytick.major.width": thin, "xtick.minor.width": 0.7 * thin, "ytick.minor.width": 0.7 * thin,
            "xtick.major.size": 0.35 * self.font,
            "ytick.major.size": 0.35 * self.font, "xtick.minor.size": 0.2 * self.font, "ytick.minor.size": 0.2 * self.font,
            "xtick.major.pad": 0.3 * self.font, "ytick.major.pad": 0.3 * self.font, "axes.labelpad": 0.35 * self.font,
            "axes.titlepad": 0.6 * self.font, "lines.linewidth": 0.13 * self.font, "axes.spines.top": False, "axes.spines.right": False,
            "axes.edgecolor": INKS.ink, "axes.labelcolor": INKS.ink, "text.color": INKS.ink, "xtick.color": INKS.ink,
            "ytick.color": INKS.ink, "axes.unicode_minus": True, "mathtext.fontset": "dejavusans", "svg.fonttype": "none",
            "pdf.fonttype": 42, "svg.hashsalt": "automind", "figure.dpi": 100, "savefig.dpi": DOTS_PER_INCH, "axes.facecolor": "none",
        }  # fmt: skip


_ONE_AT_A_TIME = threading.Lock()
"""matplotlib's settings are one set for the whole process."""


@contextmanager
def drawn_on(paper: Paper) -> Iterator[None]:
    """Draw with a paper's settings; others wait meanwhile."""
    import matplotlib as mpl

    with _ONE_AT_A_TIME, mpl.rc_context(paper.settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)  # names of recordings in any script
        yield


def file_bytes(figure: Figure, kind: str, title: str = "", caption: str = "") -> bytes:
    """Return a figure as a file, "svg", "pdf" or "png", that names neither its maker's machine nor the time (within `drawn_on`)."""
    if kind not in FORMATS:
        raise UserError(f"Figures are written as {', '.join(FORMATS)}, not as {kind}.")
    maker = f"automind-dash {__version__}"
    told: dict[str, dict[str, Any]] = {
        "svg": {"Title": title, "Description": caption, "Creator": maker, "Date": None},
        "pdf": {"Title": title, "Subject": caption, "Creator": maker, "Producer": None, "CreationDate": None},
        "png": {"Title": _latin(title), "Description": _latin(caption), "Software": maker},
    }
    out = io.BytesIO()
    figure.savefig(out, format=kind, metadata=told[kind], facecolor="white")
    return out.getvalue()


def _latin(text: str) -> str:
    """Return a text as PNG's headers can hold it."""
    return text.encode("latin-1", errors="replace").decode("latin-1")
