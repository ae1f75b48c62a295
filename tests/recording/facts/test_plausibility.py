"""What can hardly be spikes is asked or noted, what can be is not."""

from __future__ import annotations

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import Recording, read, read_recording, save_recording

RNG = np.random.default_rng(4)
TIMES = np.sort(RNG.uniform(0.05, 59.9, 1200)).round(5)
UNITS = RNG.integers(0, 8, 1200)


def written(folder, times, units, duration=60.0):
    path = folder / "spikes.npz"
    np.savez(path, spike_times=times, spike_units=units, duration_s=duration)
    return path


def notes(path, **answers):
    return {note.key for note in read_recording(path, **answers).report.notes}


def test_plausible_spikes_are_not_remarked_on(tmp_path):
    assert notes(written(tmp_path, TIMES, UNITS)) == set()


def test_one_spike_a_unit_is_demanded_and_can_be_refused(tmp_path):
    path = written(tmp_path, np.arange(5.0), np.arange(5))
    (question,) = [item for item in read(path).questions if item.required]
    assert question.key == "accept"
    with pytest.raises(RecordingError, match=r"one spike each.*; give accept"):
        read_recording(path)
    with pytest.raises(RecordingError, match="choose another file"):
        read_recording(path, accept="no")
    assert read_recording(path, accept="yes").n_units == 5


@pytest.mark.parametrize("shift", [0.0, 0.0003])
def test_every_spike_twice(tmp_path, shift):
    assert "spikes_twice" in notes(written(tmp_path, np.concatenate([TIMES, TIMES + shift]), np.tile(UNITS, 2)))


def test_times_of_32_bits_late_in_a_recording(tmp_path):
    late = TIMES + 40_000.1
    assert "coarse_times" in notes(written(tmp_path, late.astype(np.float32), UNITS, 40_100.0))
    assert "coarse_times" not in notes(written(tmp_path, late, UNITS, 40_100.0))


def test_a_gap_and_a_duration_that_spikes_do_not_cover(tmp_path):
    gap = written(tmp_path, np.concatenate([TIMES, TIMES + 1500]), np.tile(UNITS, 2), 1560.0)
    assert "gap" in notes(gap)
    assert "duration_covered" in notes(written(tmp_path, TIMES, UNITS, 900.0))


def test_rates_no_neuron_has(tmp_path):
    slow = written(tmp_path, np.linspace(1, 39_999, 300), np.arange(300) % 3, 40_000.0)
    assert "rate_low" in notes(slow, time_unit="s")
    fast = written(tmp_path, np.sort(RNG.uniform(0, 5, 6000)), np.arange(6000) % 3, 5.0)
    assert "rate_high" in notes(fast)


def test_milliseconds_that_a_file_calls_seconds_are_asked_for(tmp_path):
    path = written(tmp_path, TIMES * 1000, UNITS, 60_000.0)
    assert [question.key for question in read(path).questions if question.required] == ["time_unit"]
    assert read_recording(path, time_unit="ms").duration == 60


def test_sample_numbers_that_ran_over(tmp_path):
    folder = tmp_path / "phy"
    folder.mkdir()
    samples = np.concatenate([TIMES, TIMES + 108_000]) * 20_000
    np.save(folder / "spike_times.npy", samples.round().astype(np.int64).astype(np.int32))
    np.save(folder / "spike_clusters.npy", np.tile(UNITS, 2))
    (folder / "params.py").write_text("sample_rate = int(20e3)\n")
    recording = read_recording(folder)
    assert recording.spike_times[-1] == pytest.approx(TIMES[-1] + 108_000, abs=1e-4)
    assert "overflow" in {note.key for note in recording.report.notes}
    with pytest.raises(RecordingError, match="before 0"):
        read_recording(folder, overflow="keep")


def test_a_report_comes_back_with_a_saved_recording(tmp_path):
    first = read_recording(written(tmp_path, np.concatenate([TIMES, TIMES]), np.tile(UNITS, 2)))
    again = read_recording(save_recording(first, tmp_path / "kept.npz"))
    assert again.report.notes == first.report.notes
    assert again.report.facts == first.report.facts
    assert Recording.from_spikes([1.0], [0]).report is None


