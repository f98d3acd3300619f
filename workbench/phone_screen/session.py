"""One sitting at a phone: the screen, the journal that says what changed, and the calls that fingers cause."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from workbench.errors import FailedError, NoClusterError, UsageProblem, WorkbenchError
from workbench.phone_screen.cells import cut, safe
from workbench.phone_screen.life import Life, told
from workbench.phone_screen.model import Book
from workbench.phone_screen.port import Port
from workbench.phone_screen.screen import Screen
from workbench.phone_screen.staleness import Stale, stale_after
from workbench.tracing.journal import Reader

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from workbench.cluster.control import Cluster
    from workbench.phone_screen.look import Look
    from workbench.phone_screen.typed import Say

POLL_S = 0.02
"""How often the journal's file is looked at; the phone's database only when the journal says that it changed."""

RETRY_S = 1.0
"""How long to wait before phones that did not answer are asked again."""

DRAIN_S = 6.0
"""How long leaving waits for what was typed and not yet taken; a call ends within 5 s."""

_QUOTED_CELLS = 20


class Session:
    """One sitting. Make it inside a running event loop; `run` returns when the screen is left."""

    def __init__(self, cluster: Cluster, journal: Path, user: str, look: Look) -> None:
        self._cluster = cluster
        self._reader = Reader(journal, at_end=True)
        self._port = Port(cluster.plan, user)
        self._book = Book(user, cluster.plan.options.phones)
        self._screen = Screen(self._book, look, self._do, self._report)
        self._stale = Stale(state=True, everything=True)
        self._woken = asyncio.Event()
        self._woken.set()
        self._calls: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._cluster_ended = False
        self._trouble = ""
        self._failure = ""

    async def run(self) -> None:
        """Show the screen until it is left.

        Raises:
            NoClusterError: If the cluster ends meanwhile.
            FailedError: If something that was typed was not taken.
        """
        async with self._port, asyncio.TaskGroup() as tasks:
            feeding = [
                tasks.create_task(each) for each in (self._watch(), self._refresh(), self._make_calls())
            ]
            with suppress(EOFError):  # a keyboard that is gone: nobody types any more
                await self._screen.app.run_async()
            if not self._cluster_ended:
                self._failure = ""
                await self._drain()
            for each in feeding:
                each.cancel()
        if self._cluster_ended:
            raise NoClusterError(
                "the cluster has ended, and its phones with it: `workbench up` starts another"
            )
        if self._failure:
            raise FailedError(self._failure)

    # What the journal says ----------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while self._cluster.state.is_running():
            try:
                events = self._reader.read()
            except OSError:  # `reset` takes the journal away, once the cluster has ended
                break
            for event in events:
                self._stale.add(stale_after(event, self._book.user, self._book.peer_of))
            if self._stale:
                self._woken.set()
            await asyncio.sleep(POLL_S)
        self._cluster_ended = True
        self._screen.leave()

    async def _refresh(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            stale, self._stale = self._stale, Stale()
            try:
                await self._ask(stale)
            except (
                UsageProblem
            ) as exc:  # out of order, or no app runs: the journal will say when that changes
                self._tell_trouble(exc)
            except WorkbenchError as exc:
                self._tell_trouble(exc)
                self._screen.redraw()
                self._stale.add(stale)
                await asyncio.sleep(RETRY_S)
                self._woken.set()
                continue
            else:
                if self._screen.notice == self._trouble:
                    self._screen.notice = ""
            self._report()
            self._screen.redraw()

    def _tell_trouble(self, exc: WorkbenchError) -> None:
        """Tell it, unless the footer has something to say of what was typed: that is told only once."""
        self._trouble = str(exc)
        self._screen.notice = self._screen.notice or self._trouble

    async def _ask(self, stale: Stale) -> None:
        if stale.state:
            self._book.take_state(await self._port.state())
        if stale.everything:
            self._book.take(await self._port.messages())
            return
        for peer in sorted(stale.peers):
            self._book.take(await self._port.messages(peer), peer)

    # What fingers do ----------------------------------------------------------------------------------------------

    def _do(self, wish: Say | Life) -> None:
        """Queue what was typed: it happens in the order of typing, and the screen waits for none of it."""
        if isinstance(wish, Life):
            self._calls.put_nowait(partial(self._live, wish))
            return
        peer = self._book.open
        if peer is None:
            raise UsageProblem("no chat is open: Tab opens one, or /to NAME")
        self._book.anchor = None
        self._calls.put_nowait(partial(self._send, peer, wish.text))

    def _report(self) -> None:
        """Queue the news that a conversation was read, if there is any."""
        while (news := self._book.to_report()) is not None:
            peer, seq = news
            self._book.report(peer, seq)
            self._calls.put_nowait(partial(self._read, peer))

    async def _make_calls(self) -> None:
        while True:
            call = await self._calls.get()
            try:
                await call()
            except WorkbenchError as exc:
                self._failure = self._screen.notice = str(exc)
            finally:
                self._calls.task_done()
            self._screen.redraw()

    async def _send(self, peer: str, text: str) -> None:
        try:
            await self._port.send(peer, text)
        except UsageProblem:
            self._screen.give_back(text)
            raise
        except FailedError:
            begins = cut(safe(text), _QUOTED_CELLS)
            raise FailedError(
                f"the phones do not answer: if `{begins}` is not in the chat once they do, type it again"
            ) from None

    async def _read(self, peer: str) -> None:
        try:
            await self._port.read(peer)
        except WorkbenchError:
            self._book.report(peer, 0)  # the next event about this phone says it again

    async def _live(self, life: Life) -> None:
        state = await self._port.live(life)
        self._book.take_state(state)
        self._screen.notice = told(state)

    async def _drain(self) -> None:
        try:
            await asyncio.wait_for(self._calls.join(), DRAIN_S)
        except TimeoutError:
            self._failure = "the phones do not answer: what was typed last may not have been taken"
