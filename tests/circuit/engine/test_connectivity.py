"""Synapses: how many, between whom, and which pairs count as sharing a cluster."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.circuit.domain import population_sizes
from automind_dash.circuit.engine.connectivity import connect
from automind_dash.circuit.parameters import INDEX
from automind_dash.errors import ConfigurationError

N = 1500
KINDS = ("between", "within", "e2i", "i2e", "i2i")


def wired(middle, n_neurons=N, seed=0, **net):
    theta = middle.copy()
    for name, value in net.items():
        theta[INDEX[f"params_net.{name}"]] = value
    return theta, connect(theta, n_neurons, np.random.SeedSequence(seed))


def share_of(connectivity, kind, n_pairs):
    """Return the fraction of possible pairs that are connected and its standard error."""
    p = len(connectivity.pairs(kind)[0]) / n_pairs
    return p, np.sqrt(max(p * (1 - p), 1e-12) / n_pairs)


def sharing(labels):
    shared = (labels[0][:, None] == labels[0]) | (labels[1][:, None] == labels[1])
    np.fill_diagonal(shared, False)
    return shared


def test_each_kind_has_its_probability(middle):
    _, c = wired(middle, exc_prop=0.8, p_e2e=0.03, p_e2i=0.08, p_i2e=0.15, p_i2i=0.11, R_pe2e=2.5, n_clusters=6)
    n_e, n_i = c.n_excitatory, N - c.n_excitatory
    n_shared = sharing(c.labels).sum()
    expected = {
        "between": (0.03, n_e * (n_e - 1) - n_shared), "within": (0.075, n_shared),
        "e2i": (0.08, n_e * n_i), "i2e": (0.15, n_e * n_i), "i2i": (0.11, n_i * (n_i - 1)),
    }  # fmt: skip
    for kind, (probability, n_pairs) in expected.items():
        found, error = share_of(c, kind, n_pairs)
        assert abs(found - probability) < 4 * error, kind


def test_between_and_within_are_told_apart_by_the_two_partitions(middle):
    _, c = wired(middle, R_pe2e=3, n_clusters=5)
    shared = sharing(c.labels)
    for kind, expected in (("within", True), ("between", False)):
        sources, targets = c.pairs(kind)
        assert len(sources) > 1000
        assert np.all(shared[sources, targets] == expected)


def test_two_partitions_share_half_as_many_pairs_as_any_label_with_any_other(middle):
    _, c = wired(middle, R_pe2e=3, n_clusters=20)
    n_pairs = c.n_excitatory * (c.n_excitatory - 1)
    any_with_any = sharing(c.labels) | (c.labels[0][:, None] == c.labels[1]) | (c.labels[1][:, None] == c.labels[0])
    assert sharing(c.labels).sum() / n_pairs == pytest.approx(1 - (1 - 1 / 20) ** 2, rel=0.03)
    assert any_with_any.sum() / n_pairs == pytest.approx(1 - (1 - 1 / 20) ** 4, rel=0.05)


def test_a_pair_that_shares_both_labels_is_drawn_once(middle):
    _, c = wired(middle, n_neurons=400, p_e2e=0.2, R_pe2e=5, n_clusters=2)  # within-cluster probability 1
    sources, targets = c.pairs("within")
    assert len(np.unique(sources * 400 + targets)) == len(sources) == sharing(c.labels).sum()


@pytest.mark.parametrize(("R_pe2e", "n_clusters"), [(3, 1.99), (3, 0), (1, 10)])
def test_no_clusters_below_two_or_with_a_ratio_of_one(R_pe2e, n_clusters, middle):
    _, c = wired(middle, R_pe2e=R_pe2e, n_clusters=n_clusters, p_e2e=0.05)
    assert len(c.pairs("within")[0]) == 0
    found, error = share_of(c, "between", c.n_excitatory * (c.n_excitatory - 1))
    assert abs(found - 0.05) < 4 * error


def test_cluster_numbers_are_floored_and_labels_uniform(middle):
    _, c = wired(middle, n_clusters=6.9, R_pe2e=2)
    for row in c.labels:
        counts = np.bincount(row)
        assert len(counts) == 6
        assert np.all(np.abs(counts - counts.mean()) < 5 * np.sqrt(counts.mean()))
    assert abs(np.corrcoef(c.labels)[0, 1]) < 0.15


@pytest.mark.parametrize("p", [0.02, 1.0])
def test_nobody_connects_to_itself_nor_twice_to_another(p, middle):
    _, c = wired(middle, n_neurons=300, p_e2e=p / 2, R_pe2e=2, p_e2i=p, p_i2e=p, p_i2i=p, n_clusters=3)
    for kind in KINDS:
        sources, targets = c.pairs(kind)
        assert len(sources)
        assert not np.any(sources == targets)
        assert len(np.unique(sources * 300 + targets)) == len(sources)


def test_pairs_lie_between_the_right_populations(middle):
    _, c = wired(middle)
    n_e = c.n_excitatory
    for kind, from_excitatory, to_excitatory in (
        ("between", True, True),
        ("within", True, True),
        ("e2i", True, False),
        ("i2e", False, True),
        ("i2i", False, False),
    ):
        sources, targets = c.pairs(kind)
        assert np.all((sources < n_e) == from_excitatory)
        assert np.all((targets < n_e) == to_excitatory)


def test_all_or_nothing(middle):
    _, c = wired(middle, n_neurons=100, p_e2e=1, R_pe2e=1, p_e2i=1, p_i2e=0, p_i2i=1)
    n_e, n_i = population_sizes(100, middle[0])
    assert [len(c.pairs(kind)[0]) for kind in KINDS] == [n_e * (n_e - 1), 0, n_e * n_i, 0, n_i * (n_i - 1)]


@pytest.mark.parametrize("p", [1e-300, 1e-18, 5e-324])
def test_vanishing_probabilities_give_no_synapses(p, middle):
    _, c = wired(middle, n_neurons=200, p_e2e=p, p_e2i=p, p_i2e=p, p_i2i=p)
    assert c.n_synapses == 0


def test_numbers_of_targets_are_binomial(middle):
    _, c = wired(middle, p_e2e=0.1, R_pe2e=1)
    out = np.bincount(c.pairs("between")[0], minlength=c.n_excitatory)
    into = np.bincount(c.pairs("between")[1], minlength=c.n_excitatory)
    for counts in (out, into):
        assert counts.var() == pytest.approx((c.n_excitatory - 1) * 0.1 * 0.9, rel=0.2)


def test_the_seed_decides(middle):
    a, b, other = (wired(middle, n_neurons=300, seed=seed)[1] for seed in (5, 5, 6))
    np.testing.assert_array_equal(a.targets, b.targets)
    assert not np.array_equal(a.targets[:100], other.targets[:100])


@pytest.mark.parametrize(
    ("exc_prop", "sizes"), [(0.0, (0, 10)), (1.0, (10, 0)), (0.29, (2, 8)), (0.3, (3, 7)), (0.7, (7, 3))]
)
def test_the_excitatory_number_is_floored(exc_prop, sizes):
    assert population_sizes(10, exc_prop) == sizes


def test_a_network_too_large_to_store_is_refused(middle, monkeypatch):
    monkeypatch.setattr("automind_dash.circuit.engine.connectivity.MAX_SYNAPSES", 1000)
    with pytest.raises(ConfigurationError, match=r"1500 neurons would have .* synapses; at most 1e\+03 fit"):
        wired(middle)
