"""Numbers as people read them: three digits and a fitting unit."""

from __future__ import annotations

import math

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float, digits: int = 3) -> str:
    """Return a number with that many significant digits: 0.00123, 12.3, 1230, 1.23×10⁷; "–" where it is undefined."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if -4 < exponent < 6:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - exponent, 0)}f}"
    else:
        text = f"{mantissa}×10{str(exponent).translate(SUPERSCRIPTS)}"
    return text.replace("-", "−")


def counted(n: int, what: str) -> str:
    """Return a count with its noun: 1 circuit, 2,000 circuits."""
    return f"{n:,} {what}{'s' * (n != 1)}"


def was(n: int) -> str:
    """Return the verb that goes with a count."""
    return "was" if n == 1 else "were"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit, ms for times below 0.1 s; a count or ratio (unit "1") stands alone."""
    if not math.isfinite(value):
        return "undefined"
    if unit == "1":
        return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e6 else number(value)
    if unit == "s" and 0 < abs(value) < 0.1:
        return f"{number(value * 1e3)} ms"
    return f"{number(value)} {unit}"


def spoken(seconds: float) -> str:
    """Return a time in words: 40 s, 3 min, 1 h 20 min."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
