"""Writers of the layouts of makers and sorters, each of a recording and with or without what the layout may leave out.

A writer returns the path. Sample numbers are counted at RATE. `Layout` says what reading must give of units without a spike, and
which questions stay open with and without each optional fact.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from automind_dash.recording import Recording

RATE = 20_000.0
FIRST = 5_000_000
"""The frame at which a MaxWell recording begins."""

SPIKE = np.dtype([("frameno", "<i8"), ("channel", "<i4"), ("amplitude", "<f4")])
MAPPING = np.dtype([("channel", "<i4"), ("electrode", "<i4"), ("x", "<f8"), ("y", "<f8")])


def samples(recording: Recording, rate: float = RATE) -> np.ndarray:
    return np.round(recording.spike_times * rate).astype(np.int64)


def trains(recording: Recording, rate: float = RATE) -> list[np.ndarray]:
    return [samples(recording, rate)[recording.spike_units == unit] for unit in range(recording.n_units)]


def frames(recording: Recording) -> int:
    return round(recording.duration * RATE)


def maxwell_group(group: h5py.Group, recording: Recording, *, ends: bool = True, rate: bool = True) -> None:
    table = np.zeros(recording.n_spikes, SPIKE)
    table["frameno"], table["channel"] = samples(recording) + FIRST, recording.spike_units * 3
    group["spikes"] = table
    mapping = np.zeros(recording.n_units, MAPPING)
    mapping["channel"] = mapping["electrode"] = np.arange(recording.n_units) * 3
    mapping["x"] = np.arange(recording.n_units) * 17.5
    group["settings/mapping"] = mapping
    if rate:
        group["settings/sampling"] = [RATE]
    numbers = np.arange(FIRST, FIRST + (frames(recording) if ends else 10))
    group.create_dataset("groups/routed/frame_nos", data=numbers, compression="gzip")


def maxwell_wells(path: Path, recording: Recording, **facts: Any) -> Path:
    with h5py.File(path, "w") as file:
        file["version"] = [b"20190530"]
        maxwell_group(file.create_group("wells/well000/rec0000"), recording, **facts)
        file["recordings/rec0000/well000"] = h5py.SoftLink("/wells/well000/rec0000")
    return path


def maxwell_store(path: Path, recording: Recording, **facts: Any) -> Path:
    with h5py.File(path, "w") as file:
        maxwell_group(file.create_group("data_store/data0000"), recording, **facts)
    return path


def maxwell_old(path: Path, recording: Recording, *, ends: bool = True) -> Path:
    with h5py.File(path, "w") as file:
        file["version"] = [b"20160704"]
        maxwell_group(file.create_group("x"), recording)
        file["proc0/spikeTimes"], file["mapping"] = file["x/spikes"], file["x/settings/mapping"]
        del file["x"]
        if ends:  # the machine's own counter in the last two rows of the traces
            counter = np.arange(FIRST, FIRST + frames(recording))
            signal = file.create_dataset("sig", (1028, len(counter)), "u2", chunks=(1, min(len(counter), 100_000)))
            signal[-2], signal[-1] = counter & 0xFFFF, counter >> 16
    return path


def multichannel(
    path: Path, recording: Recording, *, ends: bool = True, exponent: int = -6, silent: bool = True
) -> Path:
    info = np.dtype(
        [("TimeStampEntityID", "<i4"), ("Label", "S10"), ("Exponent", "<i4"), ("SourceChannelLabels", "S20")]
    )
    with h5py.File(path, "w") as file:
        group = file.create_group("Data/Recording_0")
        if ends:
            group.attrs["Duration"] = np.int64(round(recording.duration * 1e6))
        stream = group.create_group("TimeStampStream/Stream_0")
        stream["InfoTimeStamp"] = np.array(
            [(i, b"", exponent, b"E%d   \r\n" % i) for i in range(recording.n_units)], info
        )
        for i, train in enumerate(trains(recording, 10.0**-exponent)):
            if train.size or silent:
                stream[f"TimeStampEntity_{i}"] = train[None]
    return path


def multichannel_segments(path: Path, recording: Recording) -> Path:
    info = np.dtype([("SegmentID", "<i4"), ("Label", "S10"), ("SourceChannelIDs", "S20")])
    with h5py.File(path, "w") as file:
        file.attrs["McsHdf5ProtocolType"] = np.bytes_("RawData")
        stream = file.create_group("Data/Recording_0/SegmentStream/Stream_0")
        file["Data/Recording_0"].attrs["Duration"] = np.int64(round(recording.duration * 1e6))
        stream["InfoSegment"] = np.array([(i, b"", b"%d" % i) for i in range(recording.n_units)], info)
        for i, train in enumerate(trains(recording, 1e6)):
            stream[f"SegmentData_ts_{i}"] = train[None]
            stream[f"SegmentData_{i}"] = np.zeros((20, train.size), "i4")
    return path


def brainwave3(path: Path, recording: Recording, *, ends: bool = True, rate: bool = True) -> Path:
    with h5py.File(path, "w") as file:
        file["3BResults/3BChEvents/SpikeTimes"] = samples(recording)
        file["3BResults/3BChEvents/SpikeChIDs"] = recording.spike_units.astype("i4") * 65
        file["3BResults/3BChEvents/SpikeUnits"] = np.zeros(recording.n_spikes, "i4")
        file.create_group("3BRecInfo/3BRecVars")
        if rate:
            file["3BRecInfo/3BRecVars/SamplingRate"] = [RATE]
        if ends:
            file["3BRecInfo/3BRecVars/NRecFrames"] = np.array([frames(recording)], "i8")
    return path


def brainwave4(
    path: Path, recording: Recording, *, ends: bool = True, rate: bool = True, settings: bool = False
) -> Path:
    with h5py.File(path, "w") as file:
        file["Well_A1/SpikeTimes"] = samples(recording)
        file["Well_A1/SpikeChIdxs"] = recording.spike_units.astype("i4")
        file["Well_A1/StoredChIdxs"] = np.arange(4096, dtype="i4")
        if settings:
            file["ExperimentSettings"] = np.array([json.dumps({"TimeConverter": {"FrameRate": RATE}}).encode()])
        elif rate:
            file.attrs["SamplingRate"] = RATE
        if ends:
            half = frames(recording) // 2
            file["TOC"] = np.array([[0, half], [half, frames(recording)]], "i8")
    return path


def sorting_npz(path: Path, recording: Recording, *, segments: int = 1) -> Path:
    arrays: dict[str, Any] = {
        "unit_ids": np.arange(recording.n_units), "num_segment": np.array([segments]), "sampling_frequency": np.array([RATE]),
    }  # fmt: skip
    for i in range(segments):
        arrays[f"spike_indexes_seg{i}"] = samples(recording)
        arrays[f"spike_labels_seg{i}"] = recording.spike_units.astype(
            float
        )  # as SpikeInterface writes them beside a silent unit
    np.savez(path, **arrays)
    return path


def sorting_npz_folder(path: Path, recording: Recording) -> Path:
    path.mkdir()
    sorting_npz(path / "sorting_cached.npz", recording)
    (path / "npz.json").write_text(json.dumps({"class": "x.NpzSortingExtractor"}))
    return path


def sorting_folder(path: Path, recording: Recording, *, segments: int = 1, labels: list[str] | None = None) -> Path:
    path.mkdir(parents=True)
    table = np.zeros(
        recording.n_spikes * segments, [("sample_index", "<i8"), ("unit_index", "<i8"), ("segment_index", "<i8")]
    )
    table["sample_index"] = np.tile(samples(recording), segments)
    table["unit_index"] = np.tile(recording.spike_units, segments)
    table["segment_index"] = np.repeat(np.arange(segments), recording.n_spikes)
    np.save(path / "spikes.npy", table)
    info = {
        "sampling_frequency": RATE,
        "unit_ids": [f"u{i}" for i in range(recording.n_units)],
        "num_segments": segments,
    }
    (path / "numpysorting_info.json").write_text(json.dumps(info))
    if labels:
        (path / "properties").mkdir()
        np.save(path / "properties" / "quality.npy", np.array(labels))
    return path


def analyzer_folder(path: Path, recording: Recording, **facts: Any) -> Path:
    sorting_folder(path / "sorting", recording, **facts)
    (path / "recording_info").mkdir()
    (path / "recording_info" / "recording_attributes.json").write_text(json.dumps({"num_samples": [frames(recording)]}))
    (path / "spikeinterface_info.json").write_text(json.dumps({"version": "0.105.3", "object": "SortingAnalyzer"}))
    return path


def kwik(path: Path, recording: Recording, *, rate: bool = True, recordings: int = 1) -> Path:
    with h5py.File(path, "w") as file:
        base = file.create_group("channel_groups/0/spikes")
        base["time_samples"] = np.tile(samples(recording), recordings).astype("u8")
        base["clusters/main"] = np.tile(recording.spike_units + 2, recordings).astype("u4")
        base["recording"] = np.repeat(np.arange(recordings), recording.n_spikes).astype("u2")
        for unit in range(recording.n_units):
            file.create_group(f"channel_groups/0/clusters/main/{unit + 2}").attrs["cluster_group"] = 2
        for i in range(recordings):
            group = file.create_group(f"recordings/{i}")
            if rate:
                group.attrs["sample_rate"] = RATE
    return path


def circus(path: Path, recording: Recording) -> Path:
    with h5py.File(path, "w") as file:
        for i, train in enumerate(trains(recording)):
            file[f"spiketimes/temp_{i}"] = train.astype("u4")
            file[f"amplitudes/temp_{i}"] = np.ones((train.size, 2), "f4")
    return path


def firings(path: Path, recording: Recording, *, kind: int = -7) -> Path:
    """MountainSort's matrix of a column for each spike: channel, sample number, label."""
    dtype = {-7: "<f8", -5: "<i4", -8: "<u4"}[kind]
    rows = np.array([recording.spike_units % 4 + 1, samples(recording), recording.spike_units + 1])
    header = struct.pack("<5i", kind, np.dtype(dtype).itemsize, 2, *rows.shape)
    path.write_bytes(header + rows.astype(dtype).tobytes("F"))
    return path


