"""`python -m benchmarks`: the engine's figures, as a table or with --json as one object."""

from .engine import main

main()
