"""What the strip above every stage says of a recording."""

import pytest

from automind_dash.dashboard.frame.target_view import bursts_in_words
from automind_dash.dashboard.state.examined import OF_RECORDINGS
from automind_dash.features import detect_bursts
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
