"""Recordings that are too long to be analysed at once: the page begins with a part of them and says which."""

from __future__ import annotations

from dataclasses import replace

from ...features import AnalysisSettings, longest_duration
from ...recording import Recording
from .analysed import OF_RECORDINGS

BEGINS_WITH = 4 * 3600.0
"""s of such a recording that are analysed at first: enough for thousands of bursts, and measured within seconds."""


def first_settings(recording: Recording) -> tuple[AnalysisSettings, str]:
    """Return the settings that a recording is first analysed with, and a sentence for the user where they leave a part of it out."""
    settings = OF_RECORDINGS
    most = longest_duration(settings.bursts.bin_width)
    if recording.duration <= most:
        return settings, ""
    said = (
        f"{recording.name} lasts {recording.duration / 3600:.3g} h, and at most {most / 3600:.3g} h can be analysed at once. Its first "
        f"{BEGINS_WITH / 3600:g} h are shown; choose another part with Window under Settings."
    )
    return replace(settings, stop=BEGINS_WITH), said
