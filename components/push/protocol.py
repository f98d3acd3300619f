"""When a push is sent, and when it is spared: a table a device, and no clock, socket or chance.

A push is a hint. It says "fetch what there is" and never what there is, so one that is on its way serves every message
that comes before the phone has fetched. Hence a wake joins an outstanding push, until the device has synced. But a
hint may be lost: APNs and FCM throttle, expire and drop, and say nothing. So after a bound the next wake sends again.

The caller asks `wake`, sends what it is given, tells `answered`, waits if told to, then asks `due`; and tells `synced`.
"""

from __future__ import annotations

from collections import OrderedDict
from enum import StrEnum

import msgspec

from components.machine import Table
from components.wire.pushes import Platform, PushToken

OUTSTANDING_S = 30.0
"""How long a push that was taken counts as outstanding, in seconds at speed 1."""

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 30.0
LONGEST_RETRY_AFTER_S = 3600.0
MAX_DEVICES = 100_000
"""Devices remembered; forgetting the oldest costs at most one push too many."""


class State(StrEnum):
    """What the service knows of a device's push."""

    IDLE = "idle"
    SENDING = "sending"
    WAITING = "waiting"
    OUTSTANDING = "outstanding"


class Happening(StrEnum):
    """What can happen to it."""

    WAKE = "wake"
    LATE_WAKE = "wake after the bound"
    TAKEN = "taken"
    PUT_OFF = "put off"
    DUE = "retry due"
    REFUSED = "refused"
    SYNCED = "synced"


_S, _H = State, Happening

PUSH: Table[State, Happening] = Table(
    "push of a device",
    _S.IDLE,
    {
        _S.IDLE: {_H.WAKE: _S.SENDING, _H.SYNCED: _S.IDLE},
        _S.SENDING: {
            _H.WAKE: _S.SENDING,
            _H.TAKEN: _S.OUTSTANDING,
            _H.PUT_OFF: _S.WAITING,
            _H.REFUSED: _S.IDLE,
            _H.SYNCED: _S.IDLE,
        },
        _S.WAITING: {_H.WAKE: _S.WAITING, _H.DUE: _S.SENDING, _H.SYNCED: _S.IDLE},
        _S.OUTSTANDING: {
            _H.WAKE: _S.OUTSTANDING,
            _H.LATE_WAKE: _S.SENDING,
            _H.SYNCED: _S.IDLE,
        },
    },
)


class Verdict(StrEnum):
    """What a provider's answer means for us."""

    TAKEN = "sent"
    LATER = "put off"
    DEAD = "dead token"
    REFUSED = "refused"


class Answer(msgspec.Struct, frozen=True):
    """A provider's answer, read. `status` is None if there was none; `retry_after_s` is what it asked us to wait."""

    verdict: Verdict
    status: int | None = None
    reason: str = ""
    retry_after_s: float | None = None


class Push(msgspec.Struct, frozen=True):
    """One push, to be sent now. `id` is a UUID; `attempt` counts from 1."""

    id: str
    user: str
    device: str
    platform: Platform
    token: str
    attempt: int = 1


class Joined(msgspec.Struct, frozen=True):
    """Nothing is to be sent: this push serves."""

    push: str


class Dead(msgspec.Struct, frozen=True):
    """Nothing is to be sent: the provider has said that it does not know this token any more."""

    token: str


class _Device(msgspec.Struct):
    push: Push
    sent_at: float
    state: State = State.SENDING


class Pushes:
    """The pushes of all devices. Times are seconds of one clock that never goes back."""

    def __init__(self, speed: float = 1.0, max_devices: int = MAX_DEVICES) -> None:
        self._speed = speed
        self._max_devices = max_devices
        self._devices: OrderedDict[tuple[str, str], _Device] = OrderedDict()
        self._dead: OrderedDict[str, None] = OrderedDict()

    def state(self, user: str, device: str) -> State:
        """Give the state of a device's push."""
        found = self._devices.get((user, device))
        return found.state if found else PUSH.initial

    def wake(self, to: PushToken, push_id: str, now: float) -> Push | Joined | Dead:
        """Decide what a message that waits for a device leads to. `push_id` names the push, if one is to be sent."""
        if to.token in self._dead:
            return Dead(to.token)
        where = (to.user, to.device)
        known = self._devices.get(where)
        if known is not None and known.push.token != to.token:
            known = None  # the app was installed anew: what was sent to the old token wakes nobody
        happening = _H.WAKE
        if known is not None and known.state is _S.OUTSTANDING and now >= known.sent_at + self._bound_s:
            happening = _H.LATE_WAKE
        before = known.state if known else PUSH.initial
        after = PUSH.after(before, happening)
        if known is not None and (after is not _S.SENDING or before is _S.SENDING):
            return Joined(known.push.id)
        push = Push(push_id, to.user, to.device, to.platform, to.token)
        self._devices[where] = _Device(push, now, after)
        self._devices.move_to_end(where)
        _limit(self._devices, self._max_devices)
        return push

    def answered(self, push: Push, answer: Answer, chance: float) -> float | None:
        """Take a provider's answer; give the seconds after which to ask `due`, or None if this push is done with.

        Args:
            push: What was sent.
            answer: What came back.
            chance: A random number of [0, 1), which spreads the retries of many devices.
        """
        if answer.verdict is Verdict.DEAD:
            self._dead[push.token] = None
            _limit(self._dead, self._max_devices)
        device = self._current(push)
        if device is None:
            return None  # it has synced meanwhile: nobody needs this push any more
        if answer.verdict is Verdict.TAKEN:
            device.state = PUSH.after(device.state, _H.TAKEN)
            return None
        if answer.verdict is Verdict.LATER:
            device.state = PUSH.after(device.state, _H.PUT_OFF)
            return self._retry_s(push.attempt, answer.retry_after_s, chance)
        PUSH.after(device.state, _H.REFUSED)
        del self._devices[push.user, push.device]
        return None

    def due(self, push: Push, now: float) -> Push | None:
        """Give the next attempt of a push that was put off, or None if nobody needs it any more."""
        device = self._current(push)
        if device is None or push.token in self._dead:
            return None
        device.state = PUSH.after(device.state, _H.DUE)
        device.push = msgspec.structs.replace(push, attempt=push.attempt + 1)
        device.sent_at = now
        return device.push

    def synced(self, user: str, device: str) -> None:
        """Take note that a device has fetched everything: the next wake sends anew."""
        known = self._devices.get((user, device))
        if known is not None:
            PUSH.after(known.state, _H.SYNCED)
            del self._devices[user, device]

    @property
    def _bound_s(self) -> float:
        return OUTSTANDING_S / self._speed

    def _current(self, push: Push) -> _Device | None:
        device = self._devices.get((push.user, push.device))
        return device if device is not None and device.push == push else None

    def _retry_s(self, attempt: int, asked_s: float | None, chance: float) -> float:
        if asked_s is not None:
            return min(asked_s, LONGEST_RETRY_AFTER_S)
        bound = min(LAST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempt - 1, 10))
        return bound * (0.5 + chance / 2) / self._speed


def _limit(known: OrderedDict[str, None] | OrderedDict[tuple[str, str], _Device], size: int) -> None:
    if len(known) > size:
        known.popitem(last=False)
