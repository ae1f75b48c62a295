"""The unit of time that a name states: time_s, Time (s), t [ms], Sekunden, samples."""

from __future__ import annotations

import re

SECONDS_WORDS = r"s|secs?|sek|seconds?|sekunden?|secondes?|segundos?|secondi"
MILLI, MICRO, NANO = (
    rf"{short}s|{short}secs?|{long}(?:sec|sek|seg)\w*"
    for short, long in (("m", "mill?i"), ("u", "mi[ck]ro"), ("n", "nano"))
)
UNIT_WORDS = {"s": SECONDS_WORDS, "ms": MILLI, "us": MICRO, "ns": NANO, "min": r"minut\w*"}
"""Patterns of the names of units of time, in several languages."""

ENDS_IN_UNIT = {unit: re.compile(rf"(?:^|[\s_(\[.,/-])(?:{words})\.?[)\]]?$") for unit, words in UNIT_WORDS.items()} | {
    "min": re.compile(rf"[(\[]min\.?[)\]]$|\bin min$|(?:^|[\s_(\[]){UNIT_WORDS['min']}[)\]]?$")
}
CAMEL = re.compile(r"[a-z](Secs?|Seconds|M[Ss](?:ec)?|Us(?:ec)?)$")
TOO_SHORT = ("s", "us", "ns", "second", "seconde", "sekunde")
"""Whole names that may stand for something else than a unit."""


def unit_in_name(name: str) -> str | None:
    """Return the time unit that a variable's or column's name states: time_s, Time (s), t [ms], Sekunden, samples, sample time (s)."""
    text = name.strip().replace("µ", "u").replace("μ", "u")
    if camel := CAMEL.search(text):
        text = f"{text[: camel.start() + 1]}_{camel[1]}"
    text = text.lower()
    found = next((unit for unit, pattern in ENDS_IN_UNIT.items() if pattern.search(text)), None)
    if found and text not in TOO_SHORT:
        return found
    return "samples" if re.search(r"sample|frame|abtast", text) else None
