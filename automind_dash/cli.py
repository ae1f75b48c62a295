"""The same verbs without a browser: features, sample, simulate, fit, evaluate, campaign, train, serve, demo.

Results on stdout (one JSON object with --json), progress and guesses on stderr, exit status 0 only on success, 2 for bad input.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from .errors import UserError
from .version import __version__

app = typer.Typer(
    name="automind-dash",
    help="Which circuits could have produced this recording? (AutoMIND, Gao et al. 2024)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Engine = Literal["fast", "reference"]
Seed = Annotated[int, typer.Option(help="Seed of everything random; recorded in the output.", min=0)]
EstimatorName = Annotated[
    str | None, typer.Option("--estimator", help="Pretrained estimator; chosen by the recording if not given.")
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Answer what the file leaves open: sampling_rate=30000, time_unit=ms, well=C3, duration=300, offset=0, units=good, "
        "variable=NAME, time_column=NAME, unit_column=NAME. Without it the guess is used and named on stderr.",
    ),
]
Window = Annotated[
    tuple[float, float] | None, typer.Option("--window", help="Analyse from START to STOP, s.", metavar="START STOP")
]
MinimumRate = Annotated[float, typer.Option("--minimum-rate", help="Leave out units that fire less, Hz.", min=0)]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a dask scheduler (tcp://…); a local cluster if not given.")
]


def say(text: str) -> None:
    """Write a line to stderr."""
    typer.echo(text, err=True)


@contextmanager
def _spoken_errors() -> Iterator[None]:
    """Turn a UserError into its sentence on stderr and exit status 2."""
    try:
        yield
    except UserError as error:
        say(f"automind-dash: {error}")
        raise typer.Exit(2) from None


def _clean(value: Any) -> Any:
    """Return the value as JSON can hold it: NaN and infinities become null."""
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(_clean(value), allow_nan=False))


def _progress(what: str) -> Callable[[float], None]:
    """Return a callback that writes the share done to stderr, a line for each whole 10 %."""
    last = [-1]

    def show(share: float) -> None:
        tenth = int(share * 10)
        if tenth > last[0]:
            last[0] = tenth
            say(f"{what}: {tenth * 10} %")

    return show


def _read(path: Path, answers: list[str] | None) -> Any:
    """Read a recording with the answers given; names each guess on stderr."""
    from .recording import read_recording

    pairs = {}
    for answer in answers or []:
        key, equals, value = answer.partition("=")
        if not equals or not key:
            raise UserError(f"--set {answer}: write it as KEY=VALUE, for example sampling_rate=30000.")
        pairs[key.strip()] = _number(value.strip())
    recording = read_recording(path, **pairs)
    for guess in recording.provenance.get("guesses", []):
        say(f"guessed: {guess['question']} → {guess['guess']} ({guess['reason']}); set it with --set {guess['key']}=…")
    return recording


def _number(text: str) -> float | str:
    """Return the number that a text is, else the text."""
    try:
        return float(text)
    except ValueError:
        return text


def _analysis(window: tuple[float, float] | None, minimum_rate: float) -> Any:
    from .features import AnalysisSettings

    start, stop = window or (0.0, None)
    return AnalysisSettings(start=start, stop=stop, minimum_rate=minimum_rate)


def _choose(name: str | None, recording: Any, analysis: Any) -> Any:
    """Return the estimator asked for, or the one that suits the recording, named on stderr."""
    from .inference.estimator import list_estimators, load_estimator
    from .inference.target import default_estimator

    if name is not None:
        return load_estimator(name)
    known = list_estimators()
    chosen = default_estimator(recording, {key: item.card for key, item in known.items()}, analysis)
    say(f"estimator: {chosen} (chosen by the recording; --estimator takes another)")
    return known[chosen]


def _on_cluster(scheduler: str | None) -> Callable[[Any], list[Any]]:
    """Connect, and return a function that simulates many items on the cluster."""
    from . import jobs
    from .inference.simulated import simulate_item

    jobs.connect(scheduler)
    return lambda items: jobs.run_all(items, simulate_item)


@app.command()
def features(
    file: Annotated[Path, typer.Argument(help="A recording, in any format that the page reads.")],
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    answers: Answers = None,
    as_json: Json = False,
) -> None:
    """Measure a recording, and say whether an estimator's training holds the like of it."""
    with _spoken_errors():
        from .inference.plausibility import checked
        from .inference.target import all_target_features, is_bursting_recording, make_target

        recording = _read(file, answers)
        analysis = _analysis(window, minimum_rate)
        chosen = _choose(estimator, recording, analysis)
        values = all_target_features(recording, analysis)
        target = checked(chosen, make_target(recording, chosen.card, analysis))
        analysed = analysis.apply(recording)
        inside = not bool(chosen.card.outside(target.vector).any())
        out = {
            "name": recording.name, "n_units": analysed.n_units, "duration_s": analysed.duration, "mean_rate_hz": analysed.mean_rate,
            "bursting": is_bursting_recording(recording, analysis), "estimator": chosen.name, "inside_training": inside,
            "target_window_s": [target.start, target.stop], "warnings": list(target.warnings), "features": values,
        }  # fmt: skip
        for warning in target.warnings:
            say(f"note: {warning}")
        if as_json:
            _print_json(out)
            return
        for key in ("name", "n_units", "duration_s", "mean_rate_hz", "bursting", "estimator", "inside_training"):
            typer.echo(f"{key:>34}  {out[key]}")
        for name, value in values.items():
            typer.echo(f"{name:>34}  {value:.4g}")


