"""What a server spends at most, as named settings; whoever reaches one is told which."""

from __future__ import annotations

from dataclasses import dataclass

GB = 2**30


@dataclass(frozen=True)
class Budgets:
    """Of one server. Each is an option of `automind-dash serve`.

    sessions: open at once, with those that are kept for a closed page; opening: pages that were asked for and not shown yet, which
    bounds a flood of requests; memory: GB of this process from which on no further session begins, 0 for no bound; views: shared links
    that one browser keeps on the server, the newest; uploads: GB of files that have arrived, of all sessions, and are not read yet;
    arrival: whether circuits are drawn and simulated before anybody asks.
    """

    sessions: int = 60
    opening: int = 20
    memory: float = 0.0
    views: int = 20
    uploads: float = 8.0
    arrival: bool = True


class _InForce:
    budgets = Budgets()


def budgets() -> Budgets:
    """Return what this process may spend."""
    return _InForce.budgets


def set_budgets(given: Budgets) -> None:
    """Let this process spend so much."""
    _InForce.budgets = given


def refusal(sessions: int, opening: int) -> str:
    """Return why no further session may begin, as a sentence, empty where one may.

    sessions: that there are; opening: of these, how many were never shown.
    """
    most = budgets()
    if opening >= most.opening:
        return f"{opening} pages are being opened on this server already; try again in a minute (--max-opening)."
    if sessions >= most.sessions:
        return f"This server holds {sessions} sessions, as many as it may; try again later, or ask who runs it for more (--max-sessions)."
    if most.memory:
        import psutil

        if (held := psutil.Process().memory_info().rss / GB) > most.memory:
            return f"This server holds {held:.1f} GB, more than it may; try again later, or ask who runs it for more (--max-memory)."
    return ""
