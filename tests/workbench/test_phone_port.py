"""The calls of a phone's screen, against a control port made for the purpose."""

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from components.internal_http import server
from components.wire.traceparent import Trace
from workbench.cluster.plan import Component, Options, Plan
from workbench.errors import FailedError, UsageProblem
from workbench.phone_screen.life import life_of
from workbench.phone_screen.port import Port

SECRET = "of this test"


class Phones:
    """A control port that notes what it is asked, and has the routes it is given."""

    def __init__(self):
        self.asked = []
        self._answers = {}
        self.app = server.application(SECRET)
        self.app.router.add_post("/{path:.*}", self._handle)

    def answer(self, path, body, status=200):
        self._answers[path] = (body, status)

    async def _handle(self, request):
        if request.path not in self._answers:
            raise web.HTTPNotFound
        self.asked.append(await request.json())
        body, status = self._answers[request.path]
        return server.reply(body) if status == 200 else web.Response(status=status, text=body)


@pytest.fixture
def phones():
    return Phones()


@pytest.fixture
async def port(phones):
    async with TestServer(phones.app) as listening:
        plan = Plan(
            "run", Options("home"), SECRET, (Component("phones", "phones", listening.port),), "", ("", "")
        )
        async with Port(plan, "alice") as made:
            yield made


async def test_what_happens_to_a_phone_is_asked_and_its_state_given(phones, port):
    phones.answer(
        "/phones/alice/life",
        {
            "user": "alice",
            "link": "backoff",
            "server": None,
            "problem": None,
            "app": "foreground",
            "network": "none",
        },
    )
    assert (await port.live(life_of("tunnel", "in"))).network == "none"
    await port.live(life_of("clock", "-30"))
    assert phones.asked == [{"action": "tunnel-in"}, {"action": "clock", "argument": -30.0}]


async def test_phones_that_cannot_do_that_are_a_line(port):
    with pytest.raises(UsageProblem, match="this cluster's phones cannot do that"):
        await port.live(life_of("kill", None))


async def test_an_opened_conversation_is_told_with_a_trace(phones, port):
    phones.answer("/phones/alice/read", {})
    await port.read("bob")
    assert phones.asked[0]["peer"] == "bob"
    assert Trace.parse(phones.asked[0]["traceparent"]).trace_id


async def test_phones_that_do_not_take_what_was_read_are_not_troubled(port):
    await port.read("bob")


async def test_a_refusal_is_told_in_the_phones_words(phones, port):
    phones.answer("/phones/alice/send", "the phone of alice is out of order", status=409)
    with pytest.raises(UsageProblem, match=r"\Athe phone of alice is out of order\Z"):
        await port.send("bob", "Hey")


async def test_phones_that_do_not_answer_are_a_line(phones, port):
    phones.answer("/phones/alice/send", "", status=500)
    with pytest.raises(FailedError, match="do not answer"):
        await port.send("bob", "Hey")
