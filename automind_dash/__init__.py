"""Which circuits could have produced this recording? (AutoMIND, Gao et al. 2024.)

Names of this module are loaded on first use, so importing the package imports neither Panel nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__

_WHERE = {
    "Explorer": ".dashboard.explorer",
    "Recording": ".recording",
    "read_recording": ".recording",
    "save_recording": ".recording",
    "simulate": ".circuit.simulate",
    "stream": ".circuit.engine.stream",
    "load_estimator": ".inference.estimators.estimator",
    "make_target": ".inference.asking.target",
    "sample": ".inference.asking.posterior",
}

__all__ = ["__version__", *_WHERE]

if TYPE_CHECKING:
    from .circuit.engine.stream import stream
    from .circuit.simulate import simulate
    from .dashboard.explorer import Explorer
    from .inference.asking.posterior import sample
    from .inference.asking.target import make_target
    from .inference.estimators.estimator import load_estimator
    from .recording import Recording, read_recording, save_recording


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_WHERE[name], __name__), name)
