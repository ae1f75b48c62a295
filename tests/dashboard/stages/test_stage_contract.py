"""Every stage, and every part of one that draws by itself, keeps to the contract of StageView."""

import asyncio
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.dashboard.stage_views import VIEWS, make_view
from automind_dash.dashboard.state.stage_view import StageView
from automind_dash.dashboard.state.stages import STAGES
from automind_dash.inference.asking.provenance import Draws

from ..made_up import bursting, steady, workspace

N = 60


def circuits(seed):
    return LOW + np.random.default_rng(seed).random((N, 28)) * (HIGH - LOW)


@pytest.fixture
def space():
    """Two recordings with circuits, while no stage of those that are asked about is shown."""
    space = workspace(stage="Features")
    for seed, recording in enumerate((bursting("first"), steady("second"))):
        asyncio.run(space.add(recording))
        space.current.take_samples(circuits(seed), np.zeros(N), Draws(estimator=space.current.estimator, seed=seed))
    return space


def elsewhere(stage):
    return next(other for other in STAGES if other != stage)


def drawing_parts(view):
    """Return the view and all its parts that follow the page by themselves."""
    found, waiting = [], [view]
    while waiting:
        one = waiting.pop()
        if any(one is known for known in found):
            continue
        found.append(one)
        for value in vars(one).values():
            several = value.values() if isinstance(value, dict) else [value]
            waiting += [part for part in several if isinstance(part, StageView)]
    return found


@pytest.fixture
def made(space, monkeypatch):
    """Return a function that makes a stage while another is shown; gives it, and counts how often each part draws and takes colours."""
    counts = Counter()

    def counting(kind, what):
        called = kind.__dict__[what]

        def counted(self):
            counts[type(self).__name__, what] += 1
            called(self)

        monkeypatch.setattr(kind, what, counted)

    def make(stage):
        space.stage = elsewhere(stage)
        view = make_view(stage, space)
        for kind in {StageView}.union(*(type(part).__mro__ for part in drawing_parts(view))):
            for what in ("fill", "recolour"):
                if issubclass(kind, StageView) and what in kind.__dict__:
                    counting(kind, what)
        return view, counts

    return make


def times(counts, what):
    """How often all parts together did this."""
    return sum(count for (_, done), count in counts.items() if done == what)


def change(examined):
    """Change what every stage looks at."""
    examined.take_samples(circuits(7), np.ones(N), Draws(estimator=examined.estimator, seed=7))
    examined.selection = [1, 2]
    examined.param.trigger("analysed", "target")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_drawn_only_while_it_is_shown(stage, made, space):
    view, counts = made(stage)
    change(space.current)
    space.current = space.recordings[0]
    space.current.param.trigger("configurations")
    assert counts == {}, f"{stage} draws while {space.stage} is shown"
    space.stage = stage
    assert counts[type(view).__name__, "fill"] == 1, f"{stage} is not drawn once when it is shown"
    assert not any(part.stale for part in drawing_parts(view))
    counts.clear()
    space.stage = elsewhere(stage)
    assert counts == {}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_catches_up_with_what_changed_meanwhile(stage, made, space):
    view, counts = made(stage)
    space.stage = stage
    space.stage = elsewhere(stage)
    counts.clear()
    change(space.current)
    if stage in ("Overview", "Compare"):  # shows a study, or what was compared, of all recordings
        view.redraw()
    assert counts == {}
    space.stage = stage
    assert times(counts, "fill")
    assert not any(part.stale for part in drawing_parts(view))


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_takes_the_colours_of_the_theme_that_it_is_shown_in(stage, made, space):
    _, counts = made(stage)
    space.stage = stage
    counts.clear()
    space.dark = True
    assert times(counts, "recolour")
    space.stage = elsewhere(stage)
    counts.clear()
    space.dark = False
    assert counts == {}, f"{stage} takes colours while it is hidden"
    space.stage = stage
    assert times(counts, "recolour")


@pytest.mark.parametrize("stage", STAGES)
def test_no_watcher_stays_on_a_recording_that_was_left(stage, space):
    def watching(examined):
        return sum(len(kinds) for fields in examined.param.watchers.values() for kinds in fields.values())

    first, second = space.recordings
    before = watching(first), watching(second)
    view = make_view(stage, space)
    for shown in (stage, elsewhere(stage)):
        space.stage = shown
        for chosen in (first, second, first):
            space.current = chosen
    if stage == "Compare":  # it shows all recordings: those that are removed are left
        space.remove(first)
        assert watching(first) == before[0]
        assert watching(second) > before[1]
    else:
        assert watching(second) == before[1]
        assert watching(first) > before[0]
    assert isinstance(view, StageView)


def test_the_registry_has_every_stage_and_loads_none():
    assert tuple(VIEWS) == STAGES
    script = (
        "import sys, automind_dash.dashboard.stage_views\n"
        "print([name for name in sys.modules if name.startswith('automind_dash.dashboard.stages')])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("stage", STAGES)
def test_a_view_names_its_stage(stage, space):
    view = make_view(stage, space)
    assert {part.stage for part in drawing_parts(view)} == {stage}
