"""Composite quantities against hand-worked values and against drawn connectivity."""

import numpy as np
import pytest

from automind_dash.circuit.engine.connectivity import connect
from automind_dash.circuit.parameters import INDEX, NAMES
from automind_dash.errors import ConfigurationError
from automind_dash.inference.estimators.prior import Prior
from automind_dash.invariance.composites import COMPOSITE_NAMES, COMPOSITES, columns, composites, quantity


def circuit(**changes: float) -> np.ndarray:
    """(28,) middle of the prior with some values changed, by key."""
    theta = (Prior().low + Prior().high) / 2
    for key, value in changes.items():
        theta[INDEX[key]] = value
    return theta


def one(name: str, theta: np.ndarray, n_neurons: int = 2000) -> float:
    return float(composites(theta, n_neurons)[f"composite.{name}"][0])


def test_differences_and_time_constant():
    theta = circuit(E_C=200, E_g_L=10, E_v_rest=-65, E_v_thresh=-45, E_v_reset=-60, E_E_gi=-75)
    assert one("tau_m", theta) == 20
    assert (one("d_thresh", theta), one("d_reset", theta), one("d_inh", theta)) == (20, 5, -10)


def test_charges_by_hand():
    theta = circuit(net_exc_prop=0.8, net_p_e2e=0.05, net_p_i2e=0.1, E_Q_ge=2, E_tau_ge=4, E_Q_gi=5, E_tau_gi=10,
                    net_n_clusters=2.9, net_R_pe2e=3, net_R_Qe2e=2, E_poisson_rate=2, E_p_igniters=0.5, I_poisson_rate=1)  # fmt: skip
    assert one("q_EE", theta) == 8
    assert one("K_EE0", theta) == pytest.approx(1599 * 0.05)
    assert one("A", theta) == pytest.approx(1 + 0.75 * (3 * 2 - 1))  # two partitions in two: 3/4 of pairs share one
    assert one("J_EE", theta) == pytest.approx(1599 * 0.05 * 8 * 4.75)
    assert one("J_EI", theta) == pytest.approx(400 * 0.1 * 50)
    assert one("EI_E", theta) == pytest.approx(4.75 * one("EI_E0", theta))
    assert one("X_E", theta) == pytest.approx(0.5 * 500 * 2 * 4)
    assert one("EI_X", theta) == pytest.approx(one("X_E", theta) / (500 * 1 * 5))


@pytest.mark.parametrize("n_clusters", [1.5, 3.2, 12.0])
def test_synapse_counts_match_drawn_connectivity(n_clusters):
    theta = circuit(net_exc_prop=0.8, net_n_clusters=n_clusters, net_R_pe2e=4)
    drawn = connect(theta, 1000, np.random.SeedSequence(1))
    expected = composites(theta, 1000)
    within, between = (len(drawn.pairs(kind)[0]) for kind in ("within", "between"))
    assert (within + between) / 800 == pytest.approx(expected["composite.K_EE"][0], rel=0.02)
    for kind, name, neurons in (("i2e", "K_EI", 800), ("e2i", "K_IE", 200), ("i2i", "K_II", 200)):
        assert len(drawn.pairs(kind)[0]) / neurons == pytest.approx(expected[f"composite.{name}"][0], rel=0.03)
    amplified = (within * theta[INDEX["net_R_Qe2e"]] + between) / 800
    assert amplified / expected["composite.K_EE0"][0] == pytest.approx(expected["composite.A"][0], rel=0.02)


def test_no_amplification_without_clusters():
    assert one("A", circuit(net_n_clusters=1.9)) == 1
    assert one("A", circuit(net_R_pe2e=1, net_n_clusters=10)) == 1


def test_ratio_without_external_input_is_undefined():
    assert np.isnan(one("EI_X", circuit(I_poisson_rate=0)))


def test_columns_hold_raw_values_and_composites():
    theta = Prior().draw(7, 0)
    table = columns(theta, index=range(10, 17))
    assert list(table.columns) == [*NAMES, *COMPOSITE_NAMES]
    np.testing.assert_array_equal(table[list(NAMES)].to_numpy(), theta)
    assert table.index.tolist() == list(range(10, 17))
    assert np.isfinite(table.to_numpy()).all()


def test_every_composite_is_named_and_found():
    assert len({c.name for c in COMPOSITES}) == len({c.symbol for c in COMPOSITES}) == len(COMPOSITES)
    for entry in COMPOSITES:
        assert quantity(entry.key) is entry
        assert entry.meaning
        assert entry.written
    assert quantity("params_Epop.C").unit == "pF"
    with pytest.raises(ConfigurationError, match="nonsense"):
        quantity("nonsense")


def test_wrong_shapes_are_refused():
    with pytest.raises(ConfigurationError, match=r"\(n, 28\)"):
        composites(np.zeros((3, 27)))
    with pytest.raises(ConfigurationError, match="n_neurons"):
        composites(circuit(), 0)
