"""Writes Figure 1 to files, with its caption beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...atomic import write_whole
from ...errors import UserError
from ...publication.figure_one import Evidence, caption_one, figure_one
from ...publication.paper import FORMATS, Paper, drawn_on, file_bytes


def kind_of(path: Path) -> str:
    """Return the format that a file's ending asks for. Raises UserError for other endings."""
    kind = path.suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        raise UserError(f"{path}: figures are written as {', '.join('.' + one for one in FORMATS)}.")
    return kind


def write_figure(evidence: Evidence, paths: Sequence[Path], paper: Paper) -> str:
    """Write Figure 1 to files, .svg, .pdf or .png, and its caption to a .txt beside the first (blocking: some seconds); return the caption.

    Raises UserError for other endings, OSError where a file cannot be written.
    """
    kinds, words = [kind_of(path) for path in paths], caption_one(evidence, paper)
    with drawn_on(paper):
        for path, kind in zip(paths, kinds, strict=True):
            write_whole(path, file_bytes(figure_one(evidence, paper), kind, "Figure 1", words))
    for path in paths[:1]:
        write_whole(path.with_suffix(".txt"), f"{words}\n".encode())
    return words
