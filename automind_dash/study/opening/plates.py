"""The wells of one plate, with a map that says what each well contains."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from ...errors import StudyError
from ...recording.bounded import read_bounded
from .spreadsheet import read_spreadsheet
from .table import StudyTable, with_numbers

_WELL = re.compile(r"([A-P])0?(\d{1,2})", re.IGNORECASE)


def plate_study(recording: Path, plate_map: Path) -> StudyTable:
    """Return a study of the wells of one recording: a row for each well that the map names and that the recording has."""
    question = next((one for one in read_bounded(recording).questions if one.key == "well"), None)
    if question is None:
        raise StudyError(f"{recording.name}: it does not hold several wells, so a plate map does not apply.")
    there = {standard_well(well): well for well in question.choices}
    rows = read_plate_map(plate_map)
    problems: list[str] = []
    wells: dict[int, str] = {}
    for row, name in zip(rows.index.tolist(), rows["well"], strict=True):
        well = standard_well(str(name))
        if well not in there:
            problems.append(f"Row {row}: {recording.name} has no spikes of a well {name}; it is left out.")
        elif well in wells.values():
            problems.append(f"Row {row} names the well {name} again; the row is left out.")
        else:
            wells[int(row)] = well
    unnamed = [well for well in there if well not in wells.values()]
    if unnamed:
        problems.append(
            f"The map does not name {len(unnamed)} wells that have spikes: {', '.join(unnamed[:8])}; they are left out."
        )
    found, mistyped = with_numbers(rows.loc[list(wells)])
    return StudyTable(
        found, dict.fromkeys(wells, recording), {row: {"well": there[wells[row]]} for row in wells}, (*problems, *mistyped), recording.name
    )  # fmt: skip


def standard_well(name: str) -> str:
    """Return a well as letter and number without leading zeros: a01 → A1. Other names stay."""
    match = _WELL.fullmatch(name.strip())
    return f"{match[1].upper()}{int(match[2])}" if match else name.strip()


def read_plate_map(path: Path) -> pd.DataFrame:
    """Return a plate map with a column `well`, from a table with a line for each well, or from a grid of rows A, B … and columns 1, 2 ….

    A grid's entries become the column `condition`. Raises StudyError for any other table.
    """
    frame = read_spreadsheet(path)
    lower = {str(name).lower(): str(name) for name in frame.columns}
    if "well" in lower:
        frame = frame.rename(columns={lower["well"]: "well"})
        return frame[frame["well"] != ""]
    numbers = [str(name) for name in frame.columns if str(name).strip().isdigit()]
    letters = next((str(name) for name in frame.columns if frame[name].str.fullmatch(r"[A-Pa-p]").all()), None)
    if letters is None and len(numbers) >= 2 and str(frame.columns[0]) not in numbers:
        letters = str(frame.columns[0])
    if not numbers or letters is None:
        raise StudyError(
            f"{path.name} is not a plate map: it needs a column `well` (A1, A2 …), or a grid with letters down the first column and "
            "numbers along the first line."
        )
    cells = [
        (f"{letter.upper()}{int(number)}", str(frame[number].iloc[row]))
        for row, letter in enumerate(frame[letters])
        for number in numbers
    ]
    wells = pd.DataFrame([cell for cell in cells if cell[1]], columns=["well", "condition"])
    wells.index = pd.RangeIndex(1, len(wells) + 1)
    return wells
