"""Shards of several campaigns, to train one estimator on: a campaign's own, and those of earlier campaigns with shorter runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import EstimatorError
from ...features.burst_suggestion import MINIMUM_BURSTS
from .campaign import NOT_BURSTING, CampaignPlan, read_plan, read_shards
from .campaign_plans import differences


def pooled_shards(folder: Path, earlier: Sequence[Path] = ()) -> tuple[CampaignPlan, pd.DataFrame]:
    """Return a campaign's plan and the rows of its shards, with those of earlier campaigns whose runs were no longer.

    Runs of earlier campaigns that ended undecided (`undecided`) are left out. Raises EstimatorError for a campaign that simulates or
    measures otherwise, and for one with longer runs.
    """
    plan, frames = read_plan(folder), [read_shards(folder)]
    for one in earlier:
        other = read_plan(one)
        asked = replace(
            other, duration=plan.duration, patience=plan.patience, seed=plan.seed, shard_size=plan.shard_size
        )
        if differing := differences(asked, plan):
            raise EstimatorError(
                f"{one} and {folder} cannot be trained on together: their plans differ in more than the length of runs ({differing})."
            )
        if other.duration > plan.duration:
            raise EstimatorError(
                f"{one} has runs of {other.duration:g} s, {folder} of {plan.duration:g} s: name the campaign with the longest runs first."
            )
        shards = read_shards(one)
        frames.append(shards[~undecided(shards, other, plan)])
    return plan, pd.concat(frames, ignore_index=True)


def undecided(shards: pd.DataFrame, short: CampaignPlan, long: CampaignPlan) -> NDArray[np.bool_]:
    """(n,) which runs of a plan would perhaps have burst often enough in longer ones: those with some bursts, but too few to tell."""
    if short.enough_bursts is None or short.duration == long.duration or "n_bursts" not in shards:
        return np.zeros(len(shards), dtype=bool)
    few = shards["n_bursts"].between(1, MINIMUM_BURSTS - 1)
    return ((shards["outcome"] == NOT_BURSTING) & few).to_numpy()
