"""The same seed gives exactly the same output: again, in another process, in threads, and in chunks of any size."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from automind_dash.circuit import as_configuration, simulate
from automind_dash.circuit.engine.network import Network

N_NEURONS, DURATION = 500, 1.0


def digest(theta, seed):
    return simulate(theta, DURATION, n_neurons=N_NEURONS, seed=seed).content_hash


def test_again_the_same(active):
    theta, seed = active(1, N_NEURONS)
    assert digest(theta, seed) == digest(theta, seed)
    assert digest(theta, seed) != digest(theta, seed + 1)


def test_the_same_from_names_and_from_values(active):
    theta, seed = active(2, N_NEURONS)
    assert digest(as_configuration(theta), seed) == digest(list(theta), seed)


def test_the_same_in_another_process(active):
    theta, seed = active(3, N_NEURONS)
    code = (
        "from automind_dash.circuit import simulate\n"
        f"print(simulate({theta.tolist()}, {DURATION}, n_neurons={N_NEURONS}, seed={seed}).content_hash)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest(theta, seed)


def test_the_same_in_a_thread_pool(active):
    jobs = [active(number, N_NEURONS) for number in range(6)] * 2
    alone = [digest(*job) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda job: digest(*job), jobs))
    assert together == alone
    assert len(set(alone)) == 6


@pytest.mark.parametrize("n_chunks", [1, 3, 7, 200])
def test_the_same_in_chunks_of_any_size(n_chunks, active):
    theta, seed = active(4, N_NEURONS)
    whole = Network(theta, n_neurons=N_NEURONS, seed=seed).advance(0.42)
    network = Network(theta, n_neurons=N_NEURONS, seed=seed)
    steps = np.diff(np.linspace(0, 2100, n_chunks + 1).round().astype(int))
    chunks = [network.advance(n * network.dt) for n in steps]
    assert len(whole.spike_times) > 100
    np.testing.assert_array_equal(np.concatenate([c.spike_times for c in chunks]), whole.spike_times)
    np.testing.assert_array_equal(np.concatenate([c.spike_neurons for c in chunks]), whole.spike_neurons)
    assert [c.start for c in chunks[1:]] == [c.stop for c in chunks[:-1]]


def test_the_same_when_the_spike_buffer_is_nearly_full(active, monkeypatch):
    theta, seed = active(5, N_NEURONS)
    roomy = Network(theta, n_neurons=N_NEURONS, seed=seed).advance(0.5)
    monkeypatch.setattr("automind_dash.circuit.engine.network.CHUNK_SPIKES", 1)
    tight = Network(theta, n_neurons=N_NEURONS, seed=seed)
    assert len(tight._spike_steps) == 2 * N_NEURONS < len(roomy.spike_times)
    np.testing.assert_array_equal(tight.advance(0.5).spike_times, roomy.spike_times)


def test_a_known_seed_gives_the_spikes_it_always_gave(bursting):
    # no property of the model: estimators are trained on these seeds, so a change here wants to be noticed
    recording = simulate(bursting, 0.2, n_neurons=300, seed=12345, precision="double")
    assert recording.n_spikes == 2927
    assert recording.spike_times[[100, 1000]] == pytest.approx([0.0148, 0.0422])
    assert recording.spike_units[[100, 1000]].tolist() == [139, 221]
