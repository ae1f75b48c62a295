"""Campaign shards: whole or absent, seeded, resumable."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from automind_dash import jobs
from automind_dash.circuit.examples import example_list
from automind_dash.circuit.parameters import NAMES, as_vector
from automind_dash.errors import ConfigurationError, EstimatorError
from automind_dash.features import BURST_FEATURES, SPECTRUM_FEATURES, AnalysisSettings, BurstSettings, FeatureSet
from automind_dash.inference.asking.simulated import simulate_as_trained
from automind_dash.inference.estimators.card import SimulationPlan
from automind_dash.inference.estimators.conditions import N_UNITS
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making import campaign, campaign_run
from automind_dash.inference.making.building import training_rows
from automind_dash.inference.making.campaign import (
    NOT_BURSTING,
    CampaignPlan,
    growing_rate,
    is_decided,
    missing_shards,
    read_shards,
    run_one,
    run_shard,
    shard_path,
)
from automind_dash.inference.making.campaign_plans import make_plan
from automind_dash.recording import Recording
from tests.inference.making.small_training import trained
from tests.shared_data import SHARED

PLAN = CampaignPlan((SPECTRUM_FEATURES,), warm_up=0.5, duration=3.0, n_neurons=200, shard_size=6, few_units=(15, 50))


def test_plan_survives_json():
    assert CampaignPlan.from_json(PLAN.to_json()).to_json() == PLAN.to_json()
    with pytest.raises(EstimatorError, match="not a campaign's plan"):
        CampaignPlan.from_json("{}")


def test_a_shard_is_the_same_whenever_it_is_made(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    frames = [pd.read_parquet(run_shard(folder, PLAN, 3)) for folder in (first, second)]
    pd.testing.assert_frame_equal(*frames)
    assert len(frames[0]) == PLAN.shard_size
    assert set(NAMES) | {"seed", "outcome"} <= set(frames[0].columns)
    assert Prior().contains(frames[0][list(NAMES)].to_numpy() * (1 - 1e-7) + 1e-9).any()


def test_units_that_fire_too_seldom_are_no_features_and_not_the_end_of_a_shard():
    """Seeded shards failed again and again on the same circuit."""
    features = replace(SPECTRUM_FEATURES, analysis=replace(SPECTRUM_FEATURES.analysis, minimum_rate=1.0))
    plan = replace(PLAN, feature_sets=(features,), few_units=(2, 4))
    rng = np.random.default_rng(0)
    rare = Recording.from_spikes(np.sort(rng.uniform(0, 3.0, 60)), rng.integers(0, 90, 60), duration=3.0, n_units=100)
    often = Recording.from_spikes(
        np.sort(rng.uniform(0, 3.0, 900)), rng.integers(0, 10, 900), duration=3.0, n_units=100
    )
    found = [campaign._features(often, plan, seed) for seed in range(10)]
    assert all("spectrum:psd_1" in str(list(one)) for one in found)
    assert {any(name.startswith("few:psd") for name in one) for one in found} == {True, False}
    assert not any(name.startswith("few:psd") for name in campaign._features(rare, plan, 1))


def test_a_killed_shard_leaves_nothing_that_counts(tmp_path, monkeypatch):
    calls = []

    def dies(theta, seed, plan):
        calls.append(seed)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return {"outcome": "silent"}

    monkeypatch.setattr(campaign, "run_one", dies)
    with pytest.raises(KeyboardInterrupt):
        run_shard(tmp_path, PLAN, 0)
    assert list(missing_shards(tmp_path, "prior", 2)) == [0, 1]
    with pytest.raises(EstimatorError, match="no shards"):
        read_shards(tmp_path)


def test_a_finished_shard_is_not_made_again(tmp_path, monkeypatch):
    path = shard_path(tmp_path, "prior", 0)
    silent(1).to_parquet(path)
    monkeypatch.setattr(campaign, "run_one", lambda *_: pytest.fail("simulated again"))
    assert run_shard(tmp_path, PLAN, 0) == path
    assert read_shards(tmp_path)["kind"].tolist() == ["prior"]


def silent(n, prior=None) -> pd.DataFrame:
    """A shard of n circuits that did nothing."""
    theta = (prior or Prior()).draw(n, 0)
    return pd.DataFrame(theta.astype(np.float32), columns=list(NAMES)).assign(seed=range(n), outcome="silent")


def test_a_damaged_shard_is_named_with_what_to_do(tmp_path):
    """One that a full disk or a broken copy had cut off ended in pyarrow's traceback."""
    whole = shard_path(tmp_path, "prior", 0)
    silent(50).to_parquet(whole)
    cut = shard_path(tmp_path, "prior", 1)
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(
        EstimatorError, match=r"prior-00001\.parquet cannot be read.*delete it and run the campaign again"
    ):
        read_shards(tmp_path)
    silent(5).drop(columns="params_Epop.b").to_parquet(cut)
    with pytest.raises(EstimatorError, match=r"prior-00001\.parquet is not a shard: it lacks params_Epop\.b"):
        read_shards(tmp_path)
    silent(5).assign(**{"params_Epop.b": np.nan}).to_parquet(cut)
    with pytest.raises(EstimatorError, match=r"prior-00001\.parquet holds configurations that are not numbers"):
        read_shards(tmp_path)


