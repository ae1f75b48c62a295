"""What the README's and the docs' figures come from: `python -m benchmarks` runs the engine's, each module says what it
measures."""
