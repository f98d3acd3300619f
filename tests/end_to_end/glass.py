"""A terminal's glass: keeps what a program has drawn on it, as rows of text, as a person would see it."""

import os
import re
import sys
import time
from pathlib import Path

import pexpect
from prompt_toolkit.utils import get_cwidth

ROOT = Path(__file__).parents[2]
SEQUENCE = re.compile(r"\x1b\[([?>]?)([0-9;]*)([A-Za-z])|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]|\x1b[=>78]")
UNFINISHED = re.compile(r"\x1b(\[[?>]?[0-9;]*|\][^\x07]*|[()])?\Z")
FILLER = ""  # the second cell of a character that is two cells wide


class Glass:
    """Obeys the sequences of a VT100 that full-screen programs use: cursor, erasing, the alternate screen."""

    def __init__(self, columns, rows):
        self._rest = ""
        self.resize(columns, rows)

    def resize(self, columns, rows):
        self.columns, self.height = columns, rows
        self._clear()

    def rows(self):
        return ["".join(row).rstrip() for row in self._cells]

    def feed(self, text):
        text = self._rest + text
        unfinished = UNFINISHED.search(text)
        self._rest = unfinished.group() if unfinished else ""
        text = text.removesuffix(self._rest)
        at = 0
        while at < len(text):
            found = SEQUENCE.match(text, at)
            if found:
                self._obey(found)
                at = found.end()
            else:
                self._draw(text[at])
                at += 1
            self._x = min(
                max(self._x, 0), self.columns
            )  # a program draws for the old size until it hears of the new
            self._y = min(max(self._y, 0), self.height - 1)

    def _clear(self):
        self._cells = [[" "] * self.columns for _ in range(self.height)]
        self._x = self._y = 0

    def _obey(self, found):
        private, numbers, letter = found.groups()
        values = [int(each) for each in (numbers or "").split(";") if each]
        first = values[0] if values else 0
        match private, letter:
            case "?", "h" | "l":
                if first == 1049:
                    self._clear()
            case "", "H":
                self._y, self._x = (values[0] - 1, values[1] - 1) if len(values) == 2 else (0, 0)
            case "", "A" | "B" | "C" | "D":
                step = max(first, 1)
                self._y += {"A": -step, "B": step}.get(letter, 0)
                self._x += {"C": step, "D": -step}.get(letter, 0)
            case "", "J":
                if first == 2:
                    self._cells = [[" "] * self.columns for _ in range(self.height)]
                else:
                    self._erase_line()
                    self._cells[self._y + 1 :] = [
                        [" "] * self.columns for _ in range(self.height - self._y - 1)
                    ]
            case "", "K":
                self._erase_line()

    def _erase_line(self):
        self._cells[self._y][self._x :] = [" "] * (self.columns - self._x)

    def _draw(self, char):
        match char:
            case "\r":
                self._x = 0
            case "\n":
                self._y += 1
                if self._y == self.height:
                    self._cells = [*self._cells[1:], [" "] * self.columns]
                    self._y -= 1
            case "\b":
                self._x -= 1
            case _ if char.isprintable() and self._x < self.columns:
                cells = get_cwidth(char)
                self._cells[self._y][self._x] = char
                self._cells[self._y][self._x + 1 : self._x + cells] = [FILLER] * (cells - 1)
                self._x += cells


class Terminal:
    """A command on a terminal, and the glass that shows it."""

    def __init__(self, home, *arguments, columns=80, rows=24):
        self.process = pexpect.spawn(
            sys.executable,
            ["-m", "workbench", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "WORKBENCH_HOME": str(home),
                "TERM": "xterm",
                "NO_COLOR": "1",
                "PYTHONUTF8": "1",
            },
            dimensions=(rows, columns),
            encoding="utf-8",
            timeout=30,
        )
        self.glass = Glass(columns, rows)

    def type(self, text):
        self.process.send(text)

    def resize(self, columns, rows):
        self.glass.resize(columns, rows)
        self.process.setwinsize(rows, columns)

    def await_row(self, pattern, seconds=30):
        """Wait until a row shows what the pattern says, and give its number."""

        def found():
            return [number for number, row in enumerate(self.glass.rows()) if re.search(pattern, row)]

        self._read_until(found, f"no row with {pattern}", seconds)
        return found()[0]

    def await_no_row(self, part, seconds=30):
        """Wait until no row shows this."""
        self._read_until(lambda: not any(part in row for row in self.glass.rows()), f"still {part}", seconds)

    def await_end(self):
        """Read to the end, and give the exit code."""
        try:
            self._read_until(lambda: False, "it goes on", 30)
        except pexpect.EOF:
            self.process.close()
        return self.process.exitstatus

    def _read_until(self, question, what, seconds):
        deadline = time.monotonic() + seconds
        while not question():
            left = deadline - time.monotonic()
            assert left > 0, "\n".join([what, *self.glass.rows()])
            try:
                self.glass.feed(self.process.read_nonblocking(65536, timeout=left))
            except pexpect.TIMEOUT:
                continue
