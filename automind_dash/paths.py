"""Places of the project's own files, pretrained estimators and assets, in a checkout or an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent


def _folder(name: str) -> Path:
    """Return the folder beside the package in a checkout, or inside the package in a wheel."""
    beside = _PACKAGE.parent / name
    return beside if beside.is_dir() else _PACKAGE / name


def pretrained_folder() -> Path:
    """Return the folder of estimators, which AUTOMIND_PRETRAINED may name."""
    named = os.environ.get("AUTOMIND_PRETRAINED")
    return Path(named).expanduser() if named else _folder("pretrained")


def assets_folder() -> Path:
    """Return the folder with styles, images and example recordings."""
    return _folder("assets")
