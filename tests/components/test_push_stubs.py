"""What the stubs of APNs and FCM refuse, over real HTTP, and what they do with what they take. Bad input no. 52."""

import asyncio
import contextlib
import json
import socket
import uuid

import aiohttp
import pytest

from components.internal_http.client import Client, RejectedError, UnreachableError
from components.internal_http.server import serve
from components.push import providers
from components.push.apns import Apns, device_token
from components.push.fcm import Fcm, registration_token
from components.push.installations import Installations
from components.push.protocol import Push, Verdict
from components.push.stub import Stub, Throttle
from components.push.tokens import ProviderTokens
from components.wire.pushes import Failure
from components.wire.traceparent import Trace

TRACE = Trace.start().header
SPEED = 100


class Phones:
    """The phones: they note what arrives, unless they are in a tunnel or away."""

    def __init__(self):
        self.arrived = asyncio.Queue()
        self.tried = asyncio.Event()
        self.reachable = True
        self.problem = None

    async def push(self, user, arrival):
        self.tried.set()
        if self.problem:
            raise self.problem
        if self.reachable:
            self.arrived.put_nowait((user, arrival))
        return self.reachable

    async def next(self):
        async with asyncio.timeout(5):
            return await self.arrived.get()


class World:
    """A stub that serves, and whoever calls it."""

    def __init__(self, http, client, phones, urls):
        self.http, self.phones = http, phones
        self.public, self._private, self._client = *urls, client
        self.tokens = ProviderTokens(client, self._private)

    async def fail(self, mode, count=1):
        await self._client.post(f"{self._private}/fail", Failure(mode, count), bool)

    async def post(self, path, headers, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        async with self.http.post(f"{self.public}{path}", headers=headers, data=data) as answer:
            text = await answer.text()
            return answer.status, answer.headers, json.loads(text) if text else None

    async def push(self, token, platform):
        url, bearer = self.public, "right"
        provider = (
            providers.Apns(self.http, url, topic="org.example.chat", bearer=bearer)
            if platform == "ios"
            else providers.Fcm(self.http, url, project="chat", bearer=bearer)
        )
        return await provider.push(Push(str(uuid.uuid4()), "bob", "phone", platform, token), TRACE)


@contextlib.asynccontextmanager
async def world_of(folder, platform):
    phones = Phones()
    installations = Installations(folder / f"{platform}.sqlite3")
    make = device_token if platform == "ios" else registration_token
    stub = Stub(platform, installations, make, phones, secret="secret", speed=SPEED)
    face = (
        Apns(stub, topic="org.example.chat", bearer="right")
        if platform == "ios"
        else Fcm(stub, project="chat", bearer="right")
    )
    delivering = asyncio.create_task(stub.run())
    client, http = Client("secret"), providers.session()
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    runners = [await serve(app, each) for app, each in zip((face.public, stub.private), sockets, strict=True)]
    try:
        yield World(http, client, phones, urls)
    finally:
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)
        await http.close()
        await client.close()
        for runner in runners:
            await runner.cleanup()
        installations.close()


@pytest.fixture
async def ios(tmp_path):
    async with world_of(tmp_path, "ios") as world:
        yield world


@pytest.fixture
async def android(tmp_path):
    async with world_of(tmp_path, "android") as world:
        yield world


@pytest.fixture(params=["ios", "android"])
async def either(request, tmp_path):
    async with world_of(tmp_path, request.param) as world:
        world.platform = request.param
        yield world


APNS = {
    "authorization": "bearer right",
    "apns-topic": "org.example.chat",
    "apns-push-type": "background",
    "apns-priority": "5",
    "apns-collapse-id": "wake",
    "apns-expiration": "0",
}
WAKE = {"aps": {"content-available": 1}}


