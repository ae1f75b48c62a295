"""What every stage of the page does: it draws only while it is shown, and catches up when it is shown again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import wraps
from typing import Any, ClassVar

import panel as pn
import param
from panel.viewable import Viewer

from ..widgets.colours import Palette, palette
from ..widgets.documents import on_document
from .following import Watched, follow_all, follow_current
from .workspace import Workspace


def drawing(method: Callable[..., None]) -> Callable[..., None]:
    """Let a method of a StageView draw under the document's lock, and only while its stage is shown.

    A call while another stage is shown does nothing; the view draws everything when its stage comes back.
    """

    @wraps(method)
    def when_shown(self: StageView, *args: Any) -> None:
        if self.is_shown:
            method(self, *args)
        else:
            self.stale = True

    return on_document(when_shown)


class StageView(Viewer):
    """A stage, or a part of one that draws by itself.

    A subclass names its `stage`, builds its widgets and figures in the palette `colours`, ends its constructor with `follow`, and says in

    * `fill` how everything is drawn; it runs under the document's lock, when `redraw` is called while the stage is shown, else once when
      it is shown next;
    * `recolour` how another theme's colours are taken: at once while the stage is shown, else before it is drawn next;
    * `switched` what happens at once when another recording is looked at, and `entered` what happens whenever the stage is shown.

    What draws less than everything is marked with `drawing`. Words and buttons may follow without waiting for the stage; figures and
    their data wait, since the browser cannot lay out what is hidden, and nobody sees it. Choices are saved with `remember`.
    """

    workspace = param.ClassSelector(class_=Workspace, constant=True)
    stage: ClassVar[str] = ""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.stale = True
        self._faded = False
        self._pieces: Iterator[object] = iter(())

    @property
    def is_shown(self) -> bool:
        """Whether the view's stage is the one that is shown."""
        return self.workspace.stage == self.stage

    @property
    def colours(self) -> Palette:
        """The colours of the theme."""
        return palette(self.workspace.dark)

    def follow(self, *watched: Watched) -> None:
        """Follow stage, theme and the current recording from now on; each of `watched` is called when one of its fields changes."""
        self._follow_page()
        follow_current(self.workspace, self.switched, *watched)

    def follow_recordings(self, *watched: Watched) -> None:
        """Do as `follow` for a stage that shows all recordings: `switched` is called when one comes or goes."""
        self._follow_page()
        follow_all(self.workspace, self.switched, *watched)

    def _follow_page(self) -> None:
        self.workspace.param.watch(lambda _: self._enter(), "stage")
        self.workspace.param.watch(lambda _: self._take_theme(), "dark")

    def remember(self, name: str, widget: Any, **converted: Any) -> None:
        """Save a widget's value with the session as this stage's choice; `converted` as in `Workspace.remember`."""
        self.workspace.remember(f"{self.stage.lower()} {name}".strip(), widget, **converted)

    @drawing
    def redraw(self) -> None:
        """Draw everything, now or when the stage is shown next."""
        self.stale = False
        self.fill()

    def draw_in_turns(self, pieces: Iterator[object]) -> None:
        """Draw piece by piece; between two of them the page answers.

        Pieces that are left give way to those of a later call. Where the stage is left before the last piece, everything is drawn when
        it is shown again.
        """
        self._pieces = pieces
        self._draw_piece(pieces)

    @drawing
    def _draw_piece(self, pieces: Iterator[object]) -> None:
        if pieces is self._pieces and next(pieces, self) is not self:
            self._draw_piece(pieces)

    def unasked(self, run: Callable[[], Awaitable[None]]) -> None:
        """Let the stage work out its main picture before a button is pressed, where the page comes alive by itself and is idle."""
        examined = self.workspace.current
        if self.workspace.arrival is None or examined is None or examined.busy or not self.is_shown:
            return

        async def quietly() -> None:
            by_hand = examined.by_hand
            await run()
            examined.by_hand = by_hand

        pn.state.execute(quietly)

    def fill(self) -> None:
        """Draw everything that the stage shows. By default nothing: such a part shows only what it was asked for."""

    def recolour(self) -> None:
        """Take the colours of another theme. By default everything is drawn anew."""
        self.redraw()

    def switched(self) -> None:
        """Take another recording. By default it is drawn."""
        self.redraw()

    def entered(self) -> None:
        """Begin to be shown. By default the view only catches up."""

    def _enter(self) -> None:
        if not self.is_shown:
            return
        if self._faded:
            self._take_theme()
        self.entered()
        if self.stale:
            self.redraw()

    @on_document
    def _take_theme(self) -> None:
        self._faded = not self.is_shown
        if self.is_shown:
            self.recolour()
