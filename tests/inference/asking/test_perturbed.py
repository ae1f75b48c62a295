"""Perturbation experiments on real, short runs."""

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.circuit.perturbation import PRESETS, single
from automind_dash.errors import SimulationError
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking.perturbed import SCALARS, perturb, response_features
from automind_dash.inference.asking.verification import run_in_process
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.prior import Prior

CARD = Card(
    "made up", "", BURST_FEATURES, Prior(), SimulationPlan(0.5, 2.5, n_neurons=200), {}, np.full(4, 0.1), 1.5, np.zeros((4, 101))
)  # fmt: skip
THETA = np.stack([(LOW + HIGH) / 2] * 2)


def test_nothing_changed_gives_no_response_and_the_same_seed():
    runs = perturb(THETA, [7, 9], single("params_Epop.b", "multiply", 1.0), CARD, run_many=run_in_process, n_seeds=2)
    assert runs.complete.all()
    np.testing.assert_array_equal(runs.features[:, :, 0], runs.features[:, :, 1])
    np.testing.assert_array_equal(runs.outcomes[..., 0], runs.outcomes[..., 1])
    assert len(np.unique(runs.seeds)) == 4
    assert runs.features.shape[-1] == len(response_features(CARD))


def test_circuits_appear_whole_and_cancelling_keeps_them():
    seen = []
    runs = perturb(
        THETA, [0, 1], PRESETS["Change all drive"].at(2.0), CARD, n_seeds=1, run_many=run_in_process,
        arrived=lambda runs: seen.append(runs.numbers.tolist()), should_stop=lambda: bool(seen),
    )  # fmt: skip
    assert seen == [[0]]
    assert runs.numbers.tolist() == [0]
    rate = runs.features[0, 0, :, SCALARS.index("mean_rate")]
    assert np.isnan(rate).any() or rate[0] != rate[1]


def test_no_circuits_and_too_many_runs_are_refused():
    with pytest.raises(SimulationError, match="0 circuits"):
        perturb(THETA[:0], [], PRESETS["Block inhibition"].at(1.0), CARD, run_many=run_in_process)
    with pytest.raises(SimulationError, match="between 1 and 20000 runs"):
        perturb(
            np.tile(THETA, (3000, 1)),
            list(range(6000)),
            PRESETS["Block inhibition"].at(1.0),
            CARD,
            run_many=run_in_process,
        )