@pytest.mark.parametrize(
    ("changed", "body", "status", "reason"),
    [
        ({"authorization": None}, WAKE, 403, "MissingProviderToken"),
        ({"authorization": "bearer wrong"}, WAKE, 403, "InvalidProviderToken"),
        ({"authorization": "basic right"}, WAKE, 403, "InvalidProviderToken"),
        ({"apns-topic": None}, WAKE, 400, "MissingTopic"),
        ({"apns-topic": "org.example.other"}, WAKE, 400, "TopicDisallowed"),
        ({"apns-id": "7"}, WAKE, 400, "BadMessageId"),
        ({"apns-push-type": None}, WAKE, 400, "InvalidPushType"),
        ({"apns-priority": "10"}, WAKE, 400, "BadPriority"),
        ({"apns-expiration": "soon"}, WAKE, 400, "BadExpirationDate"),
        ({"apns-collapse-id": "x" * 65}, WAKE, 400, "BadCollapseId"),
        ({}, {"aps": {"alert": "x" * 4096}}, 413, "PayloadTooLarge"),
        ({}, b"", 400, "PayloadEmpty"),
        ({}, {"aps": {}}, 400, "PayloadEmpty"),
        ({}, [1], 400, "PayloadEmpty"),
        ({}, WAKE, 410, "Unregistered"),
    ],
)
async def test_apns_refuses_as_the_real_one(ios, changed, body, status, reason):
    headers = {name: value for name, value in (APNS | changed).items() if value is not None}
    got, answered, error = await ios.post(f"/3/device/{'0' * 64}", headers, body)
    assert (got, error["reason"]) == (status, reason)
    assert uuid.UUID(answered["apns-id"]) if "apns-id" not in changed else answered["apns-id"] == "7"
    assert ("timestamp" in error) == (status == 410)


async def test_apns_says_what_is_no_token(ios):
    status, _headers, error = await ios.post("/3/device/xyz", APNS, WAKE)
    assert (status, error["reason"]) == (400, "BadDeviceToken")


def fcm(**changed):
    return {"message": {"token": "nobody's", "data": {"wake": "1"}} | changed}


@pytest.mark.parametrize(
    ("bearer", "project", "body", "status", "name"),
    [
        ("Bearer wrong", "chat", fcm(), 401, "UNAUTHENTICATED"),
        ("", "chat", fcm(), 401, "UNAUTHENTICATED"),
        ("Bearer right", "another", fcm(), 403, "PERMISSION_DENIED"),
        ("Bearer right", "chat", b"{", 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(data={"wake": 1}), 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(android={"priority": "higher"}), 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(android={"ttl": "1 day"}), 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(unknown=1), 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(token=""), 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(data={"wake": "x" * 4096}), 400, "INVALID_ARGUMENT"),
        ("Bearer right", "chat", fcm(), 404, "NOT_FOUND"),
    ],
)
async def test_fcm_refuses_as_the_real_one(android, bearer, project, body, status, name):  # noqa: PLR0913, PLR0917  a table
    path = f"/v1/projects/{project}/messages:send"
    got, _headers, answer = await android.post(path, {"authorization": bearer}, body)
    assert (got, answer["error"]["code"], answer["error"]["status"]) == (status, status, name)
    if status == 404:
        assert answer["error"]["details"][0]["errorCode"] == "UNREGISTERED"


async def test_a_push_arrives_at_the_phone_whose_token_it_is(either):
    token = await either.tokens.issue("bob", "phone")
    assert (await either.push(token, either.platform)).verdict is Verdict.TAKEN
    user, arrival = await either.phones.next()
    assert (user, arrival.platform, arrival.collapse_id) == ("bob", either.platform, "wake")
    assert arrival.traceparent == TRACE


async def test_a_token_stays_until_the_app_is_uninstalled_and_is_dead_then(either):
    token = await either.tokens.issue("bob", "phone")
    assert await either.tokens.issue("bob", "phone") == token
    await either.tokens.uninstalled("bob", "phone")
    assert (await either.push(token, either.platform)).verdict is Verdict.DEAD
    assert await either.tokens.issue("bob", "phone") != token


async def test_tokens_outlive_a_restart_of_the_provider(tmp_path):
    async with world_of(tmp_path, "ios") as before:
        token = await before.tokens.issue("bob", "phone")
    async with world_of(tmp_path, "ios") as after:
        assert (await after.push(token, "ios")).verdict is Verdict.TAKEN


