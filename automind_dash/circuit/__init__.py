"""The spiking circuit: its parameters, its two engines, `simulate` and `stream`.

Importing this package imports neither numba nor brian2. The first use of an engine imports it.
"""

from .domain import check_configuration, oddities
from .engine.stream import Stream, stream
from .export import to_brian2_script
from .outcome import Outcome, outcome
from .parameters import PARAMETERS, Configuration, as_configuration, as_vector
from .simulate import StopRule, simulate

__all__ = [
    "PARAMETERS",
    "Configuration",
    "Outcome",
    "StopRule",
    "Stream",
    "as_configuration",
    "as_vector",
    "check_configuration",
    "oddities",
    "outcome",
    "simulate",
    "stream",
    "to_brian2_script",
]
