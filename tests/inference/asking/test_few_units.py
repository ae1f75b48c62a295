"""Recordings of few electrodes against simulations of thousands of neurons: what is compared must have been seen alike."""

import json

import numpy as np
import pytest

from automind_dash.errors import EstimatorError
from automind_dash.features import BURST_FEATURES, SPECTRUM_FEATURES, feature_distance, pooled_sd, subsample_units
from automind_dash.inference.asking.simulated import simulate_as_trained
from automind_dash.inference.estimators.card import SimulationPlan
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making.campaign_plans import feature_set_named
from automind_dash.recording import Recording

N, SEEN = 1500, 59


def circuit(seed, *, bursts):
    """20 s of N units whose common rate comes in bursts every 2 s or so, or swings at 8 Hz."""
    rng = np.random.default_rng(seed)
    t = np.arange(0, 20, 0.001)
    if bursts:
        peaks = np.cumsum(rng.normal(2.0, 0.2, 12))
        rate = 0.3 + 40 * np.exp(-0.5 * ((t[:, None] - peaks) / 0.06) ** 2).sum(axis=1)
    else:
        rate = 4 * (1 + 0.8 * np.sin(2 * np.pi * 8 * t + rng.uniform(0, 6)))
    counts = rng.poisson(rate * 0.001 * N)
    times = np.repeat(t, counts) + rng.uniform(0, 0.001, counts.sum())
    return Recording.from_spikes(np.sort(times), rng.integers(0, N, len(times)), duration=20.1, n_units=N)


@pytest.mark.parametrize(("features", "bursts"), [(SPECTRUM_FEATURES, False), (BURST_FEATURES, True)])
def test_a_circuit_matches_itself_when_it_is_seen_by_as_many_units_and_not_otherwise(features, bursts):
    runs = [circuit(seed, bursts=bursts) for seed in range(6)]
    whole = np.array([features.vector(run) for run in runs])
    few = np.array([features.vector(subsample_units(run, SEEN, seed)) for seed, run in enumerate(runs)])
    scale = pooled_sd(few[None])
    alike = feature_distance(few[1:], few[0], scale)
    unlike = feature_distance(whole[1:], few[0], pooled_sd(whole[None]))
    assert np.median(alike) < 2.5
    assert np.median(unlike) > 2 * np.median(alike)


def test_a_circuit_with_fewer_units_than_the_recording_is_seen_by_all_of_its_own():
    theta = Prior().draw(1, 3)[0]
    theta[0] = 0.75
    plan = SimulationPlan(0.5, 3.0, n_neurons=200)
    more, whole = (simulate_as_trained(theta, 4, SPECTRUM_FEATURES, plan, n_units=n) for n in (180, None))
    assert not more.error
    np.testing.assert_array_equal(more.vector, whole.vector)


def test_a_feature_set_of_ones_own_says_how_many_units_are_seen(tmp_path):
    own = BURST_FEATURES.to_dict() | {"name": "few bursts", "observation": {"n_units": SEEN}}
    path = tmp_path / "own.json"
    path.write_text(json.dumps(own))
    features = feature_set_named(str(path))
    assert features.observation.n_units == SEEN
    run = circuit(1, bursts=True)
    assert features.observe(run, 3).n_units == SEEN
    path.write_text('{"name": "x", "features": ["no_such_feature"]}')
    with pytest.raises(EstimatorError, match="no_such_feature"):
        feature_set_named(str(path))
    with pytest.raises(EstimatorError, match=r"there are spectrum|there are bursts"):
        feature_set_named("nonsense")
