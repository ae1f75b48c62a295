"""A report of the whole analysis as one HTML file without scripts that needs no network: verdict, figures, tables, methods, citation."""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from ...circuit.parameters import NAMES, PARAMETERS
from ...errors import SessionError
from ...features import FAMILIES, FEATURES, PEAK_RATES, rate_words
from ...inference.asking.narrowing import information_gain
from ...inference.asking.yields import yields
from ...inference.estimators.card import Card
from ...inference.estimators.prior import Prior
from ...invariance.comparison import marginal_distances
from ...invariance.response import MEASURES, outcomes, verdict
from ...invariance.scaling import to_unit
from ...publication.activity import smoothed_by
from ...publication.citation import BIBTEX, CITATION
from ...publication.figure_one import Evidence, examples_figure, pairs_of, recording_figure
from ...publication.marginals import marginals_figure
from ...publication.methods import Steps, methods
from ...publication.pairs import pairs_figure
from ...publication.paper import Paper, drawn_on, file_bytes
from ...publication.responses import best_measure, responses_figure
from ...recording import Recording
from ...version import __version__
from ..figures.card_text import card_text
from ..figures.ensemble_figures import EnsembleFigures
from ..figures.posterior_words import came_about
from ..figures.verdict_words import verdict_on
from ..figures.yield_words import told
from ..printing.drawing import drawing
from ..printing.from_bokeh import plotted
from ..state.batch import plan_of
from ..state.examined import Examined
from ..state.run_curves import curves_of, shown_seconds, target_curves
from ..widgets.colours import LIGHT, OUTCOME_WORDS
from ..widgets.quantities import counted, number, quantity
from .evidence_of import all_known

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PACKAGES = ("numpy", "scipy", "torch", "sbi", "brian2", "numba", "panel", "bokeh")

SHEET = Paper(180.0, 7.0)
"""The paper that the report's figures are drawn for: they print on A4 as they are."""

MOST_RUNS, MOST_DIFFERENT = 6, 6
"""Simulated circuits whose spikes are shown; parameters that are told about another recording."""

FEWEST_COMPARED = 20
"""Draws that a comparison of marginals needs."""

STYLE = """
body { font: 15px/1.55 system-ui, sans-serif; max-width: 960px; margin: 0 auto; padding: 32px 24px 64px; color: #1a1a1a; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; } h2 { font-size: 19px; margin: 40px 0 8px; }
h3 { font-size: 15px; margin: 24px 0 4px; }
.verdict { font-size: 18px; line-height: 1.45; margin: 12px 0 24px; } svg { width: 100%; height: auto; }
pre { font-size: 12px; background: #f6f6f6; padding: 12px; overflow-x: auto; white-space: pre-wrap; }
table { border-collapse: collapse; font-size: 13px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #e4e4e4; vertical-align: top; overflow-wrap: anywhere; }
figure { margin: 16px 0; } figcaption, .small { font-size: 13px; color: #555; } summary { cursor: pointer; color: #0059a3; margin: 8px 0; }
@media print { details > * { display: block; } h2, h3 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""

DRAWN_FOR_ANOTHER = (
    "⚠ These circuits were drawn for another estimator, window or detection than the recording is analysed with here."
)


def report_html(examined: Examined, card: Card, others: Sequence[Examined] = ()) -> str:
    """Return the report of a recording (blocking: some seconds). Raises SessionError when it has not been analysed.

    others: the session's other recordings, whose circuits are compared where the same estimator drew them.
    """
    if examined.analysed is None or examined.target is None:
        raise SessionError("There is nothing to report yet: load a recording that an estimator can take.")
    evidence, pictures = all_known(examined, card), Pictures()
    said = verdict_on(examined, card)
    parts = [
        f'<p class="verdict">{escape(said.sign)} {escape(said.sentence)}</p>', _recording(examined, evidence, pictures),
        _posterior(examined, evidence, pictures) if len(examined.configurations) else "",
        _runs(examined, card, evidence, pictures) if examined.simulations else "",
        _experiments(examined, pictures), _compared(examined, others, card.prior), _methods(examined, card), _cite(), _versions(examined,
        card),
    ]  # fmt: skip
    name = escape(examined.recording.name)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>AutoMIND: {name}</title><style>{STYLE}</style></head>'
        f"<body><h1>Which circuits could have produced {name}?</h1>{''.join(parts)}</body></html>"
    )


class Pictures:
    """Makes figures into SVG elements, each with ids of its own."""

    def __init__(self) -> None:
        self.n = 0

    def place(self, draw: Callable[[Paper], Figure], caption: str, share: float = 1.0) -> str:
        """Return a drawn figure with its caption as HTML. share: of the page's width."""
        with drawn_on(SHEET):
            text = file_bytes(draw(SHEET), "svg", caption).decode()
        self.n += 1
        own = re.sub(r"<[^>]+>", lambda tag: _apart(tag.group(), self.n), text[text.index("<svg") :])
        return f"<figure><div style='max-width: {100 * share:g}%'>{own}</div><figcaption>{escape(caption)}</figcaption></figure>"


