"""Names of units that look like numbers and are none, and times that are none."""

import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import Recording
from automind_dash.recording.facts.assembly import natural_order


def test_units_named_by_odd_digits_or_by_thousands_of_them_are_put_in_order():
    assert natural_order(["ch10", "ch2", "ch02", "²", "9" * 5000])[-1] == "²"
    assert natural_order(["ch10", "ch2", "ch1"]) == ["ch1", "ch2", "ch10"]


def test_times_beyond_all_recordings_are_a_sentence():
    with pytest.raises(RecordingError, match="years; check the unit"):
        Recording.from_spikes([0.0, 1e308], [0, 0], duration=1e308, n_units=1)
