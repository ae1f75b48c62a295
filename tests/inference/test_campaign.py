"""Campaign shards: whole or absent, seeded, resumable."""

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import NAMES
from automind_dash.errors import EstimatorError
from automind_dash.features import SPECTRUM_FEATURES
from automind_dash.inference import campaign
from automind_dash.inference.building import training_rows
from automind_dash.inference.campaign import CampaignPlan, missing_shards, read_shards, run_one, run_shard, shard_path
from automind_dash.inference.conditions import N_UNITS
from automind_dash.inference.prior import Prior
from automind_dash.inference.simulated import simulate_as_trained

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
    pd.DataFrame({"outcome": ["active"]}).to_parquet(path)
    monkeypatch.setattr(campaign, "run_one", lambda *_: pytest.fail("simulated again"))
    assert run_shard(tmp_path, PLAN, 0) == path
    assert read_shards(tmp_path)["kind"].tolist() == ["prior"]


def test_rows_are_what_the_page_would_simulate(tmp_path):
    """Training row and a rerun on the page take different code paths to the same vector."""
    from dataclasses import replace

    from automind_dash.inference.card import SimulationPlan

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
