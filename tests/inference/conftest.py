"""A small estimator trained on a toy whose posterior is known, and one on real simulations is in pretrained/."""

import numpy as np
import pytest

from automind_dash.features import BURST_FEATURES
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.estimator import Estimator, save_estimator
from automind_dash.inference.estimators.prior import Prior
from automind_dash.inference.making.training import TrainingSettings, train
from tests.inference.toy_simulator import NOISE, toy_features


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> Estimator:
    """An estimator of the toy, trained for a few seconds and loaded from its folder."""
    rng = np.random.default_rng(0)
    theta = Prior().draw(3000, rng)
    features = toy_features(theta, rng)
    result = train(
        theta, features, Prior(),
        architecture={
            "n_features": 4, "hidden_features": 32, "num_transforms": 3, "embedding_hidden": 32, "embedding_features": 8,
        },
        settings=TrainingSettings(max_epochs=25, averaging=0.98, learning_rate=2e-3),
    )  # fmt: skip
    card = Card(
        "toy", "Toy", BURST_FEATURES, Prior(), SimulationPlan(), dict(result.density.architecture), np.full(4, NOISE), 1.5,
        np.quantile(features, np.linspace(0, 1, 101), axis=0).T, metrics={"gain": result.held_out_log_prob},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("pretrained") / "toy"
    save_estimator(
        folder,
        card,
        result.density,
        theta[:200],
        features[:200],
        held_theta=theta[200:300],
        held_features=features[200:300],
    )
    return Estimator.load(folder)
