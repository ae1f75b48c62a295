"""Bounds what a browser's message may unpack to: Bokeh unpacks gzip from it without a limit, 150 MB of zeros to as many gigabytes.

Seen with Bokeh 3.9.2.
"""

from __future__ import annotations

import zlib
from base64 import b64decode
from typing import Any

from bokeh.core.serialization import Deserializer

MAX_BYTES = 64 * 2**20
"""Of one array or piece of an upload; the page's drop zone sends 5 MB at once."""

GZIP = 31
"""zlib's number for gzip's header."""

_decode_bytes = Deserializer._decode_bytes


def _decode_bounded(self: Deserializer, told: Any) -> Any:
    """Return what Bokeh returns. Its own error is raised for more than MAX_BYTES, which closes the connection."""
    packed = told.get("data")
    if isinstance(packed, str):
        unpacker = zlib.decompressobj(GZIP)
        unpacker.decompress(b64decode(packed), MAX_BYTES)
        if unpacker.unconsumed_tail:
            self.error(f"a message that unpacks to more than {MAX_BYTES // 2**20} MB")
    return _decode_bytes(self, told)


def bound_bytes() -> None:
    """Bound what messages unpack to, in this process."""
    Deserializer._decode_bytes = _decode_bounded  # type: ignore[method-assign]
