"""When a push is sent and when it is spared, for any order of wakes, answers and syncs; and what is sent."""

import json
import uuid

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from components.push.protocol import OUTSTANDING_S, Answer, Dead, Joined, Push, Pushes, State, Verdict
from components.push.requests import apns_answer, apns_request, fcm_answer, fcm_request
from components.wire.pushes import PushToken

DEVICES = (("bob", "phone"), ("carol", "phone"), ("carol", "tablet"))
devices = st.sampled_from(DEVICES)


def token_of(device, generation=0):
    user, name = device
    return PushToken(user, name, "ios", f"{user}-{name}-{generation}")


class AnyOrder(RuleBasedStateMachine):
    """Wakes, answers, retries, syncs and reinstallations in any order, against what was really sent."""

    def __init__(self):
        super().__init__()
        self.pushes = Pushes()
        self.now = 0.0
        self.generation = dict.fromkeys(DEVICES, 0)
        self.asked = []  # sent, not yet answered
        self.put_off = []  # answered with "later", not yet due
        self.outstanding = {}  # device -> when the push that still stands for it was sent
        self.dead = set()
        self.number = 0

    def is_current(self, push):
        device = (push.user, push.device)
        return self.outstanding.get(device, (None,))[0] == push.id

    def send(self, push):
        assert push.token not in self.dead, "nothing goes to a dead token"
        self.asked.append(push)
        self.outstanding[push.user, push.device] = (push.id, push.token, self.now)

    @rule(device=devices)
    def wake(self, device):
        token = token_of(device, self.generation[device])
        self.number += 1
        before = self.outstanding.get(device)
        match self.pushes.wake(token, str(self.number), self.now):
            case Push() as push:
                assert push.attempt == 1
                stands = before is not None and before[1] == token.token
                is_late = stands and self.now >= before[2] + OUTSTANDING_S
                assert not stands or is_late, "a device has one push outstanding"
                self.send(push)
            case Joined(push_id):
                assert before is not None, "after a sync a wake leads to a new push"
                assert before[0] == push_id
            case Dead(dead):
                assert dead in self.dead

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), verdict=st.sampled_from(list(Verdict)))
    def answer(self, data, verdict):
        push = data.draw(st.sampled_from(self.asked))
        self.asked.remove(push)
        is_current = self.is_current(push)
        retry_s = self.pushes.answered(push, Answer(verdict), 0.5)
        assert (retry_s is not None) == (is_current and verdict is Verdict.LATER)
        if retry_s is not None:
            self.put_off.append(push)
        if verdict is Verdict.DEAD:
            self.dead.add(push.token)
        if is_current and verdict in (Verdict.DEAD, Verdict.REFUSED):
            del self.outstanding[push.user, push.device]

    @precondition(lambda self: self.put_off)
    @rule(data=st.data())
    def due(self, data):
        push = data.draw(st.sampled_from(self.put_off))
        self.put_off.remove(push)
        again = self.pushes.due(push, self.now)
        assert (again is not None) == (self.is_current(push) and push.token not in self.dead)
        if again is not None:
            assert again.attempt == push.attempt + 1
            self.send(again)

    @rule(device=devices)
    def sync(self, device):
        self.pushes.synced(*device)
        self.outstanding.pop(device, None)
        assert self.pushes.state(*device) is State.IDLE

    @rule(device=devices)
    def reinstall(self, device):
        self.generation[device] += 1

    @rule(seconds=st.sampled_from([0.1, 5.0, OUTSTANDING_S]))
    def pass_time(self, seconds):
        self.now += seconds

    @invariant()
    def one_request_a_device_is_under_way_for_what_is_outstanding(self):
        for device, (push_id, *_rest) in self.outstanding.items():
            mine = [each for each in (*self.asked, *self.put_off) if each.id == push_id]
            assert len(mine) <= 1, device


AnyOrder.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
test_any_order = AnyOrder.TestCase

BOB = token_of(DEVICES[0])


def sent(pushes, push_id="1", now=0.0):
    push = pushes.wake(BOB, push_id, now)
    assert isinstance(push, Push)
    return push


def test_two_messages_join_into_one_push_until_the_device_has_synced():
    pushes = Pushes()
    pushes.answered(sent(pushes), Answer(Verdict.TAKEN), 0)
    assert pushes.wake(BOB, "2", 1.0) == Joined("1")
    pushes.synced("bob", "phone")
    assert sent(pushes, "3").id == "3"


def test_a_push_may_be_lost_so_after_the_bound_another_is_sent():
    pushes = Pushes(speed=10)
    pushes.answered(sent(pushes), Answer(Verdict.TAKEN), 0)
    assert pushes.wake(BOB, "2", 2.9) == Joined("1")
    assert sent(pushes, "3", 3.0).id == "3"


