"""A button that makes a file and hands it to the browser."""

from __future__ import annotations

import asyncio
import inspect
import io
from collections.abc import Awaitable, Callable
from typing import Any

import panel_material_ui as pmui

from ...errors import UserError
from .notices import report


class Download(pmui.FileDownload):
    """Calls `make` off the event loop when the button is pressed. What cannot be made is told, and nothing is sent.

    make: may be a coroutine function, which tells of its progress and its failure itself, and returns None where there is no file.
    prepare: called first, on the event loop, where what is on the page may be read; its result is given to `make`.
    """

    def __init__(
        self, make: Callable[..., bytes] | Callable[..., Awaitable[bytes | None]], prepare: Callable[[], Any] | None = None, **params: Any
    ) -> None:  # fmt: skip
        async def made() -> io.BytesIO | None:
            given = () if prepare is None else (prepare(),)
            content: Any = await (
                make(*given) if inspect.iscoroutinefunction(make) else asyncio.to_thread(make, *given)
            )
            return None if content is None else io.BytesIO(content)

        super().__init__(callback=made, auto=True, **params)

    async def _async_sync_data(self) -> None:
        try:
            content = await self.callback()
        except UserError as error:
            report(error)
            return
        if content is not None:
            self._sync_data(content)
