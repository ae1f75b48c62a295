"""What verbs about one recording begin with: the file, its analysis, the estimator."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from .options import answers_from, say


def read_file(path: Path, answers: list[str] | None) -> Any:
    """Read a recording with the given answers, and name each guess on stderr."""
    from ..recording.bounded import read_bounded
    from ..recording.reading import answered

    recording = answered(read_bounded(path, answers_from(answers)), path)
    for guess in recording.provenance.get("guesses", []):
        say(f"guessed: {guess['question']} → {guess['guess']} ({guess['reason']}); set it with --set {guess['key']}=…")
    report = recording.report
    for left_out in report.left_out if report else ():
        say(f"left out: {left_out}")
    for note in report.notes if report else ():
        say(f"{note.level}: {note.text}")
    return recording


def analysis_of(window: tuple[float, float] | None, minimum_rate: float, refractory: float = 0.0) -> Any:
    """Return how a recording is analysed: in this window, units from this rate on, without what follows within `refractory` ms."""
    from ..features import AnalysisSettings, BurstSettings

    start, stop = window or (0.0, None)
    bursts = BurstSettings(refractory=refractory / 1000)
    return AnalysisSettings(start=start, stop=stop, minimum_rate=minimum_rate, bursts=bursts)


def as_trained(analysis: Any, estimator: Any) -> Any:
    """Return the analysis with the burst detection of the estimator's training, guarded against chance and artefacts, and with the
    refractory period that was asked for.
    """
    from ..features import recordings_detection

    trained = recordings_detection(estimator.card.feature_set.analysis.bursts)
    return replace(analysis, bursts=replace(trained, refractory=analysis.bursts.refractory or trained.refractory))


def choose_estimator(name: str | None, recording: Any, analysis: Any) -> Any:
    """Return the named estimator. Without a name, choose the one that suits the recording and name it on stderr."""
    from ..inference.asking.target import default_estimator
    from ..inference.estimators.estimator import list_estimators, load_estimator

    if name is not None:
        return load_estimator(name)
    known = list_estimators(broken=lambda error: say(f"left out: {error}"))
    chosen = default_estimator(recording, {key: item.card for key, item in known.items()}, analysis)
    say(f"estimator: {chosen} (suits the recording; --estimator takes another)")
    return known[chosen]
