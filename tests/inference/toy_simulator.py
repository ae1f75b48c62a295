"""A simulator of four features whose posterior is known."""

import numpy as np

from automind_dash.circuit.parameters import HIGH, LOW

NOISE = 0.05


def toy_features(theta: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 4): three parameters seen through noise, and the difference of two others, all scaled to the prior's range."""
    u = (theta - LOW) / (HIGH - LOW)
    return np.column_stack([u[:, 0], u[:, 9], u[:, 18], u[:, 10] - u[:, 11]]) + NOISE * rng.standard_normal(
        (len(theta), 4)
    )
