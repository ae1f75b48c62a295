"""Result tables: a CSV that grows during the work, and the page that is made from it."""

from __future__ import annotations

import csv
import platform
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "docs" / "truth"


class Rows:
    """A CSV file of results. Existing rows are not computed again."""

    def __init__(self, name: str, keys: Sequence[str], *, again: bool = False) -> None:
        self.path, self.keys = FOLDER / f"{name}.csv", tuple(keys)
        if again:
            self.path.unlink(missing_ok=True)
        self.rows: list[dict[str, str]] = []
        if self.path.exists():
            with self.path.open(newline="", encoding="utf-8") as file:
                self.rows = list(csv.DictReader(file))

    def missing(self, wanted: Iterable[tuple]) -> list[tuple]:
        """Return the wanted keys that have no row yet."""
        there = {tuple(row[key] for key in self.keys) for row in self.rows}
        return [key for key in wanted if tuple(map(str, key)) not in there]

    def add(self, row: Mapping[str, object]) -> None:
        """Append a row. All rows have the same columns."""
        new = not self.path.exists()
        text = {name: f"{value:.6g}" if isinstance(value, float) else str(value) for name, value in row.items()}
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(text))
            if new:
                writer.writeheader()
            writer.writerow(text)
        self.rows.append(text)


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with three-digit numbers."""

    def cell(value: object) -> str:
        return f"{value:.3g}" if isinstance(value, float) else str(value)

    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(map(cell, row)) + " |" for row in rows])


def write_page(name: str, title: str, *sections: str) -> None:
    """Write docs/truth/<name>.md: the sections, the command, and the versions and machine that it ran on."""
    made = (
        f"`python -m benchmarks.truth {' '.join(sys.argv[1:])}`, {datetime.now(UTC):%Y-%m-%d}, "
        f"brian2 {version('brian2')}, numba {version('numba')}, numpy {version('numpy')}, {platform.machine()}."
    )
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.md").write_text("\n\n".join([f"# {title}", *sections, made]) + "\n", encoding="utf-8")


def in_processes(work: Callable[[Any], dict[str, object]], jobs: Sequence[Any], rows: Rows, processes: int) -> None:
    """Do the jobs in the given number of processes and add a row for each. Raises when a process dies."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(work, job) for job in jobs]):
            rows.add(done.result())
            print(f"{rows.path.stem}: {len(rows.rows)} rows", flush=True)
