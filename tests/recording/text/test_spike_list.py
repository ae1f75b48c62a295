"""CSV, TSV and Parquet spike lists, and Axion's export."""

from __future__ import annotations

import gzip
import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from automind_dash.errors import RecordingError
from automind_dash.recording import open_questions, read_recording
from automind_dash.recording.facts.time_units import unit_in_name


def keys(path, **answers):
    return {question.key: question.guess for question in open_questions(path, **answers)}


def write(spikes, path, separator=",", header="time_s,unit", swap=False, decimal="."):
    rows = [header.replace(",", separator)] if header else []
    for time, unit in zip(spikes.spike_times, spikes.spike_units, strict=True):
        pair = [f"{time:.5f}".replace(".", decimal), str(unit)]
        rows.append(separator.join(reversed(pair) if swap else pair))
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize(
    "style",
    [
        {},
        {"separator": "\t"},
        {"separator": ";", "decimal": ","},
        {"separator": "\t", "decimal": ","},
        {"separator": " "},
        {"header": "Unit,Time (s)", "swap": True},
        {"header": ""},
        {"header": "", "swap": True},
        {"header": "a,b"},
    ],
)
def test_two_columns_however_they_are_written(tmp_path, spikes, same_spikes, style):
    same_spikes(read_recording(write(spikes, tmp_path / "list.csv", **style)), spikes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.floats(0.001, 1e4), st.integers(-5, 5)), min_size=2, max_size=30),
    st.sampled_from([",", "\t", ";", "|"]),
)
def test_times_come_back_exactly(tmp_path, rows, separator):
    lines = [f"{time!r}{separator}{unit}" for time, unit in rows]
    (tmp_path / "h.csv").write_text("\n".join([f"time_s{separator}unit", *lines]))
    recording = read_recording(tmp_path / "h.csv", offset=0, accept="yes")
    assert recording.spike_times.tolist() == sorted(time for time, _ in rows)
    names = [recording.unit_names[unit] for unit in recording.spike_units]
    assert sorted(zip(recording.spike_times, names, strict=True)) == sorted((time, str(unit)) for time, unit in rows)


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_a_recording_or_a_sentence(tmp_path, content):
    (tmp_path / "any.csv").write_bytes(content)
    try:
        recording = read_recording(tmp_path / "any.csv")
    except RecordingError:
        return
    assert recording.n_units > 0


def test_text_labels_are_in_natural_order(tmp_path):
    (tmp_path / "l.csv").write_text("time_s,channel\n0.5,ch10\n1.5,ch2\n2.5,ch1\n")
    assert read_recording(tmp_path / "l.csv", accept="yes").unit_names == ("ch1", "ch2", "ch10")


def test_unclear_columns_are_asked_for_and_can_be_answered(tmp_path):
    (tmp_path / "u.csv").write_text("a,b,c\n" + "\n".join(f"{i},{i % 3},{i * 0.25}" for i in range(1, 40)))
    assert keys(tmp_path / "u.csv")["time_column"] == "c"
    assert keys(tmp_path / "u.csv")["unit_column"] == "b"
    recording = read_recording(tmp_path / "u.csv", time_column="a", unit_column="b", time_unit="s")
    assert recording.spike_times[-1] == 39.0
    with pytest.raises(RecordingError, match="choose one of"):
        read_recording(tmp_path / "u.csv", time_column="d")


def test_columns_without_header_are_numbered_from_one(tmp_path):
    (tmp_path / "n.csv").write_text("1,10\n2,20\n1,30\n")
    recording = read_recording(tmp_path / "n.csv", time_column=2.0, time_unit="ms")
    assert recording.spike_times.tolist() == [0.01, 0.02, 0.03]


