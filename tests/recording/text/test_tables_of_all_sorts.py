"""Tables as people have them: lists in other words, columns and rows of units, rasters, channels that count their own units."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import read, read_recording

HEADERS = [
    "Zeit [s];Elektrode", "Zeitpunkt (s);Zelle", "Zeit in Sekunden;Elektrodennummer", "Sekunden;Einheit", "sek.;Kanal", "t_sec;ch",
    "Temps (s);Canal", "Tiempo (s);Canal", "spikeTimesSec;neuron",
]  # fmt: skip

SAMPLE = 1 / 20_000


def write(path, lines, encoding="utf-8", end="\n"):
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def pairs(spikes, pattern="{t:.5f};{u}"):
    return [
        pattern.format(t=t, u=u, ms=t * 1e3, sample=round(t * 20_000))
        for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)
    ]


def columns(spikes, fill="", pattern="{:.5f}"):
    trains = spikes.trains()
    n = max(map(len, trains))
    return [[pattern.format(train[i]) if i < len(train) else fill for train in trains] for i in range(n)]


def counts(spikes, width=0.001):
    matrix = np.zeros((round(spikes.duration / width), spikes.n_units), dtype=int)
    np.add.at(matrix, ((spikes.spike_times / width).astype(int), spikes.spike_units), 1)
    return matrix


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_lists_of_spreadsheets(tmp_path, spikes, same_spikes, header, encoding):
    lines = [header, *(line.replace(".", ",") for line in pairs(spikes))]
    reading = read(write(tmp_path / "a.csv", lines, encoding, "\r\n"))
    assert {question.key for question in reading.questions} <= {"duration"}
    same_spikes(reading.recording, spikes)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_wide_characters_without_a_mark_of_their_order(tmp_path, spikes, same_spikes, encoding):
    same_spikes(read_recording(write(tmp_path / "a.txt", ["time_s;unit", *pairs(spikes)], encoding)), spikes)


@pytest.mark.parametrize(
    "line",
    [
        "sampling rate: 20,000 Hz", "Sampling frequency: 20.000 Hz", "Abtastrate [Hz];20000", "sampling_frequency,20000.0",
        "Abtastrate: 20 kHz", "fs = 2e4", "Sample rate: 20.000 kHz",
    ],
)  # fmt: skip
def test_a_sampling_rate_above_the_table(tmp_path, spikes, same_spikes, line):
    lines = [line, "sample,unit", *pairs(spikes, "{sample},{u}")]
    same_spikes(read_recording(write(tmp_path / "a.csv", lines)), spikes, SAMPLE)


def test_sample_numbers_of_no_stated_rate_demand_it(tmp_path, spikes, same_spikes):
    path = write(tmp_path / "a.csv", ["sample,unit", *pairs(spikes, "{sample},{u}")])
    reading = read(path)
    assert reading.recording is None
    assert [question.key for question in reading.questions if question.required] == ["sampling_rate"]
    same_spikes(read_recording(path, sampling_rate=20_000), spikes, SAMPLE)


def test_a_sampling_rate_in_khz_is_asked_for(tmp_path, spikes):
    path = write(tmp_path / "a.csv", ["fs = 20", "sample,unit", *pairs(spikes, "{sample},{u}")])
    question = next(question for question in read(path).questions if question.key == "sampling_rate")
    assert question.required
    assert question.guess == 20_000
    assert "kHz" in question.reason


@pytest.mark.parametrize(("unit", "per_second"), [("ns", 1e9), ("min", 1 / 60), ("µs", 1e6)])
def test_other_units_of_time(tmp_path, spikes, same_spikes, unit, per_second):
    lines = [f"{t * per_second:.9f};{u}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    same_spikes(read_recording(write(tmp_path / "a.csv", [f"time ({unit});unit", *lines])), spikes, 1e-6)


@pytest.mark.parametrize("fill", ["", "NaN", "0", "0.00000"])
@pytest.mark.parametrize("index", [False, True])
def test_a_column_for_each_unit(tmp_path, spikes, same_spikes, fill, index):
    names = [f"unit {i}" for i in range(spikes.n_units)]
    rows = [[str(i)] * index + row for i, row in enumerate(columns(spikes, fill))]
    recording = read_recording(write(tmp_path / "a.csv", [",".join(row) for row in [[""] * index + names, *rows]]))
    same_spikes(recording, spikes)
    assert list(recording.unit_names) == names
    assert any("numbers the rows" in left for left in recording.report.left_out) == index


def test_a_header_of_more_than_the_first_bytes(tmp_path):
    names = [f"electrode_of_the_organoid_number_{i:05d}" for i in range(3000)]
    rows = [",".join(f"{i % 50 + 60 * row:.2f}" if i % 3 or row < 3 else "" for i in range(3000)) for row in range(4)]
    recording = read_recording(write(tmp_path / "a.csv", [",".join(names), *rows]), time_unit="s", duration=300)
    assert (recording.n_units, recording.n_spikes) == (3000, 11_000)
    assert recording.unit_names[2999] == names[2999]


def test_a_wide_table_of_nothing_known_is_a_sentence(tmp_path):
    lines = [",".join(map(str, range(2000))), ",".join(["1"] * 2000)]
    with pytest.raises(RecordingError, match=r"2000 columns.*no trains of units"):
        read_recording(write(tmp_path / "a.csv", lines))


@pytest.mark.parametrize("style", ["named", "numbered", "header", "colon", "german"])
def test_a_row_for_each_unit(tmp_path, spikes, same_spikes, style):
    mark, decimal = (";", ",") if style == "german" else (" ", ".") if style == "colon" else (",", ".")
    lines = []
    for i, train in enumerate(spikes.trains()):
        name = str(i) if style in ("numbered", "header") else f"cell{i}:" if style == "colon" else f"cell{i}"
        lines.append(mark.join([name, *(f"{t:.5f}".replace(".", decimal) for t in train)]))
    lines = ["unit,spike times (s)", *lines] if style == "header" else lines
    recording = read_recording(write(tmp_path / "a.csv", lines))
    same_spikes(recording, spikes)
    assert recording.unit_names[1] == ("1" if style in ("numbered", "header") else "cell1")


@pytest.mark.parametrize("pattern", ["[{}]", "({})", "array([{}])"])
def test_a_list_in_the_row_of_each_unit(tmp_path, spikes, same_spikes, pattern):
    cells = [pattern.format(", ".join(f"{t:.5f}" for t in train)) for train in spikes.trains()]
    lines = ["unit,spike_times", *(f'u{i},"{cell}"' for i, cell in enumerate(cells))]
    same_spikes(read_recording(write(tmp_path / "a.csv", lines)), spikes)


def test_a_list_that_was_cut_off_is_a_sentence(tmp_path):
    lines = ["unit,spike_times", *(f'u{i},"[0.1 0.2 ... 59.1 59.2]"' for i in range(5))]
    with pytest.raises(RecordingError, match=r"row 1 of column 'spike_times'.*shortened to \.\.\."):
        read_recording(write(tmp_path / "a.csv", lines))


@pytest.mark.parametrize("header", ["time_s", "Zeit [ms]"])
def test_a_raster_whose_bins_have_times(tmp_path, spikes, header):
    per_second = 1000 if "ms" in header else 1
    rows = [f"{i * 0.001 * per_second:.3f}," + ",".join(map(str, row)) for i, row in enumerate(counts(spikes))]
    names = [f"u{i}" for i in range(spikes.n_units)]
    recording = read_recording(write(tmp_path / "a.csv", [",".join([header, *names]), *rows]))
    assert list(recording.unit_names) == names
    assert recording.n_spikes == spikes.n_spikes
    assert recording.duration == pytest.approx(spikes.duration)
    assert np.abs(np.sort(recording.spike_times) - spikes.spike_times).max() < 0.001


@pytest.mark.parametrize("style", ["words", "names in rows"])
def test_a_raster_without_times_demands_its_bin(tmp_path, spikes, style):
    matrix = counts(spikes)
    names = [f"u{i}" for i in range(spikes.n_units)]
    if style == "words":
        lines = [",".join(names), *(",".join(str(bool(cell)) for cell in row) for row in matrix)]
    else:
        lines = [f"{name}," + ",".join(map(str, row)) for name, row in zip(names, matrix.T, strict=True)]
    path = write(tmp_path / "a.csv", lines)
    assert [question.key for question in read(path).questions if question.required] == ["bin_width"]
    recording = read_recording(path, bin_width=0.001)
    assert list(recording.unit_names) == names
    assert recording.duration == pytest.approx(spikes.duration)


@pytest.mark.parametrize("header", ["channel,unit,time_s", "tetrode,cluster,time_s", "row,col,time_s"])
def test_units_that_each_channel_counts_anew_are_told_apart(tmp_path, spikes, header):
    lines = [f"{u // 2},{u % 2},{t:.5f}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    reading = read(write(tmp_path / "a.csv", [header, *lines]))
    assert reading.recording.n_units == spikes.n_units
    assert [len(train) for train in reading.recording.trains()] == [len(train) for train in spikes.trains()]
    question = next(question for question in reading.questions if question.key == "unit_column")
    assert question.guess == " and ".join(header.split(",")[:2])


def test_units_that_are_counted_over_all_channels_stay_what_they_are(tmp_path, spikes, same_spikes):
    lines = [f"{u // 2},{u},{t:.5f}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    reading = read(write(tmp_path / "a.csv", ["shank,cluster,time_s", *lines]))
    assert [question.key for question in reading.questions] == ["duration"]
    same_spikes(reading.recording, spikes)


@pytest.mark.parametrize(
    "below",
    [
        "Total spikes: 2000",
        "# end of file",
        "End of export\nExported by X,2024-01-01",
        "unit,rate\nu0,5.1\nu1,4.2",
        "\nMean,5.1\n",
    ],
)
def test_words_under_the_spikes_are_left_out_and_said(tmp_path, spikes, same_spikes, below):
    rows = [f"{time!r},u{unit}" for time, unit in zip(spikes.spike_times.tolist(), spikes.spike_units, strict=True)]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["time_s,unit", *rows, below]) + "\n")
    recording = read_recording(path, duration=spikes.duration)
    same_spikes(recording, spikes)
    assert below.strip().split("\n")[0] in recording.report.left_out[-1]


@pytest.mark.parametrize("damaged", ["oops,u1\n9.5,u1", "9.5"])
def test_a_damaged_row_is_no_footer(tmp_path, damaged):
    """Rows that go on below it, or numbers alone, as in a file that was cut off: a row of the table that is wrong."""
    path = tmp_path / "list.csv"
    path.write_text("time_s,unit\n" + "".join(f"{i / 10},u{i % 3}\n" for i in range(90)) + damaged + "\n")
    with pytest.raises(RecordingError, match=r"list\.csv"):
        read_recording(path)


def test_columns_filled_up_with_a_negative_number(tmp_path, spikes, same_spikes):
    trains = spikes.trains()
    longest = max(len(train) for train in trains)
    rows = [[repr(float(train[i])) if i < len(train) else "-1" for train in trains] for i in range(longest)]
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([",".join(f"unit {i} (s)" for i in range(5)), *(",".join(row) for row in rows)]))
    recording = read_recording(path, layout="a column for each unit", duration=spikes.duration)
    same_spikes(recording, spikes)
    assert "all the same, which fill them up" in recording.report.left_out[0]