@app.command()
def sample(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    n: Annotated[int, typer.Option("-n", "--samples", help="Configurations to keep.", min=1)] = 500,
    out: Annotated[
        Path | None, typer.Option(help="Table to write, .csv or .parquet; CSV on stdout if not given.")
    ] = None,
    oversampling: Annotated[
        int, typer.Option(help="Draw this many times more and keep the best; 1: the posterior itself.", min=1)
    ] = 20,
    simulations: Annotated[
        int,
        typer.Option(
            "--refine", help="Spend so many simulations on refining the posterior for this recording first.", min=0
        ),
    ] = 0,
    seed: Seed = 1,
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    answers: Answers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Draw circuits from the posterior of a recording and write them as a table with the parameter names as columns."""
    with _spoken_errors():
        from .inference.posterior import sample as draw
        from .inference.target import make_target

        recording = _read(file, answers)
        analysis = _analysis(window, minimum_rate)
        chosen = _choose(estimator, recording, analysis)
        target = make_target(recording, chosen.card, analysis)
        for warning in target.warnings:
            say(f"note: {warning}")
        control: dict[str, Any] = {"seed": seed, "oversampling": oversampling}
        refined = _refine(target, chosen, simulations, control, scheduler) if simulations else None
        ask = partial(draw, chosen, target.vector) if refined is None else partial(refined.sample, chosen)
        samples = ask(n, progress=_progress("drawing"), **control)
        frame = samples.to_frame()
        if out is not None:
            _write_table(frame, out)
        if as_json:
            _print_json({**samples.provenance, "file": None if out is None else str(out), "n": len(samples)})
        elif out is None:
            typer.echo(frame.to_csv(index=False), nl=False)


def _refine(target: Any, estimator: Any, simulations: int, control: dict[str, Any], scheduler: str | None) -> Any:
    """Refine the posterior on the cluster, and say what it was worth."""
    from .inference.refinement import refine
    from .inference.verification import run_on_cluster

    _on_cluster(scheduler)
    control = control | {"run_many": run_on_cluster, "progress": _progress("refining")}
    found: Any = refine(target, estimator, simulations=simulations, **control)
    say(found.sentence)
    return found


def _write_table(frame: Any, path: Path) -> None:
    """Write a configuration table; the suffix decides the format."""
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix in (".csv", ""):
        frame.to_csv(path, index=False)
    else:
        raise UserError(f"{path}: tables are written as .csv or .parquet.")


@app.command()
def simulate(
    configurations: Annotated[
        Path, typer.Argument(help="A table (.csv or .parquet) with the 28 parameter names as columns.")
    ],
    duration: Annotated[float, typer.Option(help="s of model time.", min=0.1)] = 10.0,
    engine: Annotated[Engine, typer.Option(help="fast (numba) or reference (brian2).")] = "fast",
    n_neurons: Annotated[int, typer.Option(help="Size of the network.", min=1)] = 2000,
    out: Annotated[Path | None, typer.Option(help="Folder for the simulated recordings (.npz, one per row).")] = None,
    seed: Seed = 1,
    as_json: Json = False,
) -> None:
    """Run every configuration of a table; row i is simulated with seed + i (or with its own column `seed`)."""
    with _spoken_errors():
        from .circuit.table import read_configurations
        from .inference.rerun import rerun

        table = read_configurations(configurations)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        results = []
        show = _progress("simulating")
        for i, (vector, own_seed) in enumerate(zip(table.vectors, table.seeds, strict=True)):
            number = seed + i if own_seed is None else own_seed
            result, recording = rerun(vector, duration, seed=number, engine=engine, n_neurons=n_neurons)
            if out is not None and recording is not None:
                from .recording import save_recording

                save_recording(recording, out / f"{configurations.stem}-{i:04d}.npz")
            results.append(result)
            show((i + 1) / len(table.vectors))
        if as_json:
            _print_json(results)
        else:
            for i, result in enumerate(results):
                rate = result["features"].get("mean_rate", math.nan)
                typer.echo(f"{i:>5}  seed {result['seed']:<10} {result['outcome']:<10} {rate:.3g} Hz")


@app.command()
def fit(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    want: Annotated[int, typer.Option(help="Consistent circuits to find.", min=1)] = 20,
    out: Annotated[Path, typer.Option(help="Folder to write configurations.csv and fit.json to.")] = Path("fit"),
    budget: Annotated[int, typer.Option(help="Simulations to spend at most.", min=1)] = 1000,
    oversampling: Annotated[int, typer.Option(help="Draw this many times more and keep the best.", min=1)] = 20,
    seed: Seed = 1,
    estimator: EstimatorName = None,
    window: Window = None,
    minimum_rate: MinimumRate = 0.0,
    answers: Answers = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Sample, simulate and keep the consistent circuits, until there are enough or the budget is spent."""
    with _spoken_errors():
        from .inference.ensembles import fit as find
        from .inference.target import make_target
        from .inference.verification import run_on_cluster

        recording = _read(file, answers)
        analysis = _analysis(window, minimum_rate)
        chosen = _choose(estimator, recording, analysis)
        target = make_target(recording, chosen.card, analysis)
        for warning in target.warnings:
            say(f"note: {warning}")
        _on_cluster(scheduler)
        found = find(
            target, chosen, want=want, budget=budget, oversampling=oversampling, seed=seed, run_many=run_on_cluster,
            progress=_progress("consistent circuits"),
        )  # fmt: skip
        out.mkdir(parents=True, exist_ok=True)
        _write_table(found.configurations, out / "configurations.csv")
        result = {
            "estimator": chosen.name, "drawn": found.drawn, "simulated": found.simulated, "alive": found.alive,
            "consistent": found.consistent, "rejected_early": found.rejected_early, "yield": found.yield_,
            "model_seconds": found.model_seconds, "seconds": found.seconds, "seed": seed, "version": __version__,
            "target_window_s": [target.start, target.stop], "recording": recording.name, "recording_hash": recording.content_hash,
        }  # fmt: skip
        (out / "fit.json").write_text(json.dumps(_clean(result), indent=1))
        if as_json:
            _print_json(result)
        else:
            spent = f"{found.simulated} simulated ({found.yield_:.0%}; {found.rejected_early} given up early)"
            typer.echo(f"{found.consistent} consistent of {spent}, in {found.seconds:.0f} s → {out}")


@app.command()
def evaluate(
    estimator: Annotated[str, typer.Argument(help="Name of a pretrained estimator.")],
    targets: Annotated[int, typer.Option(help="Held-out configurations.", min=1)] = 50,
    draws: Annotated[int, typer.Option(help="Posterior draws for each.", min=1)] = 100,
    engine: Annotated[Engine, typer.Option(help="Engine that simulates the targets.")] = "fast",
    write: Annotated[
        bool, typer.Option("--write", help="Keep what was found in the estimator's folder: card, README, calibration.")
    ] = False,
    limits: Annotated[str, typer.Option(help="With --write: what the estimator cannot do, for its card.")] = "",
    seed: Seed = 0,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Measure an estimator on configurations it was not trained on: alive, yield, with and without pruning, calibration, speed."""
    with _spoken_errors():
        from .inference import evaluation
        from .inference.calibration import measure_calibration
        from .inference.estimator import load_estimator

        chosen = load_estimator(estimator)
        calibration = measure_calibration(chosen, seed=seed, progress=_progress("calibration"))
        out = evaluation.evaluate(
            chosen, n_targets=targets, n_draws=draws, seed=seed, engine=engine, calibration=calibration,
            simulate_many=_on_cluster(scheduler), progress=lambda what, share: say(f"{what}: {share:.0%}"),
        )  # fmt: skip
        if write:
            evaluation.record(chosen, out, calibration, limits)
        if as_json:
            _print_json(out)
        else:
            for key, value in out.items():
                typer.echo(f"{key:>24}  {value}")


@app.command()
def campaign(
    folder: Annotated[Path, typer.Argument(help="Where the shards are kept; a campaign there goes on.")],
    shards: Annotated[int, typer.Option(help="Shards to have in the end, for this kind.", min=1)] = 100,
    feature_set: Annotated[
        str, typer.Option("--features", help="spectrum, bursts, full spectrum, or a JSON file.")
    ] = "spectrum",
    duration: Annotated[float, typer.Option(help="s analysed of each simulation, at most.", min=1)] = 10.0,
    warm_up: Annotated[float, typer.Option(help="s dropped from each simulation's start.", min=0)] = 2.0,
    n_neurons: Annotated[int, typer.Option(help="Size of the networks.", min=10)] = 2000,
    enough_bursts: Annotated[
        int | None, typer.Option(help="End a run early once it has so many bursts.", min=3)
    ] = None,
    patience: Annotated[
        float, typer.Option(help="With --enough-bursts: s after which a run without a burst is given up.", min=10)
    ] = 60.0,
    few_units: Annotated[
        tuple[int, int] | None, typer.Option(help="Measure again at LOW to HIGH units, as electrodes would.")
    ] = None,
    prior: Annotated[
        Path | None, typer.Option(help='JSON of other prior ranges: {"params_Epop.b": [0, 100], …}.')
    ] = None,
    restrict: Annotated[
        float | None, typer.Option(help="Restrict to useful circuits, losing at most this share.", min=0, max=0.5)
    ] = None,
    around: Annotated[
        Path | None,
        typer.Option(
            help="Simulate what this estimator's folder draws for its training targets, to correct its surrogate."
        ),
    ] = None,
    seed: Seed = 1,
    scheduler: Scheduler = None,
) -> None:
    """Simulate circuits drawn from the prior into resumable shards; safe to stop at any moment and to run again."""
    with _spoken_errors():
        from .inference.campaign_run import continue_campaign, make_plan

        plan = make_plan(
            folder, feature_set, duration=duration, warm_up=warm_up, n_neurons=n_neurons, enough_bursts=enough_bursts,
            patience=patience, few_units=few_units, prior=prior, seed=seed,
        )  # fmt: skip
        continue_campaign(folder, plan, shards, restrict=restrict, around=around, scheduler=scheduler, say=say)


@app.command()
def train(
    folder: Annotated[Path, typer.Argument(help="A campaign's folder.")],
    out: Annotated[
        Path, typer.Option(help="Folder of the estimator to write; put it into pretrained/ and the page lists it.")
    ],
    title: Annotated[str, typer.Option(help="What the page calls it.")] = "",
    minutes: Annotated[float, typer.Option(help="Training time at most.", min=0.05)] = 30.0,
    hidden: Annotated[int, typer.Option(help="Width of the flow's networks.", min=8)] = 64,
    transforms: Annotated[int, typer.Option(help="Spline transforms.", min=1)] = 5,
    pairs: Annotated[
        int, typer.Option(help="Pairs made by a surrogate of the simulator, trained on besides; 0 for none.", min=0)
    ] = 300_000,
    held_out_every: Annotated[int, typer.Option(help="Hold out one configuration in so many.", min=3)] = 40,
    noise_configurations: Annotated[
        int, typer.Option(help="Held-out circuits that the noise scale is measured on.", min=5)
    ] = 60,
    seed: Seed = 1,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Train an estimator on a campaign's shards and write its folder."""
    with _spoken_errors():
        from .inference.campaign_run import train_on

        card = train_on(
            folder, out, title=title, minutes=minutes, hidden=hidden, transforms=transforms, seed=seed,
            pairs=pairs,
            held_out_every=held_out_every, noise_configurations=noise_configurations, simulate_many=_on_cluster(scheduler), say=say,
        )  # fmt: skip
        if as_json:
            _print_json(
                {"name": card.name, "folder": str(out), "threshold": card.threshold, **card.training, **card.metrics}
            )
        else:
            typer.echo(
                f"{out}: {card.training['n_simulations']} simulations, gain {card.metrics['held_out_log_prob_gain']:.2f} nats"
            )


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5006,
    address: Annotated[str, typer.Option(help="Interface to listen on; 0.0.0.0 serves the lab.")] = "localhost",
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="host:port under which browsers reach the page; repeat for several.")
    ] = None,
    keep_sessions: Annotated[float, typer.Option(help="Minutes that a closed page's session is kept.", min=1)] = 60.0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    scheduler: Scheduler = None,
) -> None:
    """Serve the page."""
    with _spoken_errors():
        from .serving import serve_page

        serve_page(
            port=port, address=address, origins=allow_origin or [], keep_minutes=keep_sessions, open_browser=open_browser,
            scheduler=scheduler,
        )  # fmt: skip


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5006,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
) -> None:
    """Show the page with a guided tour: six steps, no typing, five minutes."""
    with _spoken_errors():
        from .serving import serve_page

        serve_page(port=port, address="localhost", origins=[], keep_minutes=60.0, open_browser=open_browser, demo=True)


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Which circuits could have produced this recording?"""
    if version:
        typer.echo(__version__)
        raise typer.Exit


if __name__ == "__main__":
    app()
