"""The formats that can be read, for the file dialog, the documentation and error messages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A file format: its name, the extensions of its files (a folder has none), and what it is."""

    name: str
    extensions: tuple[str, ...]
    meaning: str


NWB = Format("NWB", (".nwb",), "Neurodata Without Borders 2: the units table, read with pynwb")
PHY = Format("Phy/Kilosort", (".zip",), "a folder, or its zip, with spike_times.npy and spike_clusters.npy")
ALF = Format("ALF", (".zip",), "a folder, or its zip, with spikes.times.npy and spikes.clusters.npy")
CARMEN = Format("CARMEN HDF5", (".h5", ".hdf5"), "multi-electrode arrays: spikes, sCount, names, epos")
MATLAB = Format("MATLAB", (".mat",), "v5 and v7.3: nested cells of spike times, or a vector of times and one of units")
HDF5 = Format("HDF5", (".h5", ".hdf5"), "any HDF5 file with a vector of times and one of units")
SPIKE_LIST = Format("Spike list", (".csv", ".tsv", ".txt", ".gz"), "text with a column of times and a column of units")
PARQUET = Format("Parquet", (".parquet", ".pqt"), "a table with a column of times and a column of units")
AXION = Format("Axion spike list", (".csv", ".gz"), "the spike list that Axion's software exports, one well at a time")
NPZ = Format("NumPy archive", (".npz",), "spike_times (s), spike_units (0 … n-1), duration_s; no object arrays")
SAVED = Format("AutoMIND recording", (".npz",), "a recording saved by this project")

FORMATS = (NWB, PHY, ALF, CARMEN, MATLAB, HDF5, SPIKE_LIST, PARQUET, AXION, NPZ, SAVED)
"""Every format, in the order in which the documentation lists them."""

READABLE = (
    "NWB, a Phy or ALF folder or its zip, CARMEN HDF5, MATLAB .mat, a CSV, TSV or Parquet spike list, or .npz with "
    "spike_times, spike_units and duration_s"
)
"""What error messages say can be read."""
