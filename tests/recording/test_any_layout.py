"""Random recordings in every layout, with and without what a file may leave out: read back, they are what was written."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from automind_dash.recording import Recording, read

from .layouts import LAYOUTS


@st.composite
def recordings(draw):
    """Two to eight units at 1 to 20 Hz over 20 to 60 s, refractory for 2 ms, all with spikes or one silent."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    duration = float(draw(st.integers(20, 60)))
    trains = []
    for _ in range(draw(st.integers(3, 8))):
        steps = rng.exponential(1 / draw(st.floats(1, 20)), 3000) + 0.002
        times = np.cumsum(steps).round(5)
        trains.append(times[(times > 0.01) & (times < duration - 0.01)])
    if draw(st.booleans()):
        trains[draw(st.integers(0, len(trains) - 2))] = np.empty(0)
    units = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
    return Recording.from_spikes(np.concatenate(trains), units, duration=duration, n_units=len(trains))


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)  # a file per example: too slow to shrink
@given(recording=recordings(), stated=st.booleans())
def test_what_was_written_is_read(layout, recording, stated):
    with tempfile.TemporaryDirectory() as folder:
        written = LAYOUTS[layout](recording, Path(folder), stated)
        reading = read(written.path)
        asked = {question.key for question in reading.questions}
        assert set(written.asks) - {"time_unit"} <= asked
        assert asked <= {*written.asks, *dict(written.answers), "silent_units"}
        required = {question.key for question in reading.questions if question.required}
        assert required <= {key for key, _ in written.answers}
        answers = dict(written.answers) if set(dict(written.answers)) <= asked else {}
        got = read(written.path, answers | ({"duration": recording.duration} if "duration" in asked else {})).recording
        if (
            reading.recording is not None and "sampling_rate" not in answers
        ):  # nothing was guessed that an answer changes
            assert reading.recording.n_units == got.n_units
            np.testing.assert_allclose(reading.recording.spike_times, got.spike_times)
    expected = [train for train in recording.trains() if len(train) or not written.silent_lost]
    trains = got.trains()
    if len(trains) > len(expected):  # a number without a spike was kept as a unit
        trains = [train for train in trains if len(train)]
    assert len(trains) == len(expected)
    assert got.duration == pytest.approx(recording.duration, abs=1e-6)
    for mine, other in zip(trains, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=written.tolerance + 1e-9)
    assert not [note for note in got.report.notes if note.level == "warning"] if got.report else True
