"""Verbs about one recording: features, sample, simulate, fit."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ..atomic import write_whole
from ..errors import ClusterError
from ..version import __version__
from .inputs import analysis_of, as_trained, choose_estimator, read_file
from .options import (
    Answers,
    Engine,
    EstimatorName,
    Json,
    MinimumRate,
    Refractory,
    Scheduler,
    Seed,
    Window,
    clean,
    on_cluster,
    print_json,
    progress_on_stderr,
    say,
    spoken_errors,
)  # fmt: skip
from .outputs import ready_folder, ready_table, write_table

verbs = typer.Typer()


@verbs.command()
def features(
    file: Annotated[Path, typer.Argument(help="A recording, in any format that the page reads.")],
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    refractory: Refractory = 0.0,
    answers: Answers = None,
    as_json: Json = False,
) -> None:
    """Measure a recording, and say whether an estimator's training covers recordings like it."""
    with spoken_errors():
        from ..features import PEAK_RATES, rate_words
        from ..inference.asking.plausibility import checked
        from ..inference.asking.target import all_target_features, is_bursting_recording, make_target

        recording = read_file(file, answers)
        analysis = analysis_of(window, minimum_rate, refractory)
        chosen = choose_estimator(estimator, recording, analysis)
        analysis = as_trained(analysis, chosen)
        values = all_target_features(recording, analysis)
        target = checked(chosen, make_target(recording, chosen.card, analysis))
        analysed = analysis.apply(recording)
        inside = not bool(chosen.card.outside(target.vector).any())
        out = {
            "name": recording.name, "n_units": analysed.n_units, "duration_s": analysed.duration, "mean_rate_hz": analysed.mean_rate,
            "bursting": is_bursting_recording(recording, analysis), "estimator": chosen.name, "inside_training": inside,
            "target_window_s": [target.start, target.stop],
            "burst_detection": asdict(analysis.bursts), "warnings": list(target.warnings), "features": values,
            "reading": recording.report.to_dict() if recording.report else None,
        }  # fmt: skip
        for warning in target.warnings:
            say(f"note: {warning}")
        if as_json:
            print_json(out)
            return
        if recording.report:
            say(
                f"read as: {recording.report.format}"
                + (f", written by {recording.report.writer}" if recording.report.writer else "")
            )
            for fact in recording.report.facts:
                say(f"read: {fact}")
        for key in ("name", "n_units", "duration_s", "mean_rate_hz", "bursting", "estimator", "inside_training"):
            typer.echo(f"{key:>34}  {out[key]}")
        how = rate_words(analysis.bursts.bin_width, analysis.bursts.smoothing)
        for name, value in values.items():
            typer.echo(f"{name:>34}  {value:.4g}" + (f"  (rate {how})" if name in PEAK_RATES else ""))


