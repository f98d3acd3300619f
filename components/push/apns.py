"""A stub of Apple's push service: it checks a request as APNs would, and wakes the phone.

Source: Apple, "Sending notification requests to APNs" and "Handling notification responses from APNs".
"""

from __future__ import annotations

import hmac
import re
import secrets
import time
import uuid
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from components.push.requests import MAX_PAYLOAD_BYTES
from components.push.stub import Notification, hang, traceparent_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.push.stub import Stub

PUSH_TYPES = ("alert", "background")
MAX_COLLAPSE_BYTES = 64
_TOKEN = re.compile(r"[0-9a-f]{64}\Z")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")


class Refusal(msgspec.Struct, frozen=True):
    """What APNs says instead of 200."""

    status: int
    reason: str
    retry_after_s: int | None = None


def device_token() -> str:
    """Make a token as the phone's operating system gets one: 32 random bytes, in hex."""
    return secrets.token_hex(32)


class Apns:
    """Serves `public` as APNs does, for one app (`topic`) and one provider (`bearer`)."""

    def __init__(self, stub: Stub, *, topic: str, bearer: str) -> None:
        self._stub = stub
        self._topic = topic
        self._bearer = bearer
        self.public = web.Application(client_max_size=1024 * 1024)
        self.public.add_routes([web.post("/3/device/{token}", self._device)])

    async def _device(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        apns_id = request.headers.get("apns-id") or str(uuid.uuid4())
        body = await request.read()
        refusal = refusal_of(request.headers, token, body, topic=self._topic, bearer=self._bearer)
        if refusal is not None:
            return _refuse(refusal, apns_id)
        mode = self._stub.failing.take()
        if mode == "silent":
            await hang()
            return _refuse(Refusal(503, "ServiceUnavailable"), apns_id)
        if mode == "410":
            self._stub.installations.kill(token)
        user = self._stub.installations.owner(token)
        if user is None:
            return _refuse(Refusal(410, "Unregistered"), apns_id)
        if mode == "429" or not self._stub.throttle.admits(token, time.monotonic()):
            return _refuse(Refusal(429, "TooManyRequests", 1), apns_id)
        if mode != "lost":
            collapse_id = request.headers.get("apns-collapse-id", apns_id)
            expires_s = float(request.headers.get("apns-expiration", "0"))
            self._stub.accept(token, Notification(user, collapse_id, traceparent_of(request), expires_s))
        return web.Response(headers={"apns-id": apns_id})


def refusal_of(  # noqa: PLR0911  one return a reason
    headers: Mapping[str, str], token: str, body: bytes, *, topic: str, bearer: str
) -> Refusal | None:
    """Say why APNs would not take a request, whoever the token belongs to; None if it would."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if not given:
        return Refusal(403, "MissingProviderToken")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), bearer.encode()):
        return Refusal(403, "InvalidProviderToken")
    if "apns-topic" not in headers:
        return Refusal(400, "MissingTopic")
    if headers["apns-topic"] != topic:
        return Refusal(400, "TopicDisallowed")
    if not _TOKEN.match(token):
        return Refusal(400, "BadDeviceToken")
    if not _UUID.match(headers.get("apns-id", str(uuid.UUID(int=0)))):
        return Refusal(400, "BadMessageId")
    return _bad_header(headers) or _bad_payload(body)


def _bad_header(headers: Mapping[str, str]) -> Refusal | None:
    kind, priority = headers.get("apns-push-type"), headers.get("apns-priority", "10")
    if kind not in PUSH_TYPES:
        return Refusal(400, "InvalidPushType")
    if priority not in ("1", "5", "10") or (kind == "background" and priority == "10"):
        return Refusal(400, "BadPriority")
    expiration = headers.get("apns-expiration", "0")
    if not (expiration.isascii() and expiration.isdigit()):
        return Refusal(400, "BadExpirationDate")
    if len(headers.get("apns-collapse-id", "").encode()) > MAX_COLLAPSE_BYTES:
        return Refusal(400, "BadCollapseId")
    return None


def _bad_payload(body: bytes) -> Refusal | None:
    if len(body) > MAX_PAYLOAD_BYTES:
        return Refusal(413, "PayloadTooLarge")
    try:
        payload = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Refusal(400, "PayloadEmpty")
    aps = payload.get("aps") if isinstance(payload, dict) else None
    return None if isinstance(aps, dict) and aps else Refusal(400, "PayloadEmpty")


def _refuse(refusal: Refusal, apns_id: str) -> web.Response:
    body: dict[str, object] = {"reason": refusal.reason}
    headers = {"apns-id": apns_id}
    if refusal.reason == "Unregistered":
        body["timestamp"] = time.time_ns() // 1_000_000
    if refusal.retry_after_s is not None:
        headers["Retry-After"] = str(refusal.retry_after_s)
    return web.Response(
        status=refusal.status,
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers=headers,
    )
