"""What neo reads, in a process of its own: Plexon, Blackrock, Neuralynx, Open Ephys; damaged files, limits, and NeuroExplorer."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import read, read_recording
from automind_dash.recording.acquisition import neo_formats
from automind_dash.recording.apart import run as apart
from tests.recording.reader_layouts import nex, samples

RATE = 40_000


def asked(path, **answers):
    return {question.key: question for question in read(path, answers).questions}


def plexon(path, recording, unit_numbers):
    """Write a .plx: header, an electrode for each unit, then blocks of a spike each."""
    from neo.rawio.plexonrawio import DspChannelHeader, EventChannelHeader, GlobalHeader, SlowChannelHeader

    head = np.zeros(1, GlobalHeader)
    head["MagicNumber"], head["Version"], head["ADFrequency"], head["WaveformFreq"] = 0x58454C50, 106, RATE, RATE
    head["NumDSPChannels"], head["NumEventChannels"], head["NumSlowChannels"] = recording.n_units, 1, 1
    head["Year"], head["Month"], head["Day"], head["SpikePreAmpGain"] = 2024, 1, 1, 1000
    head["BitsPerSpikeSample"], head["SpikeMaxMagnitudeMV"] = 12, 3000
    electrodes = np.zeros(recording.n_units, DspChannelHeader)
    electrodes["Channel"], electrodes["Gain"] = np.arange(recording.n_units) + 1, 1
    electrodes["Name"] = [f"sig{i:03d}".encode() for i in range(recording.n_units)]
    events, slow = np.zeros(1, EventChannelHeader), np.zeros(1, SlowChannelHeader)
    slow["ADFreq"], slow["Gain"], slow["PreampGain"] = 1000, 1, 1
    blocks = b"".join(
        struct.pack("<hHIhhhh", 1, 0, tick, unit + 1, unit_numbers[unit], 1, 4) + b"\0" * 8
        for tick, unit in zip(samples(recording, RATE).tolist(), recording.spike_units.tolist(), strict=True)
    )
    path.write_bytes(head.tobytes() + electrodes.tobytes() + events.tobytes() + slow.tobytes() + blocks)
    return path


def blackrock(path, recording, unit_numbers):
    """Write a .nev of version 2.3: basic header, two extended headers for each electrode, packets of 104 bytes."""
    extended, body, size = b"", b"", 104
    for i in range(recording.n_units):
        extended += struct.pack("<8sHBBHHhhBBHH", b"NEUEVWAV", i + 1, 1, i, 250, 0, 0, 0, 1, 2, 4, 0)[:32].ljust(
            32, b"\0"
        )
        extended += struct.pack("<8sH16s", b"NEUEVLBL", i + 1, f"elec{i + 1}".encode()).ljust(32, b"\0")
    head = struct.pack(
        "<8sBBHIIII8H32s256sI", b"NEURALEV", 2, 3, 1, 336 + len(extended), size, 30_000, 30_000, 2024, 1, 1, 1, 0, 0, 0, 0,
        b"made", b"", 2 * recording.n_units,
    )  # fmt: skip
    for tick, unit in zip(samples(recording, 30_000).tolist(), recording.spike_units.tolist(), strict=True):
        body += struct.pack("<IHBB", tick, unit + 1, unit_numbers[unit], 0).ljust(size, b"\0")
    path.write_bytes(head + extended + body)
    return path


def neuralynx(path, train, number):
    """Write a .nse: a text header of 16 384 bytes, then records of a time in µs, a unit and a waveform."""
    text = (
        "######## Neuralynx Data File Header\r\n-FileType Spike\r\n-AcqEntName SE1\r\n-SamplingFrequency 32000\r\n-ADMaxValue 32767\r\n"
        "-ADBitVolts 0.00000001\r\n-NumADChannels 1\r\n-ADChannel 0\r\n-InputRange 1000\r\n-WaveformLength 32\r\n"
        '-ApplicationName Cheetah "5.6.3"\r\n-TimeCreated 2024/01/01 12:00:00\r\n-TimeClosed 2024/01/01 12:01:40\r\n'
    )
    record = np.zeros(
        len(train),
        [("timestamp", "<u8"), ("channel", "<u4"), ("unit", "<u4"), ("features", "<i4", 8), ("wave", "<i2", 32)],
    )
    record["timestamp"], record["unit"] = np.round(train * 1e6), number
    path.write_bytes(text.encode("latin-1").ljust(16_384, b"\0") + record.tobytes())
    return path


def open_ephys_spikes(path, train, number):
    """Write a .spikes file: a text header of 1024 bytes, then records as the GUI up to 0.4 wrote them."""
    text = (
        "header.format = 'Open Ephys Data Format'; \nheader.version = 0.4;header.header_bytes = 1024;\n"
        "header.description = 'x'; \nheader.date_created = '1-Jan-2024 120000';\nheader.electrode = 'SE0';\nheader.num_channels = 1;\n"
        "header.sampleRate = 30000;\n"
    )
    record = np.zeros(
        len(train),
        [("event_stype", "u1"), ("timestamp", "<i8"), ("software_timestamp", "<i8"), ("source_id", "<u2"), ("nb_channel", "<u2"),
         ("nb_sample", "<u2"), ("sorted_id", "<u2"), ("electrode_id", "<u2"), ("within_chan_index", "<u2"), ("color", "u1", 3),
         ("pca", "<f4", 2), ("sampling_freq", "<u2"),
         ("waveforms", "<u2", (1, 8)), ("gains", "<f4", 1), ("thresholds", "<u2", 1), ("rec_num", "<u2")],
    )  # fmt: skip
    record["event_stype"], record["nb_channel"], record["nb_sample"], record["sorted_id"], record["gains"] = (
        4,
        1,
        8,
        number,
        1,
    )
    record["timestamp"] = np.round(train * 30_000)
    path.write_bytes(text.encode("latin-1").ljust(1024, b" ") + record.tobytes())
    return path


WRITERS = {"a.plx": plexon, "a.nev": blackrock}


@pytest.mark.parametrize("name", WRITERS)
def test_sorted_units(tmp_path, spikes, same_spikes, name):
    path = WRITERS[name](tmp_path / name, spikes, [1] * 5)
    assert "units" not in asked(path)
    same_spikes(read_recording(path, duration=100), spikes, 2e-5)


@pytest.mark.parametrize("name", WRITERS)
def test_spikes_that_nobody_sorted_are_units_of_their_electrodes(tmp_path, spikes, same_spikes, name):
    same_spikes(read_recording(WRITERS[name](tmp_path / name, spikes, [0] * 5), duration=100), spikes, 2e-5)


@pytest.mark.parametrize("name", WRITERS)
def test_what_was_not_sorted_beside_sorted_units_is_asked_for(tmp_path, spikes, name):
    path = WRITERS[name](tmp_path / name, spikes, [0, 1, 1, 2, 0])
    question = asked(path)["units"]
    assert (question.guess, question.choices) == ("sorted", ("all", "sorted", "unsorted"))
    assert read_recording(path).n_units == 3
    assert "2 units that are unsorted." in read_recording(path).report.left_out
    assert read_recording(path, units="all").n_units == 5
    assert read_recording(path, units="unsorted").n_units == 2


def test_blackrock_noise(tmp_path, spikes):
    path = blackrock(tmp_path / "a.nev", spikes, [255, 1, 1, 1, 1])
    assert asked(path)["units"].choices == ("all", "sorted", "noise")
    assert read_recording(path).n_units == 4


def test_neuralynx_file_and_folder(tmp_path, spikes, same_spikes):
    folder = tmp_path / "session"
    folder.mkdir()
    for i, train in enumerate(spikes.trains()):
        neuralynx(folder / f"SE{i}.nse", train, 1)
    one = read_recording(folder / "SE2.nse", duration=100)
    assert (one.n_units, one.n_spikes) == (1, len(spikes.trains()[2]))
    same_spikes(read_recording(folder, duration=100, offset=0), spikes, 1e-6)


def test_open_ephys_first_format(tmp_path, spikes, same_spikes):
    folder = tmp_path / "session"
    folder.mkdir()
    for i, train in enumerate(spikes.trains()):
        open_ephys_spikes(folder / f"SE{i}.spikes", train, 1)
    same_spikes(read_recording(folder, duration=100), spikes, 2e-5)
    open_ephys_spikes(folder / "SE0_2.spikes", spikes.trains()[0], 0)
    assert asked(folder)["segment"].choices == ("recording 1", "recording 2")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_damaged_files_give_one_sentence(tmp_path, spikes, name, share):
    path = WRITERS[name](tmp_path / name, spikes.window(0, 20), [1] * 5)
    data = bytearray(path.read_bytes())
    rng = np.random.default_rng(3)
    data = data[: int(len(data) * share)]
    for place in rng.integers(8, max(len(data), 9), 50):
        if place < len(data):
            data[place] = rng.integers(256)
    path.write_bytes(bytes(data))
    said = f"{path.name}: one sentence"
    try:
        read(path)
    except RecordingError as error:
        said = str(error)
    assert said.startswith(path.name)
    assert "\n" not in said


def test_spike2_of_64_bits_names_what_is_missing(tmp_path):
    (tmp_path / "a.smrx").write_bytes(b"S64\0" + bytes(range(256)) * 20)
    with pytest.raises(RecordingError, match="sonpy, which is not installed"):
        read_recording(tmp_path / "a.smrx")


CASES = """
def swell(path):
    import numpy as np
    return {"a": np.ones(10**10)}, None