@verbs.command()
def sample(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    n: Annotated[int, typer.Option("-n", "--samples", help="Configurations to keep.", min=1)] = 500,
    out: Annotated[
        Path | None,
        typer.Option(
            help="File for the table, .csv or .parquet; without it, CSV goes to stdout, or the circuits into --json's object."
        ),
    ] = None,
    oversampling: Annotated[
        int, typer.Option(help="Draw this many times more circuits and keep the best; 1: the posterior itself.", min=1)
    ] = 20,
    simulations: Annotated[
        int,
        typer.Option(
            "--refine",
            help="Spend this many simulations on refining the posterior for this recording first; it is used if it raises the yield.",
            min=0,
        ),
    ] = 0,
    seed: Seed = 1,
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    refractory: Refractory = 0.0,
    answers: Answers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Draw circuits from a recording's posterior and write them as a table with the parameter names as columns."""
    with spoken_errors():
        from ..inference.asking.posterior import sample as draw
        from ..inference.asking.target import make_target

        if out is not None:
            ready_table(out)
        recording = read_file(file, answers)
        analysis = analysis_of(window, minimum_rate, refractory)
        chosen = choose_estimator(estimator, recording, analysis)
        analysis = as_trained(analysis, chosen)
        target = make_target(recording, chosen.card, analysis)
        for warning in target.warnings:
            say(f"note: {warning}")
        control: dict[str, Any] = {"seed": seed, "oversampling": oversampling}
        refined = _refine(target, chosen, simulations, control, scheduler) if simulations else None
        used = refined if refined is not None and refined.pays else None
        ask = partial(draw, chosen, target.vector) if used is None else partial(used.sample, chosen)
        samples = ask(n, progress=progress_on_stderr("drawing"), **control)
        frame = samples.to_frame()
        if out is not None:
            write_table(frame, out)
        if as_json:
            found = {**samples.provenance.to_dict(), "file": None if out is None else str(out), "n": len(samples)}
            if refined is not None:
                found["refinement"] = {**asdict(refined.provenance), "used": used is not None}
            print_json(found if out is not None else found | {"circuits": frame.to_dict("records")})
        elif out is None:
            typer.echo(frame.to_csv(index=False), nl=False)


def _refine(target: Any, estimator: Any, simulations: int, control: dict[str, Any], scheduler: str | None) -> Any:
    """Refine the posterior on the cluster, and say whether it raised the yield."""
    from ..inference.asking.verification import run_on_cluster
    from ..inference.spending.refinement import refine

    on_cluster(scheduler)
    control = control | {"run_many": run_on_cluster, "progress": progress_on_stderr("refining")}
    found: Any = refine(target, estimator, simulations=simulations, **control)
    say(found.sentence)
    if not found.pays:
        say("note: refining raised no yield here; drawn from the posterior as it was.")
    return found


@verbs.command()
def simulate(
    configurations: Annotated[
        Path, typer.Argument(help="Table (.csv or .parquet) with the 28 parameter names as columns.")
    ],
    duration: Annotated[float, typer.Option(help="s of model time.", min=0.1)] = 10.0,
    engine: Annotated[Engine, typer.Option(help="fast (numba) or reference (brian2).")] = "fast",
    n_neurons: Annotated[int, typer.Option(help="Size of the network.", min=1)] = 2000,
    out: Annotated[Path | None, typer.Option(help="Folder for the simulated recordings (.npz, one per row).")] = None,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run every configuration of a table. Row i runs with seed + i, or with the seed in the table's column `seed`."""
    with spoken_errors():
        from ..circuit.table import read_configurations
        from ..inference.asking.rerun import rerun

        table = read_configurations(configurations)
        if out is not None:
            ready_folder(out)
        results = []
        show = progress_on_stderr("simulating")
        for i, (vector, own_seed) in enumerate(zip(table.vectors, table.seeds, strict=True)):
            number = seed + i if own_seed is None else own_seed
            result, recording = rerun(vector, duration, seed=number, engine=engine, n_neurons=n_neurons)
            if out is not None and recording is not None:
                from ..recording import save_recording

                save_recording(recording, out / f"{configurations.stem}-{i:04d}.npz")
            results.append(result)
            if not as_json:
                rate = result["features"].get("mean_rate", math.nan)
                typer.echo(f"{i:>5}  seed {result['seed']:<10} {result['outcome']:<10} {rate:.3g} Hz")
            show((i + 1) / len(table.vectors))
        if as_json:
            print_json(results)


@verbs.command()
def fit(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    want: Annotated[int, typer.Option(help="Consistent circuits to find.", min=1)] = 20,
    out: Annotated[Path, typer.Option(help="Folder for configurations.csv and fit.json.")] = Path("fit"),
    budget: Annotated[int, typer.Option(help="Most simulations to spend.", min=1)] = 1000,
    oversampling: Annotated[
        int,
        typer.Option(
            help="Draw this many times more circuits and keep the best, more in later rounds while few match; 1 never prunes.",
            min=1,
        ),
    ] = 20,
    resample: Annotated[
        bool,
        typer.Option(help="While few circuits match, draw most near those that match or come nearest (column parent)."),
    ] = True,
    confirm: Annotated[
        int,
        typer.Option(
            help="Simulate each match again with so many more seeds, and go on until enough circuits match every time.",
            min=0,
            max=100,
        ),
    ] = 0,
    seed: Seed = 1,
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    refractory: Refractory = 0.0,
    answers: Answers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Sample and simulate circuits and keep the consistent ones, until there are enough or the budget is spent."""
    with spoken_errors():
        import numpy as np

        from ..inference.asking.limits import missed_sentence
        from ..inference.asking.target import make_target
        from ..inference.asking.verdict import RARELY
        from ..inference.asking.verification import run_on_cluster
        from ..inference.asking.yields import confirmed_sentence
        from ..inference.spending.ensembles import INTERRUPTED
        from ..inference.spending.ensembles import fit as find

        ready_folder(out)
        recording = read_file(file, answers)
        analysis = analysis_of(window, minimum_rate, refractory)
        chosen = choose_estimator(estimator, recording, analysis)
        analysis = as_trained(analysis, chosen)
        target = make_target(recording, chosen.card, analysis)
        for warning in target.warnings:
            say(f"note: {warning}")
        on_cluster(scheduler)
        found = find(
            target, chosen, want=want, budget=budget, oversampling=oversampling, resample=resample,
            confirm=confirm, seed=seed, run_many=run_on_cluster, progress=progress_on_stderr("consistent circuits"),
        )  # fmt: skip
        write_table(found.configurations, out / "configurations.csv")
        result = {
            "estimator": chosen.name, "drawn": found.drawn, "simulated": found.simulated, "alive": found.alive,
            "consistent": found.consistent, "rejected_early": found.rejected_early, "yield": found.yield_,
            "confirm": confirm, "confirmed": found.confirmed, "repeated": [found.repeated.consistent, found.repeated.n],
            "yield_confirmed": found.confirmed_yield,
            "oversampling": [oversampling, found.oversampling],
            "of_the_posterior": [found.fresh.consistent, found.fresh.n], "drawn_near": [found.near.consistent, found.near.n],
            "step": found.step,
            "lost": found.lost or None, "want": want, "budget": budget, "resample": resample, "tolerance": 1.0,
            "digest": chosen.digest, "n_neurons": chosen.card.plan.n_neurons, "analysis": asdict(analysis),
            "answers": answers or [],
            "model_seconds": found.model_seconds, "seconds": found.seconds, "seed": seed, "version": __version__,
            "target_window_s": [target.start, target.stop], "recording": recording.name, "recording_hash": recording.content_hash,
        }  # fmt: skip
        write_whole(out / "fit.json", json.dumps(clean(result), indent=1).encode())
        if as_json:
            print_json(result)
        else:
            spent = f"{found.simulated} simulated ({found.yield_:.0%}; {found.rejected_early} given up early)"
            typer.echo(f"{found.consistent} consistent of {spent}, in {found.seconds:.0f} s → {out}")
            whole = np.array([run.vector for run in found.runs if run.rejected_after is None])
            if len(whole) and (missed := missed_sentence(whole, target.vector, chosen.card)) and found.yield_ < RARELY:
                typer.echo(missed)
            if confirm:
                untested = "No match was simulated again: the budget was spent before."
                typer.echo(confirmed_sentence(found.tally) or untested)
        if found.lost == INTERRUPTED:
            say(f"What was found before is in {out}.")
            raise KeyboardInterrupt
        if found.lost:
            raise ClusterError(f"{found.lost} What was found before is in {out}.")
