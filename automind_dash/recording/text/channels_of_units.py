"""Units that are counted anew in each channel: unit 1 of channel 3 is another cell than unit 1 of channel 4."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from ..questions import Question, Questions

CHANNEL_NAME = re.compile(
    r"chan|elec|elek|élec|canal|kanal|voie|tetrode|shank|probe|array|^el$|^ch$|^ch[ _-]?(id|no|nr|num(ber)?|index|label)$",
    re.IGNORECASE,
)
CELL_NAME = re.compile(r"unit|clu|neuron|cell|sort|zelle|einheit|unidad|unité|^id$", re.IGNORECASE)
ROW_NAME = re.compile(r"^(el(ec(trode)?)?[ _-]?)?row$|^(elektroden?[ _-]?)?zeile$", re.IGNORECASE)
COLUMN_NAME = re.compile(r"^(el(ec(trode)?)?[ _-]?)?col(umn)?$|^(elektroden?[ _-]?)?spalte$", re.IGNORECASE)

MOST_IN_A_CHANNEL = 10
"""Cells that a sorter tells apart on one electrode."""

SHARED = 0.5
"""Share of the unit numbers that a channel has on average, where each channel counts its own."""


def channel_and_unit(names: list[str]) -> tuple[str, str] | None:
    """Return the columns that name a unit together: channel and unit, or row and column of an electrode; None where one alone may."""
    rows, columns = ([name for name in names if pattern.search(name.strip())] for pattern in (ROW_NAME, COLUMN_NAME))
    channels = [name for name in names if CHANNEL_NAME.search(name)]
    cells = [name for name in names if CELL_NAME.search(name) and name not in channels]
    if len(channels) == len(cells) == 1:
        return channels[0], cells[0]
    if len(rows) == len(columns) == 1 and not channels and not cells:
        return rows[0], columns[0]
    return None


def both(pair: tuple[str, str]) -> str:
    """Return the answer that means both columns."""
    return f"{pair[0]} and {pair[1]}"


def counted_anew(
    channels: NDArray[np.int64], units: NDArray[np.int64], pair: tuple[str, str], questions: Questions
) -> bool:
    """Return whether units are those of a channel; asked for where a unit's number stands in several channels.

    channels, units: (n_spikes,) numbers from 0
    """
    if not units.size:
        return False
    n_channels, n_units = int(channels.max()) + 1, int(units.max()) + 1
    n_pairs = len(np.unique(channels * n_units + units))
    answer = questions.answer("unit_column")
    if answer is None and (n_pairs == n_units or n_channels == 1):
        return False  # no number stands in two channels
    share = n_pairs / n_channels / n_units
    clear = share >= SHARED and (n_units <= MOST_IN_A_CHANNEL or bool(ROW_NAME.search(pair[0].strip())))
    reason = (
        f"{n_units} numbers stand in column {pair[1]!r} and {n_channels} in {pair[0]!r}, {n_pairs} pairs of them in all"
    )
    guess = both(pair) if share >= SHARED else pair[1]
    question = Question(
        "unit_column", "Which column holds the units?", guess, reason, (both(pair), *pair[::-1]), required=not clear
    )
    return questions.ask(question) == both(pair)
