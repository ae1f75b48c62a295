"""The family that ships: a mixture of conditional neural spline flows from sbi, over z (logit space) given a feature vector."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ...circuit.parameters import N_PARAMETERS
from ...errors import EstimatorError
from .density import SPLINE_FLOW, Floats

# of nflows, inside sbi: users can do nothing about it
warnings.filterwarnings("ignore", message="torch.triangular_solve is deprecated", category=UserWarning)


@dataclass(frozen=True)
class FlowArchitecture:
    """What is needed to rebuild the flow before its weights are loaded."""

    n_features: int
    hidden_features: int = 128
    num_transforms: int = 6
    num_bins: int = 8
    embedding_hidden: int = 128
    embedding_features: int = 32
    dropout: float = 0.0
    tail_bound: float = 4.0
    members: int = 1  # flows trained apart; their mixture is the estimate
    family: str = SPLINE_FLOW

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, for the card."""
        return asdict(self)


class Flow(nn.Module):
    """q(z | x) with its own standardisation of z and x, kept as buffers beside the weights."""

    z_mean: torch.Tensor
    z_scale: torch.Tensor
    x_mean: torch.Tensor
    x_scale: torch.Tensor
    density: Any

    def __init__(self, architecture: FlowArchitecture) -> None:
        super().__init__()
        from sbi.neural_nets.net_builders import build_nsf

        self.architecture = architecture
        n, e = architecture.n_features, architecture.embedding_features
        self.register_buffer("z_mean", torch.zeros(N_PARAMETERS))
        self.register_buffer("z_scale", torch.ones(N_PARAMETERS))
        self.register_buffer("x_mean", torch.zeros(n))
        self.register_buffer("x_scale", torch.ones(n))
        self.embedding = nn.Sequential(
            nn.Linear(n, architecture.embedding_hidden), nn.GELU(),
            nn.Linear(architecture.embedding_hidden, architecture.embedding_hidden), nn.GELU(),
            nn.Linear(architecture.embedding_hidden, e),
        )  # fmt: skip
        self.density = build_nsf(
            torch.randn(4, N_PARAMETERS),
            torch.randn(4, e),
            z_score_x="none",
            z_score_y="none",
            hidden_features=architecture.hidden_features,
            num_transforms=architecture.num_transforms,
            num_bins=architecture.num_bins,
            tail_bound=architecture.tail_bound,
            dropout_probability=architecture.dropout,
        )

    def standardise(self, z: NDArray[np.float64], x: NDArray[np.float64]) -> None:
        """Set means and scales from training data. z: (n, 28); x: (n, n_features)."""
        self.z_mean.copy_(torch.as_tensor(z.mean(0)))
        self.z_scale.copy_(torch.as_tensor(z.std(0)))
        self.x_mean.copy_(torch.as_tensor(x.mean(0)))
        self.x_scale.copy_(torch.as_tensor(np.maximum(x.std(0), 1e-6)))

    def context(self, x: torch.Tensor) -> torch.Tensor:
        """(n, n_features) → (n, embedding_features)."""
        return self.embedding((x - self.x_mean) / self.x_scale)

    def log_prob(self, z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """(n,) log q(z | x). z: (n, 28); x: (n, n_features)."""
        standard = (z - self.z_mean) / self.z_scale
        return -self.density.loss(standard, self.context(x)) - torch.log(self.z_scale).sum()

    def loss(self, z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """(n,) −log q(z | x): maximum likelihood."""
        return -self.log_prob(z, x)

    def draw(self, noise: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map standard-normal noise (n, 28) to z (n, 28) and log q(z | x) (n,), in one pass. x: (1, n_features) or (n, n_features)."""
        context = self.context(x).expand(len(noise), -1)
        standard, log_stretch = self.density.net._transform.inverse(noise, context)
        log_noise = -0.5 * (noise**2).sum(dim=1) - 0.5 * N_PARAMETERS * math.log(2 * math.pi)
        return standard * self.z_scale + self.z_mean, log_noise - log_stretch - torch.log(self.z_scale).sum()


class Mixture(nn.Module):
    """The mean of several flows' densities. Flows that are trained apart err apart, and their mixture is better calibrated than each."""

    def __init__(self, architecture: FlowArchitecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.flows: Any = nn.ModuleList(Flow(architecture) for _ in range(architecture.members))

    def log_prob(self, z: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """(n,) log q(z | x). z: (n, 28); x: (n, n_features)."""
        each = torch.stack([flow.log_prob(z, x) for flow in self.flows])
        return torch.logsumexp(each, dim=0) - math.log(len(self.flows))

    def draw(self, noise: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map noise (n, 28) to z (n, 28) and log q(z | x) (n,); rows take turns among the flows. x: (1, n_features) or (n, n_features)."""
        if len(self.flows) == 1:
            return self.flows[0].draw(noise, x)
        x = x.expand(len(noise), -1)
        z = torch.empty_like(noise)
        for i, flow in enumerate(self.flows[: len(noise)]):
            z[i :: len(self.flows)] = flow.draw(noise[i :: len(self.flows)], x[i :: len(self.flows)])[0]
        return z, self.log_prob(z, x)


class SplineFlow:
    """The mixture as a `Density`: NumPy arrays in and out, noise from a generator, weights by name."""

    def __init__(self, architecture: Mapping[str, Any] | FlowArchitecture) -> None:
        own = architecture if isinstance(architecture, FlowArchitecture) else FlowArchitecture(**architecture)
        self.mixture = Mixture(own).eval()

    @property
    def architecture(self) -> dict[str, Any]:
        """What is needed to build it again."""
        return self.mixture.architecture.to_dict()

    def members(self) -> Sequence[Flow]:
        """The flows; they are trained one after another."""
        return list(self.mixture.flows)

    def draw(self, n: int, x: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return n draws (n, 28) given x (n_features,), and log q of each (n,)."""
        noise = rng.standard_normal((n, N_PARAMETERS)).astype(np.float32)
        with torch.inference_mode():
            z, log_q = self.mixture.draw(torch.from_numpy(noise), _row(x))
        return z.numpy().astype(np.float64), log_q.numpy().astype(np.float64)

    def log_prob(self, z: Floats, x: Floats) -> Floats:
        """(n,) log q(z | x). z: (n, 28); x: (n_features,)."""
        with torch.inference_mode():
            points = torch.as_tensor(z, dtype=torch.float32)
            return self.mixture.log_prob(points, _row(x).expand(len(points), -1)).numpy().astype(np.float64)

    def gradient(self, z: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Return log q(z | x) (n,) and its slopes over z (n, 28), by autograd in one pass."""
        with torch.inference_mode(False), torch.enable_grad():
            points = torch.as_tensor(z, dtype=torch.float32).requires_grad_(True)
            values = self.mixture.log_prob(points, _row(x).expand(len(points), -1))
            (slopes,) = torch.autograd.grad(values.sum(), points)
        return values.detach().numpy().astype(np.float64), slopes.numpy().astype(np.float64)

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return all weights by name."""
        return {name: np.ascontiguousarray(tensor.numpy()) for name, tensor in self.mixture.state_dict().items()}

    def load(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Load weights as `weights` returned them; raises EstimatorError when they do not fit the architecture."""
        try:
            self.mixture.load_state_dict({name: torch.as_tensor(values) for name, values in weights.items()})
        except RuntimeError as error:
            raise EstimatorError(str(error).splitlines()[0]) from None


def _row(x: Floats) -> torch.Tensor:
    return torch.as_tensor(x, dtype=torch.float32)[None]
