"""Campaigns of runs of different lengths, trained on together."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import NAMES
from automind_dash.errors import EstimatorError
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making import campaign_run
from automind_dash.inference.making.building import training_rows
from automind_dash.inference.making.campaign import NOT_BURSTING, CampaignPlan, shard_path
from automind_dash.inference.making.pooling import pooled_shards
from tests.inference.making.small_training import trained

SHORT = CampaignPlan((BURST_FEATURES,), warm_up=3.0, duration=117.0, enough_bursts=12)
LONG = replace(SHORT, duration=237.0, patience=90.0)


def campaign(folder, plan, rows, kind="restricted-1"):
    """A folder with a plan and one shard: (outcome, bursts) of each row."""
    folder.mkdir()
    (folder / "plan.json").write_text(plan.to_json())
    frame = pd.DataFrame(Prior().draw(len(rows), len(str(folder))), columns=list(NAMES))
    frame["seed"] = np.arange(len(rows)) + 1
    frame["outcome"], frame["n_bursts"] = [row[0] for row in rows], [float(row[1]) for row in rows]
    for name in BURST_FEATURES.features:
        frame[f"bursts:{name}"] = np.where(frame["outcome"] == "active", 1.5, np.nan)
    frame.to_parquet(shard_path(folder, kind, 0))
    return folder


def test_runs_that_were_too_short_to_tell_are_left_out(tmp_path):
    rows = [
        ("active", 12),
        (NOT_BURSTING, 2),
        (NOT_BURSTING, 1),
        (NOT_BURSTING, 0),
        (NOT_BURSTING, 9),
        ("silent", np.nan),
    ]
    short, long = campaign(tmp_path / "short", SHORT, rows), campaign(tmp_path / "long", LONG, rows)
    plan, shards = pooled_shards(long, [short])
    assert plan.to_json() == LONG.to_json()
    assert shards["n_bursts"].tolist()[:5] == [12, 2, 1, 0, 9]
    assert shards["n_bursts"].tolist()[6:9] == [12, 0, 9]
    assert len(shards) == 10
    assert len(pooled_shards(long)[1]) == 6


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(SHORT, n_neurons=1000), "n_neurons 1000, asked for is 2000"),
        (replace(SHORT, enough_bursts=None), "enough_bursts"),
        (replace(SHORT, duration=300.0), "longest runs first"),
    ],
)
def test_campaigns_that_simulate_otherwise_are_not_trained_on_together(tmp_path, other, said):
    rows = [("active", 12)]
    with pytest.raises(EstimatorError, match=said):
        pooled_shards(campaign(tmp_path / "long", LONG, rows), [campaign(tmp_path / "other", other, rows)])


def test_circuits_chosen_by_what_became_of_them_teach_the_surrogate_only(tmp_path):
    long = campaign(tmp_path / "long", LONG, [("active", 3)] * 2, kind="longer")
    _, shards = pooled_shards(long, [campaign(tmp_path / "short", SHORT, [("active", 12)])])
    rows = training_rows(shards, BURST_FEATURES, 2000, ("bursts",))
    assert rows.of_prior.tolist() == [False, False, True]


class Asked(Exception):
    """What an estimator would be built with."""


def test_a_noise_scale_is_taken_over_from_an_estimator_of_the_same_features(toy, tmp_path, monkeypatch):
    def build(*_, noise, **__):
        raise Asked(noise)

    monkeypatch.setattr(campaign_run, "build_estimator", build)
    short = campaign(tmp_path / "short", SHORT, [("active", 12)])
    with pytest.raises(Asked) as asked:
        trained(short, noise_of=toy.folder)
    scale, threshold = asked.value.args[0]
    np.testing.assert_array_equal(scale, toy.card.noise_scale)
    assert threshold == toy.card.threshold
    two = replace(BURST_FEATURES, features=BURST_FEATURES.features[:2], transforms=BURST_FEATURES.transforms[:2])
    other = campaign(tmp_path / "other", replace(SHORT, feature_sets=(two,)), [("active", 12)])
    with pytest.raises(EstimatorError, match="other features"):
        trained(other, noise_of=toy.folder)
