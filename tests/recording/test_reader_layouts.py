"""Random recordings in every layout, read back: units, spikes, times, duration and questions against what was written."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automind_dash.recording import Recording, read
from automind_dash.recording.reading import confirmed
from tests.recording.reader_layouts import LAYOUTS, indexed


def random_recording(seed: int, n_units: int, duration: int, silent: set[int]) -> Recording:
    """Units over some time at 1 to 8 Hz, some of them silent; the last one fires."""
    rng = np.random.default_rng(seed)
    trains = [
        np.empty(0)
        if unit in silent and unit < n_units - 1
        else np.unique(rng.uniform(0.01, duration - 0.01, int(duration * rng.uniform(1, 8))).round(5))
        for unit in range(n_units)
    ]
    units = np.repeat(np.arange(n_units), [len(train) for train in trains])
    return Recording.from_spikes(np.concatenate(trains), units, duration=float(duration), n_units=n_units)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    n_units=st.integers(2, 7),
    duration=st.integers(40, 90),
    silent=st.sets(st.integers(0, 5), max_size=3),
    answer_silent=st.sampled_from([None, "keep", "leave out"]),
)
def test_reads_what_was_written(tmp_path, layout, seed, n_units, duration, silent, answer_silent):
    recording = random_recording(seed, n_units, duration, silent)
    for old in tmp_path.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    path = layout.write(tmp_path / layout.name, recording, **dict(layout.facts))
    fired = np.bincount(recording.spike_units, minlength=recording.n_units) > 0
    asks_silent = layout.silent and not fired.all()
    answers = dict(layout.answers)
    if "duration" in layout.questions:
        answers["duration"] = recording.duration
    if asks_silent and answer_silent:
        answers["silent_units"] = answer_silent

    bounds = layout.write is indexed and not fired[0]  # 0, …: bounds of units, or ends of which the first is silent
    if bounds:
        answers["unit_variable"] = "ends"

    unanswered = read(path)
    asked = {question.key for question in unanswered.questions}
    asked -= {"unit_variable"} if bounds else set()
    assert asked == {*layout.questions, *layout.required, *({"silent_units"} if asks_silent else ())}
    assert {question.key for question in unanswered.questions if question.required} == set(layout.required)
    assert (unanswered.recording is None) == bool(layout.required)

    guesses = {question.key: question.guess for question in unanswered.questions}
    if not layout.required and answer_silent is None:  # confirming the guesses is as good as reading again with them
        mine, again = confirmed(unanswered, guesses), read(path, guesses).recording
        assert mine is not None
        assert again is not None
        assert (mine.content_hash, mine.provenance) == (again.content_hash, again.provenance)

    got = read(path, answers).recording
    assert got is not None
    guess = "keep" if "nex" in layout.name else "leave out"
    keeps = layout.lists_silent and not (asks_silent and (answer_silent or guess) == "leave out")
    expected = recording if keeps else recording.select_units(fired)
    assert (got.n_units, got.n_spikes, got.duration) == (expected.n_units, expected.n_spikes, expected.duration)
    for mine, other in zip(got.trains(), expected.trains(), strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=layout.coarse)
    assert got.report is not None
    assert {fact.what for fact in got.report.facts} >= {"times", "units"}
