"""Spending simulations for one target: early rejection, lessons, refinement, verified ensembles. The simulator is the toy's."""

from dataclasses import replace

import numpy as np
import pytest

from automind_dash.circuit.examples import example_list
from automind_dash.circuit.parameters import as_vector
from automind_dash.errors import ClusterError, EstimatorError
from automind_dash.features import BURST_FEATURES, FeatureSet, Observation
from automind_dash.inference.asking import posterior
from automind_dash.inference.asking.posterior import sample
from automind_dash.inference.asking.rejection import EarlyRejection, Watch
from automind_dash.inference.asking.simulated import Simulated, simulate_as_trained
from automind_dash.inference.asking.target import Target
from automind_dash.inference.asking.verification import run_on_cluster
from automind_dash.inference.asking.yields import confirmed_sentence
from automind_dash.inference.estimators.card import SimulationPlan
from automind_dash.inference.estimators.estimator import Estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.estimators.surrogate import SurrogateSettings, fit_surrogate
from automind_dash.inference.spending import ensembles
from automind_dash.inference.spending.adaptation import adapted
from automind_dash.inference.spending.ensembles import INTERRUPTED, fit
from automind_dash.inference.spending.lessons import Lessons
from automind_dash.inference.spending.refinement import refine
from automind_dash.inference.spending.resampling import LONGEST, SHORTEST, Starts, adapted_step, draw_near
from automind_dash.jobs import Failure
from automind_dash.recording import Recording
from tests.inference.toy_simulator import toy_features

VECTOR = np.array([0.3, 0.6, 0.5, 0.2])
SMALL = SurrogateSettings(members=2, hidden=32, dropout=0.0, epochs=3, minimum_steps=300)


def run_toy(items, shift=0.0):
    """The toy's simulator: two in ten circuits are silent."""
    for index, item in enumerate(items):
        theta, rng = item["theta"], np.random.default_rng(item["seed"])
        dead = (theta[20] - Prior().low[20]) / (Prior().high[20] - Prior().low[20]) > 0.8
        vector = np.full(4, np.nan) if dead else toy_features(theta[None], rng)[0] + shift
        yield index, Simulated(theta, item["seed"], "silent" if dead else "active", vector)


@pytest.fixture(scope="module")
def estimator(toy) -> Estimator:
    """The toy with a surrogate that knows nothing of a shift of the simulator."""
    rng = np.random.default_rng(5)
    theta = Prior().draw(1500, rng)
    dead = (theta[:, 20] - Prior().low[20]) / (Prior().high[20] - Prior().low[20]) > 0.8
    surrogate = fit_surrogate(
        theta, ~dead, toy_features(theta, rng), np.empty((1500, 0)), np.arange(1500), Prior(), settings=SMALL
    )
    return Estimator(toy.folder, toy.card, toy.density, surrogate)


@pytest.fixture
def target():
    recording = Recording.from_spikes(np.array([0.1, 0.2]), np.array([0, 1]), duration=1.0, name="two")
    return Target(VECTOR, {}, 0.0, 1.0, 2000, recording)


def test_an_adapted_surrogate_predicts_a_simulator_that_differs_better(estimator):
    rng = np.random.default_rng(6)
    nothing = np.empty((200, 0))
    draws = sample(estimator, VECTOR, 400, seed=3).theta
    seen = toy_features(draws, rng) + 0.2
    learned = adapted(estimator.surrogate, draws[:200], np.ones(200, bool), seen[:200], nothing)
    before, after = (
        np.abs(one.predict(draws[200:], nothing)[1] - seen[200:]).mean() for one in (estimator.surrogate, learned)
    )
    assert after < 0.6 * before
    few = adapted(estimator.surrogate, draws[:5], np.ones(5, bool), seen[:5], nothing[:5])
    assert few is estimator.surrogate


@pytest.mark.parametrize("share", [0.5, 0.84, 0.95])
@pytest.mark.parametrize("n", [60, 300])
def test_what_is_learned_of_use_explains_it_where_the_networks_were_sure_of_the_contrary(estimator, share, n):
    draws, nothing = Prior().draw(4 * n, 1), np.empty((4 * n, 0))
    sure = np.argsort(-estimator.surrogate.predict(draws, nothing)[0])[:n]
    draws, nothing = draws[sure], nothing[:n]
    useful = np.random.default_rng(8).random(n) < share
    seen = estimator.surrogate.predict(draws, nothing)[1]
    said = adapted(estimator.surrogate, draws, useful, seen, nothing).predict(draws, nothing)[0]
    before = estimator.surrogate.predict(draws, nothing)[0]

    def missed(p):
        return -np.mean(np.log(np.clip(np.where(useful, p, 1 - p), 1e-12, 1)))

    assert missed(said) < missed(before)
    assert abs(said.mean() - share) < abs(before.mean() - share) + 0.02


