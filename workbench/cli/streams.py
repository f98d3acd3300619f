"""The standard streams, made such that what they cannot show or take is no traceback."""

from __future__ import annotations

import errno
import io
import os
import sys

OUTPUT_ERRORS = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EFBIG, errno.EDQUOT)
"""What a write to a full disk, a closed descriptor or a lost terminal fails with."""


def prepare() -> None:
    """Fill closed streams, and let characters that the encoding does not have come out as `?`.

    A closed descriptor would be given to the next file or socket that is opened, which then got our output. The null
    device stands in, opened for reading: so a write to a closed stdout still fails, and is told.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115  as long as the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  likewise
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def is_output_error(exc: OSError) -> bool:
    """Say whether this comes of writing to a stream: such an error names no file."""
    return exc.filename is None and exc.errno in OUTPUT_ERRORS


def give_up_stdout() -> None:
    """Lead what stdout still holds into the null device: Python would complain once more when it flushes at exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
