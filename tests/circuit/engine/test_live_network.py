"""The circuit on the live bench: frames, its remembered past, copies that go their own way."""

import numpy as np
import pytest

from automind_dash.circuit import simulate
from automind_dash.circuit.live import MAX_DRAWN_RATE, RATE_BIN, LiveCircuit, began_again
from automind_dash.circuit.parameters import INDEX
from automind_dash.errors import ConfigurationError

N = 400


@pytest.fixture
def live(active):
    theta, seed = active(1, N)
    return LiveCircuit(theta, seed=seed, n_neurons=N, past=1.0)


def test_frames_hold_what_a_simulation_of_the_same_seed_has(live):
    frames = [live.advance(0.04) for _ in range(25)]
    whole = simulate(live.vector, 1.0, n_neurons=N, seed=live.seed, record="all")
    assert sum(frame.n_spikes for frame in frames) == whole.n_spikes
    assert [frame.start for frame in frames] == pytest.approx(np.arange(25) * 0.04)
    rate = np.concatenate([frame.rate_e for frame in frames])
    n_excitatory = frames[0].n_excitatory
    counted = np.histogram(whole.population("excitatory").spike_times, bins=np.arange(201) * RATE_BIN)[0]
    assert rate.shape == (200,)
    assert np.allclose(rate.sum(), counted.sum() / n_excitatory / RATE_BIN)
    assert all(len(frame.v) == len(frame.w) == 40 for frame in frames)


def test_rows_put_clusters_together_and_inhibitory_neurons_last(active):
    theta, seed = active(1, N)
    theta = theta.copy()
    theta[INDEX["params_net.n_clusters"]], theta[INDEX["params_net.R_pe2e"]] = 5, 3
    live = LiveCircuit(theta, seed=seed, n_neurons=N)
    wiring = live._stream.network.connectivity
    inverse = np.argsort(live._rows)
    assert sorted(live._rows.tolist()) == list(range(N))
    assert np.all(np.diff(wiring.labels[0][inverse[: wiring.n_excitatory]]) >= 0)
    assert np.array_equal(inverse[wiring.n_excitatory :], np.arange(wiring.n_excitatory, N))


def test_the_past_is_bounded(live):
    for _ in range(30):
        live.advance(0.1)
    past = live.recording()
    assert past.duration == pytest.approx(1.0)
    later = simulate(live.vector, 3.0, n_neurons=N, seed=live.seed, record="excitatory").window(2.0, 3.0)
    assert past.n_spikes == pytest.approx(later.n_spikes, abs=2)  # spikes on the window's edges
    assert live.recording(ordered=True).n_units == N


def test_a_change_takes_effect_and_a_refused_one_changes_nothing(live):
    live.advance(0.2)
    theta = live.vector.copy()
    theta[INDEX["params_Epop.b"]] += 1
    assert live.change(theta) is False
    assert live.recording().duration == pytest.approx(0.2)
    theta[INDEX["params_net.p_e2e"]] *= 1.5
    assert live.change(theta) is True
    assert live.time == pytest.approx(0.2)
    assert live.recording().n_spikes == 0  # its neurons are others now
    bad = theta.copy()
    bad[INDEX["params_Epop.C"]] = -1
    with pytest.raises(ConfigurationError):
        live.change(bad)
    assert np.array_equal(live.vector, theta)


def test_a_copy_goes_on_as_the_original_would_and_leaves_it_alone(live):
    live.advance(0.3)
    twin = live.copy()
    ours = [live.advance(0.1).n_spikes for _ in range(3)]
    changed = twin.copy()
    theta = changed.vector.copy()
    theta[INDEX["params_Epop.poisson_rate"]] = 0.0001
    changed.change(theta)
    changed.advance(0.3)
    assert [twin.advance(0.1).n_spikes for _ in range(3)] == ours
    assert twin.recording().n_spikes == live.recording().n_spikes


def test_beginning_again_repeats_the_run(live):
    first = [live.advance(0.1).n_spikes for _ in range(5)]
    again = began_again(live)
    assert again.time == 0
    assert [again.advance(0.1).n_spikes for _ in range(5)] == first


def test_more_spikes_than_a_screen_shows_are_counted_but_not_sent(active):
    theta, seed = active(1, 2000)
    theta = theta.copy()
    theta[INDEX["params_Epop.poisson_rate"]] = 100  # far beyond the prior, within the model's domain
    live = LiveCircuit(theta, seed=seed)
    frame = live.advance(0.25)
    while frame.n_spikes <= MAX_DRAWN_RATE * (frame.stop - frame.start):
        frame = live.advance(2 * (frame.stop - frame.start))
    assert len(frame.times) == round(MAX_DRAWN_RATE * (frame.stop - frame.start))
    assert np.all(np.diff(frame.times) >= 0)
