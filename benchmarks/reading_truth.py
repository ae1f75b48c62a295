"""The truth about each file that `reading.py` reads, worked out by other code than the readers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Truth:
    """The required result of reading a file. None or empty: not checked.

    answers: to give to the questions; asked, required: keys of questions; notes: keys of remarks; quiet: no other
    remark may appear
    last: s, the last spike in the file's time; rate: Hz, per unit and observed time
    refusal: a pattern of the sentence that must refuse the file
    """

    path: str
    units: int | None = None
    spikes: int | None = None
    duration: float | None = None
    last: float | None = None
    rate: float | None = None
    rate_tolerance: float = 1e-3
    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    quiet: bool = False
    names: tuple[str, ...] = ()
    bursting: bool | None = None
    refusal: str = ""


def _base(path: str, **more: Any) -> Truth:
    """Return the truth of the recording in most of the files: 12 units, 985 spikes in a minute, the last at 59.6403 s."""
    return Truth(path, **({"units": 12, "spikes": 985, "duration": 60, "last": 59.6403, "rate": 1.368} | more))


def _vendor(path: str, **more: Any) -> Truth:
    """Return the truth of the recording in most vendors' files: 20 units, 6 000 spikes in a minute."""
    return Truth(path, **({"units": 20, "spikes": 6000, "duration": 60} | more))


LABELS = "cases/phy_labels_in_other_files"
RASTER = "cases/raster_of_zeros_and_ones"
MOUSE = "mea_culture_mouse/TC89_DIV25_A"
HUMAN = "mea_human_ipsc/hiPSN_tc72_d41"
PLATE = "axion_csv/exampleRecording_48wells_spike_list.csv.gz"

