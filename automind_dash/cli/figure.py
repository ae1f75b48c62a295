"""The verb that draws Figure 1 of a recording or of a saved session."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .inputs import analysis_of, as_trained, choose_estimator, read_file
from .options import (
    Answers,
    EstimatorName,
    Json,
    MinimumRate,
    Refractory,
    Scheduler,
    Seed,
    Window,
    on_cluster,
    print_json,
    progress_on_stderr,
    say,
    spoken_errors,
)
from .outputs import ready_folder

verbs = typer.Typer()


@verbs.command()
def figure(
    file: Annotated[Path, typer.Argument(help="A recording, or a session that the page saved (.automind).")],
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="File for the figure, .pdf, .svg or .png; may be given several times. The caption goes into a .txt beside it."
        ),
    ] = None,
    width: Annotated[float, typer.Option(help="mm; 85: one column, 180: two.")] = 180.0,
    font: Annotated[float, typer.Option(help="Size of the type, pt.")] = 7.0,
    recording: Annotated[
        str | None, typer.Option(help="Name of the session's recording; the one that was looked at if not given.")
    ] = None,
    n: Annotated[int, typer.Option("-n", "--samples", help="Circuits to draw for a recording.", min=20)] = 500,
    simulations: Annotated[int, typer.Option("--simulate", help="Draws of a recording to simulate.", min=0)] = 20,
    oversampling: Annotated[
        int, typer.Option(help="Draw this many times more and keep the best; 1: the posterior itself.", min=1)
    ] = 20,
    seed: Seed = 1,
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    refractory: Refractory = 0.0,
    answers: Answers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Draw Figure 1 for a paper: recording, features with their predictive band, marginals, pair plot, simulated circuits.

    A session's circuits are shown as they were saved. For a recording, circuits are drawn and some of them simulated first.
    """
    with spoken_errors():
        from ..dashboard.files.evidence_of import evidence_of
        from ..dashboard.files.figure_files import kind_of, write_figure
        from ..dashboard.files.session_file import SUFFIX
        from ..publication.paper import Paper

        paper, paths = Paper(width, font), out or [Path("figure-1.pdf")]
        for path in paths:
            kind_of(path)
            ready_folder(path.parent)
        if file.suffix == SUFFIX:
            examined, card = _of_session(file, recording)
        else:
            examined, card = _of_recording(
                file,
                answers,
                analysis_of(window, minimum_rate, refractory),
                estimator,
                n,
                simulations,
                oversampling,
                seed,
                scheduler,
            )
        words = write_figure(evidence_of(examined, card), paths, paper)
        if as_json:
            print_json({"files": [str(path) for path in paths], "caption": words, "width_mm": width, "font_pt": font})
        else:
            typer.echo(words)
            say(f"written: {', '.join(map(str, paths))}")


def _of_session(file: Path, name: str | None) -> tuple[Any, Any]:
    """Return a session's recording as it was examined, with the card of its estimator."""
    from ..dashboard.files.examining import reopened
    from ..dashboard.files.session_file import read_session
    from ..inference.estimators.estimator import list_estimators

    known = list_estimators(broken=lambda error: say(f"left out: {error}"))
    examined = reopened(read_session(file), name, known)
    return examined, known[examined.estimator].card


def _of_recording(
    file: Path, answers: list[str] | None, analysis: Any, estimator: str | None, n: int,
    simulations: int, oversampling: int, seed: int, scheduler: str | None,
) -> tuple[Any, Any]:  # fmt: skip
    """Return a recording with circuits drawn, some of them simulated, and the card of the estimator."""
    from ..dashboard.files.examining import draw, examine, simulate_first
    from ..inference.asking.verification import run_on_cluster

    read = read_file(file, answers)
    chosen = choose_estimator(estimator, read, analysis)
    examined = examine(read, chosen, as_trained(analysis, chosen))
    for warning in examined.target.warnings:
        say(f"note: {warning}")
    draw(examined, chosen, n, seed, oversampling, progress_on_stderr("drawing"))
    if simulations:
        on_cluster(scheduler)
        simulate_first(examined, chosen, simulations, seed, run_on_cluster, progress_on_stderr("simulating"))
    return examined, chosen.card
