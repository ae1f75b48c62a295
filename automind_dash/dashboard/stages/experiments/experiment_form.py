"""The controls of a perturbation experiment: which change, how strong, on which circuits, with how many seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import PARAMETERS
from ....circuit.perturbation import PRESETS, Perturbation, single
from ...figures.ensemble_choice import EnsembleChoice
from ...help.stage_help import stage_help
from ...widgets.number_fields import CountField, NumberField

if TYPE_CHECKING:
    from ...state.workspace import Workspace

ONE = "One parameter …"
CONSISTENT, SELECTED, FIRST = "consistent", "selected", "first"
WHICH = {"the consistent ones": CONSISTENT, "the selected ones": SELECTED, "the first, as drawn": FIRST}
HOW = {"multiply by": "multiply", "set to": "set", "add": "add"}
PRESET_OPTIONS = {preset.title: name for name, preset in PRESETS.items()} | {ONE: ONE}
ADVANCED, ADVANCED_OPEN = "▸ Advanced", "▾ Advanced"
PARAMETER_OPTIONS = {f"{p.label} – {p.meaning}": p.name for p in PARAMETERS}


class ExperimentForm:
    """The widgets and what they say together; `changed` is called after each change of one."""

    def __init__(self, changed: Any, workspace: Workspace) -> None:
        self.preset = pmui.Select(label="Perturbation", options=PRESET_OPTIONS, value="Block inhibition", width=310)
        self.strength = NumberField(label="Share blocked", value=1.0, step=0.1, width=120)
        self.parameter = pmui.Select(
            label="Parameter", options=PARAMETER_OPTIONS, value="params_Epop.tau_w", width=340, visible=False
        )
        self.how = pmui.Select(label="How", options=HOW, value="multiply", width=130, visible=False)
        self.which = pmui.Select(label="Circuits", options=WHICH, value=CONSISTENT, width=165)
        self.most = CountField(label="Circuits, at most", value=40, start=1, end=2000, width=150)
        self.seeds = CountField(label="Seeds of each", value=2, start=1, end=10, width=130)
        self.seed = CountField(label="Seed", value=1, start=0, end=2**31 - 1, width=110)
        self.ensemble = EnsembleChoice(workspace=workspace, size="medium")
        self.run = pmui.Button(label="Perturb", variant="contained", margin=(14, 8))
        self.fold = pmui.Button(label=ADVANCED, variant="text", margin=(14, 0), on_click=lambda _: self._unfold())
        self.advanced = pn.FlexBox(
            self.ensemble, self.most, self.seeds, self.seed, align_items="center", visible=False, margin=0
        )
        self.layout = pn.Column(
            pn.FlexBox(
                self.preset, self.parameter, self.how, self.strength, self.which, self.run, self.fold,
                stage_help("Experiments"), align_items="center", margin=0,
            ),
            self.advanced, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.preset.param.watch(self._offer, "value")
        for widget in (self.strength, self.parameter, self.how, self.which, self.most, self.seeds):
            widget.param.watch(lambda _: changed(), "value")
        self.preset.param.watch(lambda _: changed(), "value")

    def _unfold(self) -> None:
        """Show the settings that are seldom changed, or fold them again."""
        self.advanced.visible = not self.advanced.visible
        self.fold.label = ADVANCED_OPEN if self.advanced.visible else ADVANCED

    def remember(self, workspace: Workspace) -> None:
        """Save with a session what is set; the kind of change comes first, since it sets the others."""
        for name in ("preset", "strength", "parameter", "how", "which", "most", "seeds", "seed"):
            workspace.remember(f"experiments {name}", getattr(self, name))

    def _offer(self, _: Any) -> None:
        """Show the fields that belong to the kind of change."""
        one = self.preset.value == ONE
        self.parameter.visible = self.how.visible = one
        if one:
            self.strength.param.update(label="Value", start=None, end=None)
            return
        preset = PRESETS[self.preset.value]
        self.strength.param.update(label=preset.label, value=preset.strength, start=preset.low, end=preset.high)

    @property
    def perturbation(self) -> Perturbation:
        """The change as it is set now. Raises ConfigurationError for an impossible strength."""
        if self.preset.value == ONE:
            return single(self.parameter.value, self.how.value, self.strength.value)
        return PRESETS[self.preset.value].at(self.strength.value)
