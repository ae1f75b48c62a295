"""Small studies: recordings that burst, a table of them, and a simulator that answers at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.estimators.estimator import load_estimator
from automind_dash.recording import Recording, save_recording


def bursting(interval: float, seed: int, *, duration: float = 60.0, n_units: int = 20) -> Recording:
    """Bursts of 0.2 s every so many s, with some spikes between."""
    rng = np.random.default_rng(seed)
    starts = np.arange(1.0, duration - 1, interval) + 0.1 * interval * rng.standard_normal(
        len(np.arange(1.0, duration - 1, interval))
    )
    times = np.concatenate([
        (starts[:, None] + 0.2 * rng.beta(2, 4, (len(starts), 12 * n_units))).ravel(), rng.random(int(0.2 * duration * n_units)) * duration,
    ])  # fmt: skip
    times = times[(times > 0) & (times < duration)]
    return Recording.from_spikes(
        times, rng.integers(0, n_units, len(times)), duration=duration, n_units=n_units, name=f"i{interval:g}"
    )


class InstantSimulator:
    """Answers items at once, as circuits that come near the target; counts what it was asked for, and may break down.

    fails_after: simulations after which it raises, as a killed process would end.
    """

    def __init__(self, target=None, fails_after: int | None = None) -> None:
        self.asked: list[bytes] = []
        self.fails_after = fails_after

    def __call__(self, items):
        for index, item in enumerate(items):
            if self.fails_after is not None and len(self.asked) >= self.fails_after:
                raise KeyboardInterrupt
            self.asked.append(np.asarray(item["theta"]).tobytes() + int(item["seed"]).to_bytes(8, "little"))
            rng = np.random.default_rng([item["seed"], 5])
            rejection = item["rejection"]
            spread = rejection.noise_scale * rejection.threshold * rng.choice([0.3, 3.0])
            vector = rejection.target + spread * rng.standard_normal(len(spread)) / 2
            names = item["feature_set"].features
            yield (
                index,
                Simulated(
                    np.asarray(item["theta"]),
                    item["seed"],
                    "active",
                    vector,
                    dict(zip(names, vector.tolist(), strict=True)),
                ),
            )


@pytest.fixture(scope="session")
def estimator():
    """The project's own estimator of bursts."""
    return load_estimator("bursts")


@pytest.fixture
def study_folder(tmp_path):
    """Two cultures of three ages, with a table of them."""
    rows = []
    for culture in ("a", "b"):
        for number, age in enumerate((7, 14, 21)):
            name = f"{culture}_DIV{age:02d}.npz"
            save_recording(bursting(6.0 - 1.5 * number, seed=10 * number + ord(culture)), tmp_path / name)
            rows.append(
                {
                    "file": name,
                    "culture": culture,
                    "age_div": age,
                    "treatment": "drug" if (culture, age) == ("a", 21) else "none",
                }
            )
    pd.DataFrame(rows).to_csv(tmp_path / "study.csv", index=False)
    return tmp_path
