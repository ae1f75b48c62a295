"""What the user says of a simulated circuit: that it stays on top, that it is out of sight, that it does not count."""

from __future__ import annotations

from enum import StrEnum

Marks = frozenset["Mark"]


class Mark(StrEnum):
    """One of them. A circuit is pinned or hidden, not both; either may be rejected as well."""

    PINNED = "pinned"
    HIDDEN = "hidden"
    REJECTED = "rejected"


NO_MARKS: Marks = frozenset()


def toggled(marks: Marks, mark: Mark) -> Marks:
    """Return a circuit's marks after one more press of a mark's button: it comes or goes, and pinned and hidden take each other's place."""
    others = marks & {Mark.REJECTED} if mark is not Mark.REJECTED else marks - {Mark.REJECTED}
    return others | ({mark} - marks)
