"""Common parts of the verbs: options, errors as sentences, JSON, progress, the cluster."""

from __future__ import annotations

import errno
import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import typer

from ..errors import UserError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Engine = Literal["fast", "reference"]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers; recorded in the output.", min=0)]
EstimatorName = Annotated[
    str | None, typer.Option("--estimator", help="Pretrained estimator; chosen to suit the recording if not given.")
]
Answers = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Answer a question that the file leaves open: sampling_rate=30000, time_unit=ms, well=C3, duration=300, offset=0, units=good, "
        "variable=NAME, time_column=NAME, unit_column=NAME. Without it the guess is used and named on stderr.",
    ),
]
Window = Annotated[
    tuple[float, float] | None, typer.Option("--window", help="Analyse from START to STOP, s.", metavar="START STOP")
]
MinimumRate = Annotated[
    float, typer.Option("--minimum-rate", help="Leave out units that fire less than this, Hz.", min=0)
]
Refractory = Annotated[
    float,
    typer.Option(
        help="Of a unit's spikes that follow one another within this time, ms, keep only the first.", min=0, max=50
    ),
]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a dask scheduler (tcp://…); a local cluster if not given.")
]


def say(text: str) -> None:
    """Write a line to stderr."""
    typer.echo(text, err=True)


@contextmanager
def spoken_errors() -> Iterator[None]:
    """Turn a UserError or a refusal of the system into a sentence on stderr and exit status 2, Ctrl-C and SIGTERM into one and 130."""
    with _ended_by_sigterm():
        try:
            yield
        except KeyboardInterrupt:
            from .. import cluster

            cluster.close()  # while the interpreter still runs; later, dask's threads write pages of errors
            say("automind-dash: stopped before it was done.")
            raise typer.Exit(130) from None
        except UserError as error:
            say(f"automind-dash: {error}")
            raise typer.Exit(2) from None
        except BrokenPipeError:  # the reader of the output has gone: typer ends without a word
            raise
        except OSError as error:
            say(f"automind-dash: {refused(error)}")
            raise typer.Exit(2) from None


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Treat SIGTERM (`kill`, the end of a job system's job) as Ctrl-C, even where Ctrl-C is ignored, as behind a shell script's &.

    Only the first counts: `timeout` and job systems send another to the whole group while the cluster ends.
    """
    stopped: list[bool] = []

    def stop(*_: Any) -> None:
        if not stopped:
            stopped.append(True)
            raise KeyboardInterrupt

    if (
        threading.current_thread() is not threading.main_thread()
    ):  # other threads may set no handlers and get no signals
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


REMEDIES = {
    errno.ENOSPC: "make room there, or name another place",
    errno.EDQUOT: "make room there, or name another place",
    errno.EACCES: "name another place, or change who may use this one",
    errno.EPERM: "name another place, or change who may use this one",
    errno.EROFS: "name a place that can be written to",
    errno.ENOENT: "check how it is spelt",
    errno.EEXIST: "name another place, or move the file that is there",
    errno.ENOTDIR: "name another place: a part of this path is a file",
    errno.EISDIR: "name a file, not a folder",
    errno.EMFILE: "close other programs, or raise the limit (ulimit -n)",
}
"""Remedies for refusals of the system."""


def refused(error: OSError) -> str:
    """Return a sentence that says what the system refused, where, and what to do."""
    where = f"{error.filename}: " if error.filename is not None else ""
    remedy = REMEDIES.get(error.errno or 0, "try again, or check the disk and the network")
    return f"{where}{error.strerror or error or type(error).__name__}; {remedy}."


def clean(value: Any) -> Any:
    """Return the value in JSON's types: NaN and infinities become null."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def answers_from(given: list[str] | None) -> dict[str, float | str]:
    """Return the answers of --set by key. Raises UserError for an answer that is not KEY=VALUE."""
    pairs = {}
    for answer in given or []:
        key, equals, value = answer.partition("=")
        if not equals or not key:
            raise UserError(f"--set {answer}: write it as KEY=VALUE, for example sampling_rate=30000.")
        pairs[key.strip()] = _number(value.strip())
    return pairs


def _number(text: str) -> float | str:
    """Return the number that a text states, else the text."""
    try:
        return float(text)
    except ValueError:
        return text


def print_json(value: Any) -> None:
    """Print one JSON object on stdout."""
    typer.echo(json.dumps(clean(value), allow_nan=False))


def progress_on_stderr(what: str) -> Callable[[float], None]:
    """Return a callback that writes progress to stderr, a line for each full 10 %."""
    last = [-1]

    def show(share: float) -> None:
        tenth = int(share * 10)
        if tenth > last[0]:
            last[0] = tenth
            say(f"{what}: {tenth * 10} %")

    return show


def on_cluster(scheduler: str | None) -> Callable[[Any], list[Any]]:
    """Connect to the cluster and return a function that simulates many items on it."""
    from .. import cluster, jobs
    from ..inference.asking.simulated import simulate_item

    cluster.connect(scheduler)
    return lambda items: jobs.run_all(items, simulate_item)
