"""The phone's screen: a full-screen application over the pure model, kept up to date by the journal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout import (
    BufferControl,
    Dimension,
    FormattedTextControl,
    HSplit,
    Layout,
    UIContent,
    UIControl,
    VSplit,
    Window,
)

from workbench.errors import UsageProblem
from workbench.phone_screen.cells import cut, safe, wrap
from workbench.phone_screen.layout import Body, header, keys
from workbench.phone_screen.typed import HELP, Help, Leave, To, wish_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from prompt_toolkit.formatted_text import StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyPressEvent

    from workbench.phone_screen.life import Life
    from workbench.phone_screen.look import Look
    from workbench.phone_screen.model import Book
    from workbench.phone_screen.typed import Say

KEY_WAIT_S = 0.2
"""How long Escape may be the beginning of another key's sequence."""

CLOCK_S = 5.0
"""How often the header is drawn anew for the sake of its clock."""

_FOOTER_ROWS = 12

_BREAKS = str.maketrans("\r\n\t", "   ")


class Screen:
    """Shows a book, and hands what is typed to `do`. `notice` stands in the footer until the next Enter or Tab."""

    def __init__(
        self, book: Book, look: Look, do: Callable[[Say | Life], None], looked: Callable[[], None]
    ) -> None:
        self._book = book
        self._look = look
        self._do = do
        self._looked = looked
        self.notice = ""
        self._body = Body(book, look)
        self._input = Buffer(multiline=False, accept_handler=self._enter)
        self.app: Application[None] = Application(
            Layout(self._rooms()),
            key_bindings=self._keys(),
            full_screen=True,
            refresh_interval=CLOCK_S,
        )
        self.app.ttimeoutlen = self.app.timeoutlen = KEY_WAIT_S

    def redraw(self) -> None:
        """Draw anew what has changed."""
        self.app.invalidate()

    def give_back(self, text: str) -> None:
        """Put a message that was not taken back on the input line, unless something else stands there by now."""
        if not self._input.text:
            self._input.text = text
            self._input.cursor_position = len(text)

    # Rooms --------------------------------------------------------------------------------------------------------

    def _rooms(self) -> HSplit:
        # The prompt has a window of its own: as a part of the line it would scroll away with a long one.
        prompt = Window(FormattedTextControl(self._prompt), height=1, dont_extend_width=True, style="bold")
        typing = Window(BufferControl(self._input), height=1)
        return HSplit(
            [
                Window(FormattedTextControl(self._header), height=1, style="reverse"),
                Window(_Pane(self._body)),
                VSplit([prompt, typing]),
                Window(
                    FormattedTextControl(self._footer),
                    height=Dimension(min=1, max=_FOOTER_ROWS),
                    dont_extend_height=True,
                ),
            ]
        )

    def _header(self) -> str:
        clock = datetime.now().astimezone().strftime("%H:%M")
        return header(self._book.state, clock, self.app.output.get_size().columns, self._look)

    def _prompt(self) -> str:
        peer = self._book.open or ""
        most = self.app.output.get_size().columns // 3
        return cut(peer, most, ellipsis=self._look.ellipsis) + "> "

    def _footer(self) -> str:
        width = self.app.output.get_size().columns
        return "\n".join(wrap(safe(self.notice), width)) if self.notice else keys(width)

    # Keys ---------------------------------------------------------------------------------------------------------

    def _keys(self) -> KeyBindings:
        bound = KeyBindings()
        moves = {("tab", "down"): 1, ("s-tab", "up"): -1}
        for names, by in moves.items():
            for name in names:
                bound.add(name)(self._mover(by))
        bound.add("pageup")(lambda _event: self._body.scroll(-1))
        bound.add("pagedown")(lambda _event: self._body.scroll(1))
        bound.add(Keys.BracketedPaste)(self._paste)
        for name in ("escape", "c-c", "c-d", "<sigint>"):
            bound.add(name)(lambda _event: self.leave())
        return bound

    def _paste(self, event: KeyPressEvent) -> None:
        """Put what is pasted on the line; the line is one, so its breaks and tabs become blanks, which is said."""
        text = event.data.replace("\r\n", "\n")
        line = text.translate(_BREAKS)
        self.notice = "line breaks and tabs became blanks" if line != text else ""
        self._input.insert_text(line)

    def _mover(self, by: int) -> Callable[[KeyPressEvent], None]:
        def move(_event: KeyPressEvent) -> None:
            self.notice = ""
            self._book.step(by)
            self._looked()

        return move

    def leave(self) -> None:
        """End the application, if it has not ended."""
        if self.app.is_running and not self.app.is_done:
            self.app.exit()

    def _enter(self, buffer: Buffer) -> bool:
        """Do what was typed; what is refused stays on the line, so that it can be mended."""
        self.notice = ""
        try:
            self._act(buffer.text)
        except UsageProblem as exc:
            self.notice = str(exc)
            return True
        return False

    def _act(self, line: str) -> None:
        match wish_of(line, self._book.user):
            case None:
                return
            case Help():
                self.notice = HELP
            case Leave():
                self.leave()
            case To(peer):
                self._book.show(peer)
                self._looked()
            case wish:
                self._do(wish)


class _Pane(UIControl):
    """Asks the body for its rows whenever the terminal's size is known."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def create_content(self, width: int, height: int) -> UIContent:
        rows = cast("list[StyleAndTextTuples]", self._body.rows(width, height))  # ours have no mouse handler
        return UIContent(get_line=rows.__getitem__, line_count=len(rows), show_cursor=False)
