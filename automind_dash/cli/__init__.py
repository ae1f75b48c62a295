"""The program in a terminal: features, sample, simulate, fit, figure, study, changed, refute, evaluate, campaign, train, serve, demo.

Results go to stdout (one JSON object with --json), progress and guesses to stderr. The exit status is 0 only on
success, and 2 for bad input.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated, Any

import typer
import typer.core

from ..version import __version__
from . import estimators, figure, page, questions, recordings, study


class Terminal(typer.core.TyperGroup):
    """The group of verbs. A character that the terminal's or the file's code page lacks is replaced, so it never ends a verb."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run a verb."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a test or a notebook may put something else in its place
                stream.reconfigure(errors="replace")
        return super().main(*args, **options)


app = typer.Typer(
    cls=Terminal,
    name="automind-dash",
    help="Which circuits could have produced this recording? (AutoMIND, Gao et al. 2024)",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (recordings, figure, study, questions, estimators, page):
    app.add_typer(part.verbs)


@app.callback(invoke_without_command=True)
def main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Which circuits could have produced this recording?"""
    if version:
        typer.echo(__version__)
        raise typer.Exit
