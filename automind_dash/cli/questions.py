"""Verbs that ask questions about results: changed, refute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import UserError
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
from .outputs import ready_table, write_table

verbs = typer.Typer()


@verbs.command()
def changed(
    results: Annotated[Path, typer.Argument(help="Folder that `automind-dash study` wrote.")],
    before: Annotated[int, typer.Argument(help="Row of the study for the baseline or the control.")],
    after: Annotated[int, typer.Argument(help="Row of the study for the drug or the treatment.")],
    circuits: Annotated[int, typer.Option(help="Matching circuits of each recording to examine.", min=2)] = 12,
    prove: Annotated[int, typer.Option(help="Mechanisms to simulate, the likeliest first.", min=1)] = 6,
    most: Annotated[int, typer.Option(help="Most parameters that may change together.", min=1, max=3)] = 3,
    out: Annotated[Path | None, typer.Option(help="File for the table of mechanisms, .csv or .parquet.")] = None,
    seed: Seed = 1,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """What did the drug change? Find the smallest changes that turn one recording's circuits into another's and back,
    and prove them by simulation."""
    with spoken_errors():
        from ..inference.asking.verification import run_on_cluster
        from ..inference.estimators.estimator import load_estimator
        from ..study.change import what_changed
        from ..study.results import read_results

        if out is not None:
            ready_table(out)
        found = read_results(results)
        estimator = load_estimator(str(found.about["estimator"]))
        on_cluster(scheduler)
        change = what_changed(
            found, before, after, estimator, run_many=run_on_cluster, circuits=circuits, prove=prove, most=most, seed=seed,
            progress=progress_on_stderr("mechanisms"),
        )  # fmt: skip
        table = None if change.there is None else change.there.table()
        if out is not None and table is not None:
            write_table(table, out)
        if as_json:
            print_json({
                "before": before, "after": after, "apart": change.apart, "halves": list(change.halves), "changed": change.changed,
                "mechanisms": [] if table is None else table.to_dict("records"), "sentences": change.sentences(),
            })  # fmt: skip
            return
        for sentence in change.sentences():
            typer.echo(sentence)


@verbs.command()
def refute(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    pin: Annotated[
        list[str],
        typer.Option(
            help="NAME=VALUE or NAME=LOW:HIGH, in the parameter's unit; repeat for several. For example E_b=0."
        ),
    ],
    budget: Annotated[int, typer.Option(help="Simulations to spend.", min=2)] = 200,
    out: Annotated[Path | None, typer.Option(help="File for the table of counterexamples, .csv or .parquet.")] = None,
    seed: Seed = 1,
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    refractory: Refractory = 0.0,
    answers: Answers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Refute a hypothesis: does a circuit still match the recording when parameters are pinned to values or ranges?"""
    with spoken_errors():
        from ..inference.asking.target import make_target
        from ..inference.asking.verification import run_on_cluster
        from ..study.refutation import refute as search

        if out is not None:
            ready_table(out)
        held = dict(_held(one) for one in pin)
        recording = read_file(file, answers)
        analysis = analysis_of(window, minimum_rate, refractory)
        chosen = choose_estimator(estimator, recording, analysis)
        target = make_target(recording, chosen.card, as_trained(analysis, chosen))
        for warning in target.warnings:
            say(f"note: {warning}")
        on_cluster(scheduler)
        found = search(
            target,
            chosen,
            held,
            budget=budget,
            seed=seed,
            run_many=run_on_cluster,
            progress=progress_on_stderr("simulated"),
        )
        if out is not None:
            write_table(found.counterexamples, out)
        if as_json:
            print_json({
                "held": held, "refuted": found.refuted, "simulated": found.plain.n + found.sought.n, "at_most": found.at_most,
                "counterexamples": found.counterexamples.to_dict("records"), "sentences": found.sentences(),
            })  # fmt: skip
            return
        for sentence in found.sentences():
            typer.echo(sentence)


def _held(text: str) -> tuple[str, float | tuple[float, float]]:
    """Return the parameters and ranges of --pin. Raises UserError for anything else."""
    name, equals, value = text.partition("=")
    low, colon, high = value.partition(":")
    try:
        if not equals or not name.strip():
            raise ValueError
        return name.strip(), (float(low), float(high)) if colon else float(value)
    except ValueError:
        raise UserError(
            f"--pin {text}: write it as NAME=VALUE or NAME=LOW:HIGH, for example E_b=0 or E_tau_w=5:1000."
        ) from None
