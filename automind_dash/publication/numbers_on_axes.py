"""Numbers on axes that never run into each other: as many as there is room for, written out where they are short."""

from __future__ import annotations

from typing import Any

import numpy as np

MM_IN_POINT = 25.4 / 72


def on_axis(axis: Any, length: float, font: float, most: int = 5) -> None:
    """Set a linear axis' numbers. length: mm of the axis; font: pt."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    wide = (5 if axis.axis_name == "x" else 2) * font * MM_IN_POINT
    axis.set_major_locator(MaxNLocator(nbins=int(np.clip(length / wide, 2, most)), steps=[1, 2, 5, 10], min_n_ticks=2))
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))


def at_logs(axis: Any) -> None:
    """Set a logarithmic axis' numbers: powers of ten, and 2 and 5 between them where it spans little."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    decades = np.log10(max(high, 1e-300)) - np.log10(max(low, 1e-300))
    steps = (1.0,) if decades > 1.6 else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=steps, numticks=6 if decades > 1.6 else 9))
    axis.set_minor_locator(LogLocator(subs=tuple(map(float, range(2, 10))), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value)))
    axis.set_minor_formatter(NullFormatter())


def doubled(axis: Any) -> None:
    """Set the numbers of an axis of exponents of two: ×4 stands at 2."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"×{2.0**value:.2g}"))


def written(value: float) -> str:
    """Return a number for an axis: 0.25, 1500, 10⁵."""
    if value == 0:
        return "0"
    power = int(np.floor(np.log10(abs(value)) + 1e-9))
    if -4 < power < 5:
        return f"{value:.6g}".replace("-", "−")
    stem = value / 10.0**power
    front = "" if np.isclose(abs(stem), 1) else rf"{abs(stem):.3g}\times"
    return rf"${'-' if value < 0 else ''}{front}10^{{{power}}}$"
