"""Names and roles that the widgets leave out, for people who hear the page or use it by keyboard (WCAG 2.2 AA).

Seen with panel-material-ui 0.16.6 and the Tabulator 6.4 of Panel 1.9.4. tests/browser/test_accessible_mending.py says when a part can go.
"""

from __future__ import annotations

from pathlib import Path

import panel as pn

NO_SPINNERS = ".MuiInputBase-root .MuiIconButton-root { display: none; }"
"""For sliders with a field to type in: the two arrows of the field are too small to hit, and the arrow keys do the same."""


class Accessible(pn.custom.JSComponent):
    """Shows nothing. Its script says what it adds, and runs when the browser has it."""

    _esm = (Path(__file__).parent / "accessible.js").read_text(encoding="utf-8")