def test_of_runs_given_up_early_only_their_use_is_learned_and_few_odd_ones_do_not_decide(estimator):
    rng = np.random.default_rng(7)
    draws, nothing = Prior().draw(200, 1), np.empty((200, 0))
    expected = estimator.surrogate.predict(draws, nothing)[1]
    seen = expected + 0.2 + 0.02 * rng.standard_normal(expected.shape)
    seen[:100] = np.nan  # given up
    seen[100:108] -= 5.0  # odd
    learned = adapted(estimator.surrogate, draws, np.ones(200, bool), seen, nothing)
    moved = learned.predict(draws, nothing)[1] - expected
    assert np.isfinite(moved).all()
    assert abs(np.median(moved) - 0.2) < 0.08


def test_where_nothing_can_be_learned_nothing_is_changed(estimator):
    rng = np.random.default_rng(7)
    draws, nothing = Prior().draw(300, 1), np.empty((300, 0))
    expected = estimator.surrogate.predict(draws, nothing)[1]
    noise = expected + 0.3 * rng.standard_normal(expected.shape)
    learned = adapted(estimator.surrogate, draws, np.ones(300, bool), noise, nothing)
    assert np.abs(learned.predict(draws, nothing)[1] - expected).mean() < 0.1


def test_fit_finds_what_was_asked_for_and_counts_all_it_simulated(estimator, target):
    found = fit(target, estimator, want=12, budget=400, seed=2, run_many=run_toy)
    assert len(found.configurations) == 12
    assert (found.configurations["distance"] <= estimator.card.threshold).all()
    assert found.simulated == found.tally.n == len(found.runs) == len(found.distances)
    assert found.simulated >= found.consistent >= 12
    again = fit(target, estimator, want=12, budget=400, seed=2, run_many=run_toy)
    assert again.configurations.equals(found.configurations)
    spread = found.configurations.iloc[:, :28].to_numpy()
    assert len(np.unique(spread, axis=0)) == 12


def test_matches_are_confirmed_with_more_seeds_until_enough_match_every_time(estimator, target):
    found = fit(target, estimator, want=8, budget=600, seed=2, confirm=3, run_many=run_toy)
    table = found.configurations
    assert found.confirmed == ((table["seeds"] == 4) & (table["matched"] == 4)).sum() >= 8
    assert set(table["seeds"]) <= {1, 4}
    assert table["matched"].between(1, table["seeds"]).all()
    assert found.repeated.n == 3 * (table["seeds"] == 4).sum()
    assert found.repeated.consistent == (table["matched"] - 1).sum()
    assert found.simulated + found.repeated.n <= 600
    assert found.tally.tested == (table["seeds"] == 4).sum()
    assert found.confirmed_yield == pytest.approx(found.yield_ * found.confirmed / found.tally.tested)
    assert all(
        len(found.repetitions[run]) == n - 1 for run, n in zip(table["run"], table["seeds"], strict=True) if n > 1
    )
    again = fit(target, estimator, want=8, budget=600, seed=2, confirm=3, run_many=run_toy)
    assert again.configurations.equals(table)
    assert f"{found.confirmed} of the {(table['seeds'] == 4).sum()}" in confirmed_sentence(found.tally)


def test_a_circuit_that_matches_by_luck_is_not_confirmed(estimator, target):
    def lucky(items):
        """Draws match; the same circuit with another seed does not."""
        for index, run in run_toy(items):
            known = tuple(run.theta) in seen
            seen.add(tuple(run.theta))
            yield index, replace(run, vector=run.vector + 50.0) if known else run

    seen = set()
    found = fit(target, estimator, want=3, budget=60, seed=2, confirm=2, run_many=lucky)
    assert found.consistent > 0
    assert found.confirmed == 0
    assert found.simulated + found.repeated.n <= 60
    assert (found.configurations["matched"] == 1).all()
    with pytest.raises(EstimatorError, match="0 to 100"):
        fit(target, estimator, want=3, confirm=-1, run_many=run_toy)


