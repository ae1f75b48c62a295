"""A short report of the whole analysis as one HTML file that needs no network: methods, figures, tables, versions."""

from __future__ import annotations

import platform
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from importlib.metadata import version
from typing import Any

import numpy as np
from bokeh.embed import components
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from bokeh.resources import Resources

from ...circuit.parameters import NAMES, PARAMETERS
from ...errors import SessionError
from ...features import FAMILIES, FEATURES
from ...inference.asking.provenance import Provenance
from ...inference.asking.yields import yields
from ...inference.estimators.card import Card
from ...inference.estimators.prior import Prior
from ...recording import Recording
from ...version import __version__
from ..figures.card_text import card_text
from ..figures.ensemble_figures import EnsembleFigures
from ..figures.marginals import Marginals
from ..figures.posterior_words import came_about
from ..figures.raster import Raster
from ..figures.yield_words import told
from ..state.batch import plan_of
from ..state.examined import Examined
from ..state.run_curves import curves_of, rate_curve, shown_seconds, target_curves
from ..widgets.colours import LIGHT, OUTCOME_WORDS
from ..widgets.quantities import counted, number, quantity

PACKAGES = ("numpy", "scipy", "torch", "sbi", "brian2", "numba", "panel", "bokeh")

STYLE = """
body { font: 15px/1.55 system-ui, sans-serif; max-width: 960px; margin: 0 auto; padding: 32px 24px 64px; color: #1a1a1a; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; } h2 { font-size: 19px; margin: 40px 0 8px; }
table { border-collapse: collapse; font-size: 13px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #e4e4e4; vertical-align: top; overflow-wrap: anywhere; }
figure { margin: 16px 0; } figcaption, .small { font-size: 13px; color: #555; } summary { cursor: pointer; color: #0059a3; margin: 8px 0; }
@media print { details > * { display: block; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""

CITATION = (
    "Gao R, Deistler M, Schulz A, Gonçalves PJ, Macke JH (2024). Deep inverse modeling reveals dynamic-dependent invariances in neural "
    "circuit mechanisms. bioRxiv 2024.08.21.608969."
)

DRAWN_FOR_ANOTHER = (
    "⚠ These circuits were drawn for another estimator, window or detection than the recording is analysed with here."
)


def report_html(examined: Examined, card: Card) -> str:
    """Return the report of a recording (blocking: a second or two). Raises SessionError when it has not been analysed."""
    if examined.analysed is None or examined.target is None:
        raise SessionError("There is nothing to report yet: load a recording that an estimator can take.")
    sections, figures = [], []

    mark = secrets.token_hex(8)  # no name that a file gave can be taken for it

    def place(plot: Any, caption: str) -> str:
        figures.append(plot)
        return f"<figure><!--{mark}-{len(figures) - 1}--><figcaption>{escape(caption)}</figcaption></figure>"

    sections.append(_recording(examined, place))
    sections.append(_methods(examined, card))
    if len(examined.configurations):
        sections.append(_posterior(examined, place, card.prior))
    if examined.simulations:
        sections.append(_runs(examined, card, place))
    sections.append(_versions(examined, card))
    body = "".join(sections)
    if figures:
        script, parts = components(tuple(figures))
        for i, part in enumerate(parts):
            body = body.replace(f"<!--{mark}-{i}-->", part, 1)
    else:
        script = ""
    name = escape(examined.recording.name)
    # its scripts one by one: `render` would add those of Panel's components, from a server
    head = "".join(f"<script>{code}</script>" for code in Resources(mode="inline", components=["bokeh"]).js_raw)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>AutoMIND: {name}</title><style>{STYLE}</style>{head}</head>'
        f"<body><h1>Which circuits could have produced {name}?</h1>{body}{script}</body></html>"
    )


def _rows(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> str:
    def line(cells: tuple[str, ...], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th') if any(head) else ''}{''.join(line(row, 'td') for row in rows)}</table>"


def _recording(examined: Examined, place: Any) -> str:
    seen, whole = examined.analysed, examined.recording
    assert seen is not None
    assert examined.target is not None
    raster = Raster(LIGHT, Range1d(0, seen.recording.duration), height=190)
    raster.show(seen.recording)
    times, rate = rate_curve(seen.recording, seen.recording.duration)
    rates = figure(
        height=130,
        sizing_mode="stretch_width",
        x_range=raster.x_range,
        x_axis_label="time (s)",
        y_axis_label="Hz per unit",
    )
    rates.line(x="t", y="r", source=ColumnDataSource({"t": times, "r": rate}), line_color=LIGHT.ink)
    for plot in (raster.figure, rates):
        plot.toolbar_location, plot.grid.visible = None, False
    settings = examined.settings
    labels = [*settings.groups, *({settings.population} & set(whole.unit_groups))]
    chosen = f", labelled {', '.join(labels)}" if labels else ""
    told = [
        ("Recording", f"{whole.name}, {whole.n_units} units, {whole.duration:.6g} s, {number(whole.mean_rate)} Hz per unit"),
        ("Analysed", f"{seen.recording.n_units} units over {seen.recording.duration:.6g} s, from {settings.start:g} s on, units of at "
                     f"least {settings.minimum_rate:g} Hz{chosen}"),
        ("Burst detection", f"prominence {settings.bursts.prominence:g}, smoothing {1000 * settings.bursts.smoothing:g} ms, "
                            f"refractory {1000 * settings.bursts.refractory:g} ms"),
        ("Seen by the estimator", f"{examined.target.start:.4g} to {examined.target.stop:.4g} s, {examined.target.n_units} units"),
        *_reading(whole),
        ("Content hash", whole.content_hash),
    ]  # fmt: skip
    values = [
        (spec.label, quantity(seen.features[spec.name], spec.unit)) for spec in FEATURES.values()
        if FAMILIES[spec.family].single and np.isfinite(seen.features.get(spec.name, np.nan))
    ]  # fmt: skip
    warnings = "".join(f'<p class="small">{escape(text)}</p>' for text in examined.target.warnings)
    return (
        f"<h2>The recording</h2>{_rows(told, ('', ''))}{warnings}"
        + place(raster.figure, "Spikes of the analysed units.")
        + place(rates, "Their population rate, smoothed.")
        + f"<details><summary>{len(values)} features</summary>{_rows(values, ('Feature', 'Value'))}</details>"
    )


def _reading(recording: Recording) -> list[tuple[str, str]]:
    """Return what the recording was read as, what was left out and doubted, as rows of the table."""
    report = recording.report
    if report is None:
        return []
    told = [("Read as", report.format + (f", written by {report.writer}" if report.writer else ""))]
    told += [(f"Read: {fact.what}", f"{fact.value} ({fact.where})") for fact in report.facts]
    told += [("Left out", text) for text in report.left_out]
    told += [("Guessed", f"{guess.get('question')} {guess.get('guess')}") for guess in report.guesses]
    return told + [(note.level.capitalize(), note.text) for note in report.notes]


def _methods(examined: Examined, card: Card) -> str:
    how = came_about(examined.provenance, len(examined.configurations))
    text = (
        f"The circuit is a network of {card.plan.n_neurons} adaptive exponential integrate-and-fire neurons with conductance synapses "
        "and clustered excitation; 28 of its parameters are free, each uniform within its prior range. A neural density estimator, trained "
        f"on simulations of this circuit, gives the posterior over them for the features of the recording (estimator “{card.title}”). {how}"
        f" {_how_long(examined, card)} They are called consistent when "
        f"their features lie within {examined.tolerance:g} × {number(card.threshold)} of the recording's, in units of a circuit's own "
        "variability over seeds (root mean square); the threshold is the 95th percentile of that distance between two runs of one circuit."
    )
    return f"<h2>Methods</h2><p>{escape(text)}</p><p>{escape(card_text(card)).replace(chr(10), '<br>')}</p>"


def _how_long(examined: Examined, card: Card) -> str:
    """Say how long circuits were simulated: as was asked under Simulate, which the estimator's plan only proposes."""
    plans = {plan_of(run, card).duration for run in examined.simulations.values()} or {card.plan.duration}
    many = " or ".join(f"{seconds:g}" for seconds in sorted(plans))
    ends = f", and ended after {card.plan.enough_bursts} bursts" if card.plan.enough_bursts else ""
    most = "at most " if ends else ""
    return f"Simulated circuits ran for {most}{many} s after {card.plan.warm_up:g} s of warm-up{ends}."