def firings_folder(path: Path, recording: Recording) -> Path:
    path.mkdir()
    firings(path / "firings.mda", recording)
    (path / "params.json").write_text(json.dumps({"samplerate": RATE, "spike_sign": -1}))
    return path


def herdingspikes(path: Path, recording: Recording, *, rate: bool = True) -> Path:
    with h5py.File(path, "w") as file:
        file["times"], file["cluster_id"] = samples(recording), recording.spike_units.astype("i8")
        file["centres"] = np.zeros((recording.n_units, 2))
        file["Sampling"] = RATE if rate else 0
    return path


def sonata(path: Path, recording: Recording, *, units: str = "milliseconds") -> Path:
    with h5py.File(path, "w") as file:
        file["spikes/cortex/timestamps"] = recording.spike_times * (1e3 if units != "s" else 1)
        if units:
            file["spikes/cortex/timestamps"].attrs["units"] = units
        file["spikes/cortex/node_ids"] = recording.spike_units.astype("u8")
    return path


def nix(path: Path, recording: Recording, *, unit: str = "ms", per_second: float = 1e3) -> Path:
    with h5py.File(path, "w") as file:
        file.attrs["format"] = "nix"
        segment = file.create_group("data/block/groups/neo.segment.a")
        segment.attrs["type"] = "neo.segment"
        for i, train in enumerate(recording.trains()):
            times = file.create_group(f"data/block/data_arrays/t{i}.times")
            times["data"], times.attrs["unit"], times.attrs["type"] = train * per_second, unit, "neo.spiketrain.times"
            tag = segment.create_group(f"multi_tags/tag{i}")
            tag.attrs["type"], tag["positions"] = "neo.spiketrain", times
            properties = tag.create_group("metadata/properties")
            properties["neo_name"] = np.array([b"unit%d" % i], dtype=object)
            properties["t_start"], properties["t_stop"] = [0.0], [recording.duration * per_second]
    return path


