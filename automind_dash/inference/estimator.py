"""The store of pretrained estimators: folders of weights, card and reference simulations, loaded without unpickling."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import EstimatorError
from ..paths import pretrained_folder
from .card import Card

if TYPE_CHECKING:
    from .flow import Flow

WEIGHTS, CARD, REFERENCE = "weights.safetensors", "card.json", "reference.safetensors"


@dataclass(eq=False)
class Estimator:
    """A pretrained estimator: its card now, its weights when they are first needed.

    Reading the card imports no torch, so a page can list estimators before it can use them.
    """

    folder: Path
    card: Card
    _flow: Flow | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, folder: Path) -> Estimator:
        """Read an estimator's folder; raises EstimatorError that says what is missing."""
        for name in (CARD, WEIGHTS):
            if not (folder / name).is_file():
                raise EstimatorError(f"{folder} is not an estimator: {name} is missing.")
        return cls(folder, Card.read(folder / CARD))

    @property
    def name(self) -> str:
        """The folder's name, by which it is chosen."""
        return self.card.name

    @property
    def flow(self) -> Flow:
        """The density estimator, built and filled with its weights on first use (safe from several threads)."""
        with self._lock:
            if self._flow is None:
                self._flow = self._build()
            return self._flow

    def _build(self) -> Flow:
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        from .flow import Flow, FlowArchitecture

        flow = Flow(FlowArchitecture(**self.card.architecture))
        try:
            flow.load_state_dict(load_file(self.folder / WEIGHTS))
        except (SafetensorError, RuntimeError) as error:
            raise EstimatorError(f"{self.folder / WEIGHTS} does not fit its card: {str(error).splitlines()[0]}") from None
        return flow.eval()

    def reference(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return some of the training simulations: configurations (n, 28) and transformed features (n, n_features)."""
        from safetensors.numpy import load_file

        path = self.folder / REFERENCE
        if not path.is_file():
            raise EstimatorError(f"{self.folder} ships no reference simulations ({REFERENCE} is missing).")
        arrays = load_file(path)
        return arrays["theta"].astype(np.float64), arrays["features"].astype(np.float64)


def save_estimator(
    folder: Path, card: Card, flow: Flow, theta: NDArray[np.float64], features: NDArray[np.float64], readme: str
) -> None:
    """Write an estimator's folder. theta, features: the reference simulations to ship with it."""
    from safetensors.numpy import save_file
    from safetensors.torch import save_file as save_weights

    folder.mkdir(parents=True, exist_ok=True)
    save_weights({name: tensor.contiguous() for name, tensor in flow.state_dict().items()}, folder / WEIGHTS)
    save_file({"theta": theta.astype(np.float32), "features": features.astype(np.float32)}, folder / REFERENCE)
    (folder / CARD).write_text(card.to_json())
    (folder / "README.md").write_text(readme)


def list_estimators(folder: Path | None = None) -> dict[str, Estimator]:
    """Return the estimators of a folder by name, the project's own when none is given; broken folders raise EstimatorError."""
    root = folder or pretrained_folder()
    found = [Estimator.load(path.parent) for path in sorted(root.glob(f"*/{CARD}"))]
    return {estimator.name: estimator for estimator in found}


def load_estimator(name: str, folder: Path | None = None) -> Estimator:
    """Return one estimator by name; raises EstimatorError that lists what there is."""
    known = list_estimators(folder)
    if name not in known:
        raise EstimatorError(f"There is no estimator {name!r}; there are {', '.join(known) or 'none: train one first'}.")
    return known[name]