def test_rows_are_what_the_page_would_simulate(tmp_path):
    """Training row and a rerun on the page take different code paths to the same vector."""
    features = replace(
        SPECTRUM_FEATURES, name="spectrum", features=(*SPECTRUM_FEATURES.features, N_UNITS), transforms=()
    )
    rng = np.random.default_rng(4)
    rows = [run_one(theta, 40 * i + 1, PLAN) for i, theta in enumerate(Prior().draw(25, rng))]
    frame = pd.DataFrame(rows)
    frame["kind"] = "prior"
    table = training_rows(frame, features, PLAN.n_neurons)
    assert len(table.theta) >= 2
    again = simulate_as_trained(table.theta[0], int(table.seeds[0]), features, SimulationPlan(0.5, 3.0, 200))
    np.testing.assert_allclose(again.vector, table.features[0], atol=1e-5)
    few = training_rows(frame, features, PLAN.n_neurons, ("few",))
    assert ((few.features[:, -1] >= 15) & (few.features[:, -1] <= 50)).all()


def test_rounds_draw_apart(tmp_path, monkeypatch):
    """Two kinds whose names begin alike once drew the same configurations."""
    monkeypatch.setattr(
        campaign, "run_one", lambda theta, seed, plan: {"first": theta[0], "seed": seed, "outcome": "silent"}
    )
    first, second = (pd.read_parquet(run_shard(tmp_path, PLAN, 0, kind=f"restricted-{i}")) for i in (1, 2))
    assert not set(first["seed"]) & set(second["seed"])
    assert not set(first["first"]) & set(second["first"])


BURSTS = CampaignPlan((BURST_FEATURES,), warm_up=2.0, duration=60.0, enough_bursts=5, patience=40.0)
GOLDEN = SHARED / "golden/organoid_models.json"


def played(times, duration):
    """Twenty units that all fire at the given times, s."""
    times = np.asarray(times, dtype=float)
    return Recording.from_spikes(np.tile(times, 20), np.repeat(np.arange(20), len(times)), duration=duration)


def test_a_run_for_bursts_ends_when_it_is_decided():
    bursts = [start + k for start in np.arange(3.0, 42.0, 6) for k in np.arange(0, 0.2, 0.005)]
    assert is_decided(played(bursts, 45.0), BURSTS, growing_rate(BURSTS))
    assert not is_decided(
        played([t for t in bursts if t < 20], 25.0), BURSTS, growing_rate(BURSTS)
    )  # three so far: more may come
    quiet = np.arange(0.5, 41.0, 2.0) + np.linspace(0, 0.3, 20)[:, None]  # 0.5 Hz a unit, not together
    slow = Recording.from_spikes(quiet.ravel(), np.repeat(np.arange(20), quiet.shape[1]), duration=41.0)
    assert not is_decided(slow, BURSTS, growing_rate(BURSTS))  # slow bursters are as quiet for as long
    assert is_decided(replace(slow, duration=42.5), BURSTS, growing_rate(BURSTS))
    assert not is_decided(slow.window(0, 13), BURSTS, growing_rate(BURSTS))
    steady = Recording.from_spikes(
        (np.arange(0, 13, 0.1) + np.linspace(0, 0.095, 20)[:, None]).ravel(),
        np.repeat(np.arange(20), 130),
        duration=13.2,
    )
    assert is_decided(steady, BURSTS, growing_rate(BURSTS))


@pytest.mark.skipif(not GOLDEN.exists(), reason="the published circuits (../shared/data) are not here")
@pytest.mark.parametrize("number", range(6))
def test_the_published_circuits_are_never_given_up(number):
    parameters = json.loads(GOLDEN.read_text())["models"][number]["parameters"]
    row = run_one(as_vector(parameters), 3, replace(BURSTS, duration=40.0, enough_bursts=99, patience=60.0))
    assert row["duration"] == pytest.approx(42.0)  # with a quarter of the patience gone, none was taken for steady
    assert row["n_bursts"] >= 1


def test_activity_that_is_no_bursts_is_told_apart():
    rng = np.random.default_rng(6)
    plan = replace(BURSTS, duration=20.0, patience=8.0, n_neurons=300)
    rows = [run_one(theta, i, plan) for i, theta in enumerate(Prior().draw(12, rng))]
    frame = pd.DataFrame(rows).assign(kind="prior")
    assert NOT_BURSTING in set(frame["outcome"])
    assert not (frame["outcome"] == "active").any() or len(training_rows(frame, BURST_FEATURES, 300, ("bursts",)).theta)


