"""A running circuit takes changes between its chunks; its state carries on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import numpy as np
import pytest

from automind_dash.circuit import as_configuration, stream
from automind_dash.circuit.engine.network import Network
from automind_dash.circuit.parameters import DT, INDEX, PARAMETERS
from automind_dash.errors import ConfigurationError

N = 400


def running(theta, seed=0, **settings):
    return stream(theta, n_neurons=N, seed=seed, **settings)


def spikes(chunks):
    return np.concatenate([c.spike_times for c in chunks]), np.concatenate([c.spike_neurons for c in chunks])


def test_chunks_follow_each_other_and_hold_their_spikes(active):
    run = running(*active(1, N), chunk=0.05)
    assert iter(run) is run
    for number in range(10):
        chunk = next(run)
        assert chunk.start == pytest.approx(number * 0.05)
        assert chunk.stop == pytest.approx(chunk.start + 0.05) == pytest.approx(run.time)
        assert np.all((chunk.spike_times >= chunk.start - 1e-9) & (chunk.spike_times < chunk.stop - 1e-9))
        assert np.all(np.diff(chunk.spike_times) >= 0)
        assert chunk.v.shape == (0, 0)


def test_a_stream_and_a_network_give_the_same_spikes(active):
    theta, seed = active(2, N)
    run = running(as_configuration(theta), seed, chunk=0.03)
    times, neurons = spikes([next(run) for _ in range(10)])
    whole = Network(theta, n_neurons=N, seed=seed).advance(0.3)
    np.testing.assert_array_equal(times, whole.spike_times)
    np.testing.assert_array_equal(neurons, whole.spike_neurons)


@pytest.mark.parametrize("spec", PARAMETERS, ids=lambda spec: spec.key)
def test_each_parameter_takes_effect_on_the_running_network(spec, active):
    theta, seed = active(1, N)
    theta = theta.copy()
    theta[INDEX["params_net.n_clusters"]] = 5
    theta[INDEX["params_Epop.delta_T"]] = 2
    value = spec.low + (0.9 if theta[INDEX[spec.name]] < (spec.low + spec.high) / 2 else 0.1) * (spec.high - spec.low)
    touched, untouched = running(theta, seed, chunk=0.1), running(theta, seed, chunk=0.1)
    first = next(touched), next(untouched)
    np.testing.assert_array_equal(first[0].spike_times, first[1].spike_times)
    before = touched.network.v.copy()
    assert touched.change(**{spec.key: value}) is (spec.change == "rewire")
    assert touched.configuration[spec.name] == value
    kept = touched.network.v == before
    if spec.name == "params_net.exc_prop":
        assert kept.mean() > 0.5
    else:
        assert kept.all()  # the state carries on
    times, neurons = spikes([next(touched) for _ in range(5)])
    others, other_neurons = spikes([next(untouched) for _ in range(5)])
    assert times[0] >= 0.1
    assert len(times) != len(others) or not np.array_equal(neurons, other_neurons)


def test_a_change_acts_at_once(active):
    run = running(*active(1, N), chunk=0.1)
    assert len(next(run).spike_times)
    run.change(E_poisson_rate=0, I_poisson_rate=0, E_Q_ge=0, I_Q_ge=0, E_a=0)
    for _ in range(5):
        next(run)
    assert len(next(run).spike_times) == 0
    run.change(E_poisson_rate=50, E_p_igniters=1)
    assert len(next(run).spike_times) > N


def test_a_change_leaves_the_randomness_of_the_input_alone(active):
    theta, seed = active(3, N)
    a, b = running(theta, seed, chunk=0.1), running(theta, seed, chunk=0.1)
    next(a), next(b)
    a.change(E_b=150)
    a.change_to(theta)
    np.testing.assert_array_equal(next(a).spike_times, next(b).spike_times)


def test_rewiring_and_back_gives_the_same_synapses(active):
    theta, seed = active(1, N)
    run = running(theta, seed)
    before = run.network.connectivity.targets
    assert run.change(net_p_e2e=0.09) is True
    assert len(run.network.connectivity.targets) != len(before)
    assert run.change(net_p_e2e=theta[INDEX["net_p_e2e"]]) is True
    np.testing.assert_array_equal(run.network.connectivity.targets, before)


@pytest.mark.parametrize("exc_prop", [0.7, 0.98, 0.0, 1.0])
def test_neurons_that_change_population_start_from_rest(exc_prop, active):
    theta, seed = active(1, N)
    run = running(theta, seed, chunk=0.2)
    old = next(run).n_excitatory
    v, g_e = run.network.v.copy(), run.network.g_e.copy()
    run.change(net_exc_prop=exc_prop)
    new = run.network.connectivity.n_excitatory
    assert new == int(exc_prop * N + 1e-9)
    low, high = sorted((old, new))
    assert np.all(run.network.g_e[low:high] == 0)
    rest = theta[INDEX["params_Epop.v_rest"]] if new > old else -65
    np.testing.assert_allclose(run.network.v[low:high], rest, rtol=1e-6)
    for unmoved in (slice(0, low), slice(high, N)):
        np.testing.assert_array_equal(run.network.v[unmoved], v[unmoved])
        np.testing.assert_array_equal(run.network.g_e[unmoved], g_e[unmoved])
    assert next(run).n_excitatory == new


@pytest.mark.parametrize(
    "values",
    [
        {"E_C": -1.0},
        {"E_b": 40.0, "net_p_e2e": 1.2},
        {"net_exc_prop": 0.5, "E_tau_w": np.nan},
        {"net_p_e2e": 0.5, "net_R_pe2e": 3.0, "net_n_clusters": 4.0},
        {"no_such_parameter": 1.0},
        {"E_b": "much"},
    ],
)
def test_a_change_that_is_refused_changes_nothing(values, active):
    theta, seed = active(2, N)
    touched, untouched = running(theta, seed, chunk=0.1), running(theta, seed, chunk=0.1)
    next(touched), next(untouched)
    with pytest.raises(ConfigurationError):
        touched.change(**values)
    assert touched.configuration == untouched.configuration
    for _ in range(3):
        np.testing.assert_array_equal(next(touched).spike_times, next(untouched).spike_times)


def test_rewiring_beyond_the_memory_limit_changes_nothing(active, monkeypatch):
    theta, seed = active(2, N)
    touched, untouched = running(theta, seed, chunk=0.1), running(theta, seed, chunk=0.1)
    next(touched), next(untouched)
    monkeypatch.setattr("automind_dash.circuit.engine.connectivity.MAX_SYNAPSES", 1000)
    with pytest.raises(ConfigurationError, match="synapses; at most"):
        touched.change(net_p_e2e=0.05, E_b=10)
    np.testing.assert_array_equal(next(touched).spike_times, next(untouched).spike_times)


@pytest.mark.parametrize("interval", [DT, 1e-3, 2.6e-3])
def test_sampled_traces_are_the_same_in_chunks_of_any_size(interval, active):
    theta, seed = active(4, N)
    whole = Network(theta, n_neurons=N, seed=seed).advance(0.3, sampled=[0, 7, N - 1], sample_interval=interval)
    run = running(theta, seed, chunk=0.0074, sampled=(0, 7, N - 1), sample_interval=interval)
    chunks = [next(run) for _ in range(40)]
    np.testing.assert_array_equal(np.round(whole.sample_times / DT) % round(interval / DT), 0)
    for variable in ("v", "w", "g_e", "g_i"):
        together = np.concatenate([getattr(c, variable) for c in chunks])
        assert together.shape[1] == 3
        np.testing.assert_array_equal(together, getattr(whole, variable)[: len(together)])
    np.testing.assert_allclose(np.concatenate([c.sample_times for c in chunks]), whole.sample_times[: len(together)])
    assert len(together) > 50


def test_samples_are_the_state_at_the_end_of_their_step(active):
    theta, seed = active(4, N)
    network = Network(theta, n_neurons=N, seed=seed)
    chunk = network.advance(0.1, sampled=np.arange(N), sample_interval=DT)
    for variable in ("v", "w", "g_e", "g_i"):
        np.testing.assert_array_equal(getattr(chunk, variable)[-1], getattr(network, variable))
    assert chunk.sample_times[-1] == pytest.approx(0.1 - DT)


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"sampled": (0, N)}, f"must lie between 0 and {N - 1}"),
        ({"sampled": (-1,)}, "must lie between 0 and"),
        ({"sampled": (1,), "sample_interval": 0.0}, "sample_interval = 0 s"),
        ({"sampled": (1,), "sample_interval": np.nan}, "sample_interval = nan s"),
        ({"sampled": range(N), "sample_interval": DT, "chunk": 600.0}, "sampled values per variable; at most"),
        ({"chunk": 1e-5}, "chunk = 1e-05 s"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, match, middle):
    with pytest.raises(ConfigurationError, match=match):
        next(running(middle, **settings))


def test_external_events_must_fit_the_chunk(middle):
    network = Network(middle, n_neurons=N)
    with pytest.raises(ConfigurationError, match=f"500 steps of {N} neurons"):
        network.advance(0.1, external=np.zeros((499, N)))


def test_streams_in_threads_do_not_disturb_each_other(active):
    jobs = [active(number, N) for number in range(4)]

    def run(job):
        live = running(*job, chunk=0.02)
        return spikes([next(live) for _ in range(25)])

    alone = [run(job) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        for (times, neurons), (expected_times, expected_neurons) in zip(pool.map(run, jobs), alone, strict=True):
            np.testing.assert_array_equal(times, expected_times)
            np.testing.assert_array_equal(neurons, expected_neurons)


def test_other_threads_run_while_the_kernel_does(middle):
    network = Network(middle, n_neurons=2000)
    started, ended, ticks = Event(), Event(), []

    def simulate():
        started.set()
        network.advance(20.0)
        ended.set()

    thread = Thread(target=simulate)
    thread.start()
    started.wait()
    while not ended.wait(0.001):
        ticks.append(network.step)
    thread.join()
    # a kernel that holds the interpreter lock would let this thread look before and after only
    assert len(ticks) > 20
