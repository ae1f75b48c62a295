"""The table of formats: one row each, tried in this order by `reading.py`."""

from __future__ import annotations

from ..files.archive import PACKED
from .common import COMMON_FORMATS
from .format import Format, Kind
from .vendors import VENDOR_FORMATS

FORMATS: tuple[Format, ...] = (*VENDOR_FORMATS, *COMMON_FORMATS)
"""Every format, those with a layout of their own before those that take any array."""

EXTENSIONS = PACKED | {extension for row in FORMATS for extension in row.extensions}
"""Of every file that may be a recording."""


def of_kind(kind: Kind) -> list[Format]:
    """Return the rows of one kind, in the order in which they are tried."""
    return [row for row in FORMATS if row.kind == kind]
