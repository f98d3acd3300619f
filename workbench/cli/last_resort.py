"""What is left to say when a command fails in a way that nobody foresaw."""

from __future__ import annotations

import os
import tempfile
import traceback


def defect_line(exc: BaseException) -> str:
    """Keep the traceback in a file that its owner alone can read, and give the one line that names it."""
    what = f"{type(exc).__name__}: {exc}".splitlines()[0]
    try:
        fd, name = tempfile.mkstemp(prefix="workbench-", suffix=".traceback")
        with os.fdopen(fd, "w", errors="backslashreplace") as file:
            traceback.print_exception(exc, file=file)
    except OSError as failed:
        return f"a defect of the workbench ({what}); its traceback could not be kept ({failed.strerror})"
    return f"a defect of the workbench ({what}): report it with its traceback, {name}"
