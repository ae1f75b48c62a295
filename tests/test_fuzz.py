"""Damaged files of every kind, drawn from a seed, are read or are one sentence; `python -m benchmarks.fuzz` tries more."""

import numpy as np

from benchmarks.fuzz import damaged, fuzz, oddity, originals

COUNT = 100
"""Some five of each kind, a quarter of a minute on two cores."""


def test_damaged_files_are_read_or_are_one_sentence():
    assert [(odd.name, odd.why) for odd in fuzz(seed=20261128, count=COUNT)] == []


def test_whole_files_are_read_and_damage_repeats_itself(tmp_path):
    whole = originals(tmp_path)
    assert len(whole) >= 18
    for name, content in whole.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert oddity(path) == "", name
        one, same, other = (damaged(content, np.random.default_rng(seed)) for seed in (1, 1, 2))
        assert one == same != other
