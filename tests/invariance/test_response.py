"""Whether circuits answer alike, on runs whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, INDEX, LOW
from automind_dash.circuit.perturbation import PRESETS
from automind_dash.inference.asking.perturbed import SCALARS, PerturbedRuns
from automind_dash.invariance.response import (
    MEASURES,
    answer,
    changes,
    explained_by,
    levels,
    mean_change,
    outcomes,
    seed_noise,
    verdict,
)

N, SEEDS, BANDS = 40, 2, 5
RATE, INTERVAL = SCALARS.index("mean_rate"), SCALARS.index("burst_interval_mean")


def runs(fold, noise=0.02, seed=0):
    """Circuits whose rate is changed 2**fold times, with seed noise (in octaves) on every run."""
    rng = np.random.default_rng(seed)
    features = np.zeros((N, SEEDS, 2, len(SCALARS) + BANDS))
    features[..., : len(SCALARS)] = 1.0
    octaves = np.stack([np.zeros(N), np.broadcast_to(fold, N)], axis=1)[:, None] + rng.normal(0, noise, (N, SEEDS, 2))
    features[..., RATE] = 2.0**octaves
    theta = rng.uniform(LOW, HIGH, (N, 28))
    return PerturbedRuns(
        PRESETS["Block inhibition"].at(1.0), np.arange(N), theta, features, np.full((N, SEEDS, 2), "active", "U12"),
        np.zeros((N, SEEDS), int), "made up", 10.0, "circuits with the same dynamics",
    )  # fmt: skip


def test_one_answer_is_found_with_its_size():
    told = answer(runs(1.0), "mean_rate")
    assert (told.n, told.up, told.alike) == (N, N, True)
    assert told.median == pytest.approx(1.0, abs=0.02)
    assert told.noise < 0.1
    assert verdict(runs(1.0), "mean_rate").startswith(
        "Yes: circuits with the same dynamics answer alike: 40 of 40 show more"
    )


def test_no_answer_is_told_from_seed_noise():
    told = answer(runs(0.0), "mean_rate")
    assert told.same > 0.8 * N
    assert told.between < 0.4
    assert "no change beyond seed noise" in verdict(runs(0.0), "mean_rate")


def test_opposite_answers_are_not_alike():
    made = runs(np.where(np.arange(N) % 2, 1.0, -1.0))
    told = answer(made, "mean_rate")
    assert (told.up, told.down, told.alike) == (N // 2, N // 2, False)
    assert told.between > 0.95
    assert verdict(made, "mean_rate").startswith(
        "No: circuits with the same dynamics answer differently: 20 more, 20 less"
    )


def test_circuits_that_fall_silent_are_no_agreement():
    made = runs(1.0)
    made.outcomes[: N // 2, :, 1] = "silent"
    made.features[: N // 2, :, 1] = np.nan
    told = answer(made, "mean_rate")
    assert (told.n, told.undefined, told.alike) == (N // 2, N // 2, False)
    assert outcomes(made).count("silent") == N // 2
    assert "20 fell silent" in verdict(made, "mean_rate")


def test_what_became_of_bursting():
    made = runs(0.0)
    made.features[:10, :, 1, INTERVAL] = np.nan
    made.features[10:15, :, 0, INTERVAL] = np.nan
    made.features[15:18, :, :, INTERVAL] = np.nan
    counted = outcomes(made)
    assert [
        counted.count(word) for word in ("stops bursting", "begins to burst", "active, no bursts", "bursts on")
    ] == [10, 5, 3, 22]


def test_the_parameter_behind_a_response_is_found_and_the_others_are_not():
    made = runs(0.0)
    fold = (made.theta[:, INDEX["params_Epop.b"]] - 100) / 50
    explained = explained_by(made.theta, mean_change(changes(runs(fold), "mean_rate")))
    made = runs(fold)
    explained = explained_by(made.theta, mean_change(changes(made, "mean_rate")))
    assert explained["name"][0] == "params_Epop.b"
    assert explained["rho"][0] > 0.95
    assert (explained["adjusted"][1:] > 0.01).all()
    assert (explained["adjusted"] >= explained["p"]).all()
    assert explained_by(made.theta[:5], np.arange(5.0)).empty


def test_the_spectrum_changes_by_its_distance():
    made = runs(0.0)
    made.features[:, :, 1, len(SCALARS) :] = 0.5
    np.testing.assert_allclose(changes(made, "spectrum"), 0.5)
    np.testing.assert_allclose(levels(made, "spectrum"), np.tile([0, 0.5], (N, 1)))
    np.testing.assert_allclose(seed_noise(made, "spectrum"), 0.0)


@pytest.mark.parametrize("n_seeds", [1, 3])
@pytest.mark.parametrize("name", [*MEASURES])
def test_any_number_of_seeds_is_answered(name, n_seeds):
    """With any other than two the noise between seeds could not be told, and the page crashed."""
    two = runs(1.0)
    features = np.concatenate([two.features, two.features], axis=1)[:, :n_seeds]
    told = replace(
        two, features=features, outcomes=np.full((N, n_seeds, 2), "active", "U12"), seeds=np.zeros((N, n_seeds), int)
    )
    assert seed_noise(told, name).shape == (N * (n_seeds - 1),)
    assert verdict(told, name)


def test_circuits_active_with_one_seed_only_are_counted_once():
    """The first seed alone said who was active: of 3 such circuits 5 answered."""
    made = runs(0.0)
    made.outcomes[:10, 0] = "silent"
    made.features[:10, 0] = np.nan
    told = answer(made, "mean_rate")
    assert (told.n, told.undefined) == (N, 0)
    made.outcomes[:10, :, 1] = "silent"
    made.features[:10, :, 1] = np.nan
    assert answer(made, "mean_rate").undefined == 10


def test_of_few_circuits_or_one_seed_nothing_is_said():
    made = runs(1.0)
    few = replace(
        made,
        numbers=made.numbers[:3],
        theta=made.theta[:3],
        features=made.features[:3],
        outcomes=made.outcomes[:3],
        seeds=made.seeds[:3],
    )
    assert verdict(few, "mean_rate").startswith("Nothing can be said yet (3 circuits, 2 seeds each)")
    once = replace(made, features=made.features[:, :1], outcomes=made.outcomes[:, :1], seeds=made.seeds[:, :1])
    assert "another seed alone" in verdict(once, "mean_rate")
    assert "40 circuits, 2 seeds each; seed noise up to" in verdict(made, "mean_rate")
