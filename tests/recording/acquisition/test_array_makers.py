"""MaxWell, Multi Channel Systems and 3Brain: wells, recordings, streams, sorted units, pieces, and files without spikes."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import read, read_recording
from tests.recording.reader_layouts import (
    FIRST,
    RATE,
    SPIKE,
    brainwave3,
    brainwave4,
    maxwell_group,
    maxwell_wells,
    multichannel,
    samples,
)


def asked(path, **answers):
    return {question.key: question for question in read(path, answers).questions}


def test_maxtwo_asks_which_well(tmp_path, spikes, same_spikes):
    path = tmp_path / "plate.raw.h5"
    with h5py.File(path, "w") as file:
        maxwell_group(file.create_group("wells/well000/rec0000"), spikes.window(0, 20))
        maxwell_group(file.create_group("wells/well003/rec0000"), spikes)
    question = asked(path)["well"]
    assert (question.guess, question.choices) == ("well003", ("well000", "well003"))
    same_spikes(read_recording(path, well="well003"), spikes, 0.51 / RATE)
    assert read_recording(path, well="well000").duration == 20
    assert read_recording(path).provenance["well"] == "well003"


def test_maxwell_activity_scan_asks_which_configuration(tmp_path, spikes):
    """A scan holds a recording for each set of routed electrodes, and no traces."""
    path = tmp_path / "scan.raw.h5"
    with h5py.File(path, "w") as file:
        for i in range(3):
            group = file.create_group(f"data_store/data{i:04d}")
            maxwell_group(group, spikes.window(0, 30 + i))
            del group["groups/routed"]
            group["start_time"], group["stop_time"] = [1_700_000_000_000], [1_700_000_000_000 + 1000 * (30 + i)]
    questions = asked(path)
    assert questions["segment"].choices == ("data0000", "data0001", "data0002")
    assert "start_time" in questions["duration"].reason
    assert read_recording(path, segment="data0001").duration == 31


def test_maxwell_channels_that_no_electrode_is_routed_to_are_left_out(tmp_path, spikes):
    path = maxwell_wells(tmp_path / "a.raw.h5", spikes)
    with h5py.File(path, "r+") as file:
        table = file["wells/well000/rec0000/spikes"]
        stray = np.array([(FIRST + 5, 900, 0.0)], SPIKE)
        values = np.concatenate([table[()], stray])
        del file["wells/well000/rec0000/spikes"]
        file["wells/well000/rec0000/spikes"] = values
    recording = read_recording(path)
    assert (recording.n_units, recording.n_spikes) == (5, 2000)
    assert any("1 spikes of channels" in text for text in recording.report.left_out)
    assert recording.positions[1].tolist() == [17.5, 0.0]


@pytest.mark.parametrize("between", [False, True])
def test_maxwell_recorded_in_pieces(tmp_path, spikes, between):
    path = maxwell_wells(tmp_path / "a.raw.h5", spikes)
    with h5py.File(path, "r+") as file:
        group = file["wells/well000/rec0000"]
        table = group["spikes"][()]
        inside = (table["frameno"] < FIRST + 20 * 20_000) | (table["frameno"] >= FIRST + 60 * 20_000)
        del group["groups/routed/frame_nos"], group["spikes"]
        group["spikes"] = table if between else table[inside]
        numbers = np.concatenate([np.arange(20 * 20_000), np.arange(60 * 20_000, 100 * 20_000)]) + FIRST
        group.create_dataset("groups/routed/frame_nos", data=numbers, compression="gzip")
    recording = read_recording(path)
    assert recording.duration == 100
    note = next(note.text for note in recording.report.notes if note.key == "pieces")
    assert ("seen throughout" in note) == between


def test_maxwell_without_detected_spikes(tmp_path, spikes):
    path = maxwell_wells(tmp_path / "a.raw.h5", spikes)
    with h5py.File(path, "r+") as file:
        del file["wells/well000/rec0000/spikes"]
    with pytest.raises(RecordingError, match="MaxWell file holds traces but no detected spikes"):
        read_recording(path)


def test_frame_numbers_that_do_not_count_are_not_used(tmp_path, spikes):
    """An old file whose last rows of the traces hold no counter: the start is asked for."""
    path = tmp_path / "a.raw.h5"
    with h5py.File(path, "w") as file:
        maxwell_group(file.create_group("x"), spikes)
        file["proc0/spikeTimes"], file["mapping"] = file["x/spikes"], file["x/settings/mapping"]
        file["sig"] = np.zeros((1028, 20), "u2")
    assert asked(path)["offset"].guess == 250


def test_multichannel_streams_and_recordings(tmp_path, spikes, same_spikes):
    path = multichannel(tmp_path / "a.h5", spikes)
    with h5py.File(path, "r+") as file:
        file.copy("Data/Recording_0/TimeStampStream/Stream_0", "Data/Recording_0/TimeStampStream/Stream_1")
        del file["Data/Recording_0/TimeStampStream/Stream_1/TimeStampEntity_2"]
        file.copy("Data/Recording_0", "Data/Recording_1")
        file["Data/Recording_1"].attrs["Duration"] = 120_000_000
    questions = asked(path)
    assert questions["segment"].choices == ("Recording_0", "Recording_1")
    assert questions["variable"].guess == "TimeStampStream/Stream_0"
    same_spikes(read_recording(path, variable="TimeStampStream/Stream_0"), spikes, 1e-6)
    assert read_recording(path, segment="Recording_1").duration == 120


def test_multichannel_labels_name_the_electrodes(tmp_path, spikes):
    assert read_recording(multichannel(tmp_path / "a.h5", spikes)).unit_names == ("E0", "E1", "E2", "E3", "E4")


def test_multichannel_without_spikes(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.attrs["McsHdf5ProtocolType"] = np.bytes_("RawData")
        file["Data/Recording_0/AnalogStream/Stream_0/ChannelData"] = np.zeros((8, 100), "i4")
    with pytest.raises(RecordingError, match="holds no spikes, only traces; detect spikes"):
        read_recording(path)


@pytest.mark.parametrize("write", [brainwave3, brainwave4])
def test_brainwave_without_spikes(tmp_path, spikes, write):
    path = write(tmp_path / "a.bxr", spikes)
    with h5py.File(path, "r+") as file:
        del file["3BResults/3BChEvents/SpikeTimes" if write is brainwave3 else "Well_A1/SpikeTimes"]
    with pytest.raises(RecordingError, match=r"3Brain file holds no spikes .* save them as \.bxr"):
        read_recording(path)


def test_brainwave_arrays_that_contradict(tmp_path, spikes):
    path = brainwave4(tmp_path / "a.bxr", spikes)
    with h5py.File(path, "r+") as file:
        del file["Well_A1/SpikeChIdxs"]
        file["Well_A1/SpikeChIdxs"] = np.zeros(7, "i4")
    with pytest.raises(RecordingError, match="SpikeTimes has 2000 values but SpikeChIdxs has 7"):
        read_recording(path)


def test_brainwave_sorted_units_are_asked_for(tmp_path, spikes, same_spikes):
    path = brainwave4(tmp_path / "a.bxr", spikes)
    units = spikes.spike_units + 1
    units[::10] = 0
    with h5py.File(path, "r+") as file:
        file["Well_A1/SpikeUnits"] = units
    question = asked(path)["unit_variable"]
    assert question.choices == ("SpikeChIdxs", "SpikeUnits")
    same_spikes(read_recording(path, unit_variable="SpikeChIdxs"), spikes, 0.51 / RATE)
    recording = read_recording(path, unit_variable="SpikeUnits")
    assert (recording.n_units, recording.n_spikes) == (5, 1800)
    assert "200 spikes that the sorter gave to no unit" in recording.report.left_out[0]


def test_brainwave_sorted_anew_on_each_electrode(tmp_path, spikes):
    path = brainwave4(tmp_path / "a.bxr", spikes)
    with h5py.File(path, "r+") as file:
        file["Well_A1/SpikeUnits"] = samples(spikes) % 2 + 1
    recording = read_recording(path, unit_variable="SpikeUnits")
    assert recording.n_units == 10
    assert recording.unit_names[0] == "0 unit 1"


def test_brainwave_wells(tmp_path, spikes):
    path = brainwave4(tmp_path / "a.bxr", spikes)
    with h5py.File(path, "r+") as file:
        file["Well_B2/SpikeTimes"], file["Well_B2/SpikeChIdxs"] = np.arange(20_000, 800_000, 1000), np.zeros(780, "i4")
    assert asked(path)["well"].guess == "Well_A1"
    assert read_recording(path, well="Well_B2").n_spikes == 780


@pytest.mark.parametrize("write", [maxwell_wells, multichannel, brainwave3, brainwave4])
def test_a_data_set_that_declares_too_much_is_refused(tmp_path, spikes, write):
    """A few bytes can declare 10⁹ values that are not there: nothing of that size is made."""
    path = write(tmp_path / "a.h5", spikes)
    names = ("spikes", "SpikeTimes", "TimeStampEntity_0", "SpikeChIDs", "SpikeChIdxs")
    with h5py.File(path, "r+") as file:
        found: list[str] = []
        file.visit(lambda name: found.append(name) if name.rpartition("/")[2] in names else None)
        for name in found:
            dtype = file[name].dtype
            del file[name]
            file.create_dataset(name, (10**9,), dtype, chunks=(1000,))
    with pytest.raises(RecordingError, match=r"at most|declares"):
        read_recording(path)
