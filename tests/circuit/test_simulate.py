"""`simulate`: what is recorded, when it stops, what it refuses, and that both engines answer alike."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit import StopRule, as_configuration, simulate
from automind_dash.circuit.engine.chunk import Chunk
from automind_dash.circuit.parameters import INDEX
from automind_dash.errors import ConfigurationError, SimulationError
from automind_dash.recording import Recording

N = 400


def changed(theta, **values):
    configuration = as_configuration(theta)
    return configuration | {list(configuration)[INDEX[key]]: value for key, value in values.items()}


@pytest.fixture
def on_numpy(monkeypatch):
    """The reference engine without a compiler, as many have it."""
    monkeypatch.setattr("automind_dash.circuit.reference.codegen_target", lambda: "numpy")


def test_a_recording_with_all_neurons_and_its_provenance(active):
    theta, seed = active(1, N)
    recording = simulate(theta, 0.75, n_neurons=N, seed=seed, name="mine")
    assert isinstance(recording, Recording)
    assert (recording.n_units, recording.duration, recording.name) == (N, 0.75, "mine")
    assert recording.unit_groups.count("excitatory") == int(theta[0] * N + 1e-9)
    assert recording.spike_times.dtype == np.float64
    assert recording.spike_units.dtype == np.int32
    p = recording.provenance
    assert (p["engine"], p["seed"], p["n_neurons"], p["dt_s"], p["precision"]) == ("fast", seed, N, 2e-4, "single")
    settings = {"n_neurons": p["n_neurons"], "seed": p["seed"], "dt": p["dt_s"], "engine": p["engine"]}
    again = simulate(p["configuration"], recording.duration, **settings)
    assert again.content_hash == recording.content_hash


def test_recorded_populations_are_parts_of_the_whole(active):
    theta, seed = active(2, N)
    whole, *parts = (simulate(theta, 1, n_neurons=N, seed=seed, record=r) for r in ("all", "excitatory", "inhibitory"))
    for part, group in zip(parts, ("excitatory", "inhibitory"), strict=True):
        assert set(part.unit_groups) == {group}
        assert part.content_hash == whole.population(group).content_hash
    assert sum(part.n_spikes for part in parts) == whole.n_spikes > 0


@pytest.mark.parametrize("duration", [0.0002, 0.1234, 1.0, 2.3456])
def test_the_duration_is_the_one_asked_for(duration, middle):
    assert simulate(middle, duration, n_neurons=50, seed=0).duration == duration


@pytest.mark.parametrize("dt", [1e-4, 3e-5, 5e-4])
def test_other_steps(dt, active):
    theta, seed = active(1, N)
    recording = simulate(theta, 1.1, n_neurons=100, seed=seed, dt=dt)
    steps = recording.spike_times / dt
    np.testing.assert_allclose(steps, np.round(steps), atol=1e-6)
    assert recording.duration == 1.1


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"engine": "neuron"}, "'fast', 'reference'"),
        ({"record": "good"}, "'excitatory'"),
        ({"precision": "half"}, "'double'"),
    ],
)
def test_unknown_choices_name_the_known_ones(settings, match, middle):
    with pytest.raises(ConfigurationError, match=match):
        simulate(middle, 0.1, seed=0, **settings)


def test_too_many_spikes_stop_the_run_with_a_clear_word(active, monkeypatch):
    theta, seed = active(1, N)
    monkeypatch.setattr("automind_dash.circuit.domain.MAX_RECORDED_SPIKES", 300)
    with pytest.raises(
        SimulationError, match=r"stopped after .* spikes in .* s of model time; at most 3e\+02 are kept"
    ):
        simulate(theta, 60, n_neurons=N, seed=seed)


def test_spikes_that_are_not_recorded_do_not_count(middle, monkeypatch):
    quiet = changed(middle, E_poisson_rate=0, net_p_e2e=0, I_poisson_rate=5)
    n_spikes = simulate(quiet, 3, n_neurons=N, seed=0).n_spikes
    monkeypatch.setattr("automind_dash.circuit.domain.MAX_RECORDED_SPIKES", n_spikes // 2)
    assert simulate(quiet, 3, n_neurons=N, seed=0, record="excitatory").n_spikes == 0
    with pytest.raises(SimulationError, match="stopped after"):
        simulate(quiet, 3, n_neurons=N, seed=0, record="inhibitory")


def test_cancelling(middle):
    asked = []
    with pytest.raises(SimulationError, match="mine was cancelled after 3 s"):
        simulate(middle, 60, n_neurons=50, seed=0, name="mine", should_stop=lambda: asked.append(1) or len(asked) == 3)


def test_a_silent_circuit_stops_early(middle):
    silent = changed(middle, E_poisson_rate=0, I_poisson_rate=0)
    rule = StopRule(silent_after=2.0)
    assert simulate(silent, 10, n_neurons=50, seed=0, stop_rule=rule).duration == 2
    assert simulate(silent, 2.3, n_neurons=50, seed=0, stop_rule=rule).duration == 2
    assert simulate(silent, 3, n_neurons=50, seed=0).duration == 3


def test_a_saturated_circuit_stops_early_and_an_active_one_does_not(active, middle):
    rule = StopRule(saturated_after=2.0)
    saturated = changed(middle, E_poisson_rate=2000, E_p_igniters=1, E_b=0, E_C=20, I_poisson_rate=0, net_p_i2e=0)
    assert simulate(saturated, 10, n_neurons=50, seed=0, stop_rule=rule).duration == 2
    theta, seed = active(1, N)
    assert simulate(theta, 4, n_neurons=N, seed=seed, stop_rule=rule).duration == 4


def test_enough_is_asked_every_five_seconds_with_what_there_is(active):
    theta, seed = active(1, N)
    seen = []

    def enough(recording):
        seen.append(recording)
        return len(seen) == 2

    recording = simulate(theta, 60, n_neurons=100, seed=seed, enough=enough)
    assert [r.duration for r in seen] == [5, 10]
    assert recording.duration == 10
    assert recording.content_hash == seen[-1].content_hash == simulate(theta, 10, n_neurons=100, seed=seed).content_hash


@pytest.mark.parametrize("record", ["all", "excitatory", "inhibitory"])
def test_recordings_so_far_stay_as_they_were_while_the_run_goes_on(active, record):
    theta, seed = active(1, N)
    seen, copies = [], []

    def enough(recording):
        seen.append(recording)
        copies.append((recording.spike_times.copy(), recording.spike_units.copy()))
        return False

    whole = simulate(theta, 25, n_neurons=400, seed=seed, record=record, enough=enough)
    assert whole.n_spikes > 8192  # more than the room it begins with, twice
    for recording, (times, units) in zip(seen, copies, strict=True):
        np.testing.assert_array_equal(recording.spike_times, times)
        np.testing.assert_array_equal(recording.spike_units, units)
        np.testing.assert_array_equal(whole.spike_times[: len(times)], times)
        np.testing.assert_array_equal(whole.spike_units[: len(times)], units)
    both = simulate(theta, 25, n_neurons=400, seed=seed)
    chosen = both if record == "all" else both.population(record)
    assert whole.content_hash == chosen.content_hash
    assert len(whole.spike_times.base) == whole.n_spikes  # without the room that was left


def test_the_reference_takes_the_same_switches(on_numpy, active):
    theta, seed = active(1, N)
    recording = simulate(theta, 0.4, n_neurons=60, seed=seed, engine="reference", record="excitatory")
    assert set(recording.unit_groups) == {"excitatory"}
    assert recording.duration == 0.4
    assert recording.provenance["engine"] == "reference"
    assert recording.provenance["precision"] == "double"
    assert (
        recording.content_hash
        == simulate(theta, 0.4, n_neurons=60, seed=seed, engine="reference", record="excitatory").content_hash
    )


def test_the_reference_can_be_cancelled_and_stops_early(on_numpy, middle):
    with pytest.raises(SimulationError, match="cancelled after 1 s"):
        simulate(middle, 2, n_neurons=10, seed=0, engine="reference", should_stop=lambda: True)
    silent = changed(middle, E_poisson_rate=0, I_poisson_rate=0)
    rule = StopRule(silent_after=1.0)
    assert simulate(silent, 3, n_neurons=10, seed=0, engine="reference", stop_rule=rule).duration == 1


def test_the_reference_stops_at_too_many_spikes(on_numpy, active, monkeypatch):
    monkeypatch.setattr("automind_dash.circuit.domain.MAX_RECORDED_SPIKES", 5)
    with pytest.raises(SimulationError, match=r"stopped after .* spikes in 1 s"):
        simulate(active(1, N)[0], 3, n_neurons=60, seed=0, engine="reference")


def test_the_reference_takes_every_rate_that_the_fast_engine_takes(on_numpy, middle):
    strong = changed(middle, E_poisson_rate=6000, I_poisson_rate=9000, E_p_igniters=1)
    fast, reference = (simulate(strong, 0.1, n_neurons=20, seed=0, engine=engine) for engine in ("fast", "reference"))
    assert reference.mean_rate == pytest.approx(fast.mean_rate, rel=0.05)


def test_another_configuration_gives_the_reference_nothing_new_to_compile(on_numpy, middle, monkeypatch):
    # a number in brian2's generated code would cost its user half a minute of compiling for every configuration
    from brian2.codegen.runtime.numpy_rt import NumpyCodeObject

    codes: list[set[str]] = []
    compiled = NumpyCodeObject.compile_block

    def watched(self, block):
        codes[-1].add(getattr(self.code, block))
        return compiled(self, block)

    monkeypatch.setattr(NumpyCodeObject, "compile_block", watched)
    for theta in (middle, middle * np.linspace(1.01, 1.1, len(middle))):
        codes.append(set())
        simulate(theta, 0.01, n_neurons=30, seed=0, engine="reference")
    assert len(codes[0]) > 8
    assert codes[0] == codes[1]


def test_spikes_of_the_reference_are_handed_over_once(on_numpy, active):
    from automind_dash.circuit.reference import simulate_reference

    theta, seed = active(2, N)
    chunks: list[Chunk] = []
    simulate_reference(theta, 0.5, look=chunks.append, look_every=0.1, n_neurons=60, seed=seed)
    assert [c.stop for c in chunks] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])
    for chunk in chunks:
        assert np.all((chunk.spike_times >= chunk.start - 1e-9) & (chunk.spike_times < chunk.stop - 1e-9))
    whole: list[Chunk] = []
    simulate_reference(theta, 0.5, look=whole.append, look_every=1.0, n_neurons=60, seed=seed)
    np.testing.assert_array_equal(np.concatenate([c.spike_times for c in chunks]), whole[0].spike_times)
    np.testing.assert_array_equal(np.concatenate([c.spike_neurons for c in chunks]), whole[0].spike_neurons)


def test_engines_agree_in_distribution(on_numpy, middle):
    # asynchronous firing: a second of a small network already has a firm mean rate
    firing = changed(middle, E_poisson_rate=3, E_p_igniters=1, net_p_e2e=0.02, E_b=20, E_tau_w=100, E_C=200, E_g_L=10)
    fast = [simulate(firing, 2, n_neurons=N, seed=seed) for seed in range(6)]
    reference = simulate(firing, 2, n_neurons=N, seed=0, engine="reference")
    for group in ("excitatory", "inhibitory"):
        rates = [recording.population(group).mean_rate for recording in fast]
        found = reference.population(group).mean_rate
        assert np.mean(rates) > 0.2
        assert abs(found - np.mean(rates)) < 6 * np.std(rates) + 0.03 * np.mean(rates), group
