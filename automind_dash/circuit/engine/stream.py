"""A running circuit as an iterator of chunks that takes new parameters on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from ..domain import check_configuration, check_duration
from ..parameters import DT, Configuration, as_configuration, parameter

if TYPE_CHECKING:
    from .chunk import Chunk
    from .network import Network


class Stream:
    """A running circuit as an iterator of chunks; parameters may be changed between them.

    Iteration never ends by itself. `change` takes effect with the next chunk, and the state carries on.
    network: the running network; chunk: s of model time per chunk; sampled: neurons whose state comes with every chunk,
    one value per sample_interval, s. All but the network may be set between chunks.
    """

    def __init__(
        self, network: Network, *, chunk: float, sampled: Sequence[int] = (), sample_interval: float = 1e-3
    ) -> None:
        check_duration(chunk, network.dt, "chunk")
        self.network = network
        self.chunk = chunk
        self.sampled = sampled
        self.sample_interval = sample_interval

    def __iter__(self) -> Iterator[Chunk]:
        return self

    def __next__(self) -> Chunk:
        return self.network.advance(self.chunk, sampled=self.sampled, sample_interval=self.sample_interval)

    @property
    def time(self) -> float:
        """Model time since the circuit began, s."""
        return self.network.time

    @property
    def configuration(self) -> dict[str, float]:
        """The current parameters."""
        return as_configuration(self.network.vector)

    def change(self, **values: float) -> bool:
        """Set parameters by key (`E_b=40`); return whether the network was rewired. Raises ConfigurationError and
        changes nothing then."""
        return self.change_to({**self.configuration, **{parameter(key).name: value for key, value in values.items()}})

    def change_to(self, configuration: Configuration | ArrayLike) -> bool:
        """Set all parameters; return whether the network was rewired. Raises ConfigurationError and changes nothing then."""
        return self.network.change(configuration)


def stream(
    configuration: Configuration | ArrayLike,
    *,
    chunk: float = 0.05,
    n_neurons: int = 2000,
    seed: int,
    sampled: Sequence[int] = (),
    sample_interval: float = 1e-3,
    dt: float = DT,
) -> Stream:
    """Start a circuit on the fast engine and return the iterator of its chunks.

    configuration: the 28 published names and values, or (28,) in table order; chunk: s of model time per chunk;
    sampled: neurons whose potential, adaptation and conductances come with every chunk, one value per sample_interval,
    s. Raises ConfigurationError for values outside the model's domain.
    """
    vector = check_configuration(configuration, dt=dt, n_neurons=n_neurons, seed=seed)
    check_duration(chunk, dt, "chunk")
    from .network import Network  # imports numba, which takes longer than everything else here

    return Stream(
        Network(vector, n_neurons=n_neurons, seed=seed, dt=dt),
        chunk=chunk,
        sampled=sampled,
        sample_interval=sample_interval,
    )
