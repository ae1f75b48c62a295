"""Saved recordings and other NumPy archives."""

from __future__ import annotations

import json

import hypothesis.extra.numpy as arrays
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automind_dash.errors import RecordingError
from automind_dash.recording import Recording, read_recording, save_recording

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@st.composite
def recordings(draw) -> Recording:
    n_units = draw(st.integers(1, 6))
    n_spikes = draw(st.integers(0, 40))
    times = draw(arrays.arrays(np.float64, n_spikes, elements=st.floats(0, 1000)))
    units = draw(arrays.arrays(np.int32, n_spikes, elements=st.integers(0, n_units - 1)))
    return Recording.from_spikes(
        times,
        units,
        n_units=n_units,
        duration=draw(st.floats(1000, 2000)),
        name=draw(TEXT),
        unit_names=tuple(draw(st.lists(TEXT, min_size=n_units, max_size=n_units))),
        unit_groups=draw(st.sampled_from([(), ("good",) * n_units])),
        positions=draw(st.none() | arrays.arrays(np.float64, (n_units, 2), elements=st.floats(-1e4, 1e4))),
        provenance=draw(st.dictionaries(TEXT.filter(lambda key: "guesses" not in key), st.integers() | TEXT)),
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(recordings())
def test_what_is_saved_reads_back_exactly(tmp_path, recording):
    again = read_recording(save_recording(recording, tmp_path / "saved"))
    assert again.content_hash == recording.content_hash
    assert again.n_units == recording.n_units
    assert (again.name, again.unit_names, again.unit_groups) == (
        recording.name,
        recording.unit_names,
        recording.unit_groups,
    )
    assert again.provenance == recording.provenance
    if recording.positions is None:
        assert again.positions is None
    else:
        np.testing.assert_array_equal(again.positions, recording.positions)


def test_guesses_of_the_first_reading_are_kept_but_not_asked_again(tmp_path, phy_folder):
    first = read_recording(phy_folder)
    assert [guess["key"] for guess in first.provenance["guesses"]] == ["duration"]
    again = read_recording(save_recording(first, tmp_path / "kept.npz"))
    assert "guesses" not in again.provenance
    assert again.provenance["earlier_guesses"] == first.provenance["guesses"]


def test_numpy_values_in_the_provenance_are_saved_as_plain_ones(tmp_path, spikes):
    recording = Recording.from_spikes(
        spikes.spike_times, spikes.spike_units, provenance={"seed": np.int64(3), "vector": np.arange(2.0)}
    )
    assert read_recording(save_recording(recording, tmp_path / "a.npz")).provenance == {"seed": 3, "vector": [0.0, 1.0]}


def test_a_saved_file_holds_only_plain_arrays_with_documented_keys(tmp_path, spikes):
    with np.load(save_recording(spikes, tmp_path / "a.npz"), allow_pickle=False) as archive:
        content = {key: archive[key] for key in archive}
    assert {"spike_times", "spike_units", "duration_s", "n_units", "name", "provenance"} <= set(content)
    assert json.loads(str(content["provenance"])) == {}


def test_a_recording_without_units_is_not_saved(tmp_path):
    with pytest.raises(RecordingError, match="no units"):
        save_recording(Recording.from_spikes([], [], duration=1.0), tmp_path / "a.npz")


def test_saving_where_nothing_can_be_written_says_so(tmp_path, spikes):
    with pytest.raises(RecordingError, match="cannot be written"):
        save_recording(spikes, tmp_path / "no_folder" / "a.npz")


def test_a_tampered_saved_file_is_checked(tmp_path, spikes):
    path = save_recording(spikes, tmp_path / "a.npz")
    with np.load(path) as archive:
        content = dict(archive)
    content["spike_units"] = content["spike_units"] + 10
    np.savez(path, **content)
    with pytest.raises(RecordingError, match="unit numbers"):
        read_recording(path)


def test_the_minimal_documented_keys(tmp_path, spikes, same_spikes):
    np.savez(tmp_path / "m.npz", spike_times=spikes.spike_times, spike_units=spikes.spike_units, duration_s=120.5)
    recording = read_recording(tmp_path / "m.npz")
    same_spikes(recording, spikes)
    assert recording.duration == 120.5
    assert recording.provenance["guesses"] == []


def test_a_silent_archive_is_a_recording(tmp_path):
    np.savez(tmp_path / "s.npz", spike_times=[], spike_units=[], duration_s=10.0, n_units=4)
    recording = read_recording(tmp_path / "s.npz")
    assert (recording.n_units, recording.n_spikes, recording.duration) == (4, 0, 10.0)


def test_other_keys_are_offered_as_variables(tmp_path, spikes, same_spikes):
    np.savez(tmp_path / "o.npz", t=spikes.spike_times, cell=spikes.spike_units, extra=np.arange(3))
    recording = read_recording(tmp_path / "o.npz", duration=100, time_unit="s")
    same_spikes(recording, spikes)
    assert recording.provenance["variable"] == "t"


def test_fractional_unit_numbers_are_refused(tmp_path):
    np.savez(tmp_path / "f.npz", spike_times=[1.0, 2.0], spike_units=[0.5, 1.0], duration_s=3.0)
    with pytest.raises(RecordingError, match="whole numbers"):
        read_recording(tmp_path / "f.npz")
