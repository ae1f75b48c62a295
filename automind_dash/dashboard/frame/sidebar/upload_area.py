"""A drop zone that writes files to disk piece by piece and knows which are incomplete."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
import panel.models.file_dropper
import param
from bokeh.document import Document
from bokeh.models import CustomJS

from ....errors import RecordingError
from ...widgets.notices import report
from .uploads import MAX_FILE_BYTES, UploadFolder

CHUNK_BYTES = 5_000_000
"""A message of the web socket; the server refuses those of 20 MB, and other events pass between two of them."""


PARALLEL = 64
"""Files under way at once; the drop zone's own 2, with 2 s between them, make a set of ten take as many seconds."""


SHOWN = 2.0
"""s that a file which has arrived stays in the drop zone."""


def watch_drop_zones(document: Document) -> None:
    """Let the drop zones of a page send PARALLEL files at once and let go of those that have arrived; FileDropper has no setting for it.

    The browser empties the zone, not the server: a zone that the server replaced would take with it what was just being dropped.
    """
    document.js_on_event("document_ready", CustomJS(code=_DROP_ZONES))


_DROP_ZONES = f"""
window.FilePond?.setOptions({{maxParallelUploads: {PARALLEL}}})
document.addEventListener("FilePond:processfile", ({{detail}}) => {{
  if (!detail.error) setTimeout(() => detail.pond.removeFile(detail.file.id, {{revert: false}}), {1000 * SHOWN:.0f})
}})
"""


class UploadArea(pn.widgets.FileDropper):
    """A FileDropper whose files go to the session's folder instead of memory; the size is checked here again,
    since a browser need not tell the truth.

    `arrived`: (name as the browser gave it, path) of each complete file, in order.
    """

    arrived = param.List(default=[], doc="Complete uploads that nobody has taken yet.")

    _rename = {"arrived": None}

    def __init__(self, folder: UploadFolder, **params: Any) -> None:
        super().__init__(
            multiple=True, chunk_size=CHUNK_BYTES, max_file_size=f"{MAX_FILE_BYTES // 2**20}MB", previews=[], **params
        )
        self._folder = folder
        self._open: dict[str, tuple[Path, int] | None] = {}

    @property
    def underway(self) -> bool:
        """Whether a file has begun to arrive and is not complete."""
        return bool(self._open)

    def _process_event(self, event: Any) -> None:
        if event.event_name == "delete_event":
            return  # what arrived is taken at once, so there is nothing left to delete
        data = event.data
        name, last = str(data["name"]), data["chunk"] == data["total_chunks"]
        try:
            self._write(name, bytes(data["data"]), first=data["chunk"] == 1)
        except (RecordingError, OSError) as error:
            self._open[name] = None
            report(error)
        if last:
            written = self._open.pop(name, None)
            if written is not None:
                self.arrived = [*self.arrived, (name, written[0])]

    def _write(self, name: str, data: bytes, *, first: bool) -> None:
        if first:
            self._folder.check_room(len(data))
            path = self._folder.place(name)
            path.write_bytes(data)
            self._open[name] = (path, len(data))
            return
        begun = self._open.get(name)
        if begun is None:
            return  # refused before: the rest of it is let go
        path, size = begun
        size += len(data)
        if size > MAX_FILE_BYTES:
            self._folder.discard(path)
            raise RecordingError(
                f"{path.name}: larger than {MAX_FILE_BYTES // 2**20} MB; give only the spikes, without raw voltages, "
                "or read it from a terminal: automind-dash features FILE."
            )
        self._folder.check_room(len(data))
        with path.open("ab") as stream:
            stream.write(data)
        self._open[name] = (path, size)
