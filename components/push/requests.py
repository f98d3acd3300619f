"""The two shapes in which providers want to be asked, and how their answers are read. Pure.

Sources: Apple, "Sending notification requests to APNs" and "Handling notification responses from APNs"; Firebase,
"FCM HTTP v1 API", `projects.messages.send` and `ErrorCode`. The real APNs speaks HTTP/2 only; the request is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from components.push.protocol import Answer, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.push.protocol import Push

MAX_PAYLOAD_BYTES = 4096
"""Both providers refuse a larger one. Ours have less than a hundred bytes."""

LIFETIME_S = 24 * 3600
"""How long a provider keeps a notification for a phone that it cannot reach."""

COLLAPSE = "wake"
"""One key for all: a phone that was away gets one notification, not one a message, and the key gives nothing away."""

OK = 200
NOT_FOUND = 404
GONE = 410
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

DEAD_REASONS = ("BadDeviceToken", "DeviceTokenNotForTopic")
"""Reasons of APNs' 400 that no retry to this token can heal."""


class Request(msgspec.Struct, frozen=True):
    """A POST."""

    path: str
    headers: dict[str, str]
    body: bytes


def apns_request(  # noqa: PLR0913  what APNs wants to know
    push: Push,
    *,
    topic: str,
    bearer: str,
    now_s: float,
    traceparent: str,
    kind: Literal["background", "alert"] = "background",
) -> Request:
    """Build what APNs is sent: `background` wakes the app unseen, `alert` shows a line that the phone itself words.

    APNs wants priority 5 for background pushes, and promises little: the phone may hold them back to save its battery.
    """
    payload: dict[str, Any] = {"aps": {"content-available": 1}}
    if kind == "alert":
        payload = {"aps": {"alert": {"loc-key": "NEW_MESSAGE"}, "mutable-content": 1}}
    headers = {
        "authorization": f"bearer {bearer}",
        "apns-id": push.id,
        "apns-topic": topic,
        "apns-push-type": kind,
        "apns-collapse-id": COLLAPSE,
        "apns-priority": "5" if kind == "background" else "10",
        "apns-expiration": str(int(now_s) + LIFETIME_S),
        "content-type": "application/json",
        "traceparent": traceparent,
    }
    return Request(f"/3/device/{push.token}", headers, msgspec.json.encode(payload))


def fcm_request(push: Push, *, project: str, bearer: str, traceparent: str) -> Request:
    """Build what FCM is sent: a data message of high priority, which may pass Doze."""
    message = {
        "token": push.token,
        "android": {"collapse_key": COLLAPSE, "priority": "high", "ttl": f"{LIFETIME_S}s"},
        "data": {"wake": "1"},
    }
    headers = {
        "authorization": f"Bearer {bearer}",
        "content-type": "application/json",
        "traceparent": traceparent,
    }
    return Request(
        f"/v1/projects/{project}/messages:send", headers, msgspec.json.encode({"message": message})
    )


def apns_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Read what APNs answers."""
    reason = str(_object(body).get("reason", "")) or f"HTTP {status}"
    if status == GONE or reason in DEAD_REASONS:
        return Answer(Verdict.DEAD, status, reason)
    return _answer(status, headers, reason)


def fcm_answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """Read what FCM answers."""
    error = _object(body).get("error")
    error = error if isinstance(error, dict) else {}
    details = error.get("details")
    codes = [
        each["errorCode"]
        for each in (details if isinstance(details, list) else ())
        if isinstance(each, dict) and "errorCode" in each
    ]
    reason = str(codes[0] if codes else error.get("status", "")) or f"HTTP {status}"
    if status == NOT_FOUND and reason == "UNREGISTERED":
        return Answer(Verdict.DEAD, status, reason)
    return _answer(status, headers, reason)


def no_answer(why: str) -> Answer:
    """Read silence: it may or may not have been taken, so it is sent again, and the collapse key folds the two."""
    return Answer(Verdict.LATER, None, why)


def _answer(status: int, headers: Mapping[str, str], reason: str) -> Answer:
    if status == OK:
        return Answer(Verdict.TAKEN, status)
    if status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
        return Answer(Verdict.LATER, status, reason, _seconds(headers.get("Retry-After", "")))
    return Answer(Verdict.REFUSED, status, reason)


def _seconds(text: str) -> float | None:
    # RFC 9110 section 10.2.3 also allows a date; neither provider uses one.
    return float(text) if text.isascii() and text.isdigit() else None


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}
