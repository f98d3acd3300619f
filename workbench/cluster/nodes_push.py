"""The wiring of push: the notification service, the stubs of APNs and FCM, and the phones' end of it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from components.internal_http.client import Client, UnreachableError
from components.internal_http.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from aiohttp import web

    from components.device.push_handler import PushHandler
    from components.directory.client import DirectoryClient
    from components.push.stub import Stub
    from components.wire.pushes import Platform
    from workbench.cluster.node import Node
    from workbench.cluster.plan import Plan

    Main = Callable[[Node], Coroutine[Any, Any, None]]

APP_ID = "org.example.chat"
"""The app's bundle id, which APNs calls the topic."""

PROJECT = "chat-workbench"
"""The app's Firebase project."""


def provider_key(plan: Plan, provider: str) -> str:
    """Derive the secret by which a provider knows the app's server: another one than the boxes use among each other."""
    return hashlib.sha256(f"{plan.secret}:{provider}".encode()).hexdigest()


def push_handler(node: Node, client: Client, directory: DirectoryClient) -> PushHandler:
    """Give the phones their way to tokens."""
    from components.device.push_handler import PushHandler  # noqa: PLC0415
    from components.push.tokens import ProviderTokens  # noqa: PLC0415

    ios, android = (ProviderTokens(client, node.plan.one(kind).private) for kind in ("apns", "fcm"))
    return PushHandler({"ios": ios, "android": android}, directory, node.journal)


async def _push(node: Node) -> None:
    from components.directory.client import DirectoryClient  # noqa: PLC0415
    from components.push import providers  # noqa: PLC0415
    from components.push.service import PushService  # noqa: PLC0415

    plan = node.plan
    client, http = Client(plan.secret), providers.session()
    apns, fcm = plan.one("apns").endpoint, plan.one("fcm").endpoint
    service = PushService(
        node.name,
        tokens=DirectoryClient(client, plan.one("directory").private),
        providers={
            "ios": providers.Apns(http, apns, topic=APP_ID, bearer=provider_key(plan, "apns")),
            "android": providers.Fcm(http, fcm, project=PROJECT, bearer=provider_key(plan, "fcm")),
        },
        journal=node.journal,
        secret=plan.secret,
        speed=plan.options.speed,
        unavailable=(UnreachableError,),
    )
    working = asyncio.create_task(service.run())
    runner = await serve(service.app, node.listen(node.component.port))
    node.ready()
    await node.until_stopped(working)
    await runner.cleanup()
    await http.close()
    await client.close()


async def _apns(node: Node) -> None:
    from components.push.apns import Apns, device_token  # noqa: PLC0415

    def face(stub: Stub) -> web.Application:
        return Apns(stub, topic=APP_ID, bearer=provider_key(node.plan, "apns")).public

    await _serve_stub(node, "ios", device_token, face)


async def _fcm(node: Node) -> None:
    from components.push.fcm import Fcm, registration_token  # noqa: PLC0415

    def face(stub: Stub) -> web.Application:
        return Fcm(stub, project=PROJECT, bearer=provider_key(node.plan, "fcm")).public

    await _serve_stub(node, "android", registration_token, face)


async def _serve_stub(
    node: Node, platform: Platform, make_token: Callable[[], str], face: Callable[[Stub], web.Application]
) -> None:
    from components.device.client import PhonesClient  # noqa: PLC0415
    from components.push.installations import Installations  # noqa: PLC0415
    from components.push.stub import Stub  # noqa: PLC0415

    plan = node.plan
    client = Client(plan.secret)
    installations = Installations(node.paths.data / f"{node.name}.sqlite3")
    phones = PhonesClient(client, plan.one("phones").private)
    stub = Stub(platform, installations, make_token, phones, secret=plan.secret, speed=plan.options.speed)
    runners = [
        await serve(face(stub), node.listen(node.component.port)),
        await serve(stub.private, node.listen(node.component.private_port)),
    ]
    delivering = asyncio.create_task(stub.run())
    node.ready()
    await node.until_stopped(delivering)
    for runner in runners:
        await runner.cleanup()
    installations.close()
    await client.close()


MAINS: dict[str, Main] = {"push": _push, "apns": _apns, "fcm": _fcm}