@pytest.mark.parametrize(
    ("header", "factor"), [("spike_time_ms,unit", 1e3), ("t [us],unit", 1e6), ("Time (µs),unit", 1e6)]
)
def test_a_unit_in_the_header_is_believed(tmp_path, spikes, same_spikes, header, factor):
    rows = [f"{t * factor:.3f},{u}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    (tmp_path / "m.csv").write_text("\n".join([header, *rows]))
    assert "time_unit" not in keys(tmp_path / "m.csv")
    same_spikes(read_recording(tmp_path / "m.csv"), spikes, 1e-8)


def test_milliseconds_without_a_word_are_guessed_and_named(tmp_path, spikes):
    rows = [f"{t * 1000:.4f},{u}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    (tmp_path / "g.csv").write_text("\n".join(["time,unit", *rows]))
    recording = read_recording(tmp_path / "g.csv", time_unit="ms")
    assert recording.duration == 100
    assert keys(tmp_path / "g.csv")["time_unit"] == "ms"


def test_large_whole_numbers_are_taken_for_samples(tmp_path, spikes, same_spikes):
    rows = [f"{round(t * 20_000)},{u}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    (tmp_path / "s.csv").write_text("\n".join(["time,unit", *rows]))
    assert keys(tmp_path / "s.csv")["sampling_rate"] == 30_000
    same_spikes(read_recording(tmp_path / "s.csv", sampling_rate=20_000), spikes, 3e-5)
    assert read_recording(tmp_path / "s.csv", sampling_rate="s").spike_times[-1] > 1e6


def test_a_well_column_is_asked_for(tmp_path):
    rows = "\n".join(f"{i / 10},{'A1' if i % 3 else 'B2'},{i % 2}" for i in range(60))
    (tmp_path / "w.csv").write_text(f"time_s,well,unit\n{rows}")
    assert keys(tmp_path / "w.csv")["well"] == "A1"
    assert read_recording(tmp_path / "w.csv", well="B2").n_spikes == 20


def test_parquet(tmp_path, spikes, same_spikes):
    table = pd.DataFrame({"amplitude": 1.5, "unit": spikes.spike_units, "time_s": spikes.spike_times})
    table.to_parquet(tmp_path / "p.parquet")
    same_spikes(read_recording(tmp_path / "p.parquet"), spikes, 0)


@pytest.mark.parametrize("packed", ["gz", "zip"])
def test_packed_lists(tmp_path, spikes, same_spikes, packed):
    plain = write(spikes, tmp_path / "list.csv")
    path = tmp_path / f"list.csv.{packed}"
    if packed == "gz":
        path.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(plain, "list.csv")
            archive.writestr("README.txt", "spikes of a culture")
    recording = read_recording(path)
    same_spikes(recording, spikes)
    assert recording.name == "list"


def test_utf16_from_a_spreadsheet(tmp_path, spikes, same_spikes):
    plain = write(spikes, tmp_path / "list.txt", separator="\t").read_text()
    (tmp_path / "list.txt").write_text(plain, encoding="utf-16")
    same_spikes(read_recording(tmp_path / "list.txt"), spikes)


@pytest.fixture
def plate(tmp_path):
    """An Axion export: two wells, metadata in the first two columns of the first rows."""
    rows = ["Investigator,,Time (s),Electrode,Amplitude(mV)"]
    metadata = ["Description,", "   Sampling Frequency,12500 Hz", "Actual File Section Run,0s to 1m40s"]
    for i in range(300):
        electrode = f"A1_{11 + i % 3}" if i % 4 else f"B2_{11 + i % 2}"
        beside = metadata[i] if i < len(metadata) else ","
        rows.append(f"{beside},{i / 3:.5f},{electrode},0.05")
    path = tmp_path / "plate_spike_list.csv"
    path.write_bytes("\r\n".join([*rows, ",,,,"]).encode())
    return path


def test_axion_wells(plate):
    questions = keys(plate)
    assert questions == {"well": "A1", "duration": 100.0}
    recording = read_recording(plate, well="B2")
    assert recording.unit_names == ("B2_11",)
    assert recording.n_spikes == 75
    assert recording.duration == 100.0


def test_axion_electrodes_of_a_well_are_its_units(plate):
    assert read_recording(plate).unit_names == ("A1_11", "A1_12", "A1_13")
    with pytest.raises(RecordingError, match="choose one of A1, B2"):
        read_recording(plate, well="C7")


def test_what_was_answered_is_in_the_provenance(tmp_path, spikes):
    path = write(spikes, tmp_path / "list.csv")
    assert read_recording(path, duration=150).provenance["answers"] == {"duration": 150}
    (guess,) = read_recording(path).provenance["guesses"]
    assert set(guess) == {"key", "question", "guess", "reason"}
    assert np.isclose(guess["guess"], 100)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("sample time (s)", "s"), ("frame_time_s", "s"), ("resampled_t (ms)", "ms"), ("spike_samples", "samples"), ("frame", "samples"),
        ("t [us]", "us"), ("time", None), ("s", None),
    ],
)  # fmt: skip
def test_a_stated_unit_counts_before_the_word_sample(name, unit):
    """A column "sample time (s)" was read as samples, 30 000 times too fast."""
    assert unit_in_name(name) == unit


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        ([f"1.{i}" for i in range(1, 13)], [f"1.{i}" for i in range(1, 13)]),
        (["01", "1", "2"], ["01", "1", "2"]),
        (["1E2", "10E1"], ["1E2", "10E1"]),
        (["10", "9", "1"], ["1", "9", "10"]),
        (["10.0", "9.0", "1.0"], ["1", "9", "10"]),
        (["ch#10", "ch#9"], ["ch#9", "ch#10"]),
        (["#10", "#9"], ["#9", "#10"]),
    ],
)
@pytest.mark.parametrize("comment", ["", "# exported by X\n"])
def test_units_are_told_apart_as_they_are_written(tmp_path, labels, names, comment):
    """1.10 was unit 1.1; after a comment all that followed # was one."""
    rows = "\n".join(f"{i / 10},{labels[i % len(labels)]}" for i in range(60))
    (tmp_path / "l.csv").write_text(f"{comment}time_s,unit\n{rows}\n{comment}")
    recording = read_recording(tmp_path / "l.csv")
    assert recording.unit_names == tuple(names)
    assert recording.n_spikes == 60
    read = [recording.unit_names[unit] for unit in recording.spike_units[: len(labels)]]
    assert read == [label.removesuffix(".0") if "1.0" in labels else label for label in labels]


def test_wells_whose_names_hold_an_underscore_are_several(tmp_path):
    rows = "\n".join(f"{i / 10},plate1_{'ABC'[i % 3]}1,{i % 2}" for i in range(60))
    (tmp_path / "w.csv").write_text(f"time_s,well,unit\n{rows}")
    recording = read_recording(tmp_path / "w.csv", well="plate1_B1")
    assert (recording.n_spikes, recording.unit_names) == (20, ("plate1_B1_0", "plate1_B1_1"))


def test_a_spike_without_a_well_is_refused(tmp_path):
    rows = "\n".join(f"{i / 10},{'A1' if i else ''},{i % 2}" for i in range(60))
    (tmp_path / "w.csv").write_text(f"time_s,well,unit\n{rows}")
    with pytest.raises(RecordingError, match="'well'"):
        read_recording(tmp_path / "w.csv")


def test_more_units_than_any_array_has_are_refused(tmp_path):
    rows = "\n".join(f"{i / 10},u{i}" for i in range(100_001))
    (tmp_path / "u.csv").write_text(f"time_s,unit\n{rows}")
    with pytest.raises(RecordingError, match="are these units"):
        read_recording(tmp_path / "u.csv")
