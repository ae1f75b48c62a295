"""`python -m benchmarks.reading DATA [--only WORD] [--json]`: read real-life files and compare with the right answers.

DATA is a folder of recordings in the layouts of `reading_truth.py`, which states the right answer for each. Each file
gives one line with the result, the questions or the refusal, and "right" or the expected answer. The exit status is 1
when any file is missed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from automind_dash.errors import UserError
from automind_dash.recording import read

from .reading_truth import TRUTH, Truth


def got(path: Path, truth: Truth) -> dict[str, Any]:
    """Return the result of reading: figures of the recording, questions, remarks, or the refusal."""
    began = time.perf_counter()
    try:
        reading = read(path, dict(truth.answers))
    except UserError as error:
        return {"refusal": str(error), "seconds": time.perf_counter() - began}
    out: dict[str, Any] = {
        "asked": [question.key for question in reading.questions],
        "required": [question.key for question in reading.questions if question.required],
    }
    recording = reading.recording
    if recording is not None:
        offset = float(recording.provenance.get("offset", 0.0))
        out |= {
            "units": recording.n_units,
            "spikes": recording.n_spikes,
            "duration": round(recording.duration, 3),
            "last": round(float(recording.spike_times[-1]) + offset, 4) if recording.n_spikes else None,
            "rate": round(recording.mean_rate, 4),
            "names": recording.unit_names,
            "notes": [note.key for note in recording.report.notes] if recording.report else [],
        }
        if truth.bursting is not None:
            from automind_dash.features import AnalysisSettings
            from automind_dash.inference.asking.target import is_bursting_recording

            out["bursting"] = is_bursting_recording(recording, AnalysisSettings())
    return out | {"seconds": time.perf_counter() - began}


def misses(found: dict[str, Any], truth: Truth) -> list[str]:
    """Return the differences between the result and the truth in words; empty without any."""
    if "refusal" in found:
        if truth.refusal and re.search(truth.refusal, found["refusal"]):
            return []
        return [f"refused, but {truth.refusal!r} is not what it says" if truth.refusal else "refused"]
    if truth.refusal and not truth.units:
        return ["read, but it should be refused"]
    wrong = [f"{key} is not asked" for key in truth.asked if key not in found["asked"]]
    wrong += [f"{key} is guessed, not demanded" for key in truth.required if key not in found["required"]]
    if "units" not in found:
        return wrong if truth.required else [*wrong, f"no recording without {', '.join(found['required'])}"]
    wrong += [f"no note {key!r}" for key in truth.notes if key not in found["notes"]]
    wrong += [f"a note {key!r}" for key in found["notes"] if truth.quiet and key not in truth.notes]
    tolerances = {"units": 0, "spikes": 0, "duration": 0.6, "last": 2e-3, "rate": truth.rate_tolerance}
    for key, tolerance in tolerances.items():
        right = getattr(truth, key)
        if right is not None and (found[key] is None or abs(found[key] - right) > tolerance):
            wrong.append(f"{key} {found[key]} is {right}")
    if truth.names and tuple(truth.names) != found["names"]:
        wrong.append(f"names {', '.join(found['names'][:4])} … are {', '.join(truth.names[:4])} …")
    if truth.bursting is not None and found["bursting"] != truth.bursting:
        wrong.append(f"bursting is {truth.bursting}")
    return wrong


def line(path: str, found: dict[str, Any], wrong: list[str]) -> str:
    """Return one line for a file."""
    if "refusal" in found:
        what = f"refused: {found['refusal'][:110]}"
    elif "units" in found:
        what = f"{found['units']} units, {found['spikes']} spikes, {found['duration']:g} s, {found['rate']:.4g} Hz"
        what += "".join(f"; {word} {', '.join(found[word])}" for word in ("asked", "notes") if found[word])
    else:
        what = f"demands {', '.join(found['required'])}"
    return f"{'right' if not wrong else 'WRONG'}  {path:<70} {found['seconds']:5.1f} s  {what}" + (
        f"\n       expected: {'; '.join(wrong)}" if wrong else ""
    )


def main() -> None:
    """Read every file of the table, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", default="", help="files whose path has this in it")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    missed, rows = 0, []
    for truth in TRUTH:
        path = options.data / truth.path
        if options.only not in truth.path:
            continue
        if not path.exists():
            print(f"absent {truth.path}", file=sys.stderr)
            continue
        found = got(path, truth)
        wrong = misses(found, truth)
        missed += bool(wrong)
        rows.append({"path": truth.path, **found, "wrong": wrong})
        if not options.json:
            print(line(truth.path, found, wrong), flush=True)
    if options.json:
        print(json.dumps(rows))
    else:
        print(f"{len(rows) - missed} of {len(rows)} right")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
