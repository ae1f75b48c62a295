"""JSON: lists of spike times, a list for each unit, under names or in order; or a list of spikes with a time and a unit each."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from ...errors import RecordingError
from ..any_arrays.variables import Node, Variables, found_in, looks_like_times
from ..facts.assembly import Found
from ..files.start import Start
from ..questions import Questions

MAX_BYTES = 2**29
"""Thirty million spikes; JSON takes five times its size in memory."""

BEGINNING = re.compile(r"\s*[\[{]\s*[\"\[{\d\-\]}]")
MAX_DEPTH = 8


def is_json(start: Start) -> bool:
    """Return whether the text begins as JSON does."""
    return (
        start.text is not None
        and bool(BEGINNING.match(start.text))
        and (start.suffix == ".json" or "\t" not in start.text.partition("\n")[0])
    )


def read_json(start: Start, questions: Questions) -> Found:
    """Return the spikes of a JSON file; raises RecordingError for one that is cut off, or holds no list of numbers."""
    size = start.path.stat().st_size
    if size > MAX_BYTES:
        raise RecordingError(
            f"{questions.file}: {size / 2**30:.1f} GB of JSON; at most {MAX_BYTES / 2**30:g} are read. Save the spikes as .npz."
        )
    try:
        content = json.loads(start.path.read_text(encoding=start.encoding))
    except (ValueError, RecursionError) as error:
        raise RecordingError(
            f"{questions.file}: it begins as JSON but is no complete JSON ({str(error)[:80]}), and no table of spikes either; "
            "export it again."
        ) from error
    if (records := _records(content)) is not None:
        from .spike_list import read_records

        return read_records(records, questions)
    variables = Variables()
    root = content if isinstance(content, dict) else {"spikes": content}
    if trains := _trains(root):
        variables.add_named_trains("spikes", trains)
    else:
        for name, value in root.items():
            _add(variables, str(name), value, 0)
    return found_in(variables, questions)


def _records(content: Any) -> list[dict[str, Any]] | None:
    """Return a list of spikes, each with the same keys and plain values, at the top or under the only key that holds a list."""
    if isinstance(content, dict):
        lists = [value for value in content.values() if isinstance(value, list)]
        content = lists[0] if len(lists) == 1 else None
    if not isinstance(content, list) or len(content) < 2 or not all(isinstance(item, dict) for item in content):
        return None
    keys = set(content[0])
    plain = all(
        set(item) == keys and not any(isinstance(value, list | dict) for value in item.values()) for item in content
    )
    return content if plain and len(keys) >= 2 else None


def _numeric(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, int | float) and not isinstance(item, bool) for item in value
    )


def _trains(value: dict[str, Any]) -> dict[str, np.ndarray] | None:
    """Return a unit's train under each name, where all values are lists of numbers of different lengths and no name means times."""
    if len(value) < 2 or not all(_numeric(item) for item in value.values()):
        return None
    lengths = {len(item) for item in value.values()}
    if len(lengths) == 1 or sum(looks_like_times(name) > 0 for name in value) == 1:
        return None
    return {name: np.array(item, dtype=np.float64) for name, item in value.items()}


def _add(variables: Variables, name: str, value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        return
    if isinstance(value, dict):
        if trains := _trains(value):
            variables.add_named_trains(name, trains)
            return
        for key, inner in value.items():
            _add(variables, f"{name}.{key}", inner, depth + 1)
        return
    variables.add(name, _node(value, depth))


def _node(value: Any, depth: int) -> Node:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return np.array([value], dtype=np.float64)
    if _numeric(value):
        array = np.array(value)
        return array if array.dtype.kind in "iuf" else array.astype(np.float64) if array.size else np.empty(0)
    if isinstance(value, list) and value and all(_numeric(item) for item in value):
        lengths = {len(item) for item in value}
        if len(lengths) == 1 and len(value) > 2 and next(iter(lengths)) > 2:
            matrix = np.array(value, dtype=np.float64)
            rising = bool((np.diff(matrix, axis=1) >= 0).all())
            if not rising:
                return matrix
        if lengths == {2} and len(value) > 2:
            return np.array(value, dtype=np.float64)  # pairs of a time and a unit
        return [np.array(item, dtype=np.float64) for item in value]
    if isinstance(value, list) and depth < MAX_DEPTH:
        return [
            {str(key): _node(inner, depth + 1) for key, inner in item.items()}
            if isinstance(item, dict)
            else _node(item, depth + 1)
            for item in value
        ]
    return None
