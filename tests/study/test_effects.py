"""What a study's effects are: found where they are, not where nothing is, and left unsaid where the recordings do not tell."""

import warnings

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.parameters import HIGH, INDEX, LOW, NAMES
from automind_dash.errors import StudyError
from automind_dash.inference.estimators.prior import Prior
from automind_dash.study.effects import corrected, effects, holm
from automind_dash.study.information import bits, least_bits, measured
from automind_dash.study.opening.roles import Roles
from automind_dash.study.results import StudyResults
from automind_dash.study.telling.sentences import summary
from automind_dash.study.terms import design_of

TAU_W = INDEX["params_Epop.tau_w"]
WIDTH = 0.1
PRIOR = Prior().draw(5000, 0)


def simulated(
    seed: int, *, trend: float = 0.0, drug: float = 0.0, cultures: int = 4, ages=(7, 14, 21, 28), width: float = WIDTH
) -> StudyResults:  # fmt: skip
    """A study whose τ_w (in shares of its range) changes by `trend` a week and by `drug` from day 21 on in half of the cultures;
    posteriors are normal
    around what was measured, and so wide; of the other parameters nothing is known."""
    rng = np.random.default_rng(seed)
    rows, draws, values = [], [], []
    for culture in range(cultures):
        level, slope = 0.5 + 0.05 * rng.standard_normal(), trend + 0.02 * rng.standard_normal()
        for age in ages:
            number = len(rows) + 1
            treated = culture < cultures / 2 and age >= 21
            truth = level + slope * (age - np.mean(ages)) / 7 + drug * treated
            treatment = "drug" if treated else "none"
            rows.append(
                {"meta.culture": f"c{culture}", "meta.age_div": age, "meta.treatment": treatment, "status": "done"}
            )
            u = rng.random((400, len(NAMES)))
            u[:, TAU_W] = np.clip(
                truth + width * rng.standard_normal() + width * rng.standard_normal(400), 0.001, 0.999
            )
            table = pd.DataFrame(LOW + u * (HIGH - LOW), columns=list(NAMES))
            table.insert(0, "part", "whole")
            table.insert(0, "recording", number)
            draws.append(table)
            values.append((number, "whole", "mean_rate", 10 ** (2 * (truth - 0.5) + 0.05 * rng.standard_normal())))
    recordings = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="recording"))
    features = pd.DataFrame(values, columns=["recording", "part", "feature", "value"])
    about = {
        "roles": {"replicate": "culture", "order": "age_div", "conditions": ["treatment"]},
        "n_neurons": 2000,
        "format": 1,
    }
    empty = pd.DataFrame({"recording": []})
    return StudyResults(recordings, features, empty, pd.concat(draws, ignore_index=True), empty, empty, about)


def test_a_trend_is_found_with_its_size_and_said_in_words():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = effects(simulated(1, trend=-0.12), PRIOR)
    row = found.table[(found.table["quantity"] == "params_Epop.tau_w") & (found.table["term"] == "age_div")].iloc[0]
    true = -0.12 * (HIGH - LOW)[TAU_W]
    assert row["low"] < true < row["high"] < 0
    assert row["adjusted"] <= 0.05
    assert row["bits"] > 0.5
    told = summary(found, "culture")["claimed"]
    sentence = next(one for one in told if one.startswith("τ_w falls with age"))
    assert "s per week, 95 % −" in sentence
    assert "4 cultures" in sentence
    assert any(one.startswith("mean rate falls with age (×") for one in told)


def test_what_recordings_do_not_tell_of_has_no_p_value():
    table = effects(simulated(2, trend=-0.12), PRIOR).table
    blind = table[table["quantity"] == "params_Ipop.Q_gi"]
    assert blind["p"].isna().all()
    assert (blind["why"] == "too few recordings say anything about it").all()
    assert (blind["bits"] < 0.1).all()


def test_a_drug_within_two_cultures():
    table = effects(simulated(3, drug=0.4), PRIOR).table
    row = table[(table["quantity"] == "params_Epop.tau_w") & (table["term"] == "treatment: drug")].iloc[0]
    assert row["replicates"] == "2"
    assert row["estimate"] == pytest.approx(0.4 * (HIGH - LOW)[TAU_W], rel=0.5)
    assert row["p"] < 0.1


def test_little_is_claimed_where_nothing_changes():
    claims = [len(effects(simulated(100 + seed, width=0.15), PRIOR).claimed) > 0 for seed in range(12)]
    assert sum(claims) <= 3  # of 12, at 5 %: more than 3 in 2 of 1000


def test_one_culture_tells_of_itself_only():
    found = effects(simulated(4, trend=-0.2, cultures=1), PRIOR)
    assert found.claimed.empty
    assert "one replicate" in " ".join(found.table["why"])
    assert "nothing can be said" not in " ".join(summary(found, "culture")["claimed"])


def test_rows_without_an_age_are_left_out_and_collinear_conditions_named():
    results = simulated(5)
    metadata = results.metadata.assign(line=lambda rows: np.where(rows["treatment"] == "drug", "x", "y"))
    metadata.loc[1, "age_div"] = np.nan
    design = design_of(metadata, Roles("culture", "age_div", ("treatment", "line")))
    assert 1 not in design.rows
    assert (
        design.left_out == ("line: y cannot be told apart from the other effects, and is left out.",)
        or "line" in design.left_out[0]
    )
    with pytest.raises(StudyError, match="too few"):
        design_of(metadata.head(3), Roles("culture", "age_div"))
    with pytest.raises(StudyError, match="Nothing varies"):
        design_of(metadata.assign(age_div=7), Roles("culture", "age_div"))


def test_holm_is_statsmodels_own():
    from statsmodels.stats.multitest import multipletests

    p = np.random.default_rng(0).random(30) ** 3
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    table = corrected(pd.DataFrame({"kind": "feature", "term": "age", "p": [0.01, 0.04, np.nan]}), "holm")
    assert table["adjusted"].tolist()[:2] == [0.02, 0.04]
    assert np.isnan(table["adjusted"][2])


def test_information_of_known_distributions():
    rng = np.random.default_rng(0)
    assert bits(rng.random(500)) < least_bits(500)
    assert bits(0.3 + 0.25 * rng.random(2000)) == pytest.approx(2.0, abs=0.1)
    assert np.isnan(bits(rng.random(5)))
    assert bits(np.full(100, 0.5)) > 5


def test_what_a_recording_measured_is_the_posterior_without_the_prior():
    rng = np.random.default_rng(0)
    prior = rng.standard_normal(20_000)
    # a value of 2 measured with variance 0.5 under a normal prior
    posterior = 2 / 1.5 + np.sqrt(0.5 / 1.5) * rng.standard_normal(5000)
    found = measured(posterior, prior)
    assert found.value == pytest.approx(2.0, abs=0.1)
    assert found.variance == pytest.approx(0.5, rel=0.15)
    blind = measured(rng.standard_normal(500), prior)
    assert np.isnan(blind.value)
    assert blind.bits < 0.1
