"""A stub of Google's push service, HTTP v1: it checks a request as FCM would, and wakes the phone.

Source: Firebase, "FCM HTTP v1 API": `projects.messages.send`, `ErrorCode`.
"""

from __future__ import annotations

import hmac
import secrets
import time
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from aiohttp import web

from components.push.requests import MAX_PAYLOAD_BYTES
from components.push.stub import Notification, hang, traceparent_of

if TYPE_CHECKING:
    from components.push.stub import Stub

LONGEST_S = 28 * 24 * 3600
"""Four weeks: the default and the longest `ttl`."""

_TYPE = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


class Android(msgspec.Struct, forbid_unknown_fields=True):
    """`AndroidConfig`, as far as we use it. `ttl` is in seconds and ends in `s`."""

    collapse_key: str = ""
    priority: Literal["normal", "high", "NORMAL", "HIGH"] = "normal"
    ttl: str = f"{LONGEST_S}s"


class Message(msgspec.Struct, forbid_unknown_fields=True):
    """`Message`, as far as we use it; `data` maps strings to strings, whatever they stand for."""

    token: str
    android: Android = msgspec.field(default_factory=Android)
    data: dict[str, str] = {}


class SendRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `messages:send`."""

    message: Message
    validate_only: bool = False


class Refusal(msgspec.Struct, frozen=True):
    """What FCM says instead of 200: a canonical status, and its own error code where it has one."""

    status: int
    name: str
    code: str = ""
    why: str = ""
    retry_after_s: int | None = None


UNREGISTERED = Refusal(404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found.")
QUOTA = Refusal(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Too many messages to this device.", 1)


def registration_token() -> str:
    """Make a token as the phone's operating system gets one: an installation id, a colon, random bytes."""
    return f"{secrets.token_urlsafe(16)}:APA91b{secrets.token_urlsafe(96)}"


class Fcm:
    """Serves `public` as FCM does, for one project and one service account (`bearer`)."""

    def __init__(self, stub: Stub, *, project: str, bearer: str) -> None:
        self._stub = stub
        self._project = project
        self._bearer = bearer
        self._sent = 0
        self.public = web.Application(client_max_size=1024 * 1024)
        self.public.add_routes([web.post("/v1/projects/{project}/messages:send", self._messages)])

    async def _messages(self, request: web.Request) -> web.Response:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._bearer.encode()):
            return _refuse(Refusal(401, "UNAUTHENTICATED", why="Invalid authentication credentials."))
        if request.match_info["project"] != self._project:
            return _refuse(Refusal(403, "PERMISSION_DENIED", why="Another project's."))
        asked = read(await request.read())
        if isinstance(asked, Refusal):
            return _refuse(asked)
        return await self._send(request, asked)

    async def _send(self, request: web.Request, asked: SendRequest) -> web.Response:
        message, mode = asked.message, self._stub.failing.take()
        if mode == "silent":
            await hang()
            return _refuse(Refusal(503, "UNAVAILABLE", "UNAVAILABLE"))
        if mode == "410":
            self._stub.installations.kill(message.token)
        user = self._stub.installations.owner(message.token)
        if user is None:
            return _refuse(UNREGISTERED)
        if mode == "429" or not self._stub.throttle.admits(message.token, time.monotonic()):
            return _refuse(QUOTA)
        if mode != "lost" and not asked.validate_only:
            expires_s = time.time() + float(message.android.ttl[:-1])
            self._stub.accept(
                message.token,
                Notification(user, message.android.collapse_key, traceparent_of(request), expires_s),
            )
        self._sent += 1
        name = f"projects/{self._project}/messages/0:{time.time_ns() // 1000}%{self._sent:016x}"
        return web.Response(body=msgspec.json.encode({"name": name}), content_type="application/json")


def read(body: bytes) -> SendRequest | Refusal:
    """Read a request's body, or say why FCM would not take it."""
    try:
        asked = msgspec.json.decode(body, type=SendRequest)
    except msgspec.DecodeError as exc:
        return Refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", str(exc))
    if sum(len(name) + len(value) for name, value in asked.message.data.items()) > MAX_PAYLOAD_BYTES:
        return Refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Android message is too big")
    if not asked.message.token:
        return Refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "The registration token is not valid")
    ttl = asked.message.android.ttl
    if not (ttl.isascii() and ttl[:-1].isdigit() and ttl.endswith("s") and int(ttl[:-1]) <= LONGEST_S):
        return Refusal(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Invalid ttl")
    return asked


def _refuse(refusal: Refusal) -> web.Response:
    error: dict[str, Any] = {"code": refusal.status, "message": refusal.why, "status": refusal.name}
    if refusal.code:
        error["details"] = [{"@type": _TYPE, "errorCode": refusal.code}]
    headers = {"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s is not None else {}
    return web.Response(
        status=refusal.status,
        body=msgspec.json.encode({"error": error}),
        content_type="application/json",
        headers=headers,
    )
