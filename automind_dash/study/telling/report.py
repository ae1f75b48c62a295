"""A study's report: one HTML file that needs no network, for neuroscientists to read."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...inference.asking.consistency import Judge
from ...version import __version__
from ..chains import Chains
from ..effects import COMPOSITE, FEATURE, LEVEL, PARAMETER, Effects
from ..geometry import Distances
from ..kept import write_whole
from ..results import DONE, FAILED, META, StudyResults
from . import figures
from .sentences import summary

STYLE = """
body { font: 15px/1.55 system-ui, sans-serif; max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; color: #1a1a1a; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 8px; } h2 { font-size: 19px; margin: 40px 0 8px; }
table { border-collapse: collapse; font-size: 13px; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #e4e4e4; vertical-align: top; overflow-wrap: anywhere; }
figure { margin: 16px 0; } svg { max-width: 100%; height: auto; } figcaption, .small { font-size: 13px; color: #555; }
summary { cursor: pointer; color: #0059a3; margin: 8px 0; }
@media print { details > * { display: block; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
"""

VERDICTS = {"can": "yes", "hardly": "hardly", "cannot": "no", "undefined": "cannot be asked", "": "–"}


@dataclass(frozen=True, eq=False)
class Subspaces:
    """What a study says about the subspaces of its recordings; each part is None or empty where there is too little data for it."""

    geometry: pd.DataFrame | None = None
    distances: Distances | None = None
    chains: tuple[Chains, ...] = ()


def write_report(results: StudyResults, found: Effects | None, out: Path, subspaces: Subspaces | None = None) -> None:
    """Write report.html into the results' folder."""
    write_whole(out / "report.html", report_html(results, found, subspaces).encode())


def report_html(results: StudyResults, found: Effects | None, subspaces: Subspaces | None = None) -> str:
    """Return the report. found: the effects, None where the study's columns leave nothing to test."""
    rows = results.recordings
    done = rows[rows["status"] == DONE]
    replicate = results.roles.replicate or "recording"
    title = escape(str(results.about["source"]))
    parts = [
        f"<h1>{len(rows)} recordings: {title}</h1>", _lead(results),
        _said(found, replicate) if found is not None else "", _pictures(results, found),
        "<h2>Which recordings the model can make</h2>", _recordings(results), _subspaces(results, subspaces or Subspaces()),
        _effect_tables(found) if found is not None else "",
        _methods(results, len(done)),
    ]  # fmt: skip
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>AutoMIND study: {title}</title><style>{STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>"
    )


def _lead(results: StudyResults) -> str:
    rows, roles = results.recordings, results.roles
    counts = rows["status"].value_counts()
    told = [f"{counts.get(DONE, 0)} of {len(rows)} recordings were analysed"]
    if roles.replicate is not None:
        told.append(f"of {results.metadata[roles.replicate].nunique()} of {roles.replicate}")
    if results.unfinished:
        told.append(f"{len(results.unfinished)} are still to be done: run the same command again")
    confirmed = int(np.nansum(rows["confirmed"]))
    circuits = (
        f" {confirmed} circuits are known to match, of {int(np.nansum(rows['simulated']))} simulated."
        if confirmed
        else ""
    )
    problems = "".join(f"<li>{escape(str(problem))}</li>" for problem in results.about["problems"])
    failed = rows[rows["status"] == FAILED]
    problems += "".join(
        f"<li>Row {row}, {escape(str(one['name']))}: {escape(str(one['error']))}</li>" for row, one in failed.iterrows()
    )
    return f"<p>{escape('; '.join(told))}.{escape(circuits)}</p>" + (
        f"<ul class='small'>{problems}</ul>" if problems else ""
    )


def _said(found: Effects, replicate: str) -> str:
    told = summary(found, replicate)
    claimed = (
        "".join(f"<li>{escape(one)}</li>" for one in told["claimed"])
        or "<li>No tested effect can be told from chance.</li>"
    )
    hints = "".join(f"<li>{escape(one)}</li>" for one in told["hints"])
    hints = f"<p>These may be so, but have to be seen again:</p><ul>{hints}</ul>" if hints else ""
    rest = " ".join(part for part in (told["unclear"], told["unseen"], *told["notes"]) if part)
    return f"<h2>What differs</h2><ul>{claimed}</ul>{hints}<p class='small'>{escape(rest)}</p>"


def _pictures(results: StudyResults, found: Effects | None) -> str:
    seen = _seen_quantities(found)
    pictures = (
        (figures.rates(results), "Population rate: 30 s of the stretch that the estimator was asked about."),
        (figures.features_in_order(results), "Features of whole recordings, by replicate; filled where a condition has changed."),
        (figures.ridgelines(results, seen), "Posteriors of the best determined quantities, one ridge for each recording."),
    )  # fmt: skip
    return "".join(
        f"<figure>{figures.svg(picture)}<figcaption>{escape(caption)}</figcaption></figure>"
        for picture, caption in pictures
        if picture is not None
    )


def _seen_quantities(found: Effects | None) -> list[str]:
    """Return parameters and composites by how much the recordings say about them, most first."""
    if found is None:
        return []
    rows = found.table[found.table["kind"].isin([PARAMETER, COMPOSITE])].drop_duplicates("quantity")
    return rows[rows["bits"] > 0.05].sort_values("bits", ascending=False, kind="stable")["quantity"].tolist()


def _recordings(results: StudyResults) -> str:
    metadata = [name for name in results.recordings.columns if name.startswith(META)]
    head = [
        "row",
        "recording",
        *(name.removeprefix(META) for name in metadata),
        "units",
        "Hz",
        "can be made",
        "why not",
        "matching circuits",
    ]
    lines = []
    for row, one in results.recordings.iterrows():
        if one["status"] != DONE:
            lines.append(
                [
                    str(row),
                    str(one["name"]),
                    *(_cell(one[name]) for name in metadata),
                    "–",
                    "–",
                    str(one["status"]),
                    str(one["error"]),
                    "–",
                ]
            )
            continue
        matching = f"{one['confirmed']:.0f} of {one['simulated']:.0f}" if one["simulated"] > 0 else "–"
        lines.append([
            str(row), str(one["name"]), *(_cell(one[name]) for name in metadata), f"{one['n_units']:.0f}", f"{one['mean_rate']:.3g}",
            VERDICTS.get(str(one["verdict"]), str(one["verdict"])), str(one["why"]), matching,
        ])  # fmt: skip
    return _table(head, lines)


def _subspaces(results: StudyResults, told: Subspaces) -> str:
    """Return the geometry of the recordings, the distances and the paths between them."""
    parts = []
    if told.distances is not None:
        picture = figures.svg(figures.distance_map(results, told.distances))
        caption = "Subspaces as places: the closer, the more alike. Each circle is as wide as the halves of its recording are apart."
        parts.append(
            f"<p>{escape(told.distances.sentence())}</p><figure>{picture}<figcaption>{escape(caption)}</figcaption></figure>"
        )
    steps = [sentence for chain in told.chains for sentence in chain.sentences()]
    if steps:
        listed = "".join(f"<li>{escape(one)}</li>" for one in steps)
        parts.append(f"<p>The least that had to change from one recording to the next:</p><ul>{listed}</ul>")
    if told.geometry is not None and len(told.geometry):
        head = [
            "row",
            "dimension",
            "95 %",
            "stiffness (log10)",
            "95 %",
            "leading direction",
            "stiffest direction",
            "correlated pairs",
        ]
        lines = [
            [
                str(one["recording"]), f"{one['dimension']:.1f}", f"{one['dimension_low']:.1f} to {one['dimension_high']:.1f}",
                f"{one['stiffness']:.2f}", f"{one['stiffness_low']:.2f} to {one['stiffness_high']:.2f}", str(one["leading"]),
                str(one["stiffest"]), str(one["n_correlated"]),
            ]
            for _, one in told.geometry.iterrows()
        ]  # fmt: skip
        parts.append(f"<details><summary>Geometry of each recording</summary>{_table(head, lines)}</details>")
    return f"<h2>The subspaces</h2>{''.join(parts)}" if parts else ""


def _cell(value: Any) -> str:
    if value is None or value != value:
        return "–"
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def _effect_tables(found: Effects) -> str:
    titles = {FEATURE: "Features", PARAMETER: "Parameters", COMPOSITE: "Composite quantities"}
    out = ["<h2>All effects</h2>"]
    for kind, title in titles.items():
        rows = found.table[found.table["kind"] == kind]
        if len(rows):
            out.append(
                f"<details><summary>{title}</summary>{_table(_HEAD, [_effect_line(row) for _, row in rows.iterrows()])}</details>"
            )
    return "".join(out)


_HEAD = [
    "",
    "effect of",
    "size",
    "95 %",
    "in SD",
    "p",
    f"corrected (≤ {LEVEL:g}: claimed)",
    "bits",
    "recordings",
    "replicates",
    "why not",
]


def _effect_line(row: pd.Series) -> list[str]:
    def number(name: str) -> str:
        return f"{row[name]:.3g}" if np.isfinite(row[name]) else "–"

    unit = "log10" if row["scale"] == "log10" else row["unit"]
    per = f" per {row['per']}" if row["per"] else ""
    silent = bool(row["why"])
    return [
        str(row["label"]), str(row["term"]), "–" if silent else f"{number('estimate')} {unit}{per}",
        "–" if silent else f"{number('low')} to {number('high')}", "–" if silent else number("standardised"),
        number("p"), number("adjusted"),
        number("bits"), f"{row['n']:.0f}", str(row["replicates"]), str(row["why"]),
    ]  # fmt: skip


def _table(head: list[str], lines: list[list[str]]) -> str:
    def line(cells: list[str], kind: str) -> str:
        return "<tr>" + "".join(f"<{kind}>{escape(cell)}</{kind}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(cells, 'td') for cells in lines)}</table>"


def _methods(results: StudyResults, n: int) -> str:
    about, asked = results.about, results.about["asked"]
    told = (
        f"Estimator {about['estimator']} ({about['digest']}), AutoMIND dashboard {__version__}, seed {asked['seed']}. The "
        f"estimator was given the most typical stretch of each recording; {asked['draws']} draws of the posterior, unpruned. "
        f"Circuits are known to match when their simulation lies within "
        f"{Judge(about['threshold'], asked['tolerance']).bound:.3g} of the recording's features, in units of a circuit's own "
        f"variability. "
        "Effects are tested in linear mixed models by restricted maximum likelihood, with random effects of the replicate on "
        "the level and on every effect that varies within replicates, and with Satterthwaite's degrees of freedom. Parameters "
        "and composites are weighted by how well each recording determines them; the knowledge about any circuit of the kind "
        "is divided out of each posterior. For each effect, p-values are corrected over all quantities by Benjamini and "
        "Hochberg. "
        "A posterior describes circuits of this model. Even a recording that the model cannot make has a posterior, but it "
        "means little."
    )
    return f"<h2>How it was done</h2><p class='small'>{escape(told)}</p>"