CASES = (
    _base("cases/alf_two_revisions/alf_rev"),
    _base("cases/axion_with_well_table/axion_footer_spike_list.csv", units=6, spikes=499, asked=("well",), last=None, rate=None),
    _base(
        "cases/axion_with_well_table/axion_footer_spike_list.csv", units=6, spikes=486, answers={"well": "B2"}, last=None, rate=None
    ),
    _base("cases/braingeneers_acqm_zip/rec_acqm.zip", refusal=r'data\["train"\]\.item\(\)\.values\(\)'),
    _base("cases/column_names_in_german/excel_de_latin1.csv"),
    _base("cases/every_spike_twice/e_double.npz", spikes=1970, rate=2.736, last=None, notes=("spikes_twice",)),
    _base("cases/every_spike_twice/e_dup_exact.npz", spikes=1970, rate=2.736, notes=("spikes_twice",)),
    Truth("cases/files_without_spikes_are_read/e_one_each.npz", required=("accept",)),
    Truth("cases/float32_seconds_late/f32_late.npz", spikes=23889, notes=("coarse_times",)),
    Truth("cases/float32_seconds_late/f64_late.npz", spikes=23889),
    _base("cases/hdf5_of_array_makers/bw4.bxr"),
    _base("cases/hdf5_of_array_makers/bw5.bxr"),
    _base("cases/hdf5_of_array_makers/hs2.hdf5"),
    _base("cases/hdf5_of_array_makers/maxwell_new.raw.h5", last=None),
    _base("cases/hdf5_of_array_makers/maxwell_old.raw.h5", last=None),
    _base("cases/hdf5_of_array_makers/result.hdf5", answers={"sampling_rate": 20000}),
    _base("cases/hdf5_of_pandas/pandas_fixed.h5", refusal="pandas"),
    _base("cases/hdf5_of_pandas/pandas_table.h5", refusal="pandas"),
    Truth("cases/hdf5_unit_attribute/sonata_fast.h5", units=3, spikes=7200, duration=60, rate=40),
    _base("cases/kilosort_rez_and_matrices/rez.mat"),
    _base("cases/kilosort_rez_and_matrices/plexon_ofs.mat"),
    _base("cases/lines_before_the_header/preamble.csv"),
    _base("cases/lines_before_the_header/trailing_comma2.csv"),
    _base("cases/lines_before_the_header/units_row.csv"),
    Truth("cases/longer_than_14_hours/float64_day.npz", units=10, duration=86400, rate=0.0231),
    _base("cases/nix/neo_nix.h5"),
    _base("cases/npz_with_unit_numbers_that_skip/ids_sparse.npz", quiet=True),
    _base("cases/nwb_gap_between_epochs/obs_gap.nwb", spikes=1970, duration=1560, last=1559.6403),
    _base("cases/nwb_gap_between_epochs/invalid_times.nwb", spikes=1970, duration=1560, last=1559.6403),
    _base("cases/nwb_milliseconds/ms_as_s.nwb", answers={"time_unit": "ms"}),
    Truth("cases/nwb_milliseconds/ms_as_s.nwb", required=("time_unit",)),
    _base("cases/nwb_raw_data_linked/linked_raw.nwb"),
    Truth("cases/nwb_raw_data_linked/raw_only.nwb", refusal="no units table"),
    _base("cases/nwb_units_seen_at_different_times/obs_per_unit.nwb", duration=120, last=None),
    _base("cases/one_artefact_hides_all_bursts/e_artefact.npz", spikes=1057, rate=None, bursting=True),
    _base("cases/one_column_per_unit/wide_units.csv", names=tuple(f"ch_{i}a" for i in range(12, 24))),
    Truth("cases/one_column_per_unit/wide_equal.csv", units=12, spikes=480),
    _base("cases/one_column_per_unit/mc_analyzer_wide.txt"),
    _base("cases/one_column_per_unit/wide_units_tab.txt"),
    _base("cases/one_row_per_unit/neo_ascii.txt"),
    _base("cases/one_row_per_unit/rows_units.csv"),
    *(_base(f"cases/params_py_expressions/phy_params_{name}") for name in ("calc", "kw", "np")),
    Truth("cases/phy_int32_overflow/phy_int32", units=12, spikes=1970, last=108059.64, notes=("overflow",), refusal="2\\^31"),
    _base(f"{LABELS}/phy_cluster_info_only", units=6, spikes=None, last=None, rate=None, asked=("units",)),
    _base(f"{LABELS}/phy_cluster_info_only", answers={"units": "all"}),
    _base(f"{LABELS}/phy_ks25", units=6, spikes=None, last=None, rate=None, asked=("units",)),
    _base(f"{LABELS}/phy_quality_tsv", units=6, spikes=None, last=None, rate=None, asked=("units",)),
    _base(f"{LABELS}/phy_bombcell", units=4, spikes=None, last=None, rate=None, asked=("units",)),
    _base("cases/phy_link_to_raw_data/phy_linked_raw"),
    Truth("cases/phy_link_to_raw_data/phy_annex/sub-01", refusal="git annex get"),  # its links came as texts
    _base("cases/population_and_node_ids/sonata.csv"),
    Truth("cases/pynapple_npz/nap_two_epochs.npz", units=12, spikes=1970, duration=160, rate=1.368),
    Truth("cases/pynapple_npz/nap_silent.npz", units=12, spikes=906, duration=75),
    _base(f"{RASTER}/nan_padded.mat"),
    Truth(f"{RASTER}/raster.mat", required=("bin_width",)),
    _base(f"{RASTER}/raster.mat", answers={"bin_width": 0.001}, last=None, spikes=None, rate=None),
    Truth(f"{RASTER}/raster.npz", units=12, duration=60),
    Truth(f"{RASTER}/raster_2000.csv", required=("bin_width",)),
    Truth(f"{RASTER}/raster_2000.csv", answers={"bin_width": 0.001}, units=12, duration=2),
    Truth(f"{RASTER}/raster_T.csv", required=("bin_width",)),
    Truth(f"{RASTER}/raster_T.csv", answers={"bin_width": 0.001}, units=12, duration=2),
    _base("cases/simple_list_time_s_electrode/electrode_simple.csv"),
    *(
        Truth(f"cases/single_spikes_are_no_network_bursts/s_sparse_{name}.npz", units=units, bursting=False)
        for name, units in (("12_0.05", 12), ("16_0.02", 16), ("8_0.02", 8))
    ),
    _base("cases/spikeinterface_folder/si_numpy_folder", units=13, rate=1.263),
    _base("cases/spikeinterface_npz/si_npz.npz", units=13, rate=1.263),
    _base("cases/spikeinterface_npz/si_npz_2seg.npz", units=13, rate=1.263, asked=("segment",)),
    _base("cases/tar_bz2_xz/list.csv.bz2"),
    _base("cases/tar_bz2_xz/phy.tar.gz", units=None, spikes=None, rate=None, last=None),
    Truth("cases/times_in_ms_high_rates/fast_ms.csv", required=("time_unit",)),
    Truth("cases/times_in_ms_high_rates/fast_ms.csv", answers={"time_unit": "ms"}, units=3, spikes=7200, duration=60, rate=40),
    _base("cases/trials/trials.csv", last=None),
    Truth("cases/trials/trials_cells.mat", required=("layout",)),
    _base("cases/trials/trials_cells.mat", answers={"layout": "rows are units, columns are trials"}, asked=("trials",), last=None),
    _base("cases/windows_code_page/base.npz", quiet=True),
    _base("cases/zip_of_windows/win_backslash.zip", answers={"units": "all"}),
    _base("cases/zip_of_windows/win_backslash.zip", units=6, spikes=None, rate=None, last=None, asked=("units",)),
)  # fmt: skip

