"""InferenceData as other tools read it."""

import arviz_base as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from automind_dash.circuit.parameters import HIGH, LOW, NAMES, PARAMETERS
from automind_dash.errors import SessionError
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking.inference_data import save_inference_data, to_inference_data
from automind_dash.inference.asking.provenance import Draws, Provenance
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.asking.target import Target
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.prior import Prior
from automind_dash.recording import Recording

N = len(BURST_FEATURES)
CARD = Card("bursts", "Bursts", BURST_FEATURES, Prior(), SimulationPlan(), {}, np.ones(N), 2.0, np.zeros((N, 101)))
TARGET = Target(np.arange(N, dtype=float), {}, 0.0, 10.0, 5, Recording(np.empty(0), np.empty(0, np.int32), 5, 10.0))


def table(n):
    theta = LOW + np.random.default_rng(1).random((n, len(NAMES))) * (HIGH - LOW)
    found = pd.DataFrame(theta, columns=list(NAMES), index=range(10, 10 + n))
    found["log_density"], found["state"], found["distance"], found["seed"] = np.arange(n) * 1.0, "", np.nan, -1
    found["seeds"] = found["matched"] = 0
    return found


def test_what_is_written_is_read_back_by_arviz(tmp_path):
    configurations = table(5)
    configurations.loc[12, "state"], configurations.loc[12, "distance"] = "consistent", 0.5
    runs = {12: Simulated(configurations.loc[12, list(NAMES)].to_numpy(float), 3, "active", np.arange(N) + 0.5)}
    data = to_inference_data(configurations, CARD, TARGET, runs, Provenance(Draws(seed=1, target=(0.0, 1.0))))
    path = save_inference_data(data, tmp_path / "circuits.nc")
    with xr.open_datatree(path, engine="h5netcdf") as read:
        assert set(read.children) == {"posterior", "sample_stats", "posterior_predictive", "observed_data"}
        posterior = read["posterior"]
        assert posterior["E_tau_w"].dims == ("chain", "draw")
        assert posterior["draw"].values.tolist() == [10, 11, 12, 13, 14]
        assert np.array_equal(posterior["E_tau_w"].values[0], configurations["params_Epop.tau_w"])
        assert posterior["E_tau_w"].attrs["unit"] == "ms"
        assert {spec.key for spec in PARAMETERS} == set(posterior.data_vars)
        assert read["sample_stats"]["consistent"].values[0].tolist() == [False, False, True, False, False]
        predictive = read["posterior_predictive"]["features"]
        assert predictive["draw"].values.tolist() == [12]
        assert predictive.sel(feature=BURST_FEATURES.features[1]).values.tolist() == [[1.5]]
        assert np.array_equal(read["observed_data"]["features"], TARGET.vector)
        assert '"seed": 1' in posterior.attrs["provenance"]
    assert len(az.extract(data, group="posterior", num_samples=3, random_seed=0)["sample"]) == 3


def test_without_runs_there_is_no_predictive_and_without_circuits_nothing():
    assert "posterior_predictive" not in to_inference_data(table(2), CARD, TARGET, {}).children
    with pytest.raises(SessionError, match="no circuits"):
        to_inference_data(table(0), CARD, TARGET, {})


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(SessionError, match="no_folder"):
        save_inference_data(to_inference_data(table(1), CARD, TARGET, {}), tmp_path / "no_folder" / "x.nc")


def test_runs_given_up_early_are_no_predictive_and_relatives_are_told_from_draws():
    """Their features are those of half a run."""
    theta = table(3)[list(NAMES)].to_numpy(float)
    runs = {
        10: Simulated(theta[0], 3, "active", np.arange(N) + 0.5),
        11: Simulated(theta[1], 3, "active", np.arange(N) + 0.5, rejected_after=3.0),
    }
    data = to_inference_data(table(3), CARD, TARGET, runs, drawn=[True, True, False])
    assert data["posterior_predictive"]["draw"].values.tolist() == [10]
    assert data["sample_stats"]["given_up"].values[0].tolist() == [False, True, False]
    assert data["sample_stats"]["of_the_posterior"].values[0].tolist() == [True, True, False]
