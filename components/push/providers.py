"""Sends requests to APNs and FCM over HTTP, and gives their answers read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import aiohttp

from components.push.requests import apns_answer, apns_request, fcm_answer, fcm_request, no_answer

if TYPE_CHECKING:
    from components.push.protocol import Answer, Push
    from components.push.requests import Request

TIMEOUT_S = 5.0


def session() -> aiohttp.ClientSession:
    """Open the pooled connections to the providers. Make it inside a running event loop."""
    # At most so many to one provider: one that hangs must not keep the other waiting.
    connector = aiohttp.TCPConnector(limit=64, limit_per_host=32, keepalive_timeout=30)
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), connector=connector)


class Apns:
    """Apple's push service. A real bearer is a JWT that the provider signs with its key, anew within an hour."""

    name = "apns"

    def __init__(self, http: aiohttp.ClientSession, url: str, *, topic: str, bearer: str) -> None:
        self._http = http
        self._url = url
        self._topic = topic
        self._bearer = bearer

    async def push(self, push: Push, traceparent: str) -> Answer:
        """Send a push to an iPhone."""
        request = apns_request(
            push, topic=self._topic, bearer=self._bearer, now_s=time.time(), traceparent=traceparent
        )
        answer = await _post(self._http, self._url, request)
        return no_answer(answer) if isinstance(answer, str) else apns_answer(*answer)


class Fcm:
    """Google's push service. A real bearer is an OAuth 2.0 token of a service account, good for an hour."""

    name = "fcm"

    def __init__(self, http: aiohttp.ClientSession, url: str, *, project: str, bearer: str) -> None:
        self._http = http
        self._url = url
        self._project = project
        self._bearer = bearer

    async def push(self, push: Push, traceparent: str) -> Answer:
        """Send a push to an Android phone."""
        request = fcm_request(push, project=self._project, bearer=self._bearer, traceparent=traceparent)
        answer = await _post(self._http, self._url, request)
        return no_answer(answer) if isinstance(answer, str) else fcm_answer(*answer)


async def _post(
    http: aiohttp.ClientSession, url: str, request: Request
) -> tuple[int, dict[str, str], bytes] | str:
    """Post, and give the answer; a text if there was none, which says why."""
    try:
        async with http.post(f"{url}{request.path}", data=request.body, headers=request.headers) as response:
            return response.status, {**response.headers}, await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError) as exc:
        return "no answer in time" if isinstance(exc, TimeoutError) else f"no answer: {type(exc).__name__}"
