"""Rows of the table of formats: files of array makers, acquisition systems and sorters."""

from __future__ import annotations

from .format import Format

HDF5_FILES = (".h5", ".hdf5")

MAXWELL = Format(
    "MaxWell", (".h5",), "MaxOne and MaxTwo: the spikes that MaxLab Live detected while recording; units are channels", "hdf5",
    "acquisition.maxwell:is_maxwell", "acquisition.maxwell:read_maxwell", asked=("well", "segment", "silent_units", "duration"),
    limits="Traces are not read; a file without detected spikes is refused.",
    export="Nothing to export: give the .raw.h5 of a recording with spike detection, or a sorting of it.", links=True,
)  # fmt: skip
MULTICHANNEL = Format(
    "Multi Channel Systems", (".h5",), "HDF5 of Multi Channel DataManager: TimeStampStream, else the times of SegmentStream", "hdf5",
    "acquisition.multichannel:is_multichannel", "acquisition.multichannel:read_multichannel",
    asked=("segment", "variable", "well", "silent_units"), limits="Traces and cut-outs are not read.",
    export="Multi Channel DataManager: open the .msrd or .mcd, choose HDF5, and tick the spike (timestamp) streams.", links=True,
)  # fmt: skip
BRAINWAVE = Format(
    "3Brain", (".bxr",), "results of BrainWave 4 and 5 (BXR 3 and 4); units are electrodes, or the sorter's", "hdf5",
    "acquisition.brainwave:is_brainwave", "acquisition.brainwave:read_brainwave", asked=("well", "unit_variable", "sampling_rate"),
    limits="Raw files (.brw) are refused.", export="BrainWave: detect spikes and save the results (.bxr).", links=True,
)  # fmt: skip
KWIK = Format(
    "Klusta", (".kwik",), "the sorting of Klusta and KlustaViewa, with the clusters' groups", "hdf5", "sorters.kwik:is_kwik",
    "sorters.kwik:read_kwik", asked=("segment", "units", "sampling_rate", "duration"), links=True,
)  # fmt: skip
CIRCUS = Format(
    "SpyKING CIRCUS", HDF5_FILES, "result.hdf5: the sample numbers of each template", "hdf5", "sorters.circus:is_circus",
    "sorters.circus:read_circus", asked=("sampling_rate", "duration"), limits="Spikes that no template fitted are left out.",
    export="Nothing to export; the curated sorting can also be exported for phy (circus converting).",
)  # fmt: skip
HERDINGSPIKES = Format(
    "HerdingSpikes", HDF5_FILES, "the clustered spikes of HerdingSpikes 2", "hdf5", "sorters.herdingspikes:is_herdingspikes",
    "sorters.herdingspikes:read_herdingspikes", asked=("sampling_rate", "duration"), limits="Spikes in no cluster are left out.",
    export="SaveHDF5 of HerdingSpikes.",
)  # fmt: skip
FIRINGS = Format(
    "MountainSort", (".mda",), "firings.mda: channel, sample number and label of each spike", "file", "sorters.mountainsort:is_mda",
    "sorters.mountainsort:read_mda", asked=("sampling_rate", "duration"), limits="Other .mda files hold voltages.",
    export="Nothing to export: give firings.mda, or the folder that also has params.json.",
)  # fmt: skip
FIRINGS_FOLDER = Format(
    "MountainSort", (".zip",), "a folder, or its zip, with firings.mda and params.json", "folder",
    "sorters.mountainsort:is_firings_folder", "sorters.mountainsort:read_firings_folder", asked=("sampling_rate", "duration"),
    needs=("firings.mda", "params.json"),
)  # fmt: skip
SONATA = Format(
    "SONATA", HDF5_FILES, "spike reports of simulators: timestamps and node_ids of a population", "hdf5", "standards.sonata:is_sonata",
    "standards.sonata:read_sonata", asked=("variable", "duration"), limits="Nodes that never fire are not in such files.",
)  # fmt: skip
NIX = Format(
    "NIX", (".nix", ".h5"), "spike trains that neo wrote as NIX", "hdf5", "standards.nix:is_nix", "standards.nix:read_nix",
    asked=("segment",), export="neo.io.NixIO(file, 'ow').write_all_blocks(blocks)",
)  # fmt: skip
INDEXED = Format(
    "Ragged HDF5", HDF5_FILES, "spike_times, and spike_times_index with where each unit ends", "hdf5", "hdf5.ragged:is_indexed",
    "hdf5.ragged:read_indexed", asked=("time_unit", "sampling_rate", "duration"),
)  # fmt: skip
GROUPED = Format(
    "HDF5, one unit a group", HDF5_FILES, "a group for each unit, with its spike_times", "hdf5", "hdf5.ragged:is_grouped",
    "hdf5.ragged:read_grouped", asked=("time_unit", "sampling_rate", "duration"),
)  # fmt: skip
PANDAS = Format(
    "pandas HDF5", (".h5", ".hdf5", ".hdf"), "a data frame that pandas wrote with to_hdf: a column of times and one of units", "hdf5",
    "hdf5.pandas_hdf:is_pandas", "hdf5.pandas_hdf:read_pandas",
    asked=("variable", "time_column", "unit_column", "time_unit", "duration"),
    limits="Series and columns of objects but texts are not read.",
    export="frame.to_hdf(file, key='spikes')",
)  # fmt: skip
SORTING_NPZ = Format(
    "SpikeInterface", (".npz",), "a sorting saved as .npz", "npz", "sorters.spikeinterface:is_sorting_npz",
    "sorters.spikeinterface:read_sorting_npz", asked=("segment", "duration"), export="NpzSortingExtractor.write_sorting(sorting, file)",
)  # fmt: skip
SORTING_FOLDER = Format(
    "SpikeInterface", (".zip",), "a folder, or its zip: a saved sorting, or a SortingAnalyzer as binary_folder", "folder",
    "sorters.spikeinterface:is_sorting_folder", "sorters.spikeinterface:read_sorting_folder", asked=("segment", "units", "duration"),
    export="sorting.save(folder=…) or create_sorting_analyzer(…, format='binary_folder', folder=…)",
    needs=(
        "*.json", "*.npy", "*.npz", "properties/*.npy", "sorting/*.json", "sorting/*.npy", "sorting/properties/*.npy", "recording_info/*",
    ),
)  # fmt: skip
SORTING_ZARR = Format(
    "SpikeInterface, Zarr", (".zip",), "a Zarr folder, or its zip: a saved sorting, or a SortingAnalyzer", "folder",
    "zarr_folders.zarr_formats:is_sorting_zarr", "zarr_folders.zarr_formats:read_sorting_zarr", asked=("segment", "units", "duration"),
    limits="Needs zarr (pip install 'automind-dash[zarr]').", export="create_sorting_analyzer(…, format='zarr', folder=…)",
    needs=(".z*", "zarr.json", "sorting/**/*", "spikes/**/*", "unit_ids/*", "properties/**/*", "recording_info/*"),
)  # fmt: skip
NWB_ZARR = Format(
    "NWB-Zarr", (".zip",), "a Zarr folder, or its zip, that hdmf-zarr wrote: the units table", "folder",
    "zarr_folders.zarr_formats:is_nwb_zarr", "zarr_folders.zarr_formats:read_nwb_zarr", asked=("units", "duration"),
    limits="Needs zarr (pip install 'automind-dash[zarr]'); columns that are pickled are left out.",
    export="Or to HDF5: NWBHDF5IO('out.nwb', 'w').export(src_io=NWBZarrIO(folder, 'r'))",
    needs=(".z*", "zarr.json", "units/**/*"),
)  # fmt: skip
PYNAPPLE = Format(
    "pynapple", (".npz",), "a TsGroup, with its epochs", "npz", "standards.pynapple:is_pynapple", "standards.pynapple:read_pynapple",
    limits="The units' metadata are a pickle, and are left out.", export="tsgroup.save('units.npz')",
)  # fmt: skip

