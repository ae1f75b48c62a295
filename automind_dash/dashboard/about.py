"""Whose work this is."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui

from ..publication.citation import BIBTEX, DOI, LINK
from ..version import __version__
from .widgets.plain_text import own_words

TEXT = f"""
**AutoMIND dashboard {__version__}** asks which circuits could have produced a recording of spiking activity. The answer is never one
circuit but a subspace: many settings of a 28-parameter spiking network with the same population dynamics.

The model, the idea and the published circuits are the work of Richard Gao, Michael Deistler, Auguste Schulz, Pedro J. Gonçalves and
Jakob H. Macke: *Deep inverse modeling reveals dynamic-dependent invariances in neural circuit mechanisms* (bioRxiv, 2024).
Please cite them when you use what this page gives you: doi [{DOI}]({LINK}). The fixed neuron parameters follow Zerlaut et al. 2018.

The examples that come with the page are simulated by it and called synthetic. Files that you load stay on the
server that shows this page and are deleted when your session ends.

~~~
{BIBTEX.strip()}
~~~

Apache-2.0. Built on Panel, Bokeh, HoloViews, brian2, numba, sbi and PyTorch.
"""


def about_dialog() -> Any:
    """Return the closed dialog; set its `open` to show it."""
    return pmui.Dialog(own_words(TEXT, sizing_mode="stretch_width"), title="About", close_on_click=True, width=620)
