"""The store of pretrained estimators: folders of weights, card and reference simulations, loaded without unpickling."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...atomic import write_together
from ...circuit.parameters import N_PARAMETERS
from ...errors import EstimatorError
from ...paths import pretrained_folder
from .calibration import CALIBRATION, Calibration, weights_digest
from .card import Card
from .conditions import is_condition
from .prior import Prior

if TYPE_CHECKING:
    from .density import Density
    from .surrogate import Surrogate

WEIGHTS, CARD, REFERENCE = "weights.safetensors", "card.json", "reference.safetensors"
SURROGATE = "surrogate.safetensors"


@dataclass(eq=False)
class Estimator:
    """A pretrained estimator: its card at once, its weights when they are first needed.

    Reading the card imports no torch, so a page can list estimators before it can use them.
    """

    folder: Path
    card: Card
    _density: Density | None = None
    _surrogate: Surrogate | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def load(cls, folder: Path) -> Estimator:
        """Read an estimator's folder; the folder's name is the estimator's. Raises EstimatorError that says what is missing."""
        for name in (CARD, WEIGHTS):
            if not (folder / name).is_file():
                raise EstimatorError(f"{folder} is not an estimator: {name} is missing.")
        card = Card.read(folder / CARD)
        files = card.training.get("files")
        for name in files if isinstance(files, dict) else ():
            if not (folder / Path(name).name).is_file():  # without its surrogate it would silently prune by density
                raise EstimatorError(f"{folder} is incomplete: {name} is missing. Copy the estimator's folder again.")
        return cls(folder, replace(card, name=folder.absolute().name))

    @property
    def name(self) -> str:
        """The folder's name, by which the estimator is chosen."""
        return self.card.name

    @cached_property
    def digest(self) -> str:
        """Digest of everything that decides its draws and what is called consistent: its networks, its measure, and how it is simulated."""
        card = json.loads(self.card.to_json())
        said = {name: card[name] for name in ("feature_set", "prior", "plan", "noise_scale", "threshold")}
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode())
        for name in (WEIGHTS, SURROGATE):
            if (self.folder / name).is_file():
                digest.update((self.folder / name).read_bytes())
        return digest.hexdigest()[:16]

    @property
    def density(self) -> Density:
        """Its density q(z | x), built and filled with its weights on first use (safe from several threads)."""
        with self._lock:
            if self._density is None:
                self._density = self._build()
            return self._density

    def _build(self) -> Density:
        import torch
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        from .density import build_density

        torch.set_num_threads(1)  # the networks are small: several threads mostly wait for each other
        density = build_density(self.card.architecture)
        self._check_digest(WEIGHTS)
        try:
            density.load(load_file(self.folder / WEIGHTS))
        except (SafetensorError, EstimatorError) as error:
            raise EstimatorError(
                f"{self.folder / WEIGHTS} does not fit its card: {str(error).splitlines()[0]}"
            ) from None
        return density

    @property
    def surrogate(self) -> Surrogate | None:
        """Predicts features of configurations, to prune draws; None where the folder has no surrogate."""
        with self._lock:
            if self._surrogate is None and (self.folder / SURROGATE).is_file():
                self._surrogate = self._read_surrogate()
            return self._surrogate

    def _read_surrogate(self) -> Surrogate:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        from .surrogate import Surrogate

        self._check_digest(SURROGATE)
        try:
            tensors = load_file(self.folder / SURROGATE)
        except SafetensorError as error:
            raise EstimatorError(f"{self.folder / SURROGATE} cannot be read: {str(error).splitlines()[0]}") from None
        try:
            surrogate = Surrogate.from_tensors(tensors, self.card.prior, self.card.plan.n_neurons)
        except EstimatorError as error:
            raise EstimatorError(f"{self.folder / SURROGATE}: {error}") from None
        n = int((~is_condition(self.card.feature_set)).sum())
        if surrogate.n_features != n:
            raise EstimatorError(
                f"{self.folder / SURROGATE} predicts {surrogate.n_features} features, but the card has {n}; copy "
                f"the estimator's folder again."
            )
        return surrogate

    def _check_digest(self, name: str) -> None:
        """Raise EstimatorError when a file is not the one that the card was written with; cards of earlier versions do not say."""
        files = self.card.training.get("files")
        written = files.get(name) if isinstance(files, dict) else None
        if written is not None and weights_digest(self.folder / name) != written:
            raise EstimatorError(
                f"{self.folder / name} is not the file that {CARD} was written with; copy the estimator's folder again, or train it again."
            )

    def calibration(self) -> Calibration | None:
        """Return its calibration, as `automind-dash evaluate --write` measured it; None where these weights were not measured."""
        path = self.folder / CALIBRATION
        if not path.is_file():
            return None
        found = Calibration.read(path)
        return found if found.weights == weights_digest(self.folder / WEIGHTS) else None

    def reference(self, *, held_out: bool = False) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return simulations, from training or held out: configurations (n, 28) and transformed features (n, n_features)."""
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = self.folder / REFERENCE
        if not path.is_file():
            raise EstimatorError(f"{self.folder} ships no reference simulations ({REFERENCE} is missing).")
        prefix = "held_" if held_out else ""
        try:
            arrays = load_file(path)
            theta, features = (arrays[prefix + name].astype(np.float64) for name in ("theta", "features"))
        except SafetensorError as error:
            raise EstimatorError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
        except KeyError as error:
            raise EstimatorError(f"{path} lacks the array {error}; copy the estimator's folder again.") from None
        n = len(self.card.feature_set)
        if theta.shape[1:] != (N_PARAMETERS,) or features.shape != (len(theta), n):
            raise EstimatorError(
                f"{path}: configurations of shape {theta.shape} and features of {features.shape} do not fit the card's {n} features."
            )
        return theta, features


def save_estimator(
    folder: Path,
    card: Card,
    density: Density,
    theta: NDArray[np.float64],
    features: NDArray[np.float64],
    *,
    held_theta: NDArray[np.float64],
    held_features: NDArray[np.float64],
    surrogate: Surrogate | None = None,
) -> None:
    """Write an estimator's folder. theta, features: training simulations to ship with it; held_…: the held-out ones.

    Whoever may read the card may read the other files; safetensors' own files can be read by their writer alone.
    """
    from safetensors.numpy import save

    arrays = {"theta": theta, "features": features, "held_theta": held_theta, "held_features": held_features}
    networks = {WEIGHTS: save(density.weights())}
    if surrogate is not None:
        tensors = surrogate.tensors()
        networks[SURROGATE] = save({name: np.ascontiguousarray(values) for name, values in tensors.items()})
    reference = save({name: np.ascontiguousarray(values, dtype=np.float32) for name, values in arrays.items()})
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in networks.items()}
    folder.mkdir(parents=True, exist_ok=True)
    if surrogate is None:
        (folder / SURROGATE).unlink(missing_ok=True)  # an earlier one would prune this density's draws
    write_together(
        folder,
        networks | {REFERENCE: reference} | _card_files(replace(card, training={**card.training, "files": digests})),
    )


def write_card(folder: Path, card: Card, others: Mapping[str, bytes] | None = None) -> None:
    """Write a card, the README made from it, and further files given by name and content."""
    write_together(folder, {**(others or {}), **_card_files(card)})


def _card_files(card: Card) -> dict[str, bytes]:
    return {"README.md": readme(card).encode(), CARD: card.to_json().encode()}


def readme(card: Card) -> str:
    """Return the model card as text."""
    training, metrics = card.training, card.metrics
    rows = "\n".join(f"| {name.replace('_', ' ')} | {_figure(value)} |" for name, value in metrics.items())
    shipped = card.prior.to_dict() == Prior().to_dict()
    prior = "the uniform prior of the parameter table" if shipped else "a uniform prior with its own ranges (card.json)"
    ended = f", ended after {card.plan.enough_bursts} bursts" if card.plan.enough_bursts else ""
    return f"""# {card.title}

