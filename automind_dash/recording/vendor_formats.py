"""Rows of the table of formats: what makers of arrays, acquisition systems and sorters write."""

from __future__ import annotations

from .formats import Format

VENDOR_FORMATS: tuple[Format, ...] = ()
"""Tried before the common formats: a layout that is known is not taken for arrays of any name."""
