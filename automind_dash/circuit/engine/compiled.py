"""Compiling with numba. The compiled code is kept on disk wherever a folder for it can be written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

log = logging.getLogger(__name__)

NO_CACHE = (
    "Compiled code cannot be kept because neither the installation's folder nor the home folder can be written, so the simulator is "
    "compiled anew in each process, which takes about a minute. Set NUMBA_CACHE_DIR to a folder that can be written, and that only you can."
)


class _Once:
    said = False


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Return a decorator like `numba.njit(cache=True, nogil=True, **options)`; where no folder can hold a cache, it keeps none."""

    def decorate(function: Any) -> Any:
        try:
            return njit(cache=True, nogil=True, **options)(function)
        except RuntimeError as error:  # numba raises "no locator available" when a function is decorated
            if "cache" not in str(error):
                raise
        if not _Once.said:
            _Once.said = True
            log.warning(NO_CACHE)
        return njit(nogil=True, **options)(function)

    return decorate
