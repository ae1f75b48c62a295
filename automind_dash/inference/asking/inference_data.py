"""Posterior and predictive as ArviZ InferenceData, which statistical tools read (Kumar et al. 2019, doi:10.21105/joss.01143)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...circuit.parameters import PARAMETERS
from ...errors import SessionError
from ...version import __version__
from ..estimators.card import Card
from .consistency import Judge, is_consistent
from .provenance import Provenance
from .simulated import Simulated
from .target import Target


def to_inference_data(
    configurations: pd.DataFrame,
    card: Card,
    target: Target,
    simulations: Mapping[int, Simulated],
    provenance: Provenance | None = None,
    drawn: Sequence[bool] | None = None,
    tolerance: float = 1.0,
) -> Any:
    """Return an xarray DataTree with the groups posterior, sample_stats, posterior_predictive and observed_data.

    configurations: the page's table. Its index holds the circuit numbers, which become the coordinate of the draws. Variables are named by
    parameter keys (`E_tau_w`), with symbol, unit and meaning as attributes. posterior_predictive: features of the simulated circuits, as
    the estimator sees them, NaN where undefined. Runs that were given up early are left out, because their features are not those of a
    whole run. sample_stats has with how many seeds a circuit was simulated, and with how many of them it matched. drawn: (n,) which
    circuits are draws of the posterior (all, when not given). The others were drawn near circuits that matched, or added by hand;
    `sample_stats.of_the_posterior` tells them apart. tolerance: the factor on the card's threshold with which circuits were called
    consistent. Raises SessionError for an empty table.
    """
    import arviz_base as az

    if not len(configurations):
        raise SessionError("There are no circuits to export: draw some first.")
    draws = configurations.index.to_numpy()
    whole = {number for number, one in simulations.items() if one.rejected_after is None}
    run = [int(number) for number in draws if int(number) in whole]
    features = list(card.feature_set.features)
    groups: dict[str, dict[str, Any]] = {
        "posterior": {spec.key: configurations[spec.name].to_numpy(dtype=float)[None] for spec in PARAMETERS},
        "sample_stats": {
            "lp": configurations["log_density"].to_numpy(dtype=float)[None],
            "distance": configurations["distance"].to_numpy(dtype=float)[None],
            "consistent": is_consistent(configurations["state"])[None],
            "seeds": configurations["seeds"].to_numpy(dtype=np.int64)[None],
            "matched": configurations["matched"].to_numpy(dtype=np.int64)[None],
            "simulated": (configurations["state"] != "").to_numpy()[None],
            "given_up": np.array([n in simulations and n not in whole for n in draws.tolist()])[None],
            "of_the_posterior": np.ones((1, len(draws)), dtype=bool)
            if drawn is None
            else np.asarray(drawn, dtype=bool)[None],
        },
        "observed_data": {"features": np.asarray(target.vector, dtype=float)},
    }
    if run:
        groups["posterior_predictive"] = {"features": np.array([simulations[number].vector for number in run])[None]}
    data = az.from_dict(groups, coords={"feature": features}, dims={"features": ["feature"]})
    about = {
        "estimator": card.name, "threshold": Judge.of(card, tolerance).bound, "created_by": f"automind-dash {__version__}",
        "provenance": json.dumps((provenance or Provenance()).to_dict(), default=_plain),
    }  # fmt: skip
    for name, numbers in (("posterior", draws), ("sample_stats", draws), ("posterior_predictive", run)):
        if name in data.children:
            data[name].dataset = data[name].to_dataset().assign_coords(draw=np.asarray(numbers, dtype=np.int64))
    for group in data.children.values():
        group.attrs |= about
    for spec in PARAMETERS:
        data["posterior"][spec.key].attrs |= {
            "symbol": spec.symbol,
            "unit": spec.unit,
            "meaning": spec.meaning,
            "name": spec.name,
        }
    return data


def save_inference_data(data: Any, path: str | Path) -> Path:
    """Write InferenceData as NetCDF (HDF5) and return the path. Raises SessionError where it cannot be written."""
    path = Path(path)
    try:
        data.to_netcdf(path, engine="h5netcdf")
    except OSError as error:
        raise SessionError(f"{path} cannot be written ({error}).") from None
    return path


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
