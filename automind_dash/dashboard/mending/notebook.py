"""Shows Panel objects in a notebook, where the user need not run a line that loads them.

Seen with Panel 1.9.4 and jupyter_bokeh 4.1.0. Panel's own channel to a notebook hears only of Panel's models, so the explorer goes
through jupyter_bokeh. That sends every change back to where it came from; `jupyter_bokeh_mending.js` says what follows from this.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import panel as pn

from ...errors import SessionError
from ..widgets.notices import keep_log, report
from .notebook_resources import ICONS, font_faces

EXTENSIONS = ("tabulator", "filedropper")
"""Panel extensions that the page needs."""


SCRIPT = Path(__file__).parent / "jupyter_bokeh_mending.js"


def in_notebook() -> bool:
    """Tell whether this runs in a notebook's kernel."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def load_extension() -> None:
    """Load Panel's scripts into the notebook, once. They come from the kernel, so no network is needed.

    Raises SessionError where jupyter_bokeh is missing.
    """
    if not in_notebook():
        return
    if find_spec("jupyter_bokeh") is None:
        raise SessionError(
            "In a notebook the explorer needs jupyter_bokeh: pip install jupyter_bokeh, then restart JupyterLab."
        )
    keep_log()
    if not set(EXTENSIONS) <= set(pn.extension._loaded_extensions):
        pn.extension(*EXTENSIONS, inline=True, throttled=True, raw_css=[ICONS], exception_handler=report)
        _show_fonts()
        _mend_jupyter_bokeh()
    # Panel's own channel hears only of Panel's models; this one also carries the figures' data and brushes, both ways
    pn.config.comms = "ipywidgets"


def _show_fonts() -> None:
    from IPython.display import HTML, display

    display(HTML(f"<style>{font_faces()}</style>"))


def _mend_jupyter_bokeh() -> None:
    from IPython.display import Javascript, display

    display(Javascript(SCRIPT.read_text(encoding="utf-8")))