def spin(path):
    while True:
        pass

def crash(path):
    import os, signal
    os.kill(os.getpid(), signal.SIGSEGV)

def complain(path):
    from automind_dash.errors import RecordingError
    raise RecordingError("the reader's own sentence.")
"""


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("swell", "more than 1 GiB of memory"),
        ("spin", r"damaged|too large|took over"),
        ("crash", "crashed the library"),
        ("complain", "own sentence"),
    ],
)
def test_what_a_reader_does_apart_ends_there(tmp_path, monkeypatch, function, words):
    """Memory, time and crashes of the child are one sentence here."""
    (tmp_path / "apart_cases.py").write_text(CASES)
    (tmp_path / "automind_dash").symlink_to(apart.ROOT / "automind_dash")
    (tmp_path / "a.bin").touch()
    monkeypatch.setattr(apart, "ROOT", tmp_path)
    with pytest.raises(RecordingError, match=rf"a\.bin: .*({words})"):
        apart.run_apart(f"apart_cases:{function}", tmp_path / "a.bin", "a.bin", {}, apart.Limits(1, 2**30))


@pytest.mark.parametrize("fifth", [False, True])
def test_neuroexplorer_counts_neurons_once(tmp_path, spikes, fifth):
    recording = read_recording(nex(tmp_path / "a.nex", spikes, fifth=fifth))
    assert recording.n_units == 5
    assert recording.report.left_out == ("1 waveforms: they are no spike trains of units.",)


@pytest.mark.parametrize("cut", [100, 400, 900, 3000])
def test_neuroexplorer_cut_off(tmp_path, spikes, cut):
    path = nex(tmp_path / "a.nex", spikes)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(RecordingError, match=r"cut off|a\.nex"):
        read_recording(path)


def test_neo_is_not_imported_by_the_page():
    import subprocess
    import sys

    code = "import sys, automind_dash.recording.acquisition.neo_formats; print('neo' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
    assert neo_formats.PLEXON.name == "PlexonRawIO"
