"""What the strip above every stage says of a recording."""

import asyncio

import numpy as np
import pytest

from automind_dash.dashboard.frame.target_view import TargetView, bursts_in_words
from automind_dash.dashboard.state.analysed import OF_RECORDINGS
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.features import detect_bursts
from automind_dash.recording import Recording
from tests.dashboard.made_up import bursting, steady


@pytest.mark.parametrize(
    ("recording", "said"),
    [(bursting(), "15 network bursts, every 2 s"), (steady(), "not bursting"), (steady(rate=0.02), "not bursting")],
)
def test_only_recordings_that_burst_are_said_to_have_network_bursts(recording, said):
    words = bursts_in_words(detect_bursts(recording, OF_RECORDINGS.bursts))
    assert words.startswith(said)


def test_nothing_is_said_of_bursts_that_could_not_be_looked_for():
    assert bursts_in_words(None) == "not bursting"


def test_the_rate_breaks_where_nobody_looked():
    one = bursting()
    times = np.concatenate([one.spike_times, one.spike_times + 100])
    seen = np.array([[0.0, 30.0], [100.0, 130.0]])
    shared = Workspace()
    view = TargetView(workspace=shared)
    recording = Recording.from_spikes(times, np.tile(one.spike_units, 2), duration=130.0, name="gap", observed=seen)
    asyncio.run(shared.add(recording))
    rate = view.rate_source.data
    inside = (np.asarray(rate["t"]) > 31) & (np.asarray(rate["t"]) < 99)
    assert inside.any()
    assert np.isnan(np.asarray(rate["r"])[inside]).all()
    assert view.raster.gaps.data["start"].tolist() == [30.0]
    assert "60 s of them observed, the rest hatched" in view.caption.object
