"""Rows of the table of formats: formats that labs exchange, and layouts of arrays and tables in general."""

from __future__ import annotations

from .format import Format

NWB = Format(
    "NWB", (".nwb",), "Neurodata Without Borders 2: the units table", "hdf5", "standards.nwb:is_nwb", "standards.nwb:read_nwb",
    links=True,
    asked=("duration", "units", "variable"),
    limits="spike times of a units table, obs_intervals, epochs, invalid_times and labels; no raw data.",
)  # fmt: skip
CARMEN = Format(
    "CARMEN HDF5", (".h5", ".hdf5"), "multi-electrode arrays: spikes, sCount, names, epos", "hdf5", "hdf5.carmen:is_carmen",
    "hdf5.carmen:read_carmen", asked=("duration", "well"),
)  # fmt: skip
MATLAB73 = Format(
    "MATLAB", (".mat",), "v5 and v7.3: nested cells of spike times, or a vector of times and one of units", "hdf5",
    "matlab.matlab73:is_matlab73", "matlab.matlab73:read_matlab73",
    asked=("variable", "unit_variable", "time_unit", "sampling_rate", "duration", "offset", "silent_units"),
)  # fmt: skip
HDF5 = Format(
    "HDF5", (".h5", ".hdf5"), "any HDF5 file with a vector of times and one of units", "hdf5", "matlab.matlab73:any_hdf5",
    "matlab.matlab73:read_matlab73", asked=MATLAB73.asked,
)  # fmt: skip
SAVED = Format(
    "AutoMIND recording",
    (".npz",),
    "a recording saved by this project",
    "npz",
    "any_arrays.npz:is_saved",
    "any_arrays.npz:read_saved",
)
NPZ = Format(
    "NumPy archive", (".npz",), "spike_times (s), spike_units (0 … n-1), duration_s; no object arrays", "npz",
    "any_arrays.npz:any_npz", "any_arrays.npz:read_npz", asked=("duration", "time_unit", "variable"),
)  # fmt: skip
PHY = Format(
    "Phy/Kilosort", (".zip",), "a folder, or its zip, with spike_times.npy and spike_clusters.npy", "folder",
    "sorters.phy:is_phy", "sorters.phy:read_phy", asked=("sampling_rate", "units", "duration"),
    limits="labels from every cluster_*.tsv; the curator's before a program's before the sorter's.",
    export="Phy, Kilosort and SpikeInterface (`export_to_phy`) write it.",
    needs=("spike_times.npy", "spike_clusters.npy", "spike_templates.npy", "params.py", "cluster*", "*metrics*", "*quality*", "*labels*"),
)  # fmt: skip
ALF = Format(
    "ALF", (".zip",), "a folder, or its zip, with spikes.times.npy and spikes.clusters.npy", "folder", "standards.alf:is_alf",
    "standards.alf:read_alf", asked=("duration",), needs=("*spikes.*", "*clusters.*", "#*#/*spikes.*"),
)  # fmt: skip
MATLAB = Format(
    "MATLAB",
    (".mat",),
    MATLAB73.meaning,
    "file",
    "matlab.matlab5:is_matlab5",
    "matlab.matlab5:read_matlab5",
    asked=MATLAB73.asked,
)
PARQUET = Format(
    "Parquet", (".parquet", ".pqt"), "a table with a column of times and a column of units", "file",
    "text.spike_list:is_parquet", "text.spike_list:read_parquet", asked=("time_column", "unit_column", "time_unit", "duration"),
)  # fmt: skip
JSON = Format(
    "JSON", (".json",), "a list of spike times for each unit, in order or under names; or a list of spikes with time and unit",
    "file", "text.json_lists:is_json", "text.json_lists:read_json", asked=("variable", "time_unit", "duration"),
)  # fmt: skip
MCD_TEXT = Format(
    "MC_DataTool text", (".txt",), "waveforms of spikes of Multi Channel Systems' MC_DataTool, a spike at each", "file",
    "text.mcd_text:is_mcd_text", "text.mcd_text:read_mcd_text", asked=("silent_units", "duration"),
)  # fmt: skip
AXION = Format(
    "Axion spike list", (".csv", ".gz"), "the spike list that Axion's software exports, one well at a time", "file",
    "text.axion:is_axion", "text.axion:read_axion", asked=("well", "duration"),
    export="AxIS Navigator: Batch Process, Spike List as CSV.",
)  # fmt: skip
SPIKE_LIST = Format(
    "Spike list", (".csv", ".tsv", ".txt", ".gz"), "text with a time and a unit in each row, with a column or a row for each unit, "
    "or a raster of counts", "file",
    "text.spike_list:is_text", "text.spike_list:read_text",
    limits="a row for each spike, a column or a row for each unit, or a raster; any separator, decimal sign and code page.",
    asked=("time_column", "unit_column", "time_unit", "sampling_rate", "duration", "offset", "well"),
)  # fmt: skip

ONE_ARRAY = Format(
    "Single array", (), "a .npy file by itself", "file", "files.arrays:is_array",
    refusal="it is a single array, and a recording needs times and units; give the folder that holds it (spike_times.npy "
    "and spike_clusters.npy), or that folder's zip.",
)  # fmt: skip
COMMON_FORMATS = (
    NWB, CARMEN, MATLAB73, HDF5, SAVED, NPZ, PHY, ALF, MATLAB, PARQUET, ONE_ARRAY, JSON, MCD_TEXT, AXION, SPIKE_LIST,
)  # fmt: skip
"""Of each kind the general layouts come last."""