VENDORS = (
    _vendor("vendor/maxone_old.raw.h5"),
    _vendor("vendor/maxone_new.raw.h5"),
    _vendor("vendor/maxtwo.raw.h5", asked=("well",), duration=120),
    _vendor("vendor/brain_old.bxr"),
    _vendor("vendor/brain_new.bxr"),
    Truth("vendor/truncated_bxr.bxr", refusal="."),
    Truth("vendor/mcs_standard_500Hz.h5", units=8, spikes=224, duration=19.7),
    _vendor("vendor/mcs_made.h5"),
    _vendor("vendor/si_npz/sorting_cached.npz"),
    _vendor("vendor/si_numpy"),
    _vendor("vendor/spikelab_flat.h5"),
    _vendor("vendor/groups.h5"),
    _vendor("vendor/p.nex"),
    Truth("vendor/test1.nex", units=1, spikes=5),
    Truth("vendor/nex_export.txt", units=26),
    Truth("vendor/mcd.txt", units=4, spikes=6),
    _vendor("vendor/spikeMatrix.mat", required=("bin_width",)),
    _vendor("vendor/spikeMatrix.mat", answers={"bin_width": 0.001}),
    _vendor("vendor/meanap_spikes.mat"),
    _vendor("vendor/pynapple.npz"),
    _vendor("vendor/spikes.json"),
    _vendor("vendor/rec_acqm.zip", refusal="pickle"),
)

REAL = (
    Truth(f"{MOUSE}.h5", units=59, duration=911.6, rate=1.29, rate_tolerance=0.006),
    Truth("mea_culture_mouse/CTX_TC51_G2CEPHYS3_DIV14_C.h5", units=56, duration=911.1, rate=1.87, rate_tolerance=0.006),
    Truth(f"{HUMAN}_spikes6sd.h5", units=38, duration=300, rate=0.91, rate_tolerance=0.006),
    Truth(f"{HUMAN}_tidy.csv", units=38, duration=300),
    Truth("neuropixels_alf", units=289, duration=120, rate=3.60, rate_tolerance=0.006),
    Truth("phy_kilosort/bombcell", required=("sampling_rate",)),
    Truth("nwb/A2929-200711.nwb", units=15, duration=1200, rate=5.49, rate_tolerance=0.006),
    Truth("nwb/A8604-211122.nwb", units=3, duration=1088, rate=6.55, rate_tolerance=0.006),
    Truth("axion_csv/one_well_E5_spike_list.csv", units=12),
    Truth("matlab/linear-track_spikes.mat", units=31, duration=1969, rate=0.47, rate_tolerance=0.006),
)

TRUTH = (*CASES, *VENDORS, *REAL)
