"""The other side of `apart`: sets the limits, calls the function, writes what it returns. Run as a script.

It reads a request as JSON from the standard input. Exit status 0: written; 3: the last line of the error output is a sentence for
the user; any other: that line is a library's reason.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

REFUSED = 3


def _limit(memory: int, seconds: float) -> None:
    """Limit addresses and processor time where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        for kind, value in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, int(seconds) + 1),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(kind)
            allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(OSError, ValueError):  # macOS limits no addresses
                resource.setrlimit(kind, (allowed, hard))


def main() -> int:
    """Do what the request says; returns the exit status."""
    request: dict[str, Any] = json.load(sys.stdin)
    _limit(request["memory"], request["seconds"])
    sys.path.insert(0, request["root"])
    from importlib import import_module

    import numpy as np

    from automind_dash.errors import UserError

    module, _, name = request["function"].partition(":")
    try:
        with contextlib.redirect_stdout(sys.stderr):
            arrays, outline = getattr(import_module(module), name)(request["path"], **request["arguments"])
    except UserError as error:
        sys.stderr.write("\n" + str(error).replace("\n", " "))
        return REFUSED
    except Exception as error:  # noqa: BLE001 - whatever a library raises on a damaged file is its reason
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        sys.stderr.write(f"\n{type(error).__name__}{': ' if reason else ''}{reason}")
        return 1
    np.savez(
        request["out"],
        outline=np.array(json.dumps(outline)),
        **{f"array_{key}": value for key, value in arrays.items()},
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
