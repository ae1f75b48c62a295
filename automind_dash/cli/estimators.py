"""Verbs about estimators: evaluate, campaign, train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import Engine, Json, Scheduler, Seed, on_cluster, print_json, progress_on_stderr, say, spoken_errors
from .outputs import ready_folder

verbs = typer.Typer()


@verbs.command()
def evaluate(
    estimator: Annotated[str, typer.Argument(help="Name of a pretrained estimator.")],
    targets: Annotated[int, typer.Option(help="Held-out configurations.", min=1)] = 50,
    draws: Annotated[int, typer.Option(help="Posterior draws for each.", min=1)] = 100,
    engine: Annotated[Engine, typer.Option(help="Engine that simulates the targets.")] = "fast",
    write: Annotated[
        bool, typer.Option("--write", help="Write the results to the estimator's folder: card, README, calibration.")
    ] = False,
    limits: Annotated[str, typer.Option(help="With --write: the estimator's limits, for its card.")] = "",
    keep: Annotated[
        Path | None,
        typer.Option(help="File that keeps the result of each target as it comes; a second run goes on from it."),
    ] = None,
    seed: Seed = 0,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Measure an estimator on circuits outside its training: share alive, yield with and without pruning, calibration, speed."""
    with spoken_errors():
        from ..inference.estimators.estimator import load_estimator
        from ..inference.making import evaluation
        from ..inference.making.calibrating import measure_calibration
        from ..inference.making.kept_results import KeptResults

        chosen = load_estimator(estimator)
        if write:
            ready_folder(chosen.folder)
        if keep is not None:
            KeptResults(keep, chosen)  # bad input is refused before any measurement
        calibration = measure_calibration(chosen, seed=seed, progress=progress_on_stderr("calibration"))
        out = evaluation.evaluate(
            chosen, n_targets=targets, n_draws=draws, seed=seed, engine=engine, calibration=calibration,
            simulate_many=on_cluster(scheduler), keep=keep, progress=lambda what, share: say(f"{what}: {share:.0%}"),
        )  # fmt: skip
        if write:
            evaluation.record(chosen, out, calibration, limits)
        if as_json:
            print_json(out)
        else:
            for key, value in out.items():
                typer.echo(f"{key:>24}  {value}")


@verbs.command()
def campaign(
    folder: Annotated[Path, typer.Argument(help="Folder for the shards; a campaign that is there goes on.")],
    shards: Annotated[int, typer.Option(help="Shards of this kind to have in the end.", min=1)] = 100,
    feature_set: Annotated[
        str, typer.Option("--features", help="spectrum, bursts, full spectrum, or a JSON file.")
    ] = "spectrum",
    duration: Annotated[float, typer.Option(help="Longest time analysed of each simulation, s.", min=1)] = 10.0,
    warm_up: Annotated[float, typer.Option(help="Time dropped from each simulation's start, s.", min=0)] = 2.0,
    n_neurons: Annotated[int, typer.Option(help="Size of the networks.", min=10)] = 2000,
    enough_bursts: Annotated[
        int | None, typer.Option(help="End a run early when it has this many bursts.", min=3)
    ] = None,
    patience: Annotated[
        float, typer.Option(help="With --enough-bursts: give a run up after this time without a burst, s.", min=10)
    ] = 60.0,
    few_units: Annotated[
        tuple[int, int] | None,
        typer.Option(help="Also measure each circuit at LOW to HIGH units, as electrodes would."),
    ] = None,
    prior: Annotated[
        Path | None, typer.Option(help='JSON file of other prior ranges: {"params_Epop.b": [0, 100], …}.')
    ] = None,
    restrict: Annotated[
        float | None,
        typer.Option(help="Restrict the prior to useful circuits; lose at most this share of them.", min=0, max=0.5),
    ] = None,
    around: Annotated[
        Path | None,
        typer.Option(
            help="Folder of an estimator: simulate its draws for its training targets, to correct its surrogate."
        ),
    ] = None,
    within: Annotated[
        Path | None,
        typer.Option(help='With --around: JSON file of the targets\' ranges: {"burst_width_mean": [0.05, 0.6], …}.'),
    ] = None,
    disputed: Annotated[
        bool,
        typer.Option(
            "--disputed",
            help="With --around: simulate circuits of the prior on which the members of its surrogate disagree.",
        ),
    ] = False,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch",
            help="Simulate nothing; fetch the shards named in the folder's manifest from the repository's history.",
        ),
    ] = False,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="With --fetch: take the shards from this folder, such as a data package."),
    ] = None,
    manifest: Annotated[
        bool, typer.Option("--manifest", help="Simulate nothing; write the manifest of the folder's shards.")
    ] = False,
    seed: Seed = 1,
    scheduler: Scheduler = None,
) -> None:
    """Simulate circuits from the prior into resumable shards. You can stop at any moment and run it again."""
    with spoken_errors():
        if fetch or manifest or source is not None:
            _keep_shards(folder, fetch=fetch, source=source)
            return
        from ..inference.making.campaign_plans import make_plan
        from ..inference.making.campaign_run import continue_campaign, read_ranges

        plan = make_plan(
            folder, feature_set, duration=duration, warm_up=warm_up, n_neurons=n_neurons, enough_bursts=enough_bursts,
            patience=patience, few_units=few_units, prior=prior, seed=seed,
        )  # fmt: skip
        ranges = () if within is None else read_ranges(within)
        continue_campaign(
            folder, plan, shards, restrict=restrict, around=around, within=ranges, disputed=disputed, scheduler=scheduler, say=say
        )  # fmt: skip