def indexed(path: Path, recording: Recording, *, units: str = "s", kind: str = "ends") -> Path:
    counts = np.bincount(recording.spike_units, minlength=recording.n_units)
    index = {"ends": np.cumsum(counts), "starts": np.cumsum(counts) - counts, "counts": counts}[kind]
    with h5py.File(path, "w") as file:
        file["spike_times"] = np.concatenate([*recording.trains(), np.empty(0)])
        file["spike_times_index"] = index
        if units:
            file["spike_times"].attrs["units"] = units
    return path


def grouped(path: Path, recording: Recording, *, units: str = "seconds") -> Path:
    with h5py.File(path, "w") as file:
        for i, train in enumerate(recording.trains()):
            file[f"units/unit_{i}/spike_times"] = train
            if units:
                file[f"units/unit_{i}/spike_times"].attrs["units"] = units
    return path


def pynapple(path: Path, recording: Recording, *, epochs: bool = False) -> Path:
    half = recording.duration / 2
    np.savez(
        path,
        t=recording.spike_times,
        index=recording.spike_units.astype(np.int64) * 3,
        keys=np.arange(recording.n_units) * 3,
        start=np.array([0.0, half] if epochs else [0.0]),
        end=np.array([half, recording.duration] if epochs else [recording.duration]),
        type=np.array(["TsGroup"]),
        _metadata=np.array({"rate": [1.0]}, dtype=object),
    )
    return path