@pytest.mark.parametrize(("mode", "verdict"), [("410", Verdict.DEAD), ("429", Verdict.LATER)])
async def test_52_it_fails_as_often_as_it_was_told(either, mode, verdict):
    token = await either.tokens.issue("bob", "phone")
    await either.fail(mode)
    assert (await either.push(token, either.platform)).verdict is verdict
    token = await either.tokens.issue("bob", "phone")
    assert (await either.push(token, either.platform)).verdict is Verdict.TAKEN


async def test_52_too_many_a_second_are_put_off_with_a_time(either):
    token = await either.tokens.issue("bob", "phone")
    await either.fail("429")
    answer = await either.push(token, either.platform)
    assert (answer.status, answer.retry_after_s) == (429, 1.0)


def test_a_token_has_its_own_allowance_each_second():
    throttle = Throttle(per_second=2)
    assert [throttle.admits("a", 0.1) for _ in range(3)] == [True, True, False]
    assert throttle.admits("b", 0.1)
    assert throttle.admits("a", 1.0)


async def test_52_no_answer_is_an_answer_too(either, monkeypatch):
    monkeypatch.setattr(either.http, "_timeout", aiohttp.ClientTimeout(total=0.1))
    token = await either.tokens.issue("bob", "phone")
    await either.fail("silent")
    answer = await either.push(token, either.platform)
    assert (answer.verdict, answer.status) == (Verdict.LATER, None)


async def test_52_a_lost_push_is_taken_and_arrives_nowhere(either):
    token = await either.tokens.issue("bob", "phone")
    await either.fail("lost")
    assert (await either.push(token, either.platform)).verdict is Verdict.TAKEN
    assert (await either.push(token, either.platform)).verdict is Verdict.TAKEN
    await either.phones.next()
    assert either.phones.arrived.empty()


async def test_a_phone_in_a_tunnel_gets_one_push_when_it_comes_out(either):
    either.phones.reachable = False
    token = await either.tokens.issue("bob", "phone")
    for _ in range(3):
        assert (await either.push(token, either.platform)).verdict is Verdict.TAKEN
    await either.phones.tried.wait()
    either.phones.reachable = True
    await either.phones.next()
    assert either.phones.arrived.empty()


async def test_a_phones_process_that_is_away_is_tried_again(either):
    either.phones.problem = UnreachableError("refused")
    token = await either.tokens.issue("bob", "phone")
    await either.push(token, either.platform)
    await either.phones.tried.wait()
    either.phones.problem = None
    assert (await either.phones.next())[0] == "bob"


async def test_a_phone_that_does_not_exist_keeps_nobody_waiting(either):
    either.phones.problem = RejectedError(404, "no phone bob")
    bobs = await either.tokens.issue("bob", "phone")
    await either.push(bobs, either.platform)
    await either.phones.tried.wait()
    either.phones.problem = None
    carols = await either.tokens.issue("carol", "phone")
    await either.push(carols, either.platform)
    assert (await either.phones.next())[0] == "carol"


async def test_an_expired_push_is_dropped(ios):
    ios.phones.reachable = False
    token = await ios.tokens.issue("bob", "phone")
    assert (await ios.post(f"/3/device/{token}", APNS, WAKE))[0] == 200  # expires at once
    await ios.phones.tried.wait()
    ios.phones.reachable = True
    carols = await ios.tokens.issue("carol", "phone")
    await ios.post(f"/3/device/{carols}", APNS, WAKE)
    assert (await ios.phones.next())[0] == "carol"
    assert ios.phones.arrived.empty()


async def test_the_private_side_answers_only_who_knows_the_secret(ios):
    stranger = Client("wrong")
    with pytest.raises(RejectedError) as refused:
        await ProviderTokens(stranger, ios._private).issue("bob", "phone")  # noqa: SLF001  to ask as a stranger
    assert refused.value.status == 401
    await stranger.close()