def _keep_shards(folder: Path, *, fetch: bool, source: Path | None) -> None:
    """Fetch a campaign's shards, or write their manifest."""
    from ..errors import UserError
    from ..inference.making.shard_store import fetch_shards, write_manifest

    if not folder.is_dir():
        raise UserError(f"{folder}: there is no such folder.")
    if source is not None and not fetch:
        raise UserError("--from names the folder for --fetch: give both.")
    if fetch:
        say(f"{fetch_shards(folder, source, say)} shards brought to {folder}")
    else:
        say(f"{len(write_manifest(folder))} shards in the manifest of {folder}")


@verbs.command()
def train(
    folder: Annotated[Path, typer.Argument(help="A campaign's folder.")],
    out: Annotated[
        Path, typer.Option(help="Folder for the new estimator; the page lists it when it is in pretrained/.")
    ],
    title: Annotated[str, typer.Option(help="Its name on the page.")] = "",
    minutes: Annotated[float, typer.Option(help="Longest training time.", min=0.05)] = 30.0,
    hidden: Annotated[int, typer.Option(help="Width of the flow's networks.", min=8)] = 64,
    transforms: Annotated[int, typer.Option(help="Spline transforms.", min=1)] = 5,
    pairs: Annotated[
        int, typer.Option(help="Additional training pairs from a surrogate of the simulator; 0 for none.", min=0)
    ] = 300_000,
    held_out_every: Annotated[int, typer.Option(help="Hold out one configuration in this many.", min=3)] = 40,
    noise_configurations: Annotated[
        int, typer.Option(help="Held-out circuits for measuring the noise scale.", min=5)
    ] = 60,
    noise_of: Annotated[
        Path | None,
        typer.Option(help="Folder of an estimator of the same features: take over its noise scale and threshold."),
    ] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of an earlier campaign with shorter runs, to train on as well; repeat for several."),
    ] = None,
    seed: Seed = 1,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Train an estimator on a campaign's shards and write its folder."""
    with spoken_errors():
        from ..inference.making.campaign_run import train_on

        ready_folder(out)
        card = train_on(
            folder, out, title=title, minutes=minutes, hidden=hidden, transforms=transforms, seed=seed,
            pairs=pairs,
            held_out_every=held_out_every, noise_configurations=noise_configurations, simulate_many=on_cluster(scheduler),
            earlier=earlier or (), noise_of=noise_of, say=say,
        )  # fmt: skip
        if as_json:
            print_json(
                {"name": card.name, "folder": str(out), "threshold": card.threshold, **card.training, **card.metrics}
            )
        else:
            typer.echo(
                f"{out}: {card.training['n_simulations']} simulations, gain {card.metrics['held_out_log_prob_gain']:.2f} nats"
            )