def test_recordings_that_were_put_one_behind_the_other(tmp_path):
    again = written(tmp_path, np.concatenate([TIMES, TIMES + 0.01]), np.tile(UNITS, 2))
    assert "times_fall" in notes(again)
    order = np.argsort(UNITS, kind="stable")
    assert notes(written(tmp_path, TIMES[order], UNITS[order])) == set()
    shuffled = RNG.permutation(len(TIMES))
    assert notes(written(tmp_path, TIMES[shuffled], UNITS[shuffled])) == set()


def test_units_that_fire_within_their_refractory_time(tmp_path):
    several = np.sort(np.concatenate([TIMES, TIMES[::8] + 0.0004]))
    assert "intervals_short" in notes(written(tmp_path, several, np.zeros(len(several), dtype=int)))
    trains = np.concatenate([second + 0.0005 * np.arange(20) for second in range(1, 59)])
    assert "intervals_short" in notes(written(tmp_path, np.repeat(trains, 3), np.tile([0, 1, 2], len(trains))))


def test_times_that_were_rounded(tmp_path):
    assert "coarse_times" in notes(written(tmp_path, np.round(TIMES, 2), UNITS))


def test_times_before_the_start_demand_it(tmp_path):
    np.savez(tmp_path / "a.npz", spike_times=TIMES - 5, spike_units=UNITS)
    assert [question.key for question in read(tmp_path / "a.npz").questions if question.required] == ["offset"]
    assert read_recording(tmp_path / "a.npz", offset=-5, time_unit="s").spike_times[0] == pytest.approx(TIMES[0])


def test_durations_that_no_recording_has(tmp_path):
    assert "duration_short" in notes(written(tmp_path, TIMES / 30, UNITS, 2.0))
    days = np.sort(RNG.uniform(0, 8 * 86_400, 60_000))
    assert "duration_long" in notes(written(tmp_path, days, RNG.integers(0, 3, 60_000), 8 * 86_400.0), time_unit="s")


@pytest.mark.parametrize("label", ["unsorted", "noise", "mua"])
def test_labels_that_nobody_used(tmp_path, label):
    np.save(tmp_path / "spike_times.npy", np.round(TIMES * 20_000).astype(np.int64))
    np.save(tmp_path / "spike_clusters.npy", UNITS)
    (tmp_path / "params.py").write_text("sample_rate = 20000.0")
    rows = [f"{unit}\t{label}" for unit in range(8)]
    (tmp_path / "cluster_group.tsv").write_text("\n".join(["cluster_id\tgroup", *rows]))
    assert notes(tmp_path) & {"labels", "no_labels"}


def test_a_unit_that_fires_as_no_neuron_does(tmp_path):
    fast = np.sort(RNG.uniform(0.05, 59.9, 20_000)).round(5)
    times, units = np.concatenate([TIMES, fast]), np.concatenate([UNITS, np.full(len(fast), 8)])
    assert "unit_fast" in notes(written(tmp_path, times, units))


def test_a_table_of_statistics_is_doubted(tmp_path):
    lines = [
        "Recording Name,Y",
        "",
        "Measurement,A1,A2,A3",
        "Number of Spikes,10,20,30",
        "Mean Firing Rate (Hz),0.1,0.2,0.3",
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    assert "few_spikes" in notes(tmp_path / "a.csv")


def test_a_unit_with_a_negative_number_is_doubted(tmp_path):
    lines = [f"{time!r},{unit - 1}" for time, unit in zip(TIMES.tolist(), UNITS, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["time_s,cluster", *lines]))
    assert "unit_negative" in notes(tmp_path / "a.csv")


def test_positions_are_no_units_unless_somebody_says_so(tmp_path):
    lines = [
        f"{time!r},{17.5 * (unit % 4)},{17.5 * (unit // 4)}" for time, unit in zip(TIMES.tolist(), UNITS, strict=True)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["time_s,x,y", *lines]))
    question = next(one for one in read(tmp_path / "a.csv").questions if one.key == "unit_column")
    assert question.required
    assert "a measurement or a place" in question.reason
