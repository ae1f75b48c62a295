"""Errors for the user. Each message says in one sentence what was wrong and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """The program cannot use something that the user gave. The message is shown as it is.

    The terminal prints the message and exits with 2. The page shows it as a notification and keeps its state.
    """


def likeliest(name: object, known: Iterable[str]) -> str:
    """Return a sentence on what an unknown name was likely meant to be: up to three similar names, or all names when none is similar."""
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
    """A circuit parameter outside the model's domain. The message names the parameter, its value and the allowed range."""


class SimulationError(UserError):
    """A simulation that cannot run or cannot be kept: blow-up, too many spikes, no engine."""


class ClusterError(UserError):
    """A cluster that cannot be reached, or that was lost while a job ran."""


class EstimatorError(UserError):
    """An estimator folder that cannot be loaded, or a target that it cannot take."""


class SessionError(UserError):
    """A saved session, selection or export that cannot be read or written."""


class StudyError(UserError):
    """A table, batch or question of a study that cannot be worked on."""
