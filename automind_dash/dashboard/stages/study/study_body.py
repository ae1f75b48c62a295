"""The figures, sentences and table of a study, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
from markupsafe import Markup

from ....circuit.parameters import NAMES
from ....invariance.composites import columns, quantity
from ....publication.paper import PAGE
from ....study.measuring import WHOLE
from ....study.results import RECORDING, StudyResults
from ....study.telling.sentences import summary
from ...state.study import Study
from ...state.workspace import Workspace
from ...widgets.colours import Palette
from ...widgets.dense_table import dense_table
from ...widgets.figure_saving import save_menu
from ...widgets.place import Place
from ...widgets.plain_text import OwnMarkup, heading, plain
from .arrangement import Placed, arranged, colours_of, conditions, marks_of, short
from .feature_trends import FeatureTrends
from .recordings_grid import RecordingsGrid, keys_of
from .ridgelines import MOST_QUANTITIES, MOST_RIDGES, beside, ridges
from .study_words import about_cells, shown_metadata, verdict_rows
from .subspace_distances import SubspaceDistances

FIRST_SHOWN = 4
"""Quantities whose posteriors are shown at first: those that the recordings say most about."""

SIGNS = {
    "circle": "●", "square": "■", "triangle": "▲", "diamond": "◆", "inverted_triangle": "▼", "plus": "+", "x": "×", "asterisk": "✱",
}  # fmt: skip

MOST_IN_KEY = 24


class StudyBody:
    """`layout`: small multiples, the table of recordings, what differs, features, posteriors. look: called with the row that is chosen."""

    def __init__(self, space: Workspace, palette: Palette, look: Callable[[int], Any], further: Any) -> None:
        self._look = look
        self.grid = RecordingsGrid(palette, look)
        self.trends = FeatureTrends(palette, lambda figures: setattr(self.saving["features"], "figures", figures))
        self.ridges = Place()
        self.distances = SubspaceDistances(palette)
        self.key = OwnMarkup("", margin=(0, 10), styles={"font-size": "12px"}, sizing_mode="stretch_width")
        self.captions = {name: plain(small=True) for name in ("grid", "table", "ridges")}
        self.claims = plain()
        self.table = dense_table(
            pagination="local", page_size=12, layout="fit_data_stretch", widths={"Row": 56, "Why": 420}
        )
        self.table.on_click(lambda event: self._look(int(self.table.value["Row"].iloc[event.row])))
        self.quantities = pmui.MultiChoice(
            label=f"Parameters and composites (up to {MOST_QUANTITIES})", options={}, max_items=MOST_QUANTITIES,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.saving = {
            "recordings": save_menu(self.grid.figure, "study_recordings", of=space, width=PAGE),
            "features": save_menu(None, "study_features", of=space, width=PAGE),
            "posteriors": save_menu(None, "study_posteriors", of=space, width=PAGE),
            "distances": save_menu(self.distances.figures, "study_distances", of=space, width=PAGE),
        }
        self.apart = pn.Column(
            heading("How far apart the subspaces are"), self.distances.layout, self.saving["distances"],
            sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.measured = pn.Column(
            heading("What differs"), self.claims, heading("Features"), self.trends.layout, self.saving["features"],
            heading("Posteriors"), self.quantities, self.ridges, self.captions["ridges"], self.saving["posteriors"], self.apart,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.layout = pn.Column(
            self.key, pn.pane.Bokeh(self.grid.figure, sizing_mode="stretch_width", margin=(0, 8)), self.captions["grid"],
            self.saving["recordings"], heading("Which recordings the model can make"), self.table, self.captions["table"], further,
            self.measured, sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self._tables: dict[str, pd.DataFrame] = {}
        self._offered: list[str] = []

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; `show` gives the rest."""
        self.grid.recolour(palette)
        self.trends.recolour(palette)
        self.distances.recolour(palette)

    def show(self, study: Study, palette: Palette, *, dark: bool) -> Iterator[None]:
        """Draw everything, piece by piece."""
        table, results, roles = study.table, study.results, study.roles
        self.layout.visible = table is not None
        if table is None:
            return
        metadata = shown_metadata(table, results)
        places = arranged(metadata, roles)
        colours = colours_of(conditions(metadata, roles), dark=dark)
        self.key.object = _key(colours, marks_of(list(dict.fromkeys(place.replicate for place in places))))
        self.captions["grid"].object = self.grid.show(places, results, colours, about_cells(table, results))
        yield
        self.show_table(study)
        self.measured.visible = results is not None and len(results.features) > 0
        if results is None or not self.measured.visible:
            return
        replicate = roles.replicate or "recording"
        self.claims.object = _claims(study, replicate)
        yield
        yield from self.trends.show(
            places, results.feature_table(), colours, roles.order or "recording", study.effects, replicate
        )
        yield from self.show_ridges(study, places, colours, palette)
        yield
        self.distances.show(study.distances, places, colours)
        self.apart.visible = self.distances.layout.visible

    def show_table(self, study: Study) -> None:
        """Show the recordings, with what runs for them."""
        if study.table is None:
            return
        moves = {
            row: f"{one.stage} {one.share:.0%}" if one.share else one.stage
            for row, one in study.moves.items()
            if study.busy and one.stage not in ("done", "failed")
        }
        self.table.value = verdict_rows(study.table, study.roles, study.results, moves)
        self.captions["table"].object = (
            "Click a row to look at its recording: it joins the page's recordings, with all other stages."
            if study.results is not None
            else "What each recording is, as the table says."
        )

    def show_ridges(
        self, study: Study, places: list[Placed], colours: dict[str, str], palette: Palette
    ) -> Iterator[None]:
        """Show the posteriors of the chosen quantities."""
        tables = self._drawn(study)
        chosen = [name for name in self.quantities.value if any(name in table for table in tables.values())]
        drawn = []
        for fig in ridges(places, tables, chosen, colours, palette):
            drawn.append(fig)
            yield
        figures, height = beside(drawn)
        self.ridges.put(figures, height=height)
        self.saving["posteriors"].figures = figures
        n = len(next(iter(tables.values()))) if tables else 0
        rest = f" The first {MOST_RIDGES} recordings." if len(tables) > MOST_RIDGES else ""
        self.captions["ridges"].object = (
            f"{n} unpruned draws of each recording's posterior, in order from top to bottom.{rest} A posterior describes circuits of this "
            "model; that of a recording that the model cannot make means little."
        )

    def prepare(self, results: StudyResults) -> None:
        """Work out what is drawn, in any thread: each recording's cell, and parameters and composites of its draws."""
        self.grid.prepare(results)
        n_neurons = int(results.about["n_neurons"])
        whole = results.draws[results.draws["part"] == WHOLE] if len(results.draws) else results.draws
        parts = dict(iter(whole.groupby(RECORDING))) if len(whole) else {}
        keys = keys_of(results)
        for row, part in parts.items():
            if (key := keys.get(int(str(row)), "")) not in self._tables:
                self._tables[key] = columns(part[list(NAMES)].to_numpy(dtype=np.float64), n_neurons)
        for key in self._tables.keys() - set(keys.values()):
            del self._tables[key]

    def knows(self, results: StudyResults) -> bool:
        """Tell whether what is drawn of these results is worked out."""
        keys = keys_of(results)
        drawn = set(results.draws[RECORDING].unique().tolist()) if len(results.draws) else set()
        return all(keys[row] in self._tables for row in keys.keys() & drawn)

    def _drawn(self, study: Study) -> dict[int, pd.DataFrame]:
        """Return parameters and composites of each recording's draws, as they were prepared."""
        if study.results is None:
            return {}
        return {row: self._tables[key] for row, key in keys_of(study.results).items() if key in self._tables}

    def offer(self, study: Study) -> None:
        """Offer the quantities, those first that the recordings say most about."""
        names = [str(name) for table in list(self._drawn(study).values())[:1] for name in table.columns]
        if study.effects is not None:
            bits = study.effects.table.groupby("quantity")["bits"].max().fillna(0.0).to_dict()
            names.sort(key=lambda name: -bits.get(name, 0.0))
        kept = [name for name in self.quantities.value if name in names]
        if not kept or kept == self._offered:  # nobody has chosen others
            kept = names[:FIRST_SHOWN]
        self._offered = kept
        self.quantities.param.update(options={quantity(name).label: name for name in names}, value=kept)


def _claims(study: Study, replicate: str) -> str:
    if study.effects is None:
        return (
            "Nothing is tested: the columns leave too little that varies, or the recordings are still being measured."
        )
    told = summary(study.effects, replicate)
    lines = [*told["claimed"]] or ["No tested effect can be told from chance."]
    if told["hints"]:
        lines += ["", "These may be so, but have to be seen again:", *(f"• {one}" for one in told["hints"])]
    return "\n".join([*lines, "", " ".join(part for part in (told["unclear"], told["unseen"], *told["notes"]) if part)])


def _key(colours: dict[str, str], marks: dict[str, str]) -> Markup:
    """Return what colours and marks mean. Names are users' text, which Markup.format escapes."""
    parts = [
        Markup('<span style="color:{}">▬</span> {}').format(colour, short(name, 60) or "all recordings")
        for name, colour in colours.items()
    ]
    if len(marks) > 1:
        parts += [
            Markup("{} {}").format(SIGNS[mark], short(name, 40)) for name, mark in list(marks.items())[:MOST_IN_KEY]
        ]
    return Markup("&ensp;·&ensp;").join(parts)
