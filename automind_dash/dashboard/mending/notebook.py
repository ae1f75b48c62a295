"""Showing Panel objects in a notebook without asking the user for a line that loads them."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import panel as pn

from ...errors import SessionError
from ..widgets.notices import report
from .notebook_resources import ICONS, font_faces, stylesheets_from_kernel

EXTENSIONS = ("tabulator", "filedropper")
"""What the page needs beside Panel itself."""


def in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def load_extension() -> None:
    """Load Panel's scripts into the notebook, once; they come from the kernel, so that no network is needed.

    Raises SessionError where jupyter_bokeh is missing.
    """
    if not in_notebook():
        return
    if find_spec("jupyter_bokeh") is None:
        raise SessionError(
            "In a notebook the explorer needs jupyter_bokeh: pip install jupyter_bokeh, then restart JupyterLab."
        )
    stylesheets_from_kernel()
    if not set(EXTENSIONS) <= set(pn.extension._loaded_extensions):
        pn.extension(*EXTENSIONS, inline=True, throttled=True, raw_css=[ICONS], exception_handler=report)
        _show_fonts()
    # Panel's own channel hears of Panel's models only; this one carries the figures' data and brushes as well, both ways
    pn.config.comms = "ipywidgets"


def _show_fonts() -> None:
    from IPython.display import HTML, display

    display(HTML(f"<style>{font_faces()}</style>"))