def test_rounds_prune_harder_while_few_match_and_never_where_nothing_is_pruned(estimator, target):
    def never(items):
        yield from run_toy(items, shift=50.0)

    found = fit(target, estimator, want=10, budget=140, oversampling=3, resample=False, run_many=never)
    assert found.consistent == 0
    assert found.oversampling == 3 * 16
    assert found.drawn == 20 * 3 * (1 + 2 + 4 + 8 + 16 + 16 + 16)
    assert fit(target, estimator, want=10, budget=120, oversampling=1, run_many=never).oversampling == 1
    easy = fit(target, estimator, want=60, budget=200, tolerance=50.0, run_many=run_toy)
    assert easy.oversampling == 20


def test_rounds_never_ask_for_more_draws_than_can_be_made(estimator, target, monkeypatch):
    monkeypatch.setattr(ensembles, "MAX_SAMPLES", 900)
    monkeypatch.setattr(posterior, "MAX_SAMPLES", 900)
    found = fit(target, estimator, want=60, budget=120, oversampling=40, tolerance=3.0, run_many=run_toy)
    assert found.consistent >= 60


def hard(items):
    """A simulator that is not what the surrogate thinks, so that few of its picks match."""
    yield from run_toy(items, shift=0.1)


def test_where_few_match_most_circuits_are_drawn_near_those_that_did(estimator, target):
    asked = {"want": 500, "budget": 240, "seed": 3, "tolerance": 0.8, "run_many": hard, "learn": False}
    found = fit(target, estimator, **asked)
    assert found.fresh.n + found.near.n == found.simulated == 240
    assert found.fresh.consistent + found.near.consistent == found.consistent
    assert found.near.n > 40
    assert found.near.share > 1.5 * found.fresh.share
    table = found.configurations
    relatives = table[table["parent"] >= 0]
    assert len(relatives) == found.near.consistent
    assert (relatives["parent"] < relatives["run"]).all()
    prior = Prior()
    for _, row in relatives.iterrows():  # not the parents again
        step = prior.to_logit(row.iloc[:28].to_numpy(float)[None]) - prior.to_logit(
            found.runs[int(row["parent"])].theta[None]
        )
        assert np.linalg.norm(step) > 0.5
    plain = fit(target, estimator, **asked, resample=False)
    assert plain.near.n == 0
    assert (plain.configurations["parent"] == -1).all()
    assert fit(target, estimator, **asked).configurations.equals(table)


def test_before_anything_matches_the_nearest_misses_lead_to_what_does(estimator, target):
    asked = {"want": 500, "budget": 120, "seed": 3, "tolerance": 0.8, "learn": False}

    def elsewhere(items):
        yield from run_toy(items, shift=0.15)

    found = fit(target, estimator, **asked, run_many=elsewhere)
    assert found.fresh.consistent == 0
    assert found.near.consistent > 5
    numbers = set(found.configurations["run"])
    assert not set(found.configurations["parent"]) <= numbers | {-1}
    assert fit(target, estimator, **asked, run_many=elsewhere, resample=False).consistent <= 2


def test_runs_to_start_from_are_those_that_matched_then_the_nearest_and_never_one_without_features(estimator, target):
    lessons = Lessons(target, estimator, seed=1, tolerance=1.0, run_many=run_toy)
    near, far = 0.5 * lessons.judge.bound, 3 * lessons.judge.bound
    lessons.distances = [far, near, np.inf, 2 * far, near, far]
    lessons.states = lessons.judge.states(["active"] * 6, lessons.distances).tolist()
    assert lessons.nearest(1).tolist() == [1, 4]
    assert lessons.nearest(3).tolist() == [0, 1, 4]
    assert lessons.nearest(9).tolist() == [0, 1, 3, 4, 5]


def test_steps_shorten_while_few_match_and_lengthen_while_most_do():
    assert adapted_step(0.35, 0.1) < 0.35 < adapted_step(0.35, 0.9)
    assert adapted_step(0.35, 0.45) == 0.35
    shortest, longest = 0.35, 0.35
    for _ in range(20):
        shortest, longest = adapted_step(shortest, 0.0), adapted_step(longest, 1.0)
    assert (shortest, longest) == (SHORTEST, LONGEST)


def test_steps_from_starts_stay_in_the_support_and_start_from_all(estimator):
    prior, theta = Prior(), sample(estimator, VECTOR, 6, seed=4).theta
    starts = Starts(theta, np.tile(VECTOR, (6, 1)))
    draws, parents = draw_near(estimator, estimator.surrogate, VECTOR, starts, 30, seed=8)
    assert prior.contains(draws.theta).all()
    assert len(draws) == len(parents)
    assert set(parents.tolist()) == set(range(6))
    assert (draws.log_density >= sample(estimator, VECTOR, 1000, seed=8).log_density.min()).all()
    few, begun = draw_near(estimator, estimator.surrogate, VECTOR, starts, 3, seed=8)
    assert len(set(begun.tolist())) == len(few) == 3


