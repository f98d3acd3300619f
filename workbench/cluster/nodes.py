"""The one place that wires components: each function is the main program of one kind of process.

A node gets the plan, binds its own ports, reports that it is ready, and runs until SIGTERM.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from components.internal_http.client import Client, RejectedError, UnreachableError
from components.internal_http.server import serve
from workbench.cluster import nodes_push
from workbench.cluster.node import Node
from workbench.cluster.paths import Paths
from workbench.cluster.plan import HEALTH_INTERVAL_S, HOST, Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from multiprocessing.connection import Connection

    from components.queue.settings import QueueSettings

    Main = Callable[[Node], Coroutine[Any, Any, None]]

DRAIN_TIMEOUT_S = 1.0

PRELOAD = ["workbench.cluster.nodes_preload"]


def run(name: str, kind: str, plan: Plan, report: Connection) -> None:
    """Be one box, in a fresh process, until SIGTERM."""
    log = Paths(Path(plan.options.home)).logs(plan.run) / f"{name}.log"
    fd = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if kind == "redis":
        _fake_redis(name, plan, report)
        return
    main: Main = MAINS[kind]
    uvloop.run(_until_stopped(main, name, plan, report))


async def _until_stopped(main: Main, name: str, plan: Plan, report: Connection) -> None:
    node = Node(name, plan, report)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, node.stop.set)
    await main(node)


def _fake_redis(name: str, plan: Plan, report: Connection) -> None:
    from fakeredis import TcpFakeServer  # noqa: PLC0415  only this process pays for it

    component = plan.one("redis")
    try:
        server = TcpFakeServer((HOST, component.port))
    except OSError as exc:
        sys.exit(f"{name}: port {component.port} cannot be bound: {exc.strerror}")
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))  # memory only: there is nothing to save
    report.send("ready")
    server.serve_forever(poll_interval=3600)


def queue_settings(plan: Plan) -> QueueSettings:
    """How this run's clients reach the log."""
    from components.queue import protocol, settings  # noqa: PLC0415

    make = settings.real if plan.one("kafka").external else settings.embedded
    suffix = f"-{plan.namespace}" if plan.one("kafka").external else ""
    return make(plan.kafka_bootstrap, protocol.TOPIC + suffix, protocol.GROUP + suffix)


def redis_prefix(plan: Plan) -> str:
    """Prefix of this home's keys on a shared Redis; empty on one of our own."""
    return f"cw-{plan.namespace}:" if plan.one("redis").external else ""


async def _chat_server(node: Node) -> None:
    from components.chat_server.accepting import Accepting  # noqa: PLC0415
    from components.chat_server.client import ChatServers  # noqa: PLC0415
    from components.chat_server.route_keeper import RouteKeeper  # noqa: PLC0415
    from components.chat_server.service import ChatServer  # noqa: PLC0415
    from components.chat_server.syncing import Syncing  # noqa: PLC0415
    from components.chat_server.unconfirmed import Unconfirmed  # noqa: PLC0415
    from components.connection_map.adapter import ConnectionMap, ConnectionMapError  # noqa: PLC0415
    from components.directory.client import DirectoryClient  # noqa: PLC0415
    from components.load_balancer.client import LoadBalancerClient  # noqa: PLC0415
    from components.message_store.client import MessageStore  # noqa: PLC0415
    from components.push.client import PushClient  # noqa: PLC0415
    from components.queue.adapter import Producer, QueueError  # noqa: PLC0415

    plan = node.plan
    phones, private = node.listen(node.component.port), node.listen(node.component.private_port)
    client = Client(plan.secret)
    redis = ConnectionMap(plan.one("redis").endpoint, redis_prefix(plan))
    await node.until_up("redis", redis.ready, (ConnectionMapError,))
    queue = await node.until_up("kafka", lambda: _started(Producer, queue_settings(plan)), (QueueError,))
    users = DirectoryClient(client, plan.one("directory").private)
    peers = ChatServers(client, {each.name: each.private for each in plan.all("chat_server")})
    store = MessageStore(client, plan.one("message_store").private)
    accepting = Accepting(
        node.name,
        routes=redis,
        queue=queue,
        store=store,
        users=users,
        peers=peers,
        journal=node.journal,
        unavailable=(ConnectionMapError, QueueError),
        speed=plan.options.speed,
    )
    routes = RouteKeeper(
        node.name,
        redis,
        node.journal,
        heartbeat_s=plan.heartbeat_s,
        speed=plan.options.speed,
        unavailable=ConnectionMapError,
    )
    notifications = PushClient(client, plan.one("push").private)
    unconfirmed = Unconfirmed(
        node.name,
        redis,
        notifications,
        node.journal,
        speed=plan.options.speed,
        unavailable=(ConnectionMapError,),
    )
    server = ChatServer(
        node.name,
        users=users,
        queue=queue,
        accepting=accepting,
        routes=routes,
        peers=peers,
        syncing=Syncing(node.name, store, notifications, node.journal, speed=plan.options.speed),
        unconfirmed=unconfirmed,
        balancer=LoadBalancerClient(client, plan.one("load_balancer").private),
        journal=node.journal,
        secret=plan.secret,
        heartbeat_s=plan.heartbeat_s,
    )
    runner = await serve(server.app, private)
    keeping = asyncio.create_task(routes.keep())
    node.ready()
    await server.serve(phones, node.stop)
    keeping.cancel()
    await unconfirmed.close()
    await queue.stop()
    await runner.cleanup()
    await client.close()
    await redis.close()


