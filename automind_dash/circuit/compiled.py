"""Compiling with numba, its results kept on disk where any folder for them can be written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

log = logging.getLogger(__name__)

NO_CACHE = (
    "Compiled code cannot be kept: neither the folder of the installation nor the home folder can be written, so the simulator is "
    "compiled anew in each process, which takes about a minute. Set NUMBA_CACHE_DIR to a folder that can be written, and that only you can."
)


class _Once:
    said = False


def compiled(**options: Any) -> Callable[[Any], Any]:
    """Return a decorator like `numba.njit(cache=True, nogil=True, **options)`, without the cache where there is no place for it."""

    def decorate(function: Any) -> Any:
        try:
            return njit(cache=True, nogil=True, **options)(function)
        except RuntimeError as error:  # numba's "no locator available", raised when a function is decorated
            if "cache" not in str(error):
                raise
        if not _Once.said:
            _Once.said = True
            log.warning(NO_CACHE)
        return njit(nogil=True, **options)(function)

    return decorate
