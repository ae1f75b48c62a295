"""What was chosen in the views of every stage comes back with a saved session, whether a view was there before or is made after."""

import asyncio

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.circuit.perturbation import Change, Perturbation
from automind_dash.dashboard.files.session_file import session_bytes
from automind_dash.dashboard.frame.configurations_view import ConfigurationsView
from automind_dash.dashboard.frame.sidebar.recordings_view import RecordingsView
from automind_dash.dashboard.stage_views import make_view
from automind_dash.features import SPECTRUM_FEATURES
from automind_dash.inference.asking.perturbed import SCALARS, PerturbedRuns
from automind_dash.inference.asking.provenance import Draws
from tests.dashboard.made_up import bursting, steady, workspace

THETA = LOW + np.random.default_rng(0).random((6, len(NAMES))) * (HIGH - LOW)

CHOICES = {
    "Features": {"show_what": "Network bursts"},
    "Posterior": {"order": "Network, cell, synapse"},
    "Subspace": {"choice": list(NAMES[:3])},
    "Move": {"way": "Compensate"},
    "Geometry": {"choice": "Finders"},
    "Simulate": {"duration": 7.5, "seed": 9, "engine": "reference", "count": 3, "board.order": "log_density", "board.hidden": True},
    "Live": {"controls.speed": 0.5, "controls.window": 10.0, "controls.seed": 4},
    "Experiments": {
        "form.preset": "One parameter …", "form.strength": 0.25, "form.parameter": "params_Epop.b", "form.how": "add",
        "form.which": "first", "form.most": 12, "form.seeds": 3, "form.seed": 8, "measure": "spectrum", "shown": "1: block",
    },
    "Compare": {"n": 300, "seed": 7, "results.paired": list(NAMES[4:7])},
}  # fmt: skip


N_FEATURES = len(SCALARS) + len(SPECTRUM_FEATURES)


def widget(view, path):
    for name in path.split("."):
        view = getattr(view, name)
    return view


def experiment():
    change = Perturbation("block", (Change("E_b", "multiply", 0.5),))
    numbers, outcomes = np.array([2]), np.full((1, 1, 2), "active")
    return PerturbedRuns(
        change, numbers, THETA[2:3], np.zeros((1, 1, 2, N_FEATURES)), outcomes, np.array([[1]]), "bursts", 10.0, "these"
    )


@pytest.fixture
def file(tmp_path):
    space = workspace()
    for recording in (bursting(), steady(), bursting("third", seed=3)):
        asyncio.run(space.add(recording))
    space.current = space.recordings[0]
    space.current.take_samples(THETA, np.arange(6.0), Draws(estimator="bursts"))
    space.current.experiments = {"0: other": experiment(), "1: block": experiment()}
    for stage, choices in CHOICES.items():
        view = make_view(stage, space)
        for path, value in choices.items():
            chosen = widget(view, path)
            if hasattr(chosen, "options"):
                options = chosen.options.values() if isinstance(chosen.options, dict) else chosen.options
                value_list = value if isinstance(value, list) else [value]
                assert set(value_list) <= set(options), (stage, path, list(options)[:5])
            chosen.value = value
        if stage == "Compare":
            view.chosen.value = [space.recordings[0], space.recordings[2]]
    table = ConfigurationsView(workspace=space)
    table.only.value, table.format.value = True, "Parquet"
    path = tmp_path / "choices.automind"
    path.write_bytes(session_bytes(list(space.recordings), space.current, space.stage, dict(space.view)).getvalue())
    return path


def shown(views, table):
    found = {stage: {path: widget(views[stage], path).value for path in choices} for stage, choices in CHOICES.items()}
    compared = [examined.recording.name for examined in views["Compare"].chosen.value]
    return found, compared, (table.only.value, table.format.value)


@pytest.mark.parametrize("before", [True, False], ids=["views there before", "views made after"])
def test_choices_of_every_stage_come_back(file, before):
    space = workspace()
    asyncio.run(space.add(steady("worked on", seed=9)))
    space.current.take_samples(THETA, np.zeros(6), Draws(estimator="spectrum"))
    views = {stage: make_view(stage, space) for stage in CHOICES} if before else {}
    table = ConfigurationsView(workspace=space) if before else None
    asyncio.run(RecordingsView(workspace=space).take(file))
    views = views or {stage: make_view(stage, space) for stage in CHOICES}
    table = table or ConfigurationsView(workspace=space)
    assert shown(views, table) == (CHOICES, ["bursting", "third"], (True, "Parquet"))


@pytest.mark.parametrize("value", [-5, 1e300, float("nan"), "9", None, [1], {"a": 1}])
def test_a_number_out_of_bounds_is_left_out(value):
    space = workspace()
    space.view = {"simulate duration": value, "compare chosen": value, "features": value}
    assert make_view("Simulate", space).duration.value == 10.0
    make_view("Compare", space)
    make_view("Features", space)