async def _started(kind: Any, *args: Any) -> Any:
    made = kind(*args)
    await made.start()
    return made


async def _load_balancer(node: Node) -> None:
    from components.load_balancer.service import LoadBalancer, Target  # noqa: PLC0415

    plan = node.plan
    targets = {each.name: Target(each.endpoint, each.private) for each in plan.all("chat_server")}
    balancer = LoadBalancer(
        targets,
        plan.options.seed,
        plan.secret,
        node.journal,
        interval_s=HEALTH_INTERVAL_S / plan.options.speed,
    )
    runners = [
        await serve(balancer.public, node.listen(node.component.port)),
        await serve(balancer.private, node.listen(node.component.private_port)),
    ]
    watching = asyncio.create_task(balancer.watch())
    node.ready()
    await node.stop.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    for runner in runners:
        await runner.cleanup()
    await balancer.close()


async def _delivery_worker(node: Node) -> None:
    from components.chat_server.client import ChatServers  # noqa: PLC0415
    from components.connection_map.adapter import ConnectionMap, ConnectionMapError  # noqa: PLC0415
    from components.delivery.loop import consume  # noqa: PLC0415
    from components.delivery.progress import Progress  # noqa: PLC0415
    from components.delivery.service import Worker  # noqa: PLC0415
    from components.message_store.client import MessageStore  # noqa: PLC0415
    from components.push.client import PushClient  # noqa: PLC0415
    from components.queue.adapter import Consumer, QueueError, create_topic  # noqa: PLC0415
    from components.trace.events import PartitionsAssigned  # noqa: PLC0415

    plan = node.plan
    settings = queue_settings(plan)
    client = Client(plan.secret)
    redis = ConnectionMap(plan.one("redis").endpoint, redis_prefix(plan))
    store = MessageStore(client, plan.one("message_store").private)
    worker = Worker(
        node.name,
        store=store,
        routes=redis,
        servers=ChatServers(client, {each.name: each.private for each in plan.all("chat_server")}),
        notifications=PushClient(client, plan.one("push").private),
        journal=node.journal,
        unavailable=(ConnectionMapError, UnreachableError),
    )
    await node.until_up("kafka", lambda: create_topic(settings), (QueueError,))
    consumer = await node.until_up(
        "kafka",
        lambda: _started(
            Consumer,
            settings,
            lambda topic, partitions: node.journal.write(
                PartitionsAssigned(topic, partitions), link=("kafka", node.name)
            ),
        ),
        (QueueError,),
    )
    node.ready()
    await consume(
        worker,
        consumer,
        Progress(consumer, store, speed=plan.options.speed),
        node.stop,
        unavailable=(QueueError, UnreachableError, RejectedError),
        drain_s=DRAIN_TIMEOUT_S,
    )
    await consumer.stop()
    await worker.close()
    await client.close()
    await redis.close()


async def _message_store(node: Node) -> None:
    from components.message_store.service import StoreService  # noqa: PLC0415

    service = StoreService(node.paths.data / "messages.sqlite3", node.plan.secret)
    await service.open()
    runner = await serve(service.app, node.listen(node.component.port))
    node.ready()
    await node.stop.wait()
    await runner.cleanup()
    await service.close()


async def _directory(node: Node) -> None:
    from components.directory.engine import Directory  # noqa: PLC0415
    from components.directory.service import DirectoryService  # noqa: PLC0415

    directory = Directory(f"sqlite+aiosqlite:///{node.paths.data / 'directory.sqlite3'}")
    await directory.open()
    runner = await serve(DirectoryService(directory, node.plan.secret).app, node.listen(node.component.port))
    node.ready()
    await node.stop.wait()
    await runner.cleanup()
    await directory.close()


async def _phones(node: Node) -> None:
    from components.device.fleet import Fleet  # noqa: PLC0415
    from components.device.glass import Glass  # noqa: PLC0415
    from components.directory.client import DirectoryClient  # noqa: PLC0415

    plan = node.plan
    client = Client(plan.secret)
    directory = DirectoryClient(client, plan.one("directory").private)
    fleet = Fleet(
        plan.options.phones,
        node.paths.phones,
        plan.one("load_balancer").endpoint,
        directory,
        node.journal,
        speed=plan.options.speed,
        platforms={user: plan.options.platform(user) for user in plan.options.phones},
        push=nodes_push.push_handler(node, client, directory),
    )
    runner = await serve(Glass(fleet, plan.secret).app, node.listen(node.component.port))
    running = asyncio.create_task(fleet.run())
    node.ready()
    await node.until_stopped(running)
    await fleet.close()
    await runner.cleanup()
    await client.close()


MAINS: dict[str, Main] = {
    "chat_server": _chat_server,
    "load_balancer": _load_balancer,
    "delivery_worker": _delivery_worker,
    "message_store": _message_store,
    "directory": _directory,
    "phones": _phones,
    **nodes_push.MAINS,
}
