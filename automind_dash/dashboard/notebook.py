"""Showing Panel objects in a notebook without asking the user for a line that loads them."""

from __future__ import annotations

import sys

import panel as pn

from .notices import report

EXTENSIONS = ("tabulator", "filedropper")
"""What the page needs beside Panel itself."""


def in_notebook() -> bool:
    """Tell whether a notebook's kernel runs this."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def load_extension() -> None:
    """Load Panel's scripts into the notebook, once; they come from the kernel, so that no network is needed."""
    if in_notebook() and not set(EXTENSIONS) <= set(pn.extension._loaded_extensions):
        pn.extension(*EXTENSIONS, inline=True, notifications=True, throttled=True, exception_handler=report)
