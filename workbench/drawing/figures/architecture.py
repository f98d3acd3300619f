"""The map of step 2 of the walkthrough: client layer above, servers below. What the plan lacks is dashed.

Two things are drawn as they are here and not as in the walkthrough. The load balancer is only asked when a phone
connects: the WebSocket then runs straight to the chat server. And delivery workers stand between Kafka and the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.drawing.sketch import Sketch, fit

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.drawing.journey import Journey
    from workbench.drawing.model import Figure, Hop
    from workbench.drawing.topology import Topology


def architecture(topology: Topology, lit: Journey | None = None) -> Figure:
    """Draw the map, lit by a message if one is given."""
    sketch = Sketch(lit.hops if lit else ())

    def between(*pairs: tuple[str, str]) -> Callable[[Hop], bool]:
        return lambda hop: (topology.kind_of(hop.source), topology.kind_of(hop.target)) in pairs

    _client_layer(sketch, topology)
    _connecting(sketch, topology, between)
    _serving(sketch, topology, between)
    _delivering(sketch, topology, between)
    return sketch.finish(
        "architecture",
        "flow",
        "Architecture",
        "Phones find chat servers through a load balancer; chat servers use Redis and Kafka; workers deliver.",
        *([] if _all_built(topology) else ["Dashed: not built yet."]),
    )


FUTURE = ("presence", "push", "media")
"""Kinds of box that the walkthrough has; a plan that contains one draws it solid."""


def _all_built(topology: Topology) -> bool:
    return all(topology.has(kind) for kind in FUTURE)


def _client_layer(sketch: Sketch, topology: Topology) -> None:
    sketch.box("phones", 0, 0, 79, 7, f"Mobile client: {fit(topology.phones, 50)}", group=True)
    sketch.box("socket", 2, 1, 17, 4, "WebSocket", "manager")
    sketch.box("database", 21, 1, 17, 4, "Local DB", "(SQLite)")
    sketch.box("upload", 44, 1, 15, 4, "Media", "upload", built=topology.has("media"))
    sketch.box("handler", 62, 1, 15, 4, "Push handler", "APNs/FCM", built=topology.has("push"))


def _connecting(sketch: Sketch, topology: Topology, between: Callable[..., Callable[[Hop], bool]]) -> None:
    media = topology.has("media")
    sketch.box("lb", 1, 10, 11, 4, "Load", "balancer")
    sketch.box("s3", 44, 10, 15, 4, "S3 + CDN", "(media)", built=media)
    chats = topology.named("chat_server")
    sketch.box("chat", 1, 17, 58, 4, "Chat servers (fleet)", fit(chats, 54))
    sketch.link(
        "socket",
        "lb",
        (6, 4),
        (6, 9),
        says="once",
        label=(8, 8),
        carries=between(("phone", "load_balancer"), ("load_balancer", "phone")),
    )
    sketch.link("lb", "chat", (6, 13), (6, 16), says="ring", label=(8, 15))
    sketch.link(
        "socket",
        "chat",
        (15, 4),
        (15, 16),
        says="WebSocket",
        label=(17, 8),
        room=33,
        carries=between(("phone", "chat_server"), ("chat_server", "phone")),
        both_ways=True,
    )
    sketch.label(17, 9, "(persistent)")
    sketch.link("upload", "s3", (51, 4), (51, 9), says="HTTPS (direct)", label=(53, 8), built=media)


def _serving(sketch: Sketch, topology: Topology, between: Callable[..., Callable[[Hop], bool]]) -> None:
    presence = topology.has("presence")
    sketch.box("redis", 1, 24, 16, 4, "Redis", "connection map")
    sketch.box("kafka", 19, 24, 12, 4, "Kafka", "(queue)")
    sketch.box("presence", 35, 24, 11, 4, "Presence", "service", built=presence)
    sketch.box("directory", 49, 24, 11, 4, "Directory", "(users)", built=topology.has("directory"))
    sketch.link(
        "chat", "redis", (8, 20), (8, 23), label=(10, 22), room=13, carries=between(("chat_server", "redis"))
    )
    sketch.link(
        "chat", "kafka", (24, 20), (24, 23), label=(26, 22), room=6, carries=between(("chat_server", "kafka"))
    )
    sketch.link("chat", "presence", (40, 20), (40, 23), built=presence)
    sketch.link(
        "chat",
        "directory",
        (54, 20),
        (54, 23),
        label=(56, 22),
        carries=between(("chat_server", "directory")),
        built=topology.has("directory"),
    )
    sketch.link(
        "chat",
        "chat",
        (58, 18),
        (61, 18),
        (61, 19),
        (59, 19),
        says="",
        label=(63, 18),
        room=7,
        carries=between(("chat_server", "chat_server")),
    )
    sketch.label(63, 19, "direct")


def _delivering(sketch: Sketch, topology: Topology, between: Callable[..., Callable[[Hop], bool]]) -> None:
    push = topology.has("push")
    sketch.box("workers", 14, 31, 22, 4, "Delivery workers", fit(topology.named("delivery_worker"), 20))
    sketch.box("store", 14, 38, 22, 4, "Message store", "(Cassandra's part)")
    sketch.box("notification", 59, 38, 18, 4, "Notification", "(APNs/FCM)", built=push)
    sketch.link(
        "kafka",
        "workers",
        (24, 27),
        (24, 30),
        label=(26, 29),
        room=6,
        carries=between(("kafka", "delivery_worker")),
    )
    sketch.link(
        "workers",
        "chat",
        (33, 31),
        (33, 21),
        says="hand over",
        label=(34, 29),
        room=12,
        carries=between(("delivery_worker", "chat_server")),
    )
    sketch.link(
        "workers",
        "redis",
        (14, 32),
        (8, 32),
        (8, 28),
        says="again",
        label=(1, 33),
        carries=between(("delivery_worker", "redis")),
        only_lit=True,
    )
    sketch.link(
        "workers",
        "store",
        (24, 34),
        (24, 37),
        label=(26, 36),
        carries=between(("delivery_worker", "message_store")),
    )
    sketch.link(
        "chat",
        "store",
        (47, 20),
        (47, 39),
        (36, 39),
        says="receipts",
        label=(37, 40),
        carries=between(("chat_server", "message_store")),
    )
    sketch.link(
        "workers",
        "notification",
        (35, 33),
        (64, 33),
        (64, 37),
        label=(38, 32),
        carries=between(("delivery_worker", "push")),
        built=push,
    )
    sketch.link(
        "notification",
        "handler",
        (71, 38),
        (71, 5),
        says="wakes",
        label=(73, 22),
        carries=between(("push", "apns"), ("push", "fcm"), ("apns", "phone"), ("fcm", "phone")),
        built=push,
    )
