"""Errors that speak to the user: one sentence on what was wrong and what to do."""

from __future__ import annotations


class UserError(ValueError):
    """Something the user gave cannot be used; the message is shown as it is.

    The terminal prints it and exits with 2, the page shows it as a notification and keeps what was there.
    """


class RecordingError(UserError):
    """A file or array that cannot be read as a recording."""


class FeatureError(UserError):
    """A feature or analysis setting that cannot be computed on this recording."""


class ConfigurationError(UserError):
    """A circuit parameter outside the model's domain: names the parameter, its value and the allowed range."""


class SimulationError(UserError):
    """A simulation that cannot be run or be kept: blow-up, too many spikes, no engine."""


class ClusterError(UserError):
    """A cluster that cannot be reached, or was lost while a job ran."""


class EstimatorError(UserError):
    """An estimator folder that cannot be loaded, or a target it cannot take."""


class SessionError(UserError):
    """A saved session, selection or export that cannot be read or written."""
