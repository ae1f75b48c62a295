"""Run one comparison: `python -m benchmarks.truth spikes|golden|distribution|precision|step [--again] [--processes
2]`."""

from __future__ import annotations

import argparse

from . import distribution, golden, spikes


def main() -> None:
    """Read the command and run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.truth", description=__doc__)
    parser.add_argument("what", choices=("spikes", "golden", *distribution.COMPARISONS))
    parser.add_argument("--again", action="store_true", help="start from nothing; else what docs/truth has is kept")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    settings = {"again": options.again, "processes": options.processes}
    if options.what in distribution.COMPARISONS:
        distribution.main(options.what, **settings)
    else:
        {"spikes": spikes, "golden": golden}[options.what].main(**settings)


if __name__ == "__main__":
    main()
