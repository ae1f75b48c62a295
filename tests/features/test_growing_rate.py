"""A rate that is followed while its simulation runs is the rate that the whole recording has."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from automind_dash.features import GrowingRate, population_rate
from automind_dash.recording import Recording


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.integers(0, 60_000), max_size=300),
    looks=st.lists(st.integers(3, 12), min_size=1, max_size=6),
    start=st.sampled_from([0.0, 1.0, 2.0]),
    mixed=st.booleans(),
)
def test_looked_at_again_and_again_it_is_the_rate_of_the_whole(steps, looks, start, mixed):
    times = np.sort(np.array(steps)) * 2e-4
    units = (np.arange(len(times)) % 4).astype(np.int32)
    groups = ("excitatory", "excitatory", "inhibitory", "inhibitory") if mixed else ("excitatory",) * 4
    growing = GrowingRate(0.001, start, "excitatory")
    for duration in sorted(map(float, looks)):
        seen = times <= duration
        so_far = Recording(times[seen], units[seen], 4, duration, unit_groups=groups)
        expected, _ = population_rate(so_far.population("excitatory").window(start, duration), 0.001)
        np.testing.assert_allclose(growing.of(so_far), expected, rtol=1e-12)


def test_without_the_group_all_units_count():
    recording = Recording(np.array([0.5, 1.5]), np.array([0, 1], dtype=np.int32), 2, 2.0)
    assert GrowingRate(0.5, 1.0, "excitatory").of(recording).tolist() == [0.0, 1.0]
