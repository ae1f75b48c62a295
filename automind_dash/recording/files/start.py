"""The beginning of a file, which tells its format. No file is read whole to find its format."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...errors import RecordingError

SNIFFED_BYTES = 65_536

FEW_LINES, MOST_SNIFFED = 4, 2**24
"""Whole lines that a table is judged by at least, and the bytes that are read for these at most: a header of 100 000 names takes 1 MB."""

LINE_END = re.compile(r"\r\n|\n|\r")
LINE_END_BYTES = re.compile(rb"\r\n|\n|\r")
BINARY_CONTROLS = frozenset(range(32)) - {9, 10, 11, 12, 13, 26, 27, 28, 29, 30, 31}


@dataclass(frozen=True)
class Start:
    """A file that is neither folder nor archive, and its first bytes.

    path: where it lies; file: its name for messages; head: its first SNIFFED_BYTES bytes
    """

    path: Path
    file: str
    head: bytes

    @classmethod
    def of(cls, path: Path, file: str) -> Start:
        """Read the beginning of a file."""
        with path.open("rb") as stream:
            return cls(path, file, stream.read(SNIFFED_BYTES))

    @property
    def whole(self) -> bool:
        """Whether `lines` are all that there is."""
        return len(self._beginning) == self.path.stat().st_size

    @property
    def suffix(self) -> str:
        """The extension of the file's name, in lower case, with its dot."""
        return self.path.suffix.lower()

    @cached_property
    def encoding(self) -> str | None:
        """The encoding of the text, None for binary content."""
        if self.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if b"\0" in self.head:
            return _wide_characters(self.head)
        encoding = "utf-8-sig" if self.head.startswith(codecs.BOM_UTF8) else "utf-8"
        try:
            codecs.getincrementaldecoder(encoding)().decode(self.head)
        except UnicodeDecodeError:
            return None if BINARY_CONTROLS & set(self.head[:4096]) else "cp1252"
        return encoding

    @cached_property
    def text(self) -> str | None:
        """The first bytes as text, the last line perhaps cut; None for binary content."""
        return None if self.encoding is None else _decoded(self.head, self.encoding)

    @cached_property
    def _beginning(self) -> bytes:
        """The first bytes, and as many more as a few whole lines take."""
        beginning = self.head
        if len(beginning) < SNIFFED_BYTES or self.encoding is None:
            return beginning
        with self.path.open("rb") as stream:
            while len(beginning) < MOST_SNIFFED and len(LINE_END_BYTES.findall(beginning)) < FEW_LINES:
                more = stream.read(2 * len(beginning)) if stream.seek(0) == 0 else b""
                if len(more) == len(beginning):
                    break
                beginning = more
        return beginning

    @cached_property
    def lines(self) -> list[str]:
        """The complete lines of the beginning: a few at least, unless they take over MOST_SNIFFED bytes."""
        # as table readers count them: not at every character that Unicode calls a line's end
        lines = LINE_END.split(_decoded(self._beginning, self.encoding) if self.encoding else "")
        lines = lines[:-1] if lines and not lines[-1] else lines
        return lines if self.whole or len(lines) < 2 else lines[:-1]


def _wide_characters(head: bytes) -> str | None:
    """Return the encoding of text in two bytes a character without a mark of their order, None for binary content."""
    for name, high, low in (("utf-16-le", head[1::2], head[0::2]), ("utf-16-be", head[0::2], head[1::2])):
        if not high.strip(b"\0") and b"\0" not in low and not BINARY_CONTROLS & set(low):
            return name
    return None


def _decoded(content: bytes, encoding: str) -> str:
    content = content[: len(content) // 2 * 2] if encoding.startswith("utf-16") else content
    return codecs.getincrementaldecoder(encoding)("replace").decode(content)


GET = "get its content first (datalad get, git annex get, or git lfs pull)"
POINTERS = (b"version https://git-lfs", b"/annex/objects/", b".git/annex/objects", b"oid sha256:")
"""What stands in the small files that git keeps in place of large ones."""

MAX_POINTER = 1024
"""Bytes of such a file at most."""


def refuse_pointer(start: Start) -> None:
    """Raise RecordingError for a file that only points to its content, which is not there."""
    if len(start.head) < MAX_POINTER and any(mark in start.head for mark in POINTERS):
        raise RecordingError(f"{start.file}: it is a pointer to content that is not here; {GET}.")
