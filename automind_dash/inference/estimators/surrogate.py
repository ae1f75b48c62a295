"""What a circuit would do, learned from simulations: more training pairs than can be simulated.

A flow needs far more pairs than two cores simulate. A network that predicts features from a configuration needs fewer: it is given what
is known of the model (`drive_summary`), and it learns one smooth function instead of a density over 28 parameters. So the simulations
train the surrogate, which predicts whether a circuit is useful and what its features are. The flow is then trained on the simulated pairs
and on pairs from the surrogate: θ from the prior where the circuit is useful, x its predicted features plus an error.

The errors are those that the surrogate made on circuits it had not seen, drawn from the circuits nearest in predicted features. So what
the surrogate does not know widens the posterior instead of biasing it. The errors also contain the circuit's own noise. The flow is
judged by simulations alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import nn

from ...errors import EstimatorError
from .prior import Prior
from .restriction import drive_summary

MINIMUM_USEFUL = 200
"""Useful simulations that are needed: with fewer, errors on unseen circuits cannot be told from those on seen ones."""

MINIMUM_OTHERS = 20
"""Other simulations that are needed to learn what makes a circuit useless."""

SCALES = {"input_mean", "input_sd", "feature_mean", "feature_sd"}
"""Means and scales that standardise the networks' inputs and features."""

CAUTION = 2.0
"""Weight that pruning gives to the risk that a circuit is useless. At 1, 94.4 % of the spectrum's pruned circuits were alive, at 2 96.3
%, at 3 96.9 %; 72.0, 71.8 and 71.1 % were consistent (50 targets, 16 draws)."""

_BATCH = 20_000
_NEIGHBOURS, _COMPONENTS = 20, 6
"""An error is drawn from this many nearest circuits, in this many principal components of the predicted features."""


@dataclass(frozen=True)
class SurrogateSettings:
    """How the surrogate is trained. max_seconds: s of wall time for all members together."""

    members: int = 4  # each leaves out a different fold, on which its errors are measured
    hidden: int = 256
    dropout: float = 0.2  # the best of 0.1 to 0.35 on 3 200 bursting circuits held out in turn
    epochs: int = 40
    minimum_steps: int = 2500  # more epochs where the simulations are few
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    max_seconds: float = 1200.0
    seed: int = 1


