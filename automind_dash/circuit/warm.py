"""Compile the fast engine and keep the result on disk: `python -m automind_dash.circuit.warm`, at install.

numba keeps compiled code in `__pycache__` beside the source, or in the user's cache folder where that cannot be written
(`NUMBA_CACHE_DIR` overrides both). numba checks only the source file of a function, so code that is older than any file
of the engine is removed here first.
"""

from __future__ import annotations

import logging
from pathlib import Path
from time import perf_counter

from .parameters import HIGH, LOW

log = logging.getLogger(__name__)


def remove_stale(folder: Path, sources: Path) -> int:
    """Delete indices of compiled code in a numba cache folder that are older than the newest source; return their number."""
    newest = max(path.stat().st_mtime for path in sources.rglob("*.py"))
    stale = [path for path in folder.glob("*.nbi") if path.stat().st_mtime < newest]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)


def warm() -> Path:
    """Compile and cache both builds of the kernel and the drawing of synapses; return the cache folder."""
    from .engine import kernel
    from .engine.network import Network

    folder = Path(str(kernel.run_single.stats.cache_path or "."))
    if folder.is_dir():
        remove_stale(folder, Path(__file__).parent)
    middle = (LOW + HIGH) / 2
    for precision in ("single", "double"):
        Network(middle, n_neurons=200, precision=precision).advance(0.01)
    return folder


def main() -> None:
    """Fill the cache and say where it is and how long that took."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    began = perf_counter()
    folder = warm()
    log.info("Fast engine compiled in %.1f s, cached in %s", perf_counter() - began, folder)


if __name__ == "__main__":
    main()
