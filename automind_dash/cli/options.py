"""What the verbs share: options, errors as sentences, JSON, progress, the cluster."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer

from ..errors import UserError

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
def spoken_errors() -> Iterator[None]:
    """Turn a UserError into its sentence on stderr and exit status 2."""
    try:
        yield
    except UserError as error:
        say(f"automind-dash: {error}")
        raise typer.Exit(2) from None


def clean(value: Any) -> Any:
    """Return the value as JSON can hold it: NaN and infinities become null."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_json(value: Any) -> None:
    """Print one JSON object on stdout."""
    typer.echo(json.dumps(clean(value), allow_nan=False))


def progress_on_stderr(what: str) -> Callable[[float], None]:
    """Return a callback that writes the share done to stderr, a line for each whole 10 %."""
    last = [-1]

    def show(share: float) -> None:
        tenth = int(share * 10)
        if tenth > last[0]:
            last[0] = tenth
            say(f"{what}: {tenth * 10} %")

    return show


def on_cluster(scheduler: str | None) -> Callable[[Any], list[Any]]:
    """Connect, and return a function that simulates many items on the cluster."""
    from .. import jobs
    from ..inference.simulated import simulate_item

    jobs.connect(scheduler)
    return lambda items: jobs.run_all(items, simulate_item)