def nex(path: Path, recording: Recording, *, fifth: bool = False, long: bool = False, waveforms: bool = True) -> Path:
    """NeuroExplorer: the neurons, and a waveform variable that repeats the first, as Offline Sorter writes them."""
    dtype = "<i8" if long else "<i4"
    items = [(0, f"sig{i:03d}", train) for i, train in enumerate(trains(recording))]
    items += [(3, "sig000_wf", trains(recording)[0])] if waveforms else []
    head, row = (356, 244) if fifth else (544, 208)
    body, rows, at = b"", b"", head + row * len(items)
    for kind, name, train in items:
        data = train.astype(dtype).tobytes()
        head_of = struct.pack("<ii64s", kind, 100, name.encode())
        rows += (
            head_of + struct.pack("<QQi", at, train.size, int(long))
            if fifth
            else head_of + struct.pack("<ii", at, train.size)
        ).ljust(row, b"\0")
        body, at = body + data, at + len(data)
    if fifth:
        start = struct.pack("<4si256sdqiQq", b"NEX5", 502, b"", RATE, 0, len(items), 0, frames(recording))
    else:
        start = struct.pack("<4si256sdiii", b"NEX1", 104, b"", RATE, 0, frames(recording), len(items))
    path.write_bytes(start.ljust(head, b"\0") + rows + body)
    return path


