"""The findings of the Compare stage, in figures and tables."""

from __future__ import annotations

from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import PARAMETERS
from ....publication.paper import PAGE
from ...widgets.colours import palette
from ...widgets.dense_table import dense_table
from ...widgets.figure_saving import OfASession, save_menu
from ...widgets.place import Place
from ...widgets.plain_text import plain
from .compare_captions import captions
from .comparing import Compared, correlation_table, joint_table, parameter_table, saved_table
from .overlaid_marginals import OverlaidMarginals
from .overlaid_pairs import SIDE, medians_over, overlaid_pairs
from .target_colours import target_colours

MOST_PAIRED = 4
MEDIANS = 6
"""Parameters whose course over the recordings is shown, as many as fit beside each other on a laptop."""


class ComparedFigures:
    """`layout`: marginals, then pairs and tables beside each other; `paired` chooses what the pair plot shows."""

    def __init__(self, *, dark: bool, of: OfASession | None = None) -> None:
        self.dark = dark
        self.paired = pmui.MultiChoice(
            label="Parameters in the pair plot (2 to 4)", options={spec.label: spec.name for spec in PARAMETERS},
            max_items=MOST_PAIRED, sizing_mode="stretch_width",
        )  # fmt: skip
        self.marginals = OverlaidMarginals(palette(dark))
        self.pairs, self.medians = Place(), Place()
        self.compared: Compared | None = None
        self.saving_marginals = save_menu(
            self.marginals.figure, "compared_marginals", lambda: self._saved("parameters"), of=of, draw=self.marginals.printed,
            label="Save marginals",
        )  # fmt: skip
        self.saving = save_menu(None, "compared", lambda: self._saved("circuits"), of=of, width=PAGE)
        self.captions = {
            name: plain(small=True) for name in ("marginals", "pairs", "table", "flips", "joint", "medians")
        }
        self.table = dense_table(pagination="local", page_size=10)
        self.flips = dense_table(pagination="local", page_size=6)
        self.joint = dense_table()
        self.layout = self._arrange()

    def _arrange(self) -> Any:
        figure, said = self.marginals.figure, self.captions
        half = {"styles": {"flex": "1 1 480px", "min-width": "0"}}
        saved = pn.Row(*(self._saver(name) for name in ("parameters", "correlations", "circuits")), margin=0)
        tables = pn.FlexBox(
            pn.Column(self.paired, self.pairs, said["pairs"], **half),
            pn.Column(self.table, said["table"], self.flips, said["flips"], saved, **half),
            sizing_mode="stretch_width", align_items="flex-start",
        )  # fmt: skip
        return pn.Column(
            pn.pane.Bokeh(figure, sizing_mode="stretch_width", height=figure.height, margin=(0, 8)), said["marginals"],
            self.saving_marginals, tables, self.medians, said["medians"], self.joint, said["joint"], self.saving,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip

    def _saver(self, what: str) -> Any:
        """Return a button that saves a table as CSV."""
        return pmui.FileDownload(
            label=f"Save {what} (CSV)", filename=f"compared_{what}.csv", callback=lambda: self.csv(what), size="small",
            variant="text", margin=(0, 4),
        )  # fmt: skip

    def _saved(self, what: str) -> pd.DataFrame:
        return pd.DataFrame() if self.compared is None else saved_table(self.compared, what)

    def csv(self, what: str) -> StringIO:
        """Return a table as CSV: parameters, correlations or circuits."""
        out = StringIO()
        if self.compared is not None:
            self._saved(what).to_csv(out, index=False)
        out.seek(0)
        return out

    def show(self, compared: Compared) -> None:
        """Show what was found."""
        self.compared = compared
        colours, marginals = target_colours(self.dark), compared.found.marginals
        numbered = [f"{i + 1}  {name}" for i, name in enumerate(compared.names)]
        first, second = (compared.names[i] for i in compared.pair)
        self.marginals.show(compared.thetas, numbered, colours, marginals.distance, marginals.differs, compared.prior)
        table, flips = parameter_table(compared), correlation_table(compared)
        for frame, names in ((table, ("Wasserstein", "KS", "First", "Second")), (flips, ("First", "Second", "Change"))):
            frame[list(names)] = frame[list(names)].map(lambda value: float(f"{value:.3g}"))
        titles = {"First": first, "Second": second}
        self.table.param.update(value=table.drop(columns="Meaning"), titles=titles)
        self.flips.param.update(value=flips, titles=titles, visible=len(flips) > 0)
        self.joint.value = joint_table(compared)
        best = np.argsort(-marginals.distance, kind="stable")[:MEDIANS]
        self.medians.put(
            medians_over(compared.thetas, compared.names, best.tolist(), compared.prior, colours, palette(self.dark)),
            height=64 + 24 * len(compared.thetas),
        )
        for name, said in captions(compared, len(best)).items():
            self.captions[name].object = said
        self.show_pairs(compared)

    def show_pairs(self, compared: Compared) -> None:
        """Make the pair plot for the chosen parameters."""
        names = list(self.paired.value)
        if len(names) < 2:
            return
        plot = overlaid_pairs(compared.thetas, names, compared.prior, target_colours(self.dark), palette(self.dark))
        self.pairs.put(plot, height=SIDE[len(names)] * len(names) + 44)
        self.saving.figures = [self.pairs.shown, self.medians.shown]

    def recolour(self, *, dark: bool) -> None:
        """Take the colours of another theme; the other figures take them when they are next shown."""
        self.dark = dark
        self.marginals.recolour(palette(dark))
