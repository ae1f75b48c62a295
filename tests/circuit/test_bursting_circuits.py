"""Known circuits do what they are known to do: the published ones, and one of this project's own."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit import simulate
from automind_dash.features import burst_features, detect_bursts


def excitatory_bursts(configuration, duration, **settings):
    recording = simulate(configuration, duration, record="excitatory", **settings)
    return burst_features(detect_bursts(recording))


@pytest.mark.parametrize("number", [1, 2])
def test_published_circuits_burst_with_the_published_width_and_offset(number, golden_circuits):
    circuit = golden_circuits[number]
    found = excitatory_bursts(circuit["parameters"], 60, seed=number)
    published = circuit["published_200s"]
    assert found["burst_num"] >= 5
    assert found["burst_width_mean"] == pytest.approx(published["width_mean_s"], rel=0.15)
    assert found["burst_offset_time_mean"] == pytest.approx(published["offset_time_mean_s"], rel=0.15)


def test_a_regular_burster_bursts_regularly(bursting):
    found = excitatory_bursts(bursting, 20, seed=0)
    # three seeds gave 2.417 to 2.421, 0.710 to 0.711 and 0.642 to 0.650
    assert found["burst_interval_mean"] == pytest.approx(2.42, abs=0.02)
    assert found["burst_interval_cv"] < 0.02
    assert found["burst_width_mean"] == pytest.approx(0.711, abs=0.01)
    assert found["burst_offset_time_mean"] == pytest.approx(0.647, abs=0.015)


def test_float32_and_float64_burst_alike(bursting):
    single, double = (excitatory_bursts(bursting, 12, seed=1, precision=p) for p in ("single", "double"))
    for name in ("burst_interval_mean", "burst_width_mean", "burst_offset_time_mean"):
        assert single[name] == pytest.approx(double[name], rel=0.02)


def test_without_input_nothing_fires(bursting):
    bursting |= {"params_Epop.poisson_rate": 0.0, "params_Ipop.poisson_rate": 0.0}
    assert simulate(bursting, 2, seed=0).n_spikes == 0


def test_stronger_drive_fires_more(bursting):
    bursting["params_Epop.b"] = 0.0  # without adaptation no bursts, only rates
    bursting["params_net.p_e2e"] = 0.0
    rates = [
        simulate(bursting | {"params_Epop.poisson_rate": rate}, 2, seed=0, n_neurons=500).mean_rate
        for rate in (1.0, 4.0, 16.0)
    ]
    assert np.all(np.diff(rates) > 0)
