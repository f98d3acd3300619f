"""What may stand behind the options of `up`."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from components.wire.names import is_user
from components.wire.pushes import Platform
from workbench.cluster.addresses import kafka_addresses, redis_address
from workbench.cluster.plan import RESERVED_PREFIX

if TYPE_CHECKING:
    from typing import TypeGuard

MAX_PHONES = 200
MAX_NUMBERED = 2000


def phones(_context: click.Context, _parameter: click.Parameter, value: str) -> dict[str, Platform | None]:
    """Read `alice:ios,bob`, or how many: each phone's operating system, None where it is left open."""
    found: dict[str, Platform | None] = {}
    if value.isdigit():
        if not 1 <= int(value) <= MAX_NUMBERED:
            raise click.BadParameter(f"1 to {MAX_NUMBERED} phones")
        return {f"phone-{number}": None for number in range(1, int(value) + 1)}
    given = [each.strip() for each in value.split(",")]
    for each in given:
        name, colon, platform = each.partition(":")
        if not is_user(name) or name.startswith(RESERVED_PREFIX):
            raise click.BadParameter(
                f"{name!r}: a name has 1 to 32 of a-z, 0-9, _ and -, and begins with a letter"
            )
        if colon and not _is_platform(platform):
            raise click.BadParameter(f"{each!r}: a phone is {' or '.join(get_args(Platform))}")
        found[name] = platform if _is_platform(platform) else None
    if len(found) != len(given) or len(found) > MAX_PHONES:
        raise click.BadParameter(f"up to {MAX_PHONES} names, each once")
    return found


def _is_platform(text: str) -> TypeGuard[Platform]:
    return text in get_args(Platform)


def redis(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Check where Redis is."""
    if value not in ("embedded", "server"):
        try:
            redis_address(value)
        except ValueError as exc:
            raise click.BadParameter(f"embedded, server, or redis://HOST:PORT, but {exc}") from None
    return value


def kafka(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Check where Kafka is."""
    if value != "embedded":
        try:
            kafka_addresses(value)
        except ValueError as exc:
            raise click.BadParameter(f"embedded, or HOST:PORT,…, but {exc}") from None
    return value