NEUROEXPLORER = Format(
    "NeuroExplorer", (".nex", ".nex5"), "the neurons of .nex and .nex5", "file", "acquisition.neuroexplorer:is_neuroexplorer",
    "acquisition.neuroexplorer:read_neuroexplorer", asked=("silent_units", "offset", "duration"),
    limits="Waveforms, events, intervals, signals and markers are left out.", export="NeuroExplorer: File, Save As, .nex5.",
)  # fmt: skip
OBJECTS = Format(
    "NumPy object arrays", (".npz",), "lists and dicts of trains: braingeneers' qm.npz (in *_acqm.zip), AutoMIND's demo", "npz",
    "pickles.pickled:holds_objects", "pickles.pickled:read_objects", asked=("variable", "sampling_rate", "time_unit", "duration"),
    limits="Only arrays, dicts, lists, texts and numbers are read, and nothing is run.",
)  # fmt: skip
PICKLE = Format(
    "Python pickle", (".pkl", ".pickle"), "a dict or list of trains, one array a unit", "file", "pickles.pickled:is_plain_pickle",
    "pickles.pickled:read_pickle", asked=OBJECTS.asked, limits=OBJECTS.limits + " Pickles of protocol 0 and 1 are refused.",
)  # fmt: skip

PLEXON = Format(
    "Plexon", (".plx",), "the units of a .plx file, read by neo", "file", "acquisition.neo_formats:is_plexon",
    "acquisition.neo_formats:read_plexon", asked=("units", "duration"), limits="Waveforms and signals are not read; .pl2 is not read.",
    export="Offline Sorter: Export to .plx, or to NeuroExplorer (.nex5).",
)  # fmt: skip
BLACKROCK = Format(
    "Blackrock", (".nev",), "the units of a .nev file, read by neo", "file", "acquisition.neo_formats:is_blackrock",
    "acquisition.neo_formats:read_blackrock", asked=("segment", "units", "duration"), limits="The .nsX files are not read.",
)  # fmt: skip
NEURALYNX = Format(
    "Neuralynx", (".nse", ".ntt"), "the units of one electrode or tetrode, read by neo", "file", "acquisition.neo_formats:is_neuralynx",
    "acquisition.neo_formats:read_neuralynx", asked=("units", "offset", "duration"), limits="Signals (.ncs) and events are not read.",
)  # fmt: skip
NEURALYNX_FOLDER = Format(
    "Neuralynx", (".zip",), "a folder, or its zip, with .nse and .ntt files, read by neo", "folder",
    "acquisition.neo_formats:is_neuralynx_folder", "acquisition.neo_formats:read_neuralynx_folder", asked=NEURALYNX.asked,
    limits=NEURALYNX.limits, needs=("*.[nN][sS][eE]", "*.[nN][tT][tT]"),
)  # fmt: skip
SPIKE2 = Format(
    "Spike2", (".smr",), "the WaveMark channels of a .smr file, read by neo", "file", "acquisition.neo_formats:is_spike2",
    "acquisition.neo_formats:read_spike2", asked=("units",), limits="Event channels without waveforms are not taken for units.",
)  # fmt: skip
SPIKE2_64 = Format(
    "Spike2, 64 bits", (".smrx",), "the WaveMark channels of a .smrx file, read by neo with CED's sonpy", "file",
    "acquisition.neo_formats:is_spike2_64", "acquisition.neo_formats:read_spike2_64", asked=("units",),
    limits="Needs sonpy (pip install sonpy).", export="Spike2: File, Save As, .smr.",
)  # fmt: skip
OPEN_EPHYS = Format(
    "Open Ephys", (".zip",), "a recording's folder, or its zip, of the binary format: its spike groups", "folder",
    "acquisition.openephys:is_open_ephys_binary", "acquisition.openephys:read_open_ephys_binary", asked=("sampling_rate", "duration"),
    limits="Continuous data are not read.", needs=("structure.oebin", "spikes/**/*.npy", "continuous/*/*.npy"),
)  # fmt: skip
OPEN_EPHYS_FIRST = Format(
    "Open Ephys, first format", (".zip",), "a folder, or its zip, with .spikes files", "folder",
    "acquisition.openephys:is_open_ephys_first",
    "acquisition.openephys:read_open_ephys_first", asked=("segment", "units", "offset", "duration"),
    needs=("*.spikes",),
)  # fmt: skip

VENDOR_FORMATS: tuple[Format, ...] = (
    MAXWELL, MULTICHANNEL, BRAINWAVE, KWIK, CIRCUS, HERDINGSPIKES, FIRINGS, FIRINGS_FOLDER, SONATA, NIX, PANDAS, INDEXED, GROUPED,
    SORTING_NPZ, SORTING_FOLDER, SORTING_ZARR, NWB_ZARR, PYNAPPLE,
    NEUROEXPLORER, PLEXON, BLACKROCK, NEURALYNX, NEURALYNX_FOLDER, SPIKE2, SPIKE2_64, OPEN_EPHYS, OPEN_EPHYS_FIRST, OBJECTS, PICKLE,
)  # fmt: skip
"""Tried before the common formats: a layout that is known is not taken for arrays of any name."""