def other_prior(path, ranges) -> Path:
    path.write_text(json.dumps(ranges))
    return path


def planned(folder, feature_set="spectrum", **settings) -> CampaignPlan:
    common = {
        "duration": 3.0,
        "warm_up": 0.5,
        "n_neurons": 200,
        "enough_bursts": None,
        "few_units": None,
        "prior": None,
        "seed": 1,
    }
    return make_plan(folder, feature_set, **(common | settings))


@pytest.mark.parametrize(
    ("own", "settings", "word"),
    [
        ({"observation": {"duration": 60}}, {}, "observation.duration is 60 s, but 3 s"),
        ({"observation": {"duration": 2}}, {"enough_bursts": 8}, "leave out one of the two"),
        ({"observation": {"n_units": 500}}, {}, "200 neurons have 196 excitatory"),
        ({"analysis": {"population": "inhibitory"}}, {}, "population"),
        ({"analysis": {"start": 1}}, {}, "--warm-up"),
        ({"name": 5}, {}, "its name is 5"),
        ({"name": "few"}, {"few_units": (5, 9)}, "another name"),
        ({"features": ["mean_rate", "n_units"]}, {}, "n_units is not a feature"),
        ({"features": ["mean_rate", "psd_10"], "analysis": {"spectrum": {"bands": None}}}, {}, "always 0"),
        ({"features": list(SPECTRUM_FEATURES.features)}, {"duration": 1.5}, "the spectrum needs 2 s"),
        ({"analysis": {"minimum_rate": 1.0}}, {}, "minimum_rate belongs to a recording"),
        ({"observation": {"duration": 2}}, {"few_units": (5, 50)}, "no observation"),
        ({"observation": {"detected": 0.0}}, {}, "no spike would be seen"),
        ({"features": ["mean_rate", "duration"]}, {}, "duration is not a feature"),
        ({}, {"few_units": (50, 15)}, "--few-units 50 15"),
        ({}, {"few_units": (0, 15)}, "--few-units 0 15"),
    ],
)  # fmt: skip
def test_a_plan_that_could_give_no_features_is_refused_before_any_simulation(tmp_path, own, settings, word):
    """Whole campaigns ran without a single row to train on."""
    path = tmp_path / "own.json"
    path.write_text(json.dumps({"name": "own", "features": ["mean_rate"]} | own))
    with pytest.raises(EstimatorError) as told:
        planned(tmp_path / "runs", feature_set=str(path), **settings)
    assert word in str(told.value)
    assert not (tmp_path / "runs").exists()


def test_another_plan_is_told_by_what_differs(tmp_path):
    planned(tmp_path)
    with pytest.raises(EstimatorError, match=r"duration 3\.0, asked for is 4\.0, prior\)"):
        planned(tmp_path, duration=4.0, prior=other_prior(tmp_path / "ranges.json", {"params_Epop.b": [0, 100]}))


def test_simulations_outside_their_plans_prior_are_not_trained_on(tmp_path):
    """A plan edited after the campaign moved them onto the edge of the prior, without a word."""
    plan = planned(tmp_path)
    silent(20).to_parquet(shard_path(tmp_path, "prior", 0))
    narrow = replace(plan, prior=Prior.from_dict({"params_Epop.b": [0, 100]}))
    (tmp_path / "plan.json").write_text(narrow.to_json())
    with pytest.raises(EstimatorError, match=r"of 20 simulations in .* lie outside the prior of its plan\.json"):
        trained(tmp_path)


def test_a_circuit_outside_the_models_domain_is_a_failed_one(tmp_path):
    """Ranges that are allowed each can hold circuits that are not: p_e2e · R_pe2e above 1. Such a shard never ended."""
    theta = Prior().draw(1, 1)[0]
    for name, value in (("p_e2e", 0.3), ("R_pe2e", 5.0), ("n_clusters", 10.0)):
        theta[NAMES.index(f"params_net.{name}")] = value
    row = run_one(theta, 1, PLAN)
    assert row["outcome"] == "failed"
    assert "params_net.R_pe2e" in row["error"]
    run = simulate_as_trained(theta, 1, SPECTRUM_FEATURES, SimulationPlan(0.5, 3.0, 200))
    assert run.outcome == "failed"
    assert "params_net.R_pe2e" in run.error
    wide = Prior.from_dict({"params_net.p_e2e": [0.01, 0.6]})
    frame = pd.read_parquet(run_shard(tmp_path, replace(PLAN, prior=wide, duration=1.0, shard_size=12), 0))
    assert 0 < (frame["outcome"] == "failed").sum() < 12


