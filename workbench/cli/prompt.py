"""The prompt of `workbench up`: the same commands, without the word `workbench`."""

from __future__ import annotations

import os
import shlex
import threading
import time
from typing import TYPE_CHECKING

from click.shell_completion import ShellComplete
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import Completer, Completion
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout

from workbench.tracing.journal import Reader
from workbench.tracing.narration import Narrator
from workbench.tracing.ordering import Window, is_probe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from workbench.cli.context import Workbench
    from workbench.cluster.launch import Launched

LEAVE = ("exit", "quit")


def prompt(workbench: Workbench, launched: Launched) -> None:
    """Read and run commands until `exit`, Ctrl-D, `down`, or the end of the cluster."""
    from workbench.cli.main import run  # noqa: PLC0415  it imports us

    os.environ["WORKBENCH_HOME"] = str(workbench.home)  # for the commands and their completion
    workbench.paths.history.touch(mode=0o600)
    session: PromptSession[str] = PromptSession(
        "workbench> ", completer=CommandCompleter(), history=FileHistory(str(workbench.paths.history))
    )
    workbench.out.print(
        "`help` or `help COMMAND`; Tab completes; `exit` or Ctrl-D ends the cluster.",
        markup=False,
    )
    ambient = _Ambient(workbench, launched, session)
    ambient.start()
    try:
        while launched.is_running():
            with patch_stdout(raw=True):
                line = session.prompt()
            words = _split(workbench, line)
            if words and words[0] in LEAVE:
                return
            if words and words[0] == "up":
                workbench.note("this cluster is up; another one needs another --home, in another terminal")
            elif words:
                run([*words[1:], "--help"] if words[0] == "help" else words, workbench)
    except EOFError:
        return
    except KeyboardInterrupt:
        return
    finally:
        ambient.stop()


def _split(workbench: Workbench, line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as exc:
        workbench.note(f"cannot read that ({exc}): close the quotes")
        return []


class _Ambient(threading.Thread):
    """Tells above the prompt what happens elsewhere, and leaves the prompt when the cluster ends."""

    def __init__(self, workbench: Workbench, launched: Launched, session: PromptSession[str]) -> None:
        super().__init__(daemon=True)
        self._workbench = workbench
        self._launched = launched
        self._session = session
        self._stopped = False

    def run(self) -> None:
        reader = Reader(self._workbench.paths.journal(self._launched.plan.run), at_end=True)
        narrator, window = Narrator(self._workbench.out), Window()
        for events in reader.follow(lambda: self._stopped or not self._launched.is_running()):
            for event in window.push(events, time.monotonic_ns()):
                if self._workbench.taken.is_set():
                    continue
                if event.trace_id not in self._workbench.told and not is_probe(event):
                    narrator.tell(event)
        if not self._stopped and self._session.app.is_running and self._session.app.loop is not None:
            self._session.app.loop.call_soon_threadsafe(lambda: self._session.app.exit(exception=EOFError))

    def stop(self) -> None:
        """Stop telling."""
        self._stopped = True
        self.join(timeout=1)


class CommandCompleter(Completer):
    """Completes as the shell does, from the same definitions."""

    def get_completions(self, document: Document, _complete_event: CompleteEvent) -> Iterable[Completion]:
        """Complete the last word of the line."""
        from workbench.cli.main import cli  # noqa: PLC0415  it imports us

        words = document.text_before_cursor.split(" ")
        shell = ShellComplete(cli, {}, "workbench", "_WORKBENCH_COMPLETE")
        for item in shell.get_completions([word for word in words[:-1] if word], words[-1]):
            yield Completion(item.value, start_position=-len(words[-1]), display_meta=item.help or "")
