"""Mixed models: the same estimates as statsmodels' where it converges, and few false claims on few cultures."""

import warnings

import numpy as np
import pytest
from scipy import stats

from automind_dash.study.mixed import Design, fit_mixed, independent_columns

GROUPS = np.repeat([0, 1, 2, 3], [7, 7, 7, 6])
AGE = np.concatenate([np.linspace(-1, 1, k) for k in (7, 7, 7, 6)])
DRUG = ((GROUPS < 2) & (AGE > 0)).astype(float)
REGION = (GROUPS == 3).astype(float)


def design(*columns: np.ndarray) -> Design:
    X = np.column_stack([np.ones(len(GROUPS)), *columns])
    return Design(X, GROUPS, tuple(f"x{j}" for j in range(X.shape[1])))


def test_a_random_intercept_is_statsmodels_own():
    from statsmodels.regression.mixed_linear_model import MixedLM

    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(12), 8)
    x = np.repeat(rng.standard_normal(12), 8)  # the same within each group: no random slope
    y = 0.5 * x + rng.standard_normal(12)[groups] + rng.standard_normal(96)
    X = np.column_stack([np.ones(96), x])
    ours = fit_mixed(Design(X, groups, ("1", "x")), y)
    theirs = MixedLM(y, X, groups).fit(reml=True)
    np.testing.assert_allclose(ours.beta, theirs.fe_params, rtol=1e-4)
    np.testing.assert_allclose(ours.se, theirs.bse_fe, rtol=1e-3)
    np.testing.assert_allclose(ours.variances, [theirs.scale, theirs.cov_re[0, 0]], rtol=1e-3)
    assert 8 < ours.df[1] < 11  # 12 groups less intercept and slope


def test_a_random_slope_is_statsmodels_own():
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

    rng = np.random.default_rng(2)
    groups, x = np.repeat(np.arange(15), 10), np.tile(np.linspace(-1, 1, 10), 15)
    y = x * (1 + rng.standard_normal(15))[groups] + rng.standard_normal(15)[groups] + 0.5 * rng.standard_normal(150)
    X = np.column_stack([np.ones(150), x])
    ours = fit_mixed(Design(X, groups, ("1", "x")), y)
    free = MixedLMParams.from_components(fe_params=np.ones(2), cov_re=np.eye(2))
    theirs = MixedLM(y, X, groups, exog_re=X).fit(reml=True, free=free)
    np.testing.assert_allclose(ours.beta, theirs.fe_params, rtol=1e-3)
    np.testing.assert_allclose(ours.se, theirs.bse_fe, rtol=1e-2)
    np.testing.assert_allclose(ours.df[1], 14, atol=0.5)


def test_the_degrees_of_freedom_are_those_of_cultures_not_of_recordings():
    rng = np.random.default_rng(3)
    df = [
        fit_mixed(design(AGE), rng.standard_normal(27) + AGE * rng.standard_normal(4)[GROUPS]).df[1] for _ in range(20)
    ]
    assert 2.0 < np.median(df) < 5.0


@pytest.mark.parametrize("slope", [0.0, 1.0])
def test_nothing_is_claimed_where_nothing_is(slope):
    rng = np.random.default_rng(4)
    model, n = design(AGE, DRUG), 150
    claimed = np.zeros(3)
    for _ in range(n):
        y = rng.standard_normal(27) + rng.standard_normal(4)[GROUPS] + slope * AGE * rng.standard_normal(4)[GROUPS]
        fit = fit_mixed(model, y)
        claimed += 2 * stats.t.sf(np.abs(fit.beta / fit.se), fit.df) < 0.05
    assert (claimed[1:] <= stats.binom.ppf(0.999, n, 0.05)).all()


def test_a_trend_in_four_cultures_is_found():
    rng = np.random.default_rng(5)
    found = [
        fit_mixed(design(AGE), 2 * AGE + rng.standard_normal(4)[GROUPS] + 0.5 * rng.standard_normal(27))
        for _ in range(20)
    ]
    p = [2 * stats.t.sf(abs(fit.beta[1] / fit.se[1]), fit.df[1]) for fit in found]
    assert np.mean(np.array(p) < 0.05) > 0.9


def test_no_warning_leaks_from_tables_that_fit_exactly_or_do_not_vary():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exact = fit_mixed(design(AGE), 3 * AGE)
        assert exact.beta[1] == pytest.approx(3)
        level = fit_mixed(design(AGE), np.ones(27))
        assert level.beta[1] == pytest.approx(0, abs=1e-6)


def test_an_effect_in_one_culture_is_not_generalised():
    only = ((GROUPS == 0) & (AGE > 0)).astype(float)
    model = design(AGE, only)
    assert "one replicate" in model.generalises(2)
    assert np.isnan(fit_mixed(model, np.random.default_rng(0).standard_normal(27)).df[2])
    assert model.generalises(1) == ""


def test_a_condition_of_whole_cultures_counts_cultures():
    model = design(REGION)
    assert model.generalises(1) == ""
    fit = fit_mixed(
        model, np.random.default_rng(0).standard_normal(27) + np.random.default_rng(1).standard_normal(4)[GROUPS]
    )
    assert fit.df[1] < 4
    two = Design(np.column_stack([np.ones(13), np.repeat([0.0, 1.0], [7, 6])]), np.repeat([0, 1], [7, 6]), ("1", "x"))
    assert "too few" in two.generalises(1)


def test_without_replicates_it_is_ordinary_least_squares():
    rng = np.random.default_rng(6)
    x, y = np.linspace(-1, 1, 10), rng.standard_normal(10)
    fit = fit_mixed(Design(np.column_stack([np.ones(10), x]), np.arange(10), ("1", "x")), y)
    line = stats.linregress(x, y)
    assert fit.beta[1] == pytest.approx(line.slope)
    assert fit.se[1] == pytest.approx(line.stderr)
    assert fit.df[1] == pytest.approx(8)


def test_columns_that_others_explain_are_named():
    X = np.column_stack([np.ones(5), [0, 0, 1, 1, 1], [1, 1, 0, 0, 0]])
    _, names, out = independent_columns(X, ["1", "a", "b"])
    assert (names, out) == (["1", "a"], ["b"])


def test_what_is_known_of_the_values_widens_the_interval_and_weighs_them():
    rng = np.random.default_rng(7)
    x, known = np.linspace(-1, 1, 40), np.where(np.arange(40) % 2, 0.01, 4.0)
    model = Design(np.column_stack([np.ones(40), x]), np.arange(40), ("1", "x"))
    found = []
    for _ in range(60):
        fit = fit_mixed(model, x + np.sqrt(known) * rng.standard_normal(40), known)
        found.append(abs(fit.beta[1] - 1) / fit.se[1])
    weighted = np.sqrt(1 / np.sum(x**2 / known))
    assert fit.se[1] == pytest.approx(weighted, rel=0.4)
    assert np.mean(np.array(found) > 2.0) < 0.15
