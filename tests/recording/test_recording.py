"""The Recording type itself."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import Recording


def test_unsorted_spikes_are_sorted_with_their_units():
    recording = Recording.from_spikes([3.0, 1.0, 2.0], [0, 1, 2], duration=4)
    assert recording.spike_times.tolist() == [1, 2, 3]
    assert recording.spike_units.tolist() == [1, 2, 0]


@pytest.mark.parametrize("times", [[np.nan, 1.0], [np.inf, 1.0], [-0.5, 1.0]])
def test_impossible_times_are_refused(times):
    with pytest.raises(RecordingError, match=r"NaN|offset"):
        Recording.from_spikes(times, [0, 0])


def test_a_spike_after_the_end_is_refused():
    with pytest.raises(RecordingError, match="longer duration"):
        Recording.from_spikes([1.0, 5.0], [0, 0], duration=4.0)


def test_arrays_cannot_be_changed_afterwards(spikes):
    with pytest.raises(ValueError, match="read-only"):
        spikes.spike_times[0] = 0.0


def test_a_window_counts_time_from_its_start(spikes):
    window = spikes.window(20.0, 30.0)
    assert window.duration == 10.0
    inside = (spikes.spike_times >= 20) & (spikes.spike_times < 30)
    np.testing.assert_allclose(window.spike_times, spikes.spike_times[inside] - 20)


def test_selected_units_keep_their_labels(spikes):
    named = Recording.from_spikes(spikes.spike_times, spikes.spike_units, duration=100.0, unit_names=tuple("abcde"))
    chosen = named.select_units([3, 1])
    assert chosen.unit_names == ("d", "b")
    np.testing.assert_array_equal(chosen.trains()[0], named.trains()[3])


def test_the_hash_tells_contents_apart_and_ignores_names(spikes):
    again = Recording.from_spikes(spikes.spike_times, spikes.spike_units, duration=100.0, name="other")
    longer = Recording.from_spikes(spikes.spike_times, spikes.spike_units, duration=100.1)
    assert again.content_hash == spikes.content_hash != longer.content_hash


@pytest.mark.parametrize("units", [[0, 2**32], [0.5, 1.0], ["a", "b"], [np.nan, 0.0]])
def test_what_are_no_unit_numbers_are_refused(units):
    with pytest.raises(RecordingError, match="whole numbers"):
        Recording.from_spikes([0.1, 0.2], units)


def test_positions_of_another_shape_are_refused():
    with pytest.raises(RecordingError, match="positions"):
        Recording.from_spikes([0.1], [0], n_units=2, positions=np.zeros((1, 2)))


def test_a_window_to_the_end_holds_the_spike_there():
    recording = Recording.from_spikes([0.5, 1.0], [0, 0], duration=1.0)
    assert recording.window(0, 1.0).n_spikes == recording.window(0, 2.0).n_spikes == 2
    assert recording.window(0, 0.5).n_spikes == 0
