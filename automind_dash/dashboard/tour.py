"""The guided tour of `automind-dash demo`: six steps over the real page, without typing, for an audience with five minutes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from ..circuit.examples import example_list, example_path
from ..circuit.parameters import NAMES
from .explorer import Explorer
from .stages.features.features_view import SEEN
from .state.stages import STAGES
from .widgets.plain_text import own_words

EXAMPLE = 0
"""The bursting culture: whoever looks at its raster sees what happens."""

CHOSEN = 4
"""Circuits that are rerun: as many as run in the time that it takes to explain them."""


@dataclass(frozen=True)
class Step:
    """What a step says, its stage, and what its button does with the page's own controls."""

    title: str
    text: str
    stage: str
    label: str = ""
    action: Callable[[Explorer], Awaitable[None]] | None = None


async def load(explorer: Explorer) -> None:
    """Load the example."""
    await explorer.recordings_view.take(example_path(example_list()[EXAMPLE]))


async def see(explorer: Explorer) -> None:
    """Show only the features that the estimator sees."""
    explorer.view("Features").show_what.value = SEEN


async def draw(explorer: Explorer) -> None:
    """Press Draw circuits."""
    explorer.view("Posterior").draw.clicks += 1


def most_correlated(table: pd.DataFrame) -> list[str]:
    """Return four parameters: the pair of a table whose rank correlation is largest, and the next pair apart from it."""
    rho = table[list(NAMES)].corr(method="spearman").abs().to_numpy(copy=True)
    np.fill_diagonal(rho, 0)
    found: list[str] = []
    for _ in range(2):
        pair = np.unravel_index(np.argmax(np.nan_to_num(rho)), rho.shape)
        found += [NAMES[int(i)] for i in pair]
        rho[list(pair)], rho[:, list(pair)] = 0, 0
    return found


async def choose(explorer: Explorer) -> None:
    """Show the parameters that go together most, and select the circuits of highest posterior density."""
    examined = explorer.workspace.current
    if examined is not None and len(examined.configurations):
        explorer.view("Subspace").choice.value = most_correlated(examined.configurations)
        examined.selection = examined.configurations["log_density"].nlargest(CHOSEN).index.astype(int).tolist()


async def simulate(explorer: Explorer) -> None:
    """Press Simulate."""
    explorer.view("Simulate").run.clicks += 1


async def run(explorer: Explorer) -> None:
    """Press Run on the live bench, which waits for its circuit if it must."""
    live = explorer.view("Live")
    if not live.run.running:
        live.controls.play.clicks += 1


STEPS = (
    Step(
        "A recording", "A neuroscientist has recorded spiking activity and asks which circuits could have produced it. Here is a synthetic "
        "culture that bursts; a file dropped on the left would do as well.", "Features", "Load the example", load,
    ),
    Step(
        "Its features", "A recording is described by its rate, bursts and spectrum. Each number that the estimator sees has a "
        "percentile: where it lies among all simulations that the estimator was trained on.", "Features", "Show what it sees", see,
    ),
    Step(
        "Circuits that could have made it", "A density estimator, trained on simulations alone, draws 500 settings of the 28-parameter "
        "circuit. Each panel is one parameter: bars show where the circuits lie, dashes what was allowed. "
        "Most stay wide: there is never one answer.",
        "Posterior", "Draw 500 circuits", draw,
    ),
    Step(
        "The invariant subspace", "Parameters compensate each other: where one is higher another is lower, and the dynamics stay as they "
        "are. Select four circuits, and the parameters that go together most are shown; or brush any panel.", "Subspace",
        f"Select {CHOSEN} circuits", choose,
    ),
    Step(
        "Do they work?", "Now the selected circuits, all different, are run. Each raster is compared with the recording. Circuits "
        "that differ no more from it than a circuit does from itself are consistent. "
        "Their share is the yield.", "Simulate", "Run them", simulate,
    ),
    Step(
        "What it means", "Many circuits, one dynamics: one recording does not fix the mechanism. But circuits with the same dynamics may "
        "answer a drug or a lesion differently, and that experiment tells them apart. Run one and turn its knobs; under Experiments "
        "the same change is made to all of them.", "Live", "Run a circuit", run,
    ),
)  # fmt: skip


STICKING = {"position": "sticky", "top": "0", "z-index": "2"}


class Tour(Viewer):
    """A card that stays above the stages. `start` shows it, the user can skip it at any time, and every button works by keyboard."""

    def __init__(self, explorer: Explorer, **params: Any) -> None:
        super().__init__(**params)
        self.explorer = explorer
        self.number = 0
        close: dict[str, Any] = {"margin": 0, "stylesheets": ["p { margin: 6px 0; }"]}
        self.title = own_words("", **close, styles={"order": "1", "flex": "1"})
        self.text = own_words("", **close, styles={"order": "3", "flex": "1 0 100%"})
        self.back = pmui.Button(label="Back", variant="text", on_click=lambda _: self.go(self.number - 1))
        self.do = pmui.Button(label="", variant="contained", on_click=self._do)
        self.next = pmui.Button(label="Next", variant="outlined", on_click=lambda _: self.go(self.number + 1))
        self.skip = pmui.Button(label="Skip the tour", variant="text", on_click=lambda _: self.end())
        buttons = pn.Row(self.back, self.do, self.next, self.skip, styles={"order": "2"}, margin=0)
        self.card = pmui.Paper(
            pn.FlexBox(self.title, self.text, buttons, align_items="center", sizing_mode="stretch_width", margin=(2, 12)),
            elevation=3, sizing_mode="stretch_width", margin=(4, 8), visible=False, styles=STICKING,
        )  # fmt: skip

    @property
    def step(self) -> Step:
        """The step that is shown."""
        return STEPS[self.number]

    def start(self) -> None:
        """Begin with the first step."""
        self.card.visible = True
        self.go(0)

    def end(self) -> None:
        """Take the card away; the page stays as it is."""
        self.card.visible = False

    def go(self, number: int) -> None:
        """Show a step on its stage; after the last step the tour ends."""
        if number >= len(STEPS):
            self.end()
            return
        self.number = max(number, 0)
        step = self.step
        self.explorer.tabs.active = STAGES.index(
            step.stage
        )  # like a click on the tab, so that the view is made before it is filled
        self.title.object, self.text.object = f"**{self.number + 1} of {len(STEPS)} · {step.title}**", step.text
        self.back.disabled = self.number == 0
        self.do.visible, self.do.disabled, self.do.label = bool(step.label), False, step.label or "–"
        last = self.number == len(STEPS) - 1
        self.next.label, self.skip.visible = "End" if last else "Next", not last
        self._bring()

    async def _do(self, _: Any) -> None:
        """Do what the step is about, once."""
        action = self.step.action
        if action is not None:
            self.do.disabled = True
            await action(self.explorer)
            self._bring()

    def _bring(self) -> None:
        """Bring what the step is about into view."""
        (self.explorer.stage_sight if self.number else self.explorer.recording_sight).bring()

    def __panel__(self) -> Any:
        return self.card
