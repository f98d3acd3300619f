"""Checks the names that are typed: whether they are names at all, and whether anybody has them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from components.wire.names import is_user
from workbench.errors import UsageProblem

if TYPE_CHECKING:
    from workbench.cluster.control import Cluster


def check_name(name: str) -> None:
    """Refuse what is no user's name.

    Raises:
        UsageProblem: If so.
    """
    if not is_user(name):
        raise UsageProblem(
            f"{name!r} is no user's name: it has 1 to 32 of a-z, 0-9, _ and -, and begins with a letter"
        )


def check_user(cluster: Cluster, name: str) -> None:
    """Refuse a name that the directory does not know.

    Raises:
        UsageProblem: If so.
        FailedError: If the directory does not answer.
        TimedOutError: If it does not in time.
    """
    check_name(name)
    try:
        cluster.call("GET", f"{cluster.plan.one('directory').private}/users/{quote(name, safe='')}")
    except UsageProblem:
        raise UsageProblem(
            f"no user {name!r} in the directory: a phone of `workbench up --phones …` makes one"
        ) from None
