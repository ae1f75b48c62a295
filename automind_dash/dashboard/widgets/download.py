"""A button that makes a file and hands it to the browser."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from typing import Any

import panel_material_ui as pmui

from ...errors import UserError
from .notices import report


class Download(pmui.FileDownload):
    """Calls `make` off the event loop when the button is pressed. What cannot be made is told, and nothing is sent.

    prepare: called first, on the event loop, where what is on the page may be read; its result is given to `make`.
    """

    def __init__(self, make: Callable[..., bytes], prepare: Callable[[], Any] | None = None, **params: Any) -> None:
        async def made() -> io.BytesIO:
            given = () if prepare is None else (prepare(),)
            return io.BytesIO(await asyncio.to_thread(make, *given))

        super().__init__(callback=made, auto=True, **params)

    async def _async_sync_data(self) -> None:
        try:
            content = await self.callback()
        except UserError as error:
            report(error)
            return
        self._sync_data(content)
