"""What a long evaluation has measured so far, one line per result in a file: started again, it goes on from there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ...errors import EstimatorError
from ..estimators.estimator import Estimator


class KeptResults:
    """Results by their subject; in a file where a path is given, otherwise in memory.

    Raises EstimatorError when the path cannot be read or written. A last line that was cut off is measured again.
    """

    def __init__(self, path: Path | None, estimator: Estimator) -> None:
        self._path, self._of, self._found = path, estimator.digest, {}
        try:
            if path is not None:
                with path.open("a+") as file:
                    file.seek(0)
                    text = file.read()
                    self._found = dict(_lines(text))
                    if text and not text.endswith("\n"):  # so that the next result starts a line
                        file.write("\n")
        except (OSError, ValueError) as error:
            raise EstimatorError(f"{path} cannot hold results of an evaluation: {error}.") from None

    def get(self, *what: Any) -> Any:
        """Return the result for a subject; None where there is none."""
        return self._found.get(json.dumps([self._of, *what]))

    def put(self, result: Any, *what: Any) -> None:
        """Keep a result made of JSON values."""
        key = json.dumps([self._of, *what])
        self._found[key] = result
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps({"of": key, "result": result}) + "\n")


def _lines(text: str) -> list[tuple[str, Any]]:
    found = []
    for line in text.splitlines():
        try:
            told = json.loads(line)
        except json.JSONDecodeError:  # cut off while it was being written
            continue
        if not isinstance(told, dict) or not {"of", "result"} <= set(told):
            raise ValueError("it holds something else")
        found.append((str(told["of"]), told["result"]))
    return found
