"""Rounds drawn around an estimator's targets: their circuits teach the surrogate, and nothing else."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import NAMES
from automind_dash.errors import EstimatorError
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.estimators.surrogate import SurrogateSettings, fit_surrogate
from automind_dash.inference.making import campaign_run
from automind_dash.inference.making.around import KIND, propose_around, propose_disputed, targets_within
from automind_dash.inference.making.building import training_rows
from automind_dash.inference.making.campaign import CampaignPlan
from automind_dash.inference.making.campaign_run import continue_campaign, read_ranges

PLAN = CampaignPlan((BURST_FEATURES,), n_neurons=200, duration=20.0, enough_bursts=5, shard_size=8)


def test_proposals_are_the_estimators_and_can_be_drawn_again(toy):
    first, again = (propose_around(toy, 40, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (40, 28)
    assert Prior().contains(first).all()
    assert len(np.unique(first, axis=0)) == 40


def test_only_targets_within_the_ranges_are_drawn_around(toy):
    _, features = toy.reference()
    middle = float(np.median(features[:, 2]))
    inside = targets_within(toy, features, (("burst_width_mean", 10**middle, np.inf),))
    np.testing.assert_array_equal(inside, features[:, 2] >= np.log10(10**middle))
    everything = targets_within(toy, features, (("burst_width_mean", 0.0, np.inf), ("burst_interval_cv", 0.0, np.inf)))
    assert everything.all()
    wide, narrow = (
        propose_around(toy, 30, np.random.default_rng(3), within)
        for within in ((), (("burst_width_mean", 10**middle, np.inf),))
    )
    assert not np.array_equal(wide, narrow)


@pytest.mark.parametrize(
    ("within", "said"),
    [((("psd_01", 0.0, 1.0),), "sees"), ((("burst_width_mean", 1e12, 1e13),), "Widen")],
)
def test_ranges_that_leave_nothing_are_refused(toy, within, said):
    with pytest.raises(EstimatorError, match=said):
        propose_around(toy, 5, np.random.default_rng(0), within)


def test_ranges_are_read_from_json(tmp_path):
    path = tmp_path / "ranges.json"
    path.write_text('{"burst_width_mean": [0.05, 0.6], "burst_interval_cv": [0.1, 1]}')
    ranges = read_ranges(path)
    assert ranges == (("burst_width_mean", 0.05, 0.6), ("burst_interval_cv", 0.1, 1.0))
    for text in ("[1, 2]", '{"burst_width_mean": 3}', '{"a": ["x", 1]}', "{"):
        path.write_text(text)
        with pytest.raises(EstimatorError, match="cannot be read as ranges"):
            read_ranges(path)


def test_a_round_is_named_after_the_estimator_it_was_drawn_from(toy, tmp_path, monkeypatch):
    made = []

    class Done:
        done = total = 0
        seconds_left = 0.0

        def results(self):
            return iter(())

    monkeypatch.setattr("automind_dash.jobs.submit", lambda function, items, **_: made.extend(items) or Done())
    continue_campaign(tmp_path, PLAN, 2, around=toy.folder)
    kinds = {item.kind for item in made}
    assert len(made) == 2
    assert len(kinds) == 1
    assert all(kind.startswith(f"{KIND}-") for kind in kinds)
    made.clear()
    within = (("burst_interval_mean", 0.0, np.inf),)
    continue_campaign(tmp_path, PLAN, 2, around=toy.folder, within=within)
    assert {item.kind for item in made}.isdisjoint(kinds)
    assert {item.within for item in made} == {within}
    with pytest.raises(EstimatorError, match="give its folder"):
        continue_campaign(tmp_path, PLAN, 2, within=within)
    with pytest.raises(EstimatorError, match="another prior"):
        continue_campaign(
            tmp_path, replace(PLAN, prior=Prior(Prior().low, Prior().high * 1.01 + 0.01)), 2, around=toy.folder
        )
    with pytest.raises(EstimatorError, match="leave out one"):
        continue_campaign(tmp_path, PLAN, 2, around=toy.folder, restrict=0.1)


def shards(kinds):
    """One active circuit of each kind."""
    frame = pd.DataFrame(Prior().draw(len(kinds), 5), columns=list(NAMES))
    frame["outcome"], frame["kind"], frame["seed"] = "active", kinds, np.arange(len(kinds)) + 1
    for name in BURST_FEATURES.features:
        frame[f"bursts:{name}"] = 1.5
    return frame


def test_rows_know_which_are_draws_of_the_prior(tmp_path):
    rows = training_rows(
        shards(["prior", "restricted-1", f"{KIND}-1", f"{KIND}-0a1b2c3d"]), BURST_FEATURES, 200, ("bursts",)
    )
    assert rows.of_prior.tolist() == [True, True, False, False]


def test_a_restriction_is_learned_from_the_prior_alone(tmp_path, monkeypatch):
    frame = shards(["prior"] * 300).drop(columns="kind")
    frame["outcome"] = np.where(np.arange(300) % 2, "active", "silent")
    for name in ("prior-00000", f"{KIND}-1-00000", "restricted-00000"):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    seen = []
    monkeypatch.setattr(campaign_run, "fit_restriction", lambda theta, *_, **__: seen.append(len(theta)) or len(seen))
    assert campaign_run.restriction_from(tmp_path, PLAN, "restricted", 0.1) == 1
    assert campaign_run.restriction_from(tmp_path, PLAN, "restricted", 0.1) == 1, "learned once"
    assert seen == [300]
    frame[:290].to_parquet(tmp_path / "prior-00001.parquet")
    campaign_run.restriction_from(tmp_path, PLAN, "restricted", 0.1)
    assert seen == [300, 590], "workers that had learned before kept what was outdated"


def test_a_round_that_is_whole_learns_no_restriction(tmp_path, monkeypatch):
    def learned(*_):
        raise AssertionError("a restriction was learned for nothing")

    monkeypatch.setattr(campaign_run, "restriction_from", learned)
    shards(["prior"]).to_parquet(tmp_path / "restricted-00000.parquet")
    assert continue_campaign(tmp_path, PLAN, 1, restrict=0.1) == 0
    with pytest.raises(AssertionError, match="for nothing"):
        continue_campaign(tmp_path, PLAN, 2, restrict=0.1)


def test_pairs_have_errors_of_the_priors_circuits_only():
    rng = np.random.default_rng(0)
    theta = Prior().draw(1200, rng)
    useful = np.arange(1200) < 1000
    features = rng.normal(0, 0.1, (1200, 2))
    odd = np.arange(1200) >= 500  # drawn around targets, where the surrogate is far off
    features[odd] += rng.choice([-50.0, 50.0], odd.sum())[:, None]
    surrogate = fit_surrogate(
        theta, useful, features, np.empty((1200, 0)), np.arange(1200), Prior(), n_neurons=200,
        settings=SurrogateSettings(members=2, hidden=16, epochs=2, minimum_steps=20), errors_of=np.arange(500),
    )  # fmt: skip
    expected = np.tile(features[:500].mean(0), (400, 1))
    assert np.abs(surrogate.with_errors(expected, rng) - expected).max() < 45


class Committee:
    """Two members that disagree on circuits with a large first parameter, and find those with a large second useless."""

    members = ("one", "another")

    def disagreement(self, theta, conditions):
        place = (theta - Prior().low) / (Prior().high - Prior().low)
        spread = np.repeat(place[:, :1], 4, axis=1)
        return 1.0 * (place[:, 1] < 0.5), np.repeat(place[:, 2:3], 4, axis=1), spread


def test_disputed_circuits_are_those_on_which_the_members_disagree(toy, monkeypatch):
    monkeypatch.setattr(type(toy), "surrogate", Committee())
    found = propose_disputed(toy, 20, np.random.default_rng(1))
    place = (found - Prior().low) / (Prior().high - Prior().low)
    assert found.shape == (20, 28)
    assert (place[:, 0] > 0.95).all()
    assert (place[:, 1] < 0.5).all()
    within = (("burst_width_mean", 1.0, 10**0.2),)  # the expected log10 is the third parameter's place
    inside = propose_disputed(toy, 20, np.random.default_rng(1), within)
    assert (((inside - Prior().low) / (Prior().high - Prior().low))[:, 2] <= 0.2).all()
    with pytest.raises(EstimatorError, match="almost no circuit"):
        propose_disputed(toy, 1, np.random.default_rng(1), (("burst_width_mean", 1e3, 1e4),))
    with pytest.raises(EstimatorError, match="--around"):
        continue_campaign(toy.folder, PLAN, 1, disputed=True)


def test_an_estimator_without_a_surrogate_disputes_nothing(toy, tmp_path):
    with pytest.raises(EstimatorError, match="no surrogate"):
        continue_campaign(tmp_path, PLAN, 1, around=toy.folder, disputed=True)


def test_members_that_were_taught_otherwise_disagree():
    rng = np.random.default_rng(0)
    theta = Prior().draw(400, rng)
    features = rng.normal(0, 1, (400, 2))
    surrogate = fit_surrogate(
        theta, np.arange(400) < 350, features, np.empty((400, 0)), np.arange(400), Prior(), n_neurons=200,
        settings=SurrogateSettings(members=2, hidden=16, epochs=2, minimum_steps=20),
    )  # fmt: skip
    useful, expected, spread = surrogate.disagreement(theta, np.empty((400, 0)))
    same, again = surrogate.predict(theta, np.empty((400, 0)))
    np.testing.assert_array_equal(useful, same)
    np.testing.assert_array_equal(expected, again)
    assert (spread > 0).all()
    alone = surrogate.with_members(surrogate.members[:1])
    assert (alone.disagreement(theta, np.empty((400, 0)))[2] == 0).all()
