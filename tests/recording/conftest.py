"""A small recording, writers of each format, and a way to compare what was read with what was written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from automind_dash.recording import Recording


@pytest.fixture
def spikes() -> Recording:
    """Five units over 100 s at about 4 Hz each, every one with spikes."""
    rng = np.random.default_rng(7)
    times, units = np.sort(rng.uniform(0.2, 99.5, 2000)), rng.integers(0, 5, 2000)
    return Recording.from_spikes(times.round(5), units, duration=100.0, n_units=5)


@pytest.fixture
def same_spikes() -> Callable[..., None]:
    """Compare the spikes of two recordings, up to the order of simultaneous ones."""

    def compare(got: Recording, expected: Recording, tolerance: float = 1e-9) -> None:
        assert got.n_units == expected.n_units
        assert got.n_spikes == expected.n_spikes
        for mine, other in zip(got.trains(), expected.trains(), strict=True):
            np.testing.assert_allclose(mine, other, rtol=0, atol=tolerance)

    return compare


@pytest.fixture
def phy_folder(tmp_path, spikes) -> Path:
    """A Phy folder at 25 kHz as Kilosort writes it: uint64 samples as (n, 1), cluster numbers with gaps."""
    folder = tmp_path / "sorting"
    folder.mkdir()
    np.save(folder / "spike_times.npy", np.round(spikes.spike_times * 25_000).astype(np.uint64)[:, None])
    np.save(folder / "spike_clusters.npy", (spikes.spike_units * 3 + 2).astype(np.uint32)[:, None])
    (folder / "params.py").write_text("dat_path = 'raw.dat'\nn_channels_dat = 64\nsample_rate = 25000.\n")
    return folder


@pytest.fixture
def carmen_file(tmp_path, spikes) -> Path:
    """A CARMEN file with positions, names and one more unit that never fires."""
    path = tmp_path / "culture.h5"
    with h5py.File(path, "w") as file:
        file["spikes"] = np.concatenate(spikes.trains())
        file["sCount"] = np.array([*np.bincount(spikes.spike_units), 0], dtype=np.int32)
        file["names"] = np.array([b"ch_%d" % i for i in range(6)])
        file["epos"] = np.arange(12.0).reshape(2, 6)
        file["recordingtime"] = [0.0, 100.0]
    return path