def acqm(path: Path, recording: Recording, *, protocol: int = 4) -> Path:
    """braingeneers: a zip with qm.npz, in which a dict of trains is an object array of no dimension."""
    arrays = {
        "train": dict(enumerate(trains(recording))),
        "neuron_data": {i: {"channel": np.int64(i), "position": (0.0, 1.5)} for i in range(recording.n_units)},
        "config": {"name": "a", "list": [1, 2, None]},
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as outer:
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            for key, value in arrays.items():
                archive.writestr(f"{key}.npy", object_npy(np.array(value, dtype=object), protocol))
            plain = io.BytesIO()
            np.save(plain, RATE)
            archive.writestr("fs.npy", plain.getvalue())
        outer.writestr("qm.npz", inner.getvalue())
    return path


def object_npy(array: np.ndarray, protocol: int) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": array.shape})
    return stream.getvalue() + pickle.dumps(array, protocol=protocol)


def authors_npz(path: Path, recording: Recording) -> Path:
    """AutoMIND's demo: `spikes` is an object array of sample numbers, with fs and t_end."""
    spikes = np.empty(recording.n_units, dtype=object)
    spikes[:] = trains(recording)
    np.savez(
        path, spikes=spikes, fs=np.float64(RATE), t_end=np.float64(recording.duration), recording_name=np.array("a")
    )
    return path


def pickled(path: Path, recording: Recording) -> Path:
    path.write_bytes(
        pickle.dumps(
            {"spike_times_s": [train.tolist() for train in recording.trains()], "duration_s": recording.duration}
        )
    )
    return path


def pandas_fixed(path: Path, recording: Recording, *, objects: bool = False) -> Path:
    """As pandas.io.pytables writes a fixed data frame; with objects, the units are texts in a pickle."""
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes")
        group.attrs["pandas_type"], group.attrs["nblocks"], group.attrs["ndim"] = np.bytes_("frame"), 2, 2
        group["axis0"], group["axis1"] = np.array([b"time_s", b"unit"]), np.arange(recording.n_spikes)
        group["block0_items"], group["block0_values"] = np.array([b"time_s"]), recording.spike_times[:, None]
        group["block1_items"] = np.array([b"unit"])
        if objects:
            texts = np.array([str(unit) for unit in recording.spike_units], dtype=object)[:, None]
            block = group.create_dataset("block1_values", (1,), h5py.vlen_dtype(np.uint8))
            block[0] = np.frombuffer(pickle.dumps(texts, protocol=4), np.uint8)
            block.attrs["PSEUDOATOM"] = np.bytes_("object")
        else:
            group["block1_values"] = recording.spike_units.astype("i8")[:, None]
    return path


def pandas_table(path: Path, recording: Recording, *, data_columns: bool = False) -> Path:
    """As pandas.io.pytables writes an appendable data frame, whose attributes name its columns in pickles of protocol 0."""
    first, second = ("time_s", "unit") if data_columns else ("values_block_0", "values_block_1")
    shape = () if data_columns else (1,)
    rows = np.zeros(recording.n_spikes, [("index", "<i8"), (first, "<f8", shape), (second, "<i8", shape)])
    rows[first], rows[second] = recording.spike_times.reshape(-1, *shape), recording.spike_units.reshape(-1, *shape)
    with h5py.File(path, "w") as file:
        group = file.create_group("spikes")
        group.attrs["pandas_type"] = np.bytes_("frame_table")
        table = group.create_dataset("table", data=rows)
        for field, name in ((first, "time_s"), (second, "unit")):
            table.attrs[f"{field}_kind"] = np.bytes_(pickle.dumps([name], protocol=0))
        group["_i_table/index/sortedLR"] = np.zeros(1000, "i8")
    return path


def open_ephys(path: Path, recording: Recording, *, version: str = "0.6.7") -> Path:
    new = version >= "0.6"
    path.mkdir()
    (path / "structure.oebin").write_text(json.dumps({"GUI version": version, "spikes": [{"sample_rate": RATE}]}))
    for i, train in enumerate(trains(recording)):
        group = path / "spikes" / "Spike_Detector-104" / f"Electrode {i}"
        group.mkdir(parents=True)
        np.save(group / ("sample_numbers.npy" if new else "spike_times.npy"), train + FIRST)
        np.save(group / ("clusters.npy" if new else "spike_clusters.npy"), np.zeros(train.size, "u2"))
        np.save(group / ("electrode_indices.npy" if new else "spike_electrode_indices.npy"), np.ones(train.size, "u2"))
    stream = path / "continuous" / "Acquisition_Board-100"
    stream.mkdir(parents=True)
    np.save(stream / ("sample_numbers.npy" if new else "timestamps.npy"), np.arange(FIRST, FIRST + frames(recording)))
    return path


@dataclass(frozen=True)
class Layout:
    """A writer, and what is right. lists_silent: units without a spike stand in the file; coarse: s, the step of its times.

    questions: keys that stay open; answers: given for them; silent: asked, whether units without a spike are kept
    """

    write: Callable[..., Path]
    name: str
    facts: tuple[tuple[str, Any], ...] = ()
    questions: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    answers: tuple[tuple[str, Any], ...] = ()
    lists_silent: bool = True
    silent: bool = False
    coarse: float = 0.51 / RATE

    def __str__(self) -> str:
        return " ".join([self.write.__name__, *(f"{key}={value}" for key, value in self.facts)])


def _layout(
    write: Callable[..., Path], name: str, *questions: str, facts: dict[str, Any] | None = None, **more: Any
) -> Layout:
    return Layout(write, name, tuple((facts or {}).items()), questions, **more)


RATE_ASKED = {"required": ("sampling_rate",), "answers": (("sampling_rate", RATE),)}
EXACT = {"coarse": 1e-9}

LAYOUTS = (
    _layout(maxwell_wells, "a.raw.h5", silent=True),
    _layout(maxwell_wells, "a.raw.h5", "duration", facts={"ends": False}, silent=True),
    _layout(maxwell_wells, "a.raw.h5", facts={"rate": False}, silent=True, **RATE_ASKED),
    _layout(maxwell_store, "a.raw.h5", silent=True),
    _layout(maxwell_old, "a.raw.h5", silent=True),
    _layout(multichannel, "a.h5", silent=True, coarse=1e-6),
    _layout(multichannel, "a.h5", silent=True, facts={"silent": False}, coarse=1e-6),
    _layout(multichannel, "a.h5", "duration", facts={"ends": False}, silent=True, coarse=1e-6),
    _layout(multichannel, "a.h5", facts={"exponent": -4}, silent=True, coarse=0.51e-4),
    _layout(multichannel_segments, "a.h5", silent=True, coarse=1e-6),
    _layout(brainwave3, "a.bxr", lists_silent=False),
    _layout(brainwave3, "a.bxr", "duration", facts={"ends": False}, lists_silent=False),
    _layout(brainwave3, "a.bxr", facts={"rate": False}, lists_silent=False, **RATE_ASKED),
    _layout(brainwave4, "a.bxr", lists_silent=False),
    _layout(brainwave4, "a.bxr", facts={"settings": True}, lists_silent=False),
    _layout(brainwave4, "a.bxr", facts={"rate": False}, lists_silent=False, **RATE_ASKED),
    _layout(brainwave4, "a.bxr", "duration", facts={"ends": False}, lists_silent=False),
    _layout(sorting_npz, "a.npz", "duration"),
    _layout(sorting_npz_folder, "a", "duration"),
    _layout(sorting_folder, "a", "duration"),
    _layout(analyzer_folder, "a"),
    _layout(kwik, "a.kwik", "duration", lists_silent=False),
    _layout(kwik, "a.kwik", "duration", facts={"rate": False}, lists_silent=False, **RATE_ASKED),
    _layout(circus, "a.hdf5", "duration", **RATE_ASKED),
    _layout(firings, "firings.mda", "duration", lists_silent=False, **RATE_ASKED),
    _layout(firings, "firings.mda", "duration", facts={"kind": -5}, lists_silent=False, **RATE_ASKED),
    _layout(firings_folder, "a", "duration", lists_silent=False),
    _layout(herdingspikes, "a.hdf5", "duration", lists_silent=False),
    _layout(herdingspikes, "a.hdf5", "duration", facts={"rate": False}, lists_silent=False, **RATE_ASKED),
    _layout(sonata, "a.h5", "duration", lists_silent=False, **EXACT),
    _layout(sonata, "a.h5", "duration", facts={"units": ""}, lists_silent=False, **EXACT),
    _layout(sonata, "a.h5", "duration", facts={"units": "s"}, lists_silent=False, **EXACT),
    _layout(nix, "a.nix", **EXACT),
    _layout(nix, "a.nix", facts={"unit": "s", "per_second": 1.0}, **EXACT),
    _layout(indexed, "a.h5", "duration", **EXACT),
    _layout(grouped, "a.h5", "duration", **EXACT),
    _layout(pynapple, "a.npz", **EXACT),
    _layout(pynapple, "a.npz", facts={"epochs": True}, **EXACT),
    _layout(nex, "a.nex", silent=True),
    _layout(nex, "a.nex5", facts={"fifth": True}, silent=True),
    _layout(nex, "a.nex5", facts={"fifth": True, "long": True}, silent=True),
    _layout(acqm, "a_acqm.zip", "duration"),
    _layout(acqm, "a_acqm.zip", "duration", facts={"protocol": 2}),
    _layout(acqm, "a_acqm.zip", "duration", facts={"protocol": 5}),
    _layout(authors_npz, "a.npz", "duration"),
    _layout(pickled, "a.pkl", "duration", **EXACT),
    _layout(pandas_fixed, "a.h5", "duration", lists_silent=False, **EXACT),
    _layout(pandas_fixed, "a.h5", "duration", facts={"objects": True}, lists_silent=False, **EXACT),
    _layout(pandas_table, "a.h5", "duration", lists_silent=False, **EXACT),
    _layout(pandas_table, "a.h5", "duration", facts={"data_columns": True}, lists_silent=False, **EXACT),
    _layout(open_ephys, "a", lists_silent=False),
    _layout(open_ephys, "a", facts={"version": "0.5.3"}, lists_silent=False),
)  # fmt: skip
