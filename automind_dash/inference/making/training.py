"""Train a density on simulated (configuration, features) pairs, under a time budget, with held-out early stopping."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...circuit.equivalence import draw_equivalent
from ...errors import EstimatorError
from ..estimators.density import Density, build_density
from ..estimators.prior import Prior

MINIMUM_ROWS = 100
"""Simulations that are needed; nothing can be learned from fewer."""


@dataclass(frozen=True)
class TrainingSettings:
    """How a density is trained. max_seconds: s of wall time after which training ends with the best weights so far."""

    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    max_epochs: int = 200
    patience: int = 15
    max_seconds: float = 3600.0
    held_out_fraction: float = 0.05
    averaging: float = 0.998  # decay of the exponential moving average of the weights, per step
    seed: int = 1

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, for the card."""
        return asdict(self)


@dataclass
class TrainingResult:
    """A trained density, and the course of its training."""

    density: Density
    held_out_log_prob: float  # mean log q(θ | x) over held-out simulations, minus the prior's: nats gained
    epochs: int
    seconds: float
    n_training: int
    n_held_out: int
    curve: list[tuple[int, float, float]] = field(default_factory=list)  # epoch, training loss, held-out loss


def check_rows(n: int) -> None:
    """Raise EstimatorError for too few rows to learn from."""
    if n < MINIMUM_ROWS:
        raise EstimatorError(
            f"{n} simulations are too few to train on; at least {MINIMUM_ROWS} are needed, and thousands for a useful estimator."
        )


def train(
    theta: NDArray[np.float64],
    features: NDArray[np.float64],
    prior: Prior,
    *,
    architecture: Mapping[str, Any],
    settings: TrainingSettings = TrainingSettings(),
    groups: NDArray[np.int64] | None = None,
    pairs: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    progress: Callable[[int, float, float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingResult:
    """Fit q(z | x) by its family's loss (neural posterior estimation).

    architecture: of the density (`density.build_density`). theta: (n, 28); features: (n, n_features) as the estimator sees them, finite.
    groups: (n,) simulations of the same group (several windows of one run) stay on the same side of the held-out split. pairs: (θ,
    features) from a surrogate, trained on as well and never held out: simulations alone decide when training ends. Raises EstimatorError
    for too few or bad rows.
    """
    if len(theta) != len(features) or not np.isfinite(features).all():
        raise EstimatorError(
            f"Training needs finite features for each configuration; got {theta.shape} and {features.shape}."
        )
    check_rows(len(theta))
    rng = np.random.default_rng(settings.seed)
    groups = np.arange(len(theta)) if groups is None else groups
    names = np.unique(groups)
    held_names = rng.permutation(names)[: max(int(len(names) * settings.held_out_fraction), 10)]
    held = np.isin(groups, held_names)
    density = build_density(architecture)
    members = density.members()
    z_held = torch.as_tensor(prior.to_logit(theta[held]), dtype=torch.float32)
    theta_in, features_in = theta[~held], features[~held]
    if pairs is not None:
        theta_in, features_in = np.concatenate([theta_in, pairs[0]]), np.concatenate([features_in, pairs[1]])
    x, x_held = (torch.as_tensor(part, dtype=torch.float32) for part in (features_in, features[held]))
    curves, epochs, began = [], 0, time.monotonic()
    for number, member in enumerate(members):
        own = replace(settings, seed=settings.seed + number, max_seconds=settings.max_seconds / len(members))
        torch.manual_seed(own.seed)
        # built here, so that its first weights depend on its own seed alone
        started = build_density(architecture).members()[number]
        started.standardise(prior.to_logit(theta_in), features_in)
        curve = _fit(started, _Configurations(theta_in, prior, own.seed), x, z_held, x_held, own, progress, should_stop)
        member.load_state_dict(started.state_dict())
        member.eval()
        curves += curve
        epochs += len(curve)
    held_log_prob = [density.log_prob(z[None], row)[0] for z, row in zip(z_held.numpy(), x_held.numpy(), strict=True)]
    gain = float(np.mean(held_log_prob)) - float(np.mean(prior.log_density - prior.log_jacobian(z_held.numpy())))
    return TrainingResult(density, gain, epochs, time.monotonic() - began, int((~held).sum()), len(x_held), curves)


class _Configurations:
    """Training configurations in logit space; each epoch exchanges them for others that describe the same circuit."""

    def __init__(self, theta: NDArray[np.float64], prior: Prior, seed: int) -> None:
        self.theta, self.prior, self.rng = theta, prior, np.random.default_rng([seed, 0xE0])

    def __len__(self) -> int:
        return len(self.theta)

    def draw(self) -> torch.Tensor:
        """(n, 28) for one epoch."""
        theta = draw_equivalent(self.theta, self.prior.low, self.prior.high, self.rng)
        return torch.as_tensor(self.prior.to_logit(theta), dtype=torch.float32)


def _fit(
    member: Any,
    configurations: _Configurations,
    x: torch.Tensor,
    z_held: torch.Tensor,
    x_held: torch.Tensor,
    settings: TrainingSettings,
    progress: Callable[[int, float, float], None] | None,
    should_stop: Callable[[], bool] | None,
) -> list[tuple[int, float, float]]:
    """Train one member of a density in place, ending with the averaged weights of its best epoch; returns the curve."""
    n, steps = len(x), math.ceil(len(x) / settings.batch_size)
    optimiser = torch.optim.AdamW(member.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    average = torch.optim.swa_utils.AveragedModel(
        member, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(settings.averaging), use_buffers=False
    )
    generator = torch.Generator().manual_seed(settings.seed)
    began, best, best_state, since, curve = time.monotonic(), math.inf, None, 0, []
    for epoch in range(settings.max_epochs):
        # cosine over epochs or seconds, whichever end first, so that training on a budget still ends at a small step
        done = max(epoch / settings.max_epochs, (time.monotonic() - began) / settings.max_seconds)
        for group in optimiser.param_groups:
            group["lr"] = settings.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))
        member.train()
        z = configurations.draw()
        order, total = torch.randperm(n, generator=generator), 0.0
        for start in range(0, n, settings.batch_size):
            rows = order[start : start + settings.batch_size]
            loss = member.loss(z[rows], x[rows]).mean()
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(member.parameters(), 5.0)
            optimiser.step()
            average.update_parameters(member)
            total += loss.item()
        averaged: Any = average.module
        averaged.eval()
        with torch.inference_mode():
            held = torch.cat([averaged.loss(a, b) for a, b in zip(z_held.split(4096), x_held.split(4096), strict=True)])
        held_loss = held.mean().item()
        curve.append((epoch, total / steps, held_loss))
        if progress is not None:
            progress(*curve[-1])
        since += 1
        if held_loss < best:
            best, best_state, since = held_loss, copy.deepcopy(average.module.state_dict()), 0
        seconds = time.monotonic() - began
        if since >= settings.patience or seconds > settings.max_seconds or (should_stop is not None and should_stop()):
            break
    if best_state is None:
        raise EstimatorError("Training did not converge: the held-out loss was never finite. Lower the learning rate.")
    member.load_state_dict(best_state)
    return curve
