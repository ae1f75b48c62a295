"""What the user says about a simulated circuit: that it stays on top, is out of sight, or does not count."""

from __future__ import annotations

from enum import StrEnum

Marks = frozenset["Mark"]


class Mark(StrEnum):
    """One mark. A circuit is pinned or hidden, never both; either may be rejected as well."""

    PINNED = "pinned"
    HIDDEN = "hidden"
    REJECTED = "rejected"


NO_MARKS: Marks = frozenset()


def toggled(marks: Marks, mark: Mark) -> Marks:
    """Return a circuit's marks after one press of a mark's button: it comes or goes; pinned and hidden replace each other."""
    others = marks & {Mark.REJECTED} if mark is not Mark.REJECTED else marks - {Mark.REJECTED}
    return others | ({mark} - marks)