def test_fit_ends_with_its_budget_or_when_it_is_told_to(estimator, target):
    assert fit(target, estimator, want=1000, budget=50, seed=2, run_many=run_toy).simulated == 50
    assert fit(target, estimator, want=10, budget=500, run_many=run_toy, should_stop=lambda: True).simulated == 0
    shares = []
    fit(target, estimator, want=8, budget=200, run_many=run_toy, progress=shares.append)
    assert 0 < shares[0] <= shares[-1] <= 1
    with pytest.raises(EstimatorError, match="at least 1"):
        fit(target, estimator, want=0)


def test_what_was_found_before_the_cluster_was_lost_is_returned(estimator, target):
    def lost_after(simulations):
        left = iter(range(simulations))

        def run(items):
            for index, result in run_toy(items):
                if next(left, None) is None:
                    raise ClusterError("The cluster was lost.")
                yield index, result

        return run

    whole = fit(target, estimator, want=1000, budget=50, seed=2, run_many=run_toy)
    found = fit(target, estimator, want=1000, budget=50, seed=2, run_many=lost_after(33))
    assert (found.lost, whole.lost) == ("The cluster was lost.", "")
    assert found.simulated == len(found.parents) == len(found.log_density) == 33
    assert found.distances == whole.distances[:33]
    with pytest.raises(ClusterError):
        fit(target, estimator, want=1000, budget=50, seed=2, run_many=lost_after(0))


def test_what_was_found_before_ctrl_c_is_returned(estimator, target):
    def interrupted(items):
        for index, result in run_toy(items):
            if index == 7:
                raise KeyboardInterrupt
            yield index, result

    found = fit(target, estimator, want=1000, budget=50, seed=2, run_many=interrupted)
    assert (found.lost, found.simulated) == (INTERRUPTED, 7)


def test_refining_raises_the_yield_where_the_simulator_is_not_what_the_surrogate_thinks(estimator, target):
    found = refine(target, estimator, simulations=400, seed=1, run_many=lambda items: run_toy(items, shift=0.15))
    assert found.simulated == 400
    assert found.before.n == found.after.n == 100
    assert found.after.share > found.before.share
    assert found.pays
    draws = found.sample(estimator, 50, seed=9, oversampling=20)
    assert draws.provenance.refined.yield_after == (found.after.consistent, 100)
    plain = sample(estimator, VECTOR, 50, seed=9, oversampling=20)
    assert plain.provenance.refined is None
    assert not np.array_equal(draws.theta, plain.theta)


def test_refining_stops_and_refuses(estimator, target, toy):
    assert refine(target, estimator, simulations=100, run_many=run_toy, should_stop=lambda: True) is None
    with pytest.raises(EstimatorError, match="at least 60"):
        refine(target, estimator, simulations=20, run_many=run_toy)
    with pytest.raises(EstimatorError, match="no surrogate"):
        refine(target, Estimator(toy.folder, toy.card, toy.density), simulations=100, run_many=run_toy)


def bursting(intervals, width=0.1, duration=60.0, seed=0):
    """60 units that fire in bursts at given intervals, s."""
    rng = np.random.default_rng(seed)
    peaks = np.cumsum(intervals)
    peaks = peaks[peaks < duration - 1]
    times = np.sort(np.concatenate([rng.normal(peak, width / 4, 600) for peak in peaks]))
    return Recording.from_spikes(
        np.clip(times, 0, duration), rng.integers(0, 60, len(times)), duration=duration, n_units=60
    )


PLAN = SimulationPlan(3.0, 60.0, 2000, 12)
SCALE, THRESHOLD = np.array([0.05, 0.25, 0.02, 0.05]), 3.0


def rule_for(recording):
    return EarlyRejection(BURST_FEATURES.vector(recording), SCALE, THRESHOLD)


def test_a_run_of_the_target_itself_is_never_given_up_however_short_it_is_yet():
    rng = np.random.default_rng(1)
    whole = bursting(rng.normal(4.0, 0.4, 30))
    rule = rule_for(whole)
    for seed in range(5):
        again = bursting(np.random.default_rng(seed).normal(4.0, 0.4, 30), seed=seed)
        for seconds in (2, 5, 10, 20, 40):
            assert not rule.rules_out(again.window(0, seconds), BURST_FEATURES, PLAN)


