"""What the page says of how a recording was read."""

from __future__ import annotations

from automind_dash.dashboard.frame.sidebar.reading_view import ReadingView, report_lines
from automind_dash.recording import Fact, Note, ReadingReport, Recording


def recording_with(report):
    provenance = {
        "format": report.format,
        "guesses": list(report.guesses),
        "answers": report.answers,
        "reading": report.to_provenance(),
    }
    return Recording.from_spikes([0.5, 1.5], [0, 1], duration=2.0, provenance=provenance)


def test_a_report_is_shown_with_its_warnings_first():
    report = ReadingReport(
        "Spike list",
        "a program",
        facts=(Fact("times", "2 spikes", "column 't <b>'"),),
        left_out=("columns amplitude",),
        guesses=({"key": "duration", "question": "How long?", "guess": 2.0, "reason": "the last spike"},),
        answers={"time_unit": "s"},
        notes=(Note("a", "just a note"), Note("b", "likely wrong", "warning")),
    )
    view = ReadingView()
    view.show(recording_with(report))
    assert view.notes.object.splitlines() == ["⚠ likely wrong", "just a note"]
    lines = view.facts.object.splitlines()
    assert lines[0] == "Format: Spike list, written by a program"
    assert {"Times: 2 spikes (column 't <b>')", "Left out: columns amplitude", "Answered: time_unit = s"} <= set(lines)
    assert view.details.visible
    view.show(None)
    assert not view.notes.visible
    assert not view.details.visible


def test_a_report_of_a_hostile_session_is_text_or_nothing():
    odd = {"facts": [3, {"what": "x"}], "notes": [{"level": "<script>"}, None], "left_out": "abc", "writer": 5}
    report = ReadingReport.from_provenance({"reading": odd, "guesses": "no", "answers": []})
    assert report_lines(report)
    assert ReadingReport.from_provenance({"reading": "no"}) is None


def test_simulated_recordings_have_no_report():
    view = ReadingView()
    view.show(Recording.from_spikes([0.5], [0], duration=1.0))
    assert not view.details.visible
