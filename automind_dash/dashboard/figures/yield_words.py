"""The yield in words, the same on the page and in the report: for draws of the posterior, and separately for other circuits."""

from __future__ import annotations

from ...inference.asking.verification import Tally
from ...inference.asking.yields import Yields, confirmed_sentence

PARTS = ("consistent", "alive", "non_bursting", "silent", "saturated", "failed")
WORDS = {
    "consistent": "● consistent", "alive": "▲ active, other dynamics", "non_bursting": "△ active, not bursting",
    "silent": "○ silent", "saturated": "■ saturated", "failed": "✕ failed",
}  # fmt: skip


def sentence(counts: Tally) -> str:
    """Return the yield with its interval, the counts in words and, where matches were simulated again, the confirmed yield."""
    if not counts.n:
        return "No draw of the posterior has been simulated yet."
    low, high = counts.interval
    parts = [f"{getattr(counts, name)} {WORDS[name]}" for name in PARTS if getattr(counts, name)]
    told = f"Yield {counts.consistent}/{counts.n} ({low:.0%} to {high:.0%}, 95 %): {'  ·  '.join(parts)}"
    again = confirmed_sentence(counts)
    return f"{told}. {again}" if again else told


def besides(found: Yields) -> str:
    """Return what became of circuits that are no draws of the posterior and do not count for the yield; empty where there are none."""
    parts = [
        f"{counts.consistent} of {counts.n} that {how}"
        for counts, how in ((found.searched, "a search found"), (found.added, "were added"))
        if counts.n
    ]
    told = f"Besides, {' and '.join(parts)} are consistent." if parts else ""
    return " ".join(filter(None, [told, confirmed_sentence(found.searched)]))


def told(found: Yields) -> list[str]:
    """Return the yield, and below it what became of other circuits, a line each."""
    if not found.n:
        return ["No circuit has been simulated yet."]
    return list(filter(None, [sentence(found.draws), besides(found)]))