def test_other_dynamics_are_given_up_long_before_the_end():
    rule = rule_for(bursting(np.full(30, 4.0) + np.random.default_rng(1).normal(0, 0.4, 30)))
    faster = bursting(np.random.default_rng(2).normal(1.3, 0.1, 50))
    assert rule.rules_out(faster.window(0, 20), BURST_FEATURES, PLAN)
    never = bursting([1.0])
    assert not rule.rules_out(never.window(0, 15), BURST_FEATURES, PLAN)
    assert rule.rules_out(never.window(0, 55), BURST_FEATURES, PLAN)


def test_half_a_run_is_waited_for_however_far_it_seems():
    rule = rule_for(bursting(np.full(30, 4.0) + np.random.default_rng(1).normal(0, 0.4, 30)))
    other = bursting(np.random.default_rng(2).normal(1.3, 0.1, 50))
    assert not rule.rules_out(other.window(0, 6), BURST_FEATURES, PLAN)
    assert rule.rules_out(other.window(0, 12), BURST_FEATURES, PLAN)


def test_slow_bursts_are_waited_for():
    rule = rule_for(bursting([5.0, 14.0, 17.0, 15.0], duration=60.0))
    assert not rule.rules_out(bursting([30.0, 16.0], duration=60.0).window(0, 29.0), BURST_FEATURES, PLAN)


def test_the_bound_falls_to_little_above_the_threshold_as_a_run_goes_on():
    rule = rule_for(bursting(np.full(30, 4.0) + np.random.default_rng(1).normal(0, 0.4, 30)))
    bounds = [rule.bound(share) for share in (0.1, 0.3, 0.6, 1.0)]
    assert bounds == sorted(bounds, reverse=True)
    assert bounds[-1] == THRESHOLD


def test_a_watch_looks_less_and_less_often():
    asked = []

    class Rule(EarlyRejection):
        def rules_out(self, stretch, features, plan):
            asked.append(round(stretch.duration))
            return False

    watch, recording = Watch(Rule(VECTOR, SCALE, THRESHOLD)), bursting(np.full(30, 4.0))
    for seconds in range(1, 60):
        watch.gives_up(recording.window(0, float(seconds)), BURST_FEATURES, PLAN)
    assert asked == [2, 3, 5, 8, 12, 18, 27, 41]
    assert not watch.rejected


def simulated(warm_up, duration, seen_for=None):
    """A run of a published circuit, held against a target that it cannot match."""
    own = FeatureSet("own", ("mean_rate", "isi_cv_mu"), observation=Observation(duration=seen_for))
    far = EarlyRejection(np.array([1000.0, 1000.0]), np.ones(2), 2.0)
    theta = as_vector(example_list()[0]["configuration"])
    return simulate_as_trained(theta, 1, own, SimulationPlan(warm_up, duration, 400), rejection=far)


def test_a_run_that_was_seen_whole_is_not_called_given_up():
    """Its features are those of any other: all misses were left out of what is learned, of the check and of exports."""
    assert simulated(0.5, 4.5).rejected_after is None  # asked about at its very end
    assert simulated(0.0, 9.0, seen_for=4.0).rejected_after is None
    assert simulated(0.0, 9.0).rejected_after == pytest.approx(5.0)


def test_runs_are_given_up_early_also_where_the_feature_set_says_for_how_long_a_circuit_is_seen():
    assert simulated(0.0, 9.0, seen_for=9.0).rejected_after == pytest.approx(5.0)


def on_a_cluster(monkeypatch, results):
    """What `run_on_cluster` yields where a job comes to these results."""

    class StandIn:
        def results(self):
            yield from enumerate(results)

        def cancel(self):
            pass

    monkeypatch.setattr("automind_dash.jobs.submit", lambda *args, **options: StandIn())
    return run_on_cluster(
        [{"theta": np.zeros(28), "seed": i, "feature_set": ["mean_rate"]} for i in range(len(results))]
    )


def test_workers_that_cannot_simulate_are_no_circuits_that_failed(monkeypatch):
    """The whole budget was spent on them, and 0 % consistent was what was said."""
    runs = on_a_cluster(monkeypatch, [Failure("no module named brian3", "ModuleNotFoundError")] * 5)
    with pytest.raises(ClusterError, match="cannot run simulations: no module named brian3"):
        list(runs)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_where_one_can_be_simulated_the_others_are_circuits_that_failed(monkeypatch, place):
    results = [Failure("killed", "KilledWorker")] * 5
    results[place] = Simulated(np.zeros(28), 1, "silent", np.full(1, np.nan))
    outcomes = [run.outcome for _, run in on_a_cluster(monkeypatch, results)]
    assert outcomes == ["silent" if i == place else "failed" for i in range(5)]
