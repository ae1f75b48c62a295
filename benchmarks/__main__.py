"""`python -m benchmarks`: the engine's figures as a table, or as one object with --json."""

from .engine import main

main()
