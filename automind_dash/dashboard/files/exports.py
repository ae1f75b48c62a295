"""What the circuits of a recording can be exported as. Each export is a function from the state to the bytes of one file."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...circuit.export import to_brian2_script
from ...circuit.parameters import NAMES
from ...errors import SessionError
from ...inference.asking.inference_data import save_inference_data, to_inference_data
from ...inference.estimators.card import Card, SimulationPlan
from ...publication.facts import file_stem
from ...publication.figure_one import caption_one, figure_one
from ...publication.paper import FORMATS, Paper, drawn_on, file_bytes
from ...recording import Recording
from ...recording.standards.nwb_export import to_nwb
from ..state.examined import Examined
from .circuit_tables import rows, with_units
from .evidence_of import evidence_of
from .report import report_html

MAX_SCRIPTS = 500
MAX_NWB = 200
"""Files in one zip; for more runs the posterior's table is the better export."""


@dataclass(frozen=True)
class Export:
    """One kind of export.

    label: on the page; file: what it holds, with its ending; make: from state, card and the numbers of the circuits; whole: whether it
    holds the whole recording, whatever is selected; compares: whether `make` also takes the session's other recordings (others).
    """

    label: str
    file: str
    make: Callable[..., bytes]
    whole: bool = False
    compares: bool = False

    def named(self, examined: Examined | None) -> str:
        """Return the name of the file, which names its recording."""
        stem, dot, ending = self.file.partition(".")
        return file_stem("" if examined is None else examined.recording.name, stem) + dot + ending


def _csv(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    return with_units(rows(examined, numbers)).to_csv(index=False).encode()


def _parquet(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    out = io.BytesIO()
    rows(examined, numbers).to_parquet(out, index=False)
    return out.getvalue()


def _json(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    table = rows(examined, numbers)
    records = json.loads(table.to_json(orient="records"))  # pandas writes NaN as null
    report = examined.recording.report
    whole = {
        "recording": examined.recording.name,
        "reading": report.to_dict() if report else None,
        "provenance": examined.provenance.to_dict(),
        "units": table.attrs["units"],
        "circuits": records,
    }
    return json.dumps(whole, indent=1, default=lambda value: value.tolist()).encode()


def _check_same(examined: Examined) -> None:
    """Raise SessionError where the circuits were drawn by another estimator than the recording is measured for now."""
    drew = examined.drew
    if drew != examined.estimator:
        raise SessionError(
            f"These circuits were drawn by the estimator {drew}, and the recording is measured for {examined.estimator} now: choose {drew} "
            "under Posterior, or draw circuits again, then export."
        )


def _netcdf(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    if card is None or examined.target is None:
        raise SessionError("The estimator of these circuits is not here, so what was observed is not known.")
    _check_same(examined)
    if examined.outdated:
        raise SessionError(
            "These circuits were drawn for another window, other units or another training than the recording is measured with now, so "
            "they do not answer what was observed: draw circuits again, then export."
        )
    data = to_inference_data(
        examined.configurations.loc[numbers], card, examined.target, examined.simulations, examined.provenance,
        examined.provenance.are_draws(numbers).tolist(), examined.tolerance,
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        return save_inference_data(data, Path(folder) / "circuits.nc").read_bytes()


def _nwb(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    chosen = [n for n in numbers if n in examined.simulations and examined.simulations[n].recording is not None]
    if not chosen:
        raise SessionError("None of these circuits has been simulated: press Simulate under Simulate first.")
    _check_number(chosen, MAX_NWB, "NWB files")
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        files = [to_nwb(_run_told(examined, n), Path(folder) / f"circuit-{n}.nwb") for n in chosen]
        return _zipped({path.name: path.read_bytes() for path in files})


def _run_told(examined: Examined, number: int) -> Recording:
    """Return a circuit's run, whose provenance also says with how many seeds it was simulated, and with how many of them it matched."""
    run, row = examined.simulations[number].recording, examined.configurations.loc[number]
    return replace(run, provenance={**run.provenance, "seeds": int(row["seeds"]), "matched": int(row["matched"])})


def _scripts(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    plan = SimulationPlan() if card is None else card.plan
    _check_number(numbers, MAX_SCRIPTS, "scripts")
    files = {}
    for n in numbers:
        row = examined.configurations.loc[n]
        theta = row[list(NAMES)].to_numpy(dtype=float)
        seed = max(int(row["seed"]), 0)
        script = to_brian2_script(theta, duration=plan.total, seed=seed, n_neurons=plan.n_neurons)
        seeds, matched = int(row["seeds"]), int(row["matched"])
        said = (
            f"# Circuit {n} matched with {matched} of the {seeds} seeds that it was simulated with.\n" if seeds else ""
        )
        files[f"circuit_{n}.py"] = (said + script).encode()
    return _zipped(files)


def _figure(examined: Examined, card: Card | None, numbers: list[int]) -> bytes:
    _check_same(examined)
    paper, evidence = Paper(), evidence_of(examined, card)
    words = caption_one(evidence, paper)
    with drawn_on(paper):
        drawn = figure_one(evidence, paper)
        files = {f"figure-1.{kind}": file_bytes(drawn, kind, "Figure 1", words) for kind in FORMATS}
    return _zipped({**files, "caption.txt": words.encode()})


def _report(examined: Examined, card: Card | None, numbers: list[int], others: Sequence[Examined] = ()) -> bytes:
    if card is None:
        raise SessionError("The report needs the estimator, which is not on this server.")
    _check_same(examined)
    return report_html(examined, card, others).encode()


def _check_number(numbers: list[int], most: int, what: str) -> None:
    """Raise SessionError for more circuits than one download takes; a part of them would be mistaken for all."""
    if len(numbers) > most:
        raise SessionError(f"{len(numbers)} circuits; {most} {what} at most go into one download: select fewer.")


def _zipped(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


EXPORTS = {
    one.label: one
    for one in (
        Export("CSV", "circuits.csv", _csv),
        Export("Parquet", "circuits.parquet", _parquet),
        Export("JSON", "circuits.json", _json),
        Export("ArviZ (NetCDF)", "circuits.nc", _netcdf),
        Export("simulated runs (NWB)", "runs_nwb.zip", _nwb),
        Export("brian2 scripts", "circuits_brian2.zip", _scripts),
        Export("Figure 1 (SVG, PDF, PNG)", "figure_1.zip", _figure, whole=True),
        Export("report (HTML)", "report.html", _report, whole=True, compares=True),
    )
}
