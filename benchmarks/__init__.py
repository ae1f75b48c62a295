"""The source of the figures in the README and the docs. `python -m benchmarks` measures the engine; each module says what it measures."""
