"""What can go wrong for a user, and the exit code that says so.

WorkbenchError
├── UsageProblem        2  the command line asks for something that cannot be
├── NoClusterError      3  no cluster is running under this home
├── TimedOutError       4  what was asked for may still happen
├── CheckFailedError    5  a check ran and did not pass
├── ClosedPipeError   141  whoever read the output has enough; nobody is told
└── FailedError         1  it was tried and did not work
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_CLUSTER = 3
    TIMED_OUT = 4
    CHECK_FAILED = 5
    INTERRUPTED = 130
    CLOSED_PIPE = 141


EXIT_MEANINGS = {
    Exit.DONE: "done",
    Exit.FAILED: "it was tried and failed; the message says why",
    Exit.USAGE: "the command line asks for something that cannot be",
    Exit.NO_CLUSTER: "no cluster is running under this home",
    Exit.TIMED_OUT: "timed out; what was asked for may still happen",
    Exit.CHECK_FAILED: "a check ran and did not pass",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
    Exit.CLOSED_PIPE: "the reader of the output closed its pipe",
}


class WorkbenchError(Exception):
    """One line for the user: what happened and what to do."""

    exit_code = Exit.FAILED


class FailedError(WorkbenchError):
    """It was tried and did not work."""


class UsageProblem(WorkbenchError):  # noqa: N818  it is the user's problem to solve, not an error of ours
    """The command line asks for something that cannot be."""

    exit_code = Exit.USAGE


class NoClusterError(WorkbenchError):
    """No cluster is running under this home."""

    exit_code = Exit.NO_CLUSTER


class TimedOutError(WorkbenchError):
    """It did not happen in time; it may still."""

    exit_code = Exit.TIMED_OUT


class CheckFailedError(WorkbenchError):
    """A check ran and did not pass."""

    exit_code = Exit.CHECK_FAILED


class ClosedPipeError(WorkbenchError):
    """Whoever read the output has enough."""

    exit_code = Exit.CLOSED_PIPE
