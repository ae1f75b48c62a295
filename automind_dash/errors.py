"""Errors that speak to the user: one sentence on what was wrong and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Something the user gave cannot be used; the message is shown as it is.

    The terminal prints it and exits with 2, the page shows it as a notification and keeps what was there.
    """


def likeliest(name: object, known: Iterable[str]) -> str:
    """Return what was likely meant by a name that nothing has, as a sentence: up to three names like it, or all when none is."""
    names = list(known)
    asked, near = str(name).lower(), {word.lower(): word for word in names}
    parts = [word for word in near if asked in re.split(r"[._]", word) or (len(asked) > 2 and asked in word)]
    meant = list(dict.fromkeys(parts + get_close_matches(asked, list(near), 3, 0.6)))[:3]
    return f"Did you mean {' or '.join(near[word] for word in meant)}?" if meant else f"There are {', '.join(names)}."


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


class StudyError(UserError):
    """A study's table, batch or question that cannot be worked on."""