def _posterior(examined: Examined, place: Any, prior: Prior) -> str:
    theta = examined.posterior[list(NAMES)].to_numpy(dtype=float)
    if not len(theta):
        return "<h2>Circuits that could have produced it</h2><p>No circuits have been drawn from the posterior.</p>"
    marginals = Marginals(LIGHT)
    marginals.show(theta, prior, by_group=True)
    marginals.figure.toolbar_location = None
    middle = np.quantile(theta, [0.05, 0.5, 0.95], axis=0)
    rows = [
        (spec.label, spec.meaning, number(m), f"{number(a)} to {number(b)}", "{:g} to {:g}".format(*prior.range_of(spec)), number(g, 2))
        for spec, a, m, b, g in zip(PARAMETERS, *middle, marginals.gains, strict=True)
    ]  # fmt: skip
    head = ("Parameter", "Meaning", "Median", "5 to 95 %", "Prior", "Bits")
    return (
        "<h2>Circuits that could have produced it</h2>"
        + (f"<p>{escape(DRAWN_FOR_ANOTHER)}</p>" if examined.outdated else "")
        + place(
            marginals.figure, f"Marginals of {counted(len(theta), 'draw')} of the posterior over the prior's ranges; dashed: the uniform "
            "prior; numbers: bits by which the recording narrows a parameter.",
        )
        + f"<details><summary>All 28 parameters</summary>{_rows(rows, head)}</details>"
    )  # fmt: skip


