"""Distributions whose geometry is known: a banana, a torus, two modes, Gaussians. Densities are normalised where a test
needs it."""

from dataclasses import dataclass

import numpy as np
import pytest


@dataclass(frozen=True, eq=False)
class Gaussian:
    """A Gaussian in the unit box, narrow enough for its walls not to matter."""

    mean: np.ndarray
    covariance: np.ndarray

    def __call__(self, points):
        offset = np.atleast_2d(points) - self.mean
        solved = np.linalg.solve(self.covariance, offset.T).T
        _, volume = np.linalg.slogdet(2 * np.pi * self.covariance)
        return -0.5 * (offset * solved).sum(1) - 0.5 * volume

    def draw(self, n, seed):
        return np.random.default_rng(seed).multivariate_normal(self.mean, self.covariance, n)


@pytest.fixture(scope="session")
def gaussian():
    """Eight correlated dimensions, SD 0.05 each."""
    rng = np.random.default_rng(0)
    mixed = rng.standard_normal((8, 8))
    covariance = mixed @ mixed.T
    scale = np.sqrt(np.diag(covariance))
    return Gaussian(np.full(8, 0.5), 0.05**2 * covariance / np.outer(scale, scale))


BANANA_WIDTH = 0.15


def banana(points):
    """Log-density of y = 2x² + noise, x standard normal: a dense curve that bends away from every chord."""
    x, y = points[:, 0], points[:, 1]
    return -0.5 * x**2 - 0.5 * ((y - 2 * x**2) / BANANA_WIDTH) ** 2 - np.log(2 * np.pi * BANANA_WIDTH)


def draw_banana(n, seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return np.column_stack([x, 2 * x**2 + BANANA_WIDTH * rng.standard_normal(n)])


def draw_torus(n, seed, ambient=3):
    """(n, ambient) points on a torus (radii 1 and 0.3), turned into a space of more dimensions."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 2 * np.pi, (2, n))
    ring = 1 + 0.3 * np.cos(b)
    torus = np.column_stack([ring * np.cos(a), ring * np.sin(a), 0.3 * np.sin(b)])
    turn = np.linalg.qr(rng.standard_normal((ambient, ambient)))[0]
    return np.pad(torus, ((0, 0), (0, ambient - 3))) @ turn


def draw_two_modes(n, seed, d=4, apart=1.0):
    """(n, d) half of the points each around two centres `apart` in the first dimension, SD 0.1."""
    rng = np.random.default_rng(seed)
    points = 0.1 * rng.standard_normal((n, d))
    points[: n // 2, 0] += apart
    return points