def test_a_retry_waits_as_long_as_the_provider_says_or_ever_longer():
    pushes = Pushes()
    push = sent(pushes)
    assert pushes.answered(push, Answer(Verdict.LATER, 429, "", 7.0), 0) == 7.0
    waits = []
    for _ in range(8):
        push = pushes.due(push, 0)
        waits.append(pushes.answered(push, Answer(Verdict.LATER, 503), 0))
    assert waits == [1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0, 15.0]


def test_a_sync_cancels_the_retry():
    pushes = Pushes()
    push = sent(pushes)
    pushes.answered(push, Answer(Verdict.LATER, 429), 0)
    pushes.synced("bob", "phone")
    assert pushes.due(push, 9.0) is None


def test_a_token_of_a_new_installation_is_not_kept_waiting_by_the_old_one():
    pushes = Pushes()
    assert isinstance(sent(pushes), Push)
    assert isinstance(pushes.wake(token_of(DEVICES[0], 1), "2", 0.1), Push)


def test_the_memory_is_bounded():
    pushes = Pushes(max_devices=2)
    for device in DEVICES:
        assert isinstance(pushes.wake(token_of(device), device[0], 0), Push)
    assert pushes.state("bob", "phone") is State.IDLE
    assert pushes.state("carol", "tablet") is State.SENDING


PUSH = Push(str(uuid.UUID(int=7)), "bob", "phone", "ios", "ab" * 32)


def test_apns_is_asked_in_its_own_shape():
    request = apns_request(PUSH, topic="org.example.chat", bearer="jwt", now_s=1000.9, traceparent="t")
    assert request.path == f"/3/device/{PUSH.token}"
    assert request.headers == {
        "authorization": "bearer jwt",
        "apns-id": PUSH.id,
        "apns-topic": "org.example.chat",
        "apns-push-type": "background",
        "apns-collapse-id": "wake",
        "apns-priority": "5",
        "apns-expiration": "87400",
        "content-type": "application/json",
        "traceparent": "t",
    }
    assert json.loads(request.body) == {"aps": {"content-available": 1}}


def test_an_alert_lets_the_phone_word_it():
    request = apns_request(PUSH, topic="x", bearer="jwt", now_s=0, traceparent="t", kind="alert")
    assert request.headers["apns-priority"] == "10"
    assert json.loads(request.body)["aps"]["alert"] == {"loc-key": "NEW_MESSAGE"}


def test_fcm_is_asked_in_its_own_shape():
    request = fcm_request(PUSH, project="chat", bearer="oauth", traceparent="t")
    assert request.path == "/v1/projects/chat/messages:send"
    assert request.headers["authorization"] == "Bearer oauth"
    assert json.loads(request.body) == {
        "message": {
            "token": PUSH.token,
            "android": {"collapse_key": "wake", "priority": "high", "ttl": "86400s"},
            "data": {"wake": "1"},
        }
    }


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b"", Verdict.TAKEN),
        (400, b'{"reason": "MissingTopic"}', Verdict.REFUSED),
        (400, b'{"reason": "BadDeviceToken"}', Verdict.DEAD),
        (403, b'{"reason": "ExpiredProviderToken"}', Verdict.REFUSED),
        (410, b'{"reason": "Unregistered", "timestamp": 1}', Verdict.DEAD),
        (413, b'{"reason": "PayloadTooLarge"}', Verdict.REFUSED),
        (429, b'{"reason": "TooManyRequests"}', Verdict.LATER),
        (503, b"<html>", Verdict.LATER),
        (418, b"[1]", Verdict.REFUSED),
    ],
)
def test_answers_of_apns_are_read(status, body, verdict):
    assert apns_answer(status, {}, body).verdict is verdict


def fcm_error(code):
    return json.dumps({"error": {"status": "X", "details": [{"@type": "y"}, {"errorCode": code}]}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (200, b'{"name": "x"}', Verdict.TAKEN),
        (404, fcm_error("UNREGISTERED"), Verdict.DEAD),
        (404, b"no such page", Verdict.REFUSED),
        (401, b'{"error": {"status": "UNAUTHENTICATED"}}', Verdict.REFUSED),
        (429, fcm_error("QUOTA_EXCEEDED"), Verdict.LATER),
        (500, b'{"error": 5}', Verdict.LATER),
        (400, b'{"error": {"details": {}}}', Verdict.REFUSED),
    ],
)
def test_answers_of_fcm_are_read(status, body, verdict):
    assert fcm_answer(status, {}, body).verdict is verdict


@pytest.mark.parametrize(
    ("header", "seconds"), [("3", 3.0), ("", None), ("²", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
def test_retry_after_is_read(header, seconds):
    assert apns_answer(429, {"Retry-After": header}, b"").retry_after_s == seconds
