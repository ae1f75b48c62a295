"""`python -m benchmarks.reading_speed [--spikes 10000000] [--only WORD]`: how long each format takes, and how much memory.

The tests' writers make a file of 500 units in each layout, and a process of its own reads it. For each one line: seconds of the clock and
of the processor, the most memory that the process and those it started held, and whether all spikes came back. The exit status is 1 where
one takes over 30 s of the processor or over 2 GiB, which is what is promised.

docs/reading_speed.md has the results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from automind_dash.recording import Recording
from tests.recording import layouts, reader_layouts

UNITS, RATE = 500, 20
MOST_SECONDS, MOST_MEMORY = 30.0, 2 * 2**30
RASTERS = ("raster_npz", "raster_mat")
"""Of these a row for each millisecond would be written: no file holds that many spikes."""

CHILD = """
import json, resource, sys, time
from automind_dash.recording import read
import pandas, h5py

def held():  # ru_maxrss of a process begins with that of the one that started it
    try:
        return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

began = time.perf_counter()
reading = read(sys.argv[1], json.loads(sys.argv[2]))
seconds = time.perf_counter() - began
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
got = reading.recording
print(json.dumps({
    "seconds": seconds, "processor": sum(one.ru_utime + one.ru_stime for one in used),
    "memory": max(held(), used[1].ru_maxrss) * 1024,
    "spikes": got.n_spikes if got else -1, "open": [question.key for question in reading.questions if question.required],
}))
"""


def recording_of(spikes: int) -> Recording:
    """Return UNITS units that fire at RATE Hz, spikes in all; no two of a unit in one sample."""
    rng = np.random.default_rng(0)
    each = spikes // UNITS
    samples = np.cumsum(rng.integers(100, 2 * 20_000 // RATE - 100, (UNITS, each)), axis=1).ravel() + 20
    times, units = samples / 20_000, np.repeat(np.arange(UNITS), each)
    return Recording.from_spikes(times, units, duration=float(np.ceil(times.max() + 1)), n_units=UNITS, name="many")


def files(recording: Recording, only: str) -> Iterator[tuple[str, Callable[[Path], tuple[Path, dict[str, Any]]]]]:
    """Yield each layout's name and what writes it: the path, and the answers to what it leaves open."""
    common = {"duration": recording.duration}

    def plain(write: Any) -> Callable[[Path], tuple[Path, dict[str, Any]]]:
        def made(folder: Path) -> tuple[Path, dict[str, Any]]:
            written = write(recording, folder, True)
            return written.path, dict(written.answers) | (common if "duration" in written.asks else {})

        return made

    def of_maker(layout: Any) -> Callable[[Path], tuple[Path, dict[str, Any]]]:
        def made(folder: Path) -> tuple[Path, dict[str, Any]]:
            path = layout.write(folder / layout.name, recording, **dict(layout.facts))
            return path, dict(layout.answers) | (common if "duration" in layout.questions else {})

        return made

    for name, write in layouts.LAYOUTS.items():
        if only in name and name not in RASTERS:
            yield name, plain(write)
    seen: set[str] = set()
    for layout in reader_layouts.LAYOUTS:
        name = layout.write.__name__
        if only in str(layout) and name not in seen:
            seen.add(name)
            yield str(layout), of_maker(layout)


def main() -> None:
    """Measure each layout and print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spikes", type=int, default=10**7)
    parser.add_argument("--only", default="", help="layouts whose names hold this word")
    arguments = parser.parse_args()
    recording = recording_of(arguments.spikes)
    over = 0
    for name, made in files(recording, arguments.only):
        with tempfile.TemporaryDirectory() as folder:
            path, answers = made(Path(folder))
            child = subprocess.run(
                [sys.executable, "-c", CHILD, str(path), json.dumps(answers)],
                capture_output=True,
                text=True,
                check=False,
            )
        if child.returncode:
            print(f"FAILED {name:28} {child.stderr.strip().splitlines()[-1][:120]}", flush=True)
            over += 1
            continue
        got = json.loads(child.stdout)
        whole = got["spikes"] == recording.n_spikes
        slow = got["processor"] > MOST_SECONDS or got["memory"] > MOST_MEMORY or not whole
        over += slow
        lost = "" if whole else f", {got['spikes']} spikes, open: {got['open']}"
        print(
            f"{'OVER' if slow else 'ok':6} {name:28} {got['seconds']:6.1f} s, processor {got['processor']:6.1f} s, "
            f"{got['memory'] / 2**30:5.2f} GiB{lost}",
            flush=True,
        )
    sys.exit(bool(over))


if __name__ == "__main__":
    main()