`{card.name}`: neural posterior estimation (sbi, neural spline flow in logit space) on {len(card.feature_set)} features
(`{card.feature_set.name}`), under {prior}.

* **Training**: {training.get("n_simulations")} simulations ({training.get("n_rows")} rows) of {card.plan.n_neurons} neurons,
  {card.plan.warm_up:g} s dropped and at most {card.plan.duration:g} s analysed{ended}; seed {training.get("seed")};
  {training.get("epochs")} epochs, {training.get("seconds")} s. Training set SHA-256 `{training.get("sha256", "")[:16]}…`.
* **Consistent** means a distance of at most {card.threshold:.3g} (95th percentile between two runs of one configuration).
* **Made with**: {", ".join(f"{name} {version}" for name, version in card.versions.items())}.

| measured | |
|---|--:|
{rows}

{card.limits}
"""


def _figure(value: Any) -> str:
    """Return a measured figure as text; quartiles as lower – median – upper."""
    if isinstance(value, dict):
        return " – ".join(f"{value[name]:.3g}" for name in ("q25", "median", "q75"))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def list_estimators(
    folder: Path | None = None, *, broken: Callable[[EstimatorError], object] | None = None
) -> dict[str, Estimator]:
    """Return the estimators of a folder by the names of their folders; the project's own when no folder is given.

    A broken folder, such as one that is still being copied, raises EstimatorError, or is reported to `broken` and left out. Estimators
    that share a title, such as a copy and its original, get their names appended.
    """
    found: dict[str, Estimator] = {}
    for path in sorted((folder or pretrained_folder()).glob(f"*/{CARD}")):
        try:
            estimator = Estimator.load(path.parent)
        except EstimatorError as error:
            if broken is None:
                raise
            broken(error)
            continue
        found[estimator.name] = estimator
    titles = Counter(estimator.card.title for estimator in found.values())
    for name, estimator in found.items():
        if titles[estimator.card.title] > 1:
            estimator.card = replace(estimator.card, title=f"{estimator.card.title} ({name})")
    return found


def load_estimator(name: str, folder: Path | None = None) -> Estimator:
    """Return one estimator by name, even when others are broken; raises EstimatorError that lists those available."""
    store = folder or pretrained_folder()
    if name in {path.parent.name for path in store.glob(f"*/{CARD}")}:
        return Estimator.load(store / name)
    known = list_estimators(store, broken=lambda error: None)
    raise EstimatorError(f"There is no estimator {name!r}; there are {', '.join(known) or 'none: train one first'}.")
