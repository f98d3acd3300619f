"""What a cluster consists of, as a value: decided once, before anything is started. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from components.load_balancer.protocol import DEFAULT_SEED, Ring
from components.wire.pushes import Platform
from workbench.cluster.addresses import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOST = "127.0.0.1"
HEARTBEAT_S = 30.0
HEALTH_INTERVAL_S = 1.0
BOOT_TIMEOUT_S = 15.0
EXTERNAL_BOOT_TIMEOUT_S = 60.0
RESERVED_PREFIX = "probe-"


class Options(msgspec.Struct, frozen=True):
    """What `up` was asked for. `redis` is embedded, server, or a URL; `kafka` is embedded, or host:port."""

    home: str
    servers: int = 3
    workers: int = 2
    phones: tuple[str, ...] = ("alice", "bob", "carol")
    speed: float = 1.0
    seed: int = DEFAULT_SEED
    redis: str = "embedded"
    kafka: str = "embedded"
    base_port: int | None = None
    platforms: dict[str, Platform] = {}

    def platform(self, user: str) -> Platform:
        """Give the operating system of a phone: as it was asked for, else iOS and Android by turns."""
        by_turns: Platform = "android" if self.phones.index(user) % 2 else "ios"
        return self.platforms.get(user, by_turns)


class Component(msgspec.Struct, frozen=True):
    """One box: `port` is where its own protocol is spoken, `private_port` where other boxes call it (0: nowhere)."""

    name: str
    kind: str
    port: int
    private_port: int = 0
    external: str = ""

    @property
    def endpoint(self) -> str:
        """Where it is reached, as a URL. It may hold a password: to show it, take `shown`."""
        if self.external:
            return self.external
        scheme = {"chat_server": "ws", "load_balancer": "ws", "redis": "redis", "kafka": "kafka"}.get(
            self.kind, "http"
        )
        return f"{scheme}://{HOST}:{self.port}"

    @property
    def shown(self) -> str:
        """Where it is reached, as it may be shown and written to the journal."""
        return masked(self.endpoint)

    @property
    def private(self) -> str:
        """Where the other boxes call it, as a URL."""
        return f"http://{HOST}:{self.private_port or self.port}"


class Plan(msgspec.Struct, frozen=True):
    """A cluster. `namespace` keeps it apart from others on an external engine; it is empty on an engine of our own."""

    run: str
    options: Options
    secret: str
    components: tuple[Component, ...]
    namespace: str
    probe: tuple[str, str]

    def component(self, name: str) -> Component | None:
        """Find a box by name."""
        return next((each for each in self.components if each.name == name), None)

    def one(self, kind: str) -> Component:
        """Give the only box of a kind."""
        return next(each for each in self.components if each.kind == kind)

    def all(self, kind: str) -> list[Component]:
        """Give all boxes of a kind."""
        return [each for each in self.components if each.kind == kind]

    @property
    def heartbeat_s(self) -> float:
        """The phones' heartbeat, sped up."""
        return HEARTBEAT_S / self.options.speed

    @property
    def boot_timeout_s(self) -> float:
        """How long a box may take to reach its engines. A broker that outlives runs may make a group wait to rejoin."""
        return EXTERNAL_BOOT_TIMEOUT_S if any(each.external for each in self.components) else BOOT_TIMEOUT_S

    @property
    def kafka_bootstrap(self) -> str:
        """The broker's address as Kafka clients want it."""
        return self.one("kafka").endpoint.removeprefix("kafka://")


def make_plan(
    options: Options, run: str, secret: str, namespace: str, ports: Callable[[int], Sequence[int]]
) -> Plan:
    """Lay out a cluster. `ports(n)` gives n free ports; the same options and ports give the same plan."""
    numbers = iter(ports(12 + 2 * options.servers))
    external_redis = options.redis if "://" in options.redis else ""
    external_kafka = f"kafka://{options.kafka}" if options.kafka != "embedded" else ""
    components = [
        Component("kafka", "kafka", next(numbers), external=external_kafka),
        Component("redis", "redis", next(numbers), external=external_redis),
        Component("store", "message_store", next(numbers)),
        Component("directory", "directory", next(numbers)),
        Component("lb", "load_balancer", next(numbers), next(numbers)),
        *(
            Component(f"chat-{number}", "chat_server", next(numbers), next(numbers))
            for number in range(1, options.servers + 1)
        ),
        *(Component(f"worker-{number}", "delivery_worker", 0) for number in range(1, options.workers + 1)),
        Component("push", "push", next(numbers)),
        Component("apns", "apns", next(numbers), next(numbers)),
        Component("fcm", "fcm", next(numbers), next(numbers)),
        Component("phones", "phones", next(numbers)),
    ]
    return Plan(run, options, secret, tuple(components), namespace, probe_users(options))


def probe_users(options: Options) -> tuple[str, str]:
    """Name two users whom the ring sends to different servers (if there are two), so that a probe must cross."""
    ring = Ring([f"chat-{number}" for number in range(1, options.servers + 1)], options.seed)
    for server in range(1, options.servers + 1):
        ring.set_health(f"chat-{server}", healthy=True)
    first = f"{RESERVED_PREFIX}0"
    for number in range(1, 1000):
        other = f"{RESERVED_PREFIX}{number}"
        if options.servers == 1 or ring.server_of(other) != ring.server_of(first):
            return first, other
    raise AssertionError("a ring of two servers has users on both")  # pragma: no cover