class _Member(nn.Module):
    """A network from inputs (n, n_inputs) to the logit of usefulness (n,) and standardised features (n, n_features)."""

    def __init__(self, n_inputs: int, n_features: int, settings: SurrogateSettings) -> None:
        super().__init__()
        h, drop = settings.hidden, settings.dropout
        self.trunk = nn.Sequential(
            nn.Linear(n_inputs, h), nn.GELU(), nn.Dropout(drop), nn.Linear(h, h), nn.GELU(), nn.Dropout(drop), nn.Linear(h, h), nn.GELU()
        )  # fmt: skip
        self.head = nn.Linear(h, 1 + n_features)

    def forward(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        out = self.head(self.trunk(inputs))
        return out[:, 0], out[:, 1:]


class Surrogate:
    """Predicts usefulness and features of configurations, and draws pairs. Made by `fit_surrogate`, kept beside an estimator's weights.

    The stored part predicts. The errors, which drawing pairs needs, are not stored.
    """

    def __init__(
        self, prior: Prior, n_neurons: int, members: list[_Member], scales: dict[str, NDArray[np.float64]]
    ) -> None:
        self.prior, self.n_neurons, self.members, self._scales = prior, n_neurons, members, scales
        self._errors: NDArray[np.float64] = np.empty((0, 0))
        self._tree: cKDTree | None = None
        self._axes: NDArray[np.float64] = np.empty((0, 0))
        self.report: dict[str, float] = {}

    @property
    def n_features(self) -> int:
        """Number of features that it predicts."""
        return len(self._scales["feature_mean"])

    def inputs(self, theta: NDArray[np.float64], conditions: NDArray[np.float64]) -> torch.Tensor:
        """(n, n_inputs) inputs of the networks. theta: (n, 28); conditions: (n, n_conditions), such as the number of units."""
        columns = _columns(theta, conditions, self.prior, self.n_neurons)
        return torch.as_tensor((columns - self._scales["input_mean"]) / self._scales["input_sd"], dtype=torch.float32)

    def predict(
        self, theta: NDArray[np.float64], conditions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the probability of use (n,) and the expected features (n, n_features), means over members."""
        useful, expected, _ = self.disagreement(theta, conditions)
        return useful, expected

    def unlikeliness(
        self, theta: NDArray[np.float64], target: NDArray[np.float64], scale: NDArray[np.float64], threshold: float,
        conditions: NDArray[np.float64],
    ) -> NDArray[np.float64]:  # fmt: skip
        """(n,) how far configurations are from being consistent with a target: ½ (expected distance / threshold)² - CAUTION log
        P(useful).

        Square and logarithm are averaged over the members, so that neither is small where the members disagree. target, scale:
        (n_features,), as in `feature_distance`; conditions: (n, n_conditions).
        """
        place = torch.as_tensor(
            (target - self._scales["feature_mean"]) / self._scales["feature_sd"], dtype=torch.float32
        )
        unit = torch.as_tensor(self._scales["feature_sd"] / (scale * threshold), dtype=torch.float32)
        out = []
        with torch.inference_mode():
            for part in self.inputs(theta, conditions).split(_BATCH):
                said = [member(part) for member in self.members]
                useful = torch.stack([nn.functional.logsigmoid(logit) for logit, _ in said]).mean(0)
                square = torch.stack([(((mean - place) * unit) ** 2).mean(1) for _, mean in said]).mean(0)
                out.append((0.5 * square - CAUTION * useful).numpy())
        return np.concatenate(out).astype(np.float64)

    def disagreement(
        self, theta: NDArray[np.float64], conditions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the probability of use (n,), the expected features and their SD over the members (both n, n_features)."""
        useful, expected, spread = [], [], []
        with torch.inference_mode():
            for part in self.inputs(theta, conditions).split(_BATCH):
                said = [member(part) for member in self.members]
                means = torch.stack([mean for _, mean in said])
                useful.append(torch.stack([torch.sigmoid(logit) for logit, _ in said]).mean(0).numpy())
                expected.append(means.mean(0).numpy())
                spread.append(means.std(0, correction=0).numpy())
        unit, middle = self._scales["feature_sd"], self._scales["feature_mean"]
        return (
            np.concatenate(useful).astype(np.float64), np.concatenate(expected) * unit + middle, np.concatenate(spread) * unit
        )  # fmt: skip

    def standardised(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, n_features) features in the networks' own scale."""
        return (features - self._scales["feature_mean"]) / self._scales["feature_sd"]

    def with_members(self, members: list[_Member]) -> Surrogate:
        """Return a surrogate of the same scales with other networks."""
        return Surrogate(self.prior, self.n_neurons, members, self._scales)

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Return everything that `from_tensors` needs, by name, to be stored as safetensors."""
        out = {f"scales.{name}": values.astype(np.float32) for name, values in self._scales.items()}
        for number, member in enumerate(self.members):
            out |= {f"members.{number}.{name}": value.numpy() for name, value in member.state_dict().items()}
        return out

    @classmethod
    def from_tensors(cls, tensors: dict[str, NDArray[np.float32]], prior: Prior, n_neurons: int) -> Surrogate:
        """Build a surrogate from the result of `tensors`; raises EstimatorError for anything else."""
        scales = {
            name.removeprefix("scales."): values.astype(np.float64)
            for name, values in tensors.items()
            if name.startswith("scales.")
        }
        members: list[_Member] = []
        try:
            while any(name.startswith(f"members.{len(members)}.") for name in tensors):
                prefix = f"members.{len(members)}."
                state = {
                    name.removeprefix(prefix): torch.tensor(value)
                    for name, value in tensors.items()
                    if name.startswith(prefix)
                }
                hidden, n_inputs = state["trunk.0.weight"].shape
                member = _Member(n_inputs, len(state["head.bias"]) - 1, SurrogateSettings(hidden=hidden))
                member.load_state_dict(state)
                members.append(member.eval())
        except (KeyError, RuntimeError, ValueError) as error:
            raise EstimatorError(f"This is not a surrogate: {str(error).splitlines()[0]}") from None
        if not members or set(scales) != SCALES:
            raise EstimatorError("This is not a surrogate: it has no members, or no scales.")
        return cls(prior, n_neurons, members, scales)

    def learn_errors(self, expected: NDArray[np.float64], errors: NDArray[np.float64]) -> None:
        """Keep the errors made on unseen circuits, (n, n_features), by their predicted features (n, n_features)."""
        centred = (expected - self._scales["feature_mean"]) / self._scales["feature_sd"]
        _, _, axes = np.linalg.svd(centred, full_matrices=False)
        self._axes = axes[: min(_COMPONENTS, len(axes))]
        self._tree, self._errors = cKDTree(centred @ self._axes.T), errors

    def with_errors(self, expected: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Add the error of one of the nearest circuits to each of the expected features (n, n_features)."""
        if self._tree is None:
            raise EstimatorError("This surrogate has learned no errors yet.")
        place = ((expected - self._scales["feature_mean"]) / self._scales["feature_sd"]) @ self._axes.T
        _, near = self._tree.query(place, k=min(_NEIGHBOURS, len(self._errors)))
        chosen = near[np.arange(len(near)), rng.integers(0, near.shape[1], len(near))]
        return expected + self._errors[chosen]

    def pairs(
        self,
        n: int,
        draw_conditions: Callable[[NDArray[np.float64], np.random.Generator], NDArray[np.float64]],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return n circuits as the prior would give them if all were useful: theta (n, 28), features (n, n_features), conditions.

        draw_conditions: (m, 28) configurations → (m, n_conditions). A circuit is kept with its probability of use.
        """  # fmt: skip
        theta_parts, feature_parts, condition_parts, found = [], [], [], 0
        while found < n:
            theta = self.prior.draw(_BATCH, rng)
            conditions = draw_conditions(theta, rng)
            useful, expected = self.predict(theta, conditions)
            kept = rng.random(len(theta)) < useful
            theta_parts.append(theta[kept])
            feature_parts.append(self.with_errors(expected[kept], rng))
            condition_parts.append(conditions[kept])
            found += int(kept.sum())
        theta, features, conditions = (
            np.concatenate(parts)[:n] for parts in (theta_parts, feature_parts, condition_parts)
        )
        return theta, features, conditions


def _columns(
    theta: NDArray[np.float64], conditions: NDArray[np.float64], prior: Prior, n_neurons: int
) -> NDArray[np.float64]:
    unit = (theta - prior.low) / (prior.high - prior.low)
    return np.hstack([unit, drive_summary(theta, n_neurons), conditions])


def check_enough(useful: int, others: int) -> None:
    """Raise EstimatorError for fewer simulations than a surrogate can be trained on."""
    if useful < MINIMUM_USEFUL or others < MINIMUM_OTHERS:
        raise EstimatorError(
            f"{useful} useful and {others} other simulations are too few for a surrogate; it needs {MINIMUM_USEFUL} and "
            f"{MINIMUM_OTHERS}. Simulate more, or train without one (--pairs 0)."
        )


def fit_surrogate(
    theta: NDArray[np.float64],
    useful: NDArray[np.bool_],
    features: NDArray[np.float64],
    conditions: NDArray[np.float64],
    groups: NDArray[np.int64],
    prior: Prior,
    *,
    n_neurons: int = 2000,
    errors_of: NDArray[np.int64] | None = None,
    settings: SurrogateSettings = SurrogateSettings(),
    progress: Callable[[str], None] | None = None,
) -> Surrogate:
    """Train on simulated circuits, useful and not.

    theta: (n, 28); useful: (n,); features: (n, n_features), used where useful; conditions: (n, n_conditions), may have no columns;
    groups: (n,) rows of one configuration share a group, and are left out together; errors_of: useful rows whose errors are those of the
    prior's circuits, all of them when not given. Raises EstimatorError with too few useful rows.
    """  # fmt: skip
    check_enough(int(useful.sum()), int((~useful).sum()))
    columns = _columns(theta, conditions, prior, n_neurons)
    if not np.isfinite(columns).all():
        odd = theta[~np.isfinite(columns).all(1)][0]
        raise EstimatorError(
            f"The surrogate cannot take circuits such as {np.array2string(odd, precision=4)}: exclude them from the prior."
        )
    scales = {
        "input_mean": columns.mean(0), "input_sd": columns.std(0) + 1e-9,
        "feature_mean": features[useful].mean(0), "feature_sd": features[useful].std(0) + 1e-9,
    }  # fmt: skip
    surrogate = Surrogate(prior, n_neurons, [], scales)
    inputs = surrogate.inputs(theta, conditions)
    targets = torch.zeros((len(theta), features.shape[1]))
    standard = (features[useful] - scales["feature_mean"]) / scales["feature_sd"]
    targets[torch.as_tensor(useful)] = torch.as_tensor(standard, dtype=torch.float32)
    use = torch.as_tensor(useful, dtype=torch.float32)
    fold = np.random.default_rng([settings.seed, 0x5A]).integers(0, settings.members, groups.max() + 1)[groups]
    logit, expected = np.zeros(len(theta)), np.zeros_like(features, dtype=np.float64)
    for number in range(settings.members):
        out = np.flatnonzero(fold == number)
        member = _fit_member(inputs, use, targets, np.flatnonzero(fold != number), number, settings)
        with torch.inference_mode():
            said, mean = member(inputs[out])
        logit[out], expected[out] = said.numpy(), mean.numpy() * scales["feature_sd"] + scales["feature_mean"]
        surrogate.members.append(member)
        if progress is not None:
            progress(f"surrogate {number + 1} of {settings.members}")
    typical = np.flatnonzero(useful) if errors_of is None else errors_of
    surrogate.learn_errors(expected[typical], features[typical] - expected[typical])
    surrogate.report = _report(logit, useful, expected[typical], features[typical], scales)
    return surrogate


def _report(
    logit: NDArray[np.float64], useful: NDArray[np.bool_], expected: NDArray[np.float64], features: NDArray[np.float64],
    scales: dict[str, NDArray[np.float64]],
) -> dict[str, float]:  # fmt: skip
    """Return its quality on circuits it had not seen, for the card."""
    from sklearn.metrics import roc_auc_score

    error = ((features - expected) / scales["feature_sd"]) ** 2
    return {
        "surrogate_auc": float(roc_auc_score(useful, logit)),
        "surrogate_explained": float(1 - error.mean()),
        "surrogate_n": int(useful.sum()),
    }


def _fit_member(
    inputs: torch.Tensor, use: torch.Tensor, targets: torch.Tensor, rows: NDArray[np.int64], number: int, settings: SurrogateSettings
) -> _Member:  # fmt: skip
    """Train one network: cross-entropy of usefulness, and Huber's loss of the features of useful circuits."""
    torch.manual_seed(settings.seed * 1000 + number)
    member = _Member(inputs.shape[1], targets.shape[1], settings)
    optimiser = torch.optim.AdamW(member.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    steps = max(len(rows) // settings.batch_size, 1)
    epochs = max(settings.epochs, -(-settings.minimum_steps // steps))
    total = epochs * steps
    schedule: Any = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.learning_rate, total_steps=total + 1)
    generator = torch.Generator().manual_seed(settings.seed + number)
    index = torch.as_tensor(rows)
    began, limit, order = time.monotonic(), settings.max_seconds / settings.members, index
    for step in range(total):
        if step % steps == 0:
            order = index[torch.randperm(len(index), generator=generator)]
        part = order[step % steps * settings.batch_size : (step % steps + 1) * settings.batch_size]
        logit, mean = member(inputs[part])
        here = use[part] > 0
        loss = nn.functional.binary_cross_entropy_with_logits(logit, use[part])
        if here.any():
            loss = loss + 2 * nn.functional.smooth_l1_loss(mean[here], targets[part][here])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        # a slow machine makes fewer steps, but still reaches the small ones at the end
        due = int(total * min(max((step + 1) / total, (time.monotonic() - began) / limit), 1.0))
        for _ in range(due - schedule.last_epoch):
            schedule.step()
        if due == total:
            break
    return member.eval()