@pytest.mark.parametrize("ranges", [5, [], {"params_Epop.b": [0]}, {"params_Epop.b": 5}, {"params_Epop.b": [0, 1e999]}])
def test_prior_ranges_that_cannot_be_read_name_their_file(tmp_path, ranges):
    with pytest.raises(EstimatorError, match=r"ranges\.json"):
        planned(tmp_path / "runs", prior=other_prior(tmp_path / "ranges.json", ranges))
    assert not (tmp_path / "runs").exists()


def test_a_plan_that_no_circuit_can_be_simulated_by_is_refused(tmp_path):
    """It would give shards of failed circuits only."""
    with pytest.raises(ConfigurationError, match="n_neurons = 70000"):
        planned(tmp_path, n_neurons=70_000)
    with pytest.raises(ConfigurationError, match="duration"):
        planned(tmp_path, duration=1e6)
    apart = {"params_net.p_e2e": [0.6, 0.9], "params_net.R_pe2e": [4, 5], "params_net.n_clusters": [5, 9]}
    with pytest.raises(EstimatorError, match="domain"):
        planned(tmp_path, prior=other_prior(tmp_path / "ranges.json", apart))


def test_workers_get_whole_paths_and_are_told_what_they_lack(tmp_path, monkeypatch):
    """A relative folder was looked for in the worker's own directory."""
    monkeypatch.chdir(tmp_path)
    plan = planned(Path("runs"), prior=other_prior(tmp_path / "ranges.json", {"params_net.p_e2e": [0.01, 0.3]}))
    sent, said = [], []

    def submit(function, items, **settings):
        sent.extend(items)
        return jobs.Job(function, [])

    monkeypatch.setattr(jobs, "submit", submit)
    monkeypatch.setattr(jobs.Job, "results", lambda job: iter(()))
    campaign_run.continue_campaign(Path("runs"), plan, 2, say=said.append)
    assert [item.folder for item in sent] == [tmp_path / "runs"] * 2
    assert "domain" in said[0]
    with pytest.raises(EstimatorError, match="same path"):
        campaign_run.make_shard(replace(sent[0], folder=tmp_path / "elsewhere"))


def test_the_estimator_that_is_drawn_around_is_sent_with_its_whole_path(toy, tmp_path, monkeypatch):
    monkeypatch.chdir(toy.folder.parent)
    sent = []

    def submit(function, items, **settings):
        sent.extend(items)
        return jobs.Job(function, [])

    monkeypatch.setattr(jobs, "submit", submit)
    monkeypatch.setattr(jobs.Job, "results", lambda job: iter(()))
    campaign_run.continue_campaign(tmp_path, PLAN, 1, around=Path("toy"))
    assert sent[0].around == toy.folder


@pytest.mark.parametrize("text", ["[]", "5", "{}", '{"feature_sets": []}', "{", "[" * 100_000])
def test_a_plan_that_cannot_be_read_names_its_file(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    with pytest.raises(EstimatorError, match=r"plan\.json"):
        planned(tmp_path)
    with pytest.raises(EstimatorError, match=r"plan\.json"):
        trained(tmp_path)


def test_a_plan_with_a_prior_that_is_none_names_the_range():
    raw = json.loads(PLAN.to_json()) | {"prior": {"params_Epop.b": [5, 0]}}
    with pytest.raises(EstimatorError, match=r"campaign's plan.*params_Epop\.b"):
        CampaignPlan.from_json(json.dumps(raw))


def test_a_second_is_long_enough_and_as_many_units_are_seen_as_were_asked_for():
    """exp(log 20) is a little less than 20: 19 were seen. Runs of 1 s were never measured."""
    theta = as_vector(example_list()[0]["configuration"])
    plan = CampaignPlan((FeatureSet("own", ("mean_rate",)),), 0.5, 1.0, n_neurons=400, few_units=(20, 20))
    row = run_one(theta, 3, plan)
    assert row["outcome"] == "active"
    assert row["own:mean_rate"] > 0
    assert row["few:n_units"] == 20


def test_circuits_burst_by_the_published_detection_whatever_the_features_are_detected_with(monkeypatch):
    """As targets do: with much smoothing good circuits were taught as useless."""
    asked = []

    def look(bursts):
        asked.append(bursts)
        return True

    monkeypatch.setattr(campaign, "is_bursting", look)
    own = replace(BURST_FEATURES, name="own", analysis=AnalysisSettings(bursts=BurstSettings(smoothing=0.3)))
    theta = as_vector(example_list()[0]["configuration"])
    run_one(theta, 3, CampaignPlan((own,), 0.5, 2.0, n_neurons=400, enough_bursts=50))
    run_one(theta, 3, CampaignPlan((BURST_FEATURES,), 0.5, 2.0, n_neurons=400, enough_bursts=50))
    np.testing.assert_array_equal(asked[0].peak_times, asked[1].peak_times)
