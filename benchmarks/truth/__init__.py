"""Is the fast engine the model? `python -m benchmarks.truth spikes|golden|distribution|precision|step` writes
docs/truth/."""