def _runs(examined: Examined, card: Card, place: Any) -> str:
    assert examined.target is not None
    table = examined.configurations
    runs = {n: run for n, run in examined.simulations.items() if n in table.index}
    states = {n: str(table.loc[n, "state"]) for n in runs}
    shown = shown_seconds(examined.target, card.plan.duration)
    curves = {n: examined.curves.get(n) or curves_of(run, card.plan.warm_up, shown) for n, run in runs.items()}
    nearest = sorted(runs, key=lambda n: float(table.loc[n, "distance"]))
    plots = EnsembleFigures(LIGHT)
    plots.show(
        {n: runs[n] for n in nearest}, states, curves, card, examined.target, target_curves(examined.target, shown)
    )
    for plot in (plots.spectra, plots.features):
        plot.toolbar_location = None
    best = [
        (str(n), OUTCOME_WORDS.get(states[n], states[n]), number(float(table.loc[n, "distance"])), str(runs[n].seed))
        for n in nearest[:20]
    ]
    return (
        f"<h2>Simulated again</h2><p>{escape(' '.join(told(yields(table, examined.provenance))))}</p>"
        + place(
            plots.spectra,
            "Spectra of all runs, with the band of 90 % of them; thick: the recording. Relative to their geometric mean.",
        )
        + place(
            plots.features,
            "Features of all runs less the recording's, in units of a circuit's own SD over seeds; grey: ±2.",
        )
        + f"<details><summary>The nearest {len(best)}</summary>{_rows(best, ('Circuit', 'State', 'Distance', 'Seed'))}</details>"
    )


def _versions(examined: Examined, card: Card) -> str:
    rows = [
        ("automind-dash", __version__),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in PACKAGES),
    ]
    drawn = _told(examined.provenance)
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"<h2>Versions and provenance</h2>{_rows(rows, ('Package', 'Version'))}"
        f'<p class="small">Estimator {escape(card.name)}; draws: {escape(drawn or "none")}. Made {made}.</p>'
        f'<p class="small">Method: {escape(CITATION)}</p>'
    )


def _told(provenance: Provenance) -> str:
    """Return how circuits were drawn, without what is one number of each circuit or feature: exports hold it."""
    known = provenance.to_dict()
    parts = [("draws", known[key]) for key in ("draws",) if key in known] + [
        (name, one) for name, key in (("search", "searches"), ("added", "added")) for one in known[key]
    ]
    return "; ".join(
        f"{name}: " + ", ".join(f"{key} {value}" for key, value in one.items() if key not in ("target", "parents"))
        for name, one in parts
    )