def _apart(tag: str, n: int) -> str:
    tag = re.sub(r'\bid="', f'id="f{n}-', tag)
    return re.sub(r'(url\(|href=")#', rf"\1#f{n}-", tag)


def _rows(rows: Sequence[tuple[str, ...]], head: tuple[str, ...]) -> str:
    def line(cells: tuple[str, ...], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th') if any(head) else ''}{''.join(line(row, 'td') for row in rows)}</table>"


def _recording(examined: Examined, evidence: Evidence, pictures: Pictures) -> str:
    seen, whole, settings = examined.analysed, examined.recording, examined.settings
    assert seen is not None
    assert examined.target is not None
    labels = [*settings.groups, *({settings.population} & set(whole.unit_groups))]
    chosen = f", labelled {', '.join(labels)}" if labels else ""
    rows = [
        ("Recording", f"{whole.name}, {whole.n_units} units, {whole.duration:.6g} s, {number(whole.mean_rate)} Hz per unit"),
        ("Analysed", f"{seen.recording.n_units} units over {seen.recording.duration:.6g} s, from {settings.start:g} s on, units of at "
                     f"least {settings.minimum_rate:g} Hz{chosen}"),
        ("Burst detection", f"rate {rate_words(settings.bursts.bin_width, settings.bursts.smoothing)}, "
                            f"prominence {settings.bursts.prominence:g}, refractory {1000 * settings.bursts.refractory:g} ms"),
        ("Seen by the estimator", f"{examined.target.start:.4g} to {examined.target.stop:.4g} s, {examined.target.n_units} units"),
        *_reading(whole),
        ("Content hash", whole.content_hash),
    ]  # fmt: skip
    smoothed = f", smoothed by {1000 * settings.bursts.smoothing:.3g} ms"
    values = [
        (spec.label + smoothed * (spec.name in PEAK_RATES), quantity(seen.features[spec.name], spec.unit)) for spec in FEATURES.values()
        if FAMILIES[spec.family].single and np.isfinite(seen.features.get(spec.name, np.nan))
    ]  # fmt: skip
    warnings = "".join(f'<p class="small">{escape(text)}</p>' for text in examined.target.warnings)
    return (
        f"<h2>The recording</h2>{_rows(rows, ('', ''))}{warnings}"
        + pictures.place(
            lambda paper: recording_figure(evidence, paper),
            f"Spikes of the analysed units and their population rate, {smoothed_by(seen.recording.duration)}; grey: "
            "what the estimator saw, where it is not all.",
        )
        + f"<details><summary>{len(values)} features</summary>{_rows(values, ('Feature', 'Value'))}</details>"
    )


def _reading(recording: Recording) -> list[tuple[str, str]]:
    """Return what the recording was read as, and what was left out or doubted, as rows of the table."""
    report = recording.report
    if report is None:
        return []
    rows = [("Read as", report.format + (f", written by {report.writer}" if report.writer else ""))]
    rows += [(f"Read: {fact.what}", f"{fact.value} ({fact.where})") for fact in report.facts]
    rows += [("Left out", text) for text in report.left_out]
    rows += [("Guessed", f"{guess.get('question')} {guess.get('guess')}") for guess in report.guesses]
    return rows + [(note.level.capitalize(), note.text) for note in report.notes]


def _posterior(examined: Examined, evidence: Evidence, pictures: Pictures) -> str:
    theta, prior = evidence.theta, evidence.prior
    if not len(theta):
        return "<h2>Circuits that could have produced it</h2><p>No circuits have been drawn from the posterior.</p>"
    middle, gains = np.quantile(theta, [0.05, 0.5, 0.95], axis=0), information_gain(theta, prior)
    rows = [
        (spec.label, spec.meaning, number(m), f"{number(a)} to {number(b)}", "{:g} to {:g}".format(*prior.range_of(spec)), number(g, 2))
        for spec, a, m, b, g in zip(PARAMETERS, *middle, gains, strict=True)
    ]  # fmt: skip
    head = ("Parameter", "Meaning", "Median", "5 to 95 %", "Prior", "Bits")
    return (
        "<h2>Circuits that could have produced it</h2>"
        + (f"<p>{escape(DRAWN_FOR_ANOTHER)}</p>" if examined.outdated else "")
        + pictures.place(
            lambda paper: marginals_figure(paper, theta, prior),
            f"Marginals of {counted(len(theta), 'draw')} of the posterior over the prior's ranges; dashed: the uniform prior; numbers: "
            f"bits by "
            "which the recording narrows a parameter.",
        )
        + pictures.place(
            lambda paper: pairs_figure(Paper(0.6 * paper.width, paper.font), pairs_of(evidence, 4)),
            "The four parameters that are narrowed most, in pairs.", 0.6,
        )
        + f"<details><summary>All 28 parameters</summary>{_rows(rows, head)}</details>"
    )  # fmt: skip


def _runs(examined: Examined, card: Card, evidence: Evidence, pictures: Pictures) -> str:
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
    both = plotted([plots.spectra, plots.features])
    best = [
        (
            str(n),
            OUTCOME_WORDS.get(states[n], states[n]),
            number(float(table.loc[n, "distance"])),
            str(runs[n].seed),
            f"{table.loc[n, 'matched']} of {table.loc[n, 'seeds']}",
        )
        for n in nearest[:20]
    ]
    activity = ""
    if evidence.examples:
        activity = pictures.place(
            lambda paper: examples_figure(evidence, paper, MOST_RUNS),
            f"Spikes and population rate of the recording and of the {min(MOST_RUNS, len(evidence.examples))} simulated circuits "
            f"nearest to it, {smoothed_by(evidence.shown)}.",
        )
    return (
        f"<h2>Simulated again</h2><p>{escape(' '.join(told(yields(table, examined.provenance))))}</p>"
        + activity
        + pictures.place(
            lambda paper: drawing(both, paper),
            "Left: spectra of all runs, with the band of 90 % of them; thick: the recording; relative to their geometric mean. Right: "
            "features "
            "of all runs less the recording's, in units of a circuit's own SD over seeds; grey: ±2.",
        )
        + f"<details><summary>The nearest {len(best)}</summary>{_rows(best, ('Circuit', 'State', 'Distance', 'Seed', 'Matched'))}</details>"
    )


def _experiments(examined: Examined, pictures: Pictures) -> str:
    parts = []
    for label, started in examined.experiments.items():
        runs = started.finished()
        if not len(runs.numbers):
            continue
        name = best_measure(runs)
        became = outcomes(runs)
        counts = ", ".join(f"{became.count(word)} {word}" for word in dict.fromkeys(became))
        n, n_seeds = runs.features.shape[:2]
        parts.append(
            f"<h3>{escape(label)}</h3><p>{escape(verdict(runs, name))}</p>"
            + pictures.place(
                partial(responses_figure, runs=runs, name=name),
                f"{counted(n, 'circuit')} of {runs.estimator} with {counted(n_seeds, 'seed')}, {runs.duration:g} s each at most: "
                f"{MEASURES[name].label} before and after the change (first seed), and the responses (mean over seeds) beside what another "
                f"seed alone does. After the change: {counts}.",
            )
        )
    return f"<h2>Experiments</h2>{''.join(parts)}" if parts else ""


def _compared(examined: Examined, others: Sequence[Examined], prior: Prior) -> str:
    """Return the parameters in which other recordings' circuits differ from this one's, by effect sizes alone."""
    ours, parts = _draws(examined), []
    for other in others:
        theirs = _draws(other)
        if other is examined or other.drew != examined.drew or min(len(ours), len(theirs)) < FEWEST_COMPARED:
            continue
        apart = marginal_distances(to_unit(ours, prior), to_unit(theirs, prior), list(NAMES)).distance
        rows = [
            (PARAMETERS[i].label, PARAMETERS[i].meaning, number(float(np.median(ours[:, i]))), number(float(np.median(theirs[:, i]))),
             number(float(apart[i]), 2))
            for i in np.argsort(-apart, kind="stable")[:MOST_DIFFERENT]
        ]  # fmt: skip
        head = ("Parameter", "Meaning", "Median here", "Median there", "Apart")
        parts.append(f"<h3>{escape(other.recording.name)} ({counted(len(theirs), 'draw')})</h3>{_rows(rows, head)}")
    note = (
        f'<p class="small">The {MOST_DIFFERENT} parameters whose marginals differ most from those of each other recording; apart: their '
        "Wasserstein distance in shares of the prior's range. One recording each: whether more than these recordings differ, only "
        "replicates "
        "can tell.</p>"
    )
    return f"<h2>Compared with other recordings</h2>{note}{''.join(parts)}" if parts else ""


def _draws(examined: Examined) -> np.ndarray:
    return (
        examined.posterior[list(NAMES)].to_numpy(dtype=float)
        if len(examined.configurations)
        else np.empty((0, len(NAMES)))
    )


def _methods(examined: Examined, card: Card) -> str:
    assert examined.analysed is not None
    assert examined.target is not None
    seen = examined.analysed.recording
    plans = {plan_of(run, card).duration for run in examined.simulations.values()} or {card.plan.duration}
    steps = Steps(
        examined.recording.name, seen.n_units, seen.duration, examined.settings,
        came_about(examined.provenance, len(examined.configurations)), tuple(sorted(plans)), examined.tolerance, _packages(),
    )  # fmt: skip
    text = "".join(f"<p>{escape(part)}</p>" for part in methods(steps, examined.target, card))
    return (
        f"<h2>Methods</h2>{text}<details><summary>The estimator “{escape(card.title)}”</summary>"
        f"<p>{escape(card_text(card)).replace(chr(10), '<br>')}</p></details>"
    )


def _cite() -> str:
    return f"<h2>How to cite</h2><p>{escape(CITATION)}</p><pre>{escape(BIBTEX)}</pre>"


def _packages() -> dict[str, str]:
    return {"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _versions(examined: Examined, card: Card) -> str:
    asked = examined.provenance.question
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    rows = [
        ("Estimator", card.name), *([("Its digest", asked.digest)] if asked and asked.digest else []),
        *([("Drawn with automind-dash", asked.version)] if asked and asked.version else []),
        *([("Seed of the draws", str(asked.seed))] if asked and asked.seed is not None else []),
        *((f"Seed of search {i}", str(one.seed)) for i, one in enumerate(examined.provenance.searches, 1)),
        ("automind-dash", __version__), *_packages().items(), ("Made", made),
    ]  # fmt: skip
    return f"<h2>Versions and provenance</h2>{_rows(rows, ('', ''))}"
