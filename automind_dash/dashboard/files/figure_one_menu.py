"""Figure 1 of the recording that is looked at, from the page."""

from __future__ import annotations

import pandas as pd

from ...publication.figure_one import Evidence, caption_one, figure_one
from ...publication.paper import PAGE, Paper
from ..state.workspace import Workspace
from ..widgets.figure_saving import Drawn, SaveMenu, save_menu
from .circuit_tables import rows, with_units
from .evidence_of import evidence_of


def figure_one_menu(workspace: Workspace) -> SaveMenu:
    """Return a button that opens the menu from which Figure 1 is saved; what it lacks is told on the page."""

    def seen() -> Evidence:
        examined = workspace.current
        return evidence_of(examined, None if examined is None else workspace.cards.get(examined.estimator))

    def draw() -> Drawn:
        evidence = seen()
        return lambda paper: figure_one(evidence, paper)

    def says(paper: Paper) -> str:
        return caption_one(seen(), paper)

    def table() -> pd.DataFrame:
        examined = workspace.current
        if examined is None:
            return pd.DataFrame()
        return with_units(rows(examined, examined.configurations.index.astype(int).tolist()))

    return save_menu(None, "figure_1", table, of=workspace, draw=draw, says=says, label="Figure 1", width=PAGE)
