"""What the live bench reads from its circuit: dials, spectrum, and the frozen circuit beside them."""

from __future__ import annotations

import asyncio
from typing import Any

import panel as pn

from ....inference.estimators.card import Card
from ...state.examined import Examined
from ...widgets.colours import Palette
from ...widgets.figure_saving import OfASession
from ...widgets.plain_text import OwnMarkup, plain
from .bench import Bench
from .dials import CAPTION, dials_html
from .frozen_strip import FrozenStrip
from .live_measures import Measures, dials, measure, settled
from .live_spectrum import LiveSpectrum

FLEX: dict[str, Any] = {"sizing_mode": "stretch_width", "align_items": "flex-start", "margin": 0}


def grown(basis: int, *parts: Any) -> Any:
    """Return parts in a column that starts with this many px and grows with the page."""
    return pn.Column(*parts, styles={"flex": f"1 1 {basis}px", "min-width": "0"}, margin=0)


async def measured(bench: Bench, examined: Examined, card: Card | None, lock: asyncio.Lock) -> Measures:
    """Return what the circuit's past is like, analysed like the target. lock: held by whoever computes with the circuit."""
    assert examined.analysed is not None
    async with lock:
        recording, now = bench.circuit.recording(), bench.circuit.time
    recording = settled(recording, now, 0.0 if card is None else card.plan.warm_up)
    t_refrac = bench.circuit.configuration["params_Epop.t_refrac"] * 1e-3
    return await asyncio.to_thread(measure, recording, examined.settings.bursts, card, examined.target, t_refrac)


class LiveReadings:
    """`layout` holds dials and spectrum; `frozen_strip` is shown below the picture."""

    def __init__(self, palette: Palette, of: OfASession | None = None) -> None:
        self.palette = palette
        self.dials = OwnMarkup("", sizing_mode="stretch_width", margin=(4, 10))
        self.caption = plain(small=True)
        self.spectrum = LiveSpectrum(palette, of)
        self.frozen_strip = FrozenStrip(palette, of)
        self.layout = pn.FlexBox(grown(890, self.dials, self.caption), grown(340, self.spectrum.layout), **FLEX)

    def show(self, bench: Bench | None, examined: Examined | None, card: Card | None) -> None:
        """Show what was measured of the bench's circuit beside the recording; nothing while either is missing."""
        if bench is None or examined is None or examined.analysed is None or bench.measures is None:
            self.dials.object, self.caption.object = "", ""
            self.spectrum.show(None, None)
            return
        threshold = float("nan") if card is None else examined.judge(card).bound
        other = None if bench.frozen is None else bench.frozen.measures
        shown = dials(bench.measures, examined.analysed.features, other, threshold)
        self.dials.object = dials_html(shown, self.palette)
        self.caption.object = CAPTION.format(seconds=bench.measures.seconds)
        self.spectrum.show(bench.measures, examined.target)

    def show_frozen(self, bench: Bench | None, seconds: float) -> None:
        """Show the last seconds of the frozen circuit and its line in the spectrum; neither while nothing is frozen."""
        frozen = None if bench is None else bench.frozen
        self.spectrum.show_other(None if frozen is None else frozen.measures)
        self.frozen_strip.show(frozen, seconds)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; the dials take them when they are next shown."""
        self.palette = palette
        self.spectrum.recolour(palette)
        self.frozen_strip.recolour(palette)
