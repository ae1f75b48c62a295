"""The lines under the feature table and its figures: what is shown, on how much data, or why nothing is shown."""

from __future__ import annotations

from ....features import rate_words
from ....inference.estimators.card import Card
from ...state.analysed import Analysed
from ...state.examined import Examined
from ...widgets.quantities import quantity
from .distributions import Distributions

NO_RECORDING = "Nothing to show yet: drop a recording on the left, or choose an example."


def table_caption(examined: Examined, card: Card | None) -> str:
    """Return what the table shows, over which stretch, and for which estimator."""
    part = examined.analysed.recording
    whole = f"Values over {part.duration:.4g} s and {part.n_units} units. Click a row for its meaning."
    if card is None:
        return f"{whole} No estimator is chosen."
    if examined.target is None:
        return f"{whole} The estimator “{card.title}” cannot take this recording with these settings."
    aimed = examined.target
    return (
        f"{whole} The estimator “{card.title}” sees the most typical {aimed.stop - aimed.start:.4g} s, "
        f"{aimed.start:.4g} to {aimed.stop:.4g} s, as its simulations last no longer; in brackets the value there. "
        "The percentile is among its training simulations."
    )


def figure_captions(analysed: Analysed, measured: Distributions, card: Card | None, banded: bool) -> dict[str, str]:
    """Return the line under each figure: what it shows and on how much data, or why it is empty."""
    part, features = analysed.recording, analysed.features
    spectrum = "No spectrum: the window is shorter than one segment of it, or without spikes."
    if len(analysed.power):
        floor = quantity(features["shot_noise_floor"], "Hz²/Hz")
        spectrum = f"Population rate of {part.n_units} units over {part.duration:.4g} s; shot-noise floor {floor}."
        if banded and card is not None:
            spectrum += (
                f" Dots: the stretch the estimator “{card.title}” sees; its training spectra are shifted to their mean."
            )
        elif card is not None:
            spectrum += f" The estimator “{card.title}” does not use it."
    isi = "No intervals: no unit has two spikes in the chosen window."
    if measured.n_isi:
        isi = f"{measured.n_isi:,} intervals of {part.n_units} units, {measured.double_share:.1%} below 1 ms."
        isi += " Those may be double detections; Settings can drop them." if measured.double_share > 0.01 else ""
    n = 0 if analysed.bursts is None else len(analysed.bursts)
    intervals = (
        measured.why_no_bursts
        or f"{n} burst{'s' * (n != 1)}: a distribution of the intervals between them needs three."
    )
    if len(measured.burst_counts):
        mean = quantity(features["burst_interval_mean"], "s")
        intervals = f"{n - 1} intervals between {n} bursts; dashed: their mean, {mean}."
    shape = measured.why_no_bursts or "No burst has half a second before and 2.5 s after its peak within the window."
    if measured.shape is not None:
        shape = f"Mean and SD of {measured.shape.n_bursts} bursts, aligned on their peaks."
        if analysed.bursts is not None:
            used = analysed.bursts.settings
            shape += f" Rate {rate_words(used.bin_width, used.smoothing)}."
    return {"spectrum": spectrum, "isi": isi, "intervals": intervals, "shape": shape}
