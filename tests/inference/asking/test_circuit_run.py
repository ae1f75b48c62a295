"""One way from a circuit to its features: training, verification and the page cannot disagree about a run."""

import numpy as np
import pytest

from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking import circuit_run
from automind_dash.inference.asking.circuit_run import analysed_part, run_circuit
from automind_dash.inference.asking.simulated import simulate_as_trained
from automind_dash.inference.estimators.card import SimulationPlan
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making.campaign import CampaignPlan, run_one
from automind_dash.recording import Recording

PLAN = SimulationPlan(warm_up=1.0, duration=4.0)
THETA = Prior().draw(1, np.random.default_rng(0))[0]


def made(monkeypatch, times, duration=5.0):
    """Let the simulator return these excitatory spikes, and one inhibitory neuron that fires all the time."""
    inhibitory = np.arange(0, duration, 0.01)
    run = Recording.from_spikes(
        np.concatenate([times, inhibitory]), np.concatenate([np.arange(len(times)) % 10, np.full(len(inhibitory), 10)]),
        duration=duration, n_units=11, unit_groups=("excitatory",) * 10 + ("inhibitory",),
    )  # fmt: skip

    def simulate(*_, record, **__):
        return run.population("excitatory") if record == "excitatory" else run

    monkeypatch.setattr(circuit_run, "simulate", simulate)


def outcomes():
    campaign = CampaignPlan((BURST_FEATURES,), warm_up=PLAN.warm_up, duration=PLAN.duration)
    return {
        "training": run_one(THETA, 1, campaign)["outcome"],
        "verification": simulate_as_trained(THETA, 1, BURST_FEATURES, PLAN).outcome,
        "page": simulate_as_trained(THETA, 1, BURST_FEATURES, PLAN, keep_recording=True).outcome,
    }


@pytest.mark.parametrize(("n", "outcome"), [(19, "silent"), (400, "active")])
def test_training_verification_and_page_judge_a_run_alike(monkeypatch, n, outcome):
    """Nineteen spikes after the warm-up were active in training, and silent where circuits are verified."""
    made(monkeypatch, np.linspace(1.1, 4.9, n))
    assert set(outcomes().values()) == {outcome}


def test_what_fires_only_as_it_starts_is_silent(monkeypatch):
    made(monkeypatch, np.linspace(0.01, 0.9, 500))
    assert set(outcomes().values()) == {"silent"}


def test_the_stretch_is_excitatory_and_begins_after_the_warm_up(monkeypatch):
    made(monkeypatch, np.linspace(0.5, 4.9, 400))
    run = run_circuit(THETA, 1, PLAN, all_neurons=True)
    assert run.recording.n_units == 11
    assert (run.stretch.n_units, run.stretch.duration) == (10, 4.0)
    again = analysed_part(run.recording, PLAN.warm_up)
    np.testing.assert_array_equal(again.spike_times, run.stretch.spike_times)


def test_a_circuit_outside_the_domain_fails_with_its_reason():
    theta = THETA.copy()
    theta[1], theta[5] = 0.9, 5.0  # connection probability within clusters above 1
    run = run_circuit(theta, 1, PLAN)
    assert run.outcome == "failed"
    assert run.error
    assert run.recording is None
