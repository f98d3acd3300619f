"""Drives the simulated phones of a cluster through their control port."""

import contextlib
import json
import urllib.error
import urllib.request

from components.wire.traceparent import Trace


class Phones:
    """The phones of one cluster, and its journal."""

    def __init__(self, cluster):
        self.cluster = cluster
        self._url = cluster.plan.one("phones").private

    def call(self, path, body=None):
        request = urllib.request.Request(
            self._url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.cluster.plan.secret}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.loads(response.read())

    def status_of(self, path, body=None):
        """Give the status code of a call that is refused."""
        try:
            self.call(path, body)
        except urllib.error.HTTPError as exc:
            return exc.code
        return 200

    def life(self, user, action, argument=0):
        return self.call(f"/phones/{user}/life", {"action": action, "argument": argument})

    def state(self, user):
        return next(each for each in self.call("/phones") if each["user"] == user)

    def send(self, sender, to, text, wait="pending"):
        body = {"to": to, "text": text, "traceparent": Trace.start().header, "wait": wait, "timeout_s": 15}
        return self.call(f"/phones/{sender}/send", body)

    def read(self, user, peer):
        return self.call(f"/phones/{user}/read", {"peer": peer, "traceparent": Trace.start().header})

    def messages(self, user, peer):
        return self.call(f"/phones/{user}/messages?with={peer}")

    def texts(self, user, peer):
        return [each["text"] for each in self.messages(user, peer)]

    def await_online(self, user):
        return self.cluster.await_true(
            lambda: (state := self.state(user))["link"] == "online" and state, f"{user} online"
        )

    def await_offline(self, user):
        return self.cluster.await_true(lambda: self.state(user)["link"] != "online", f"{user} offline")

    def await_status(self, user, message_id, status):
        def reached():
            peerless = self.call(f"/phones/{user}/messages")
            return next(each["status"] for each in peerless if each["message_id"] == message_id) == status

        self.cluster.await_true(reached, f"{message_id} {status} on {user}'s phone")

    @contextlib.contextmanager
    def away(self, user, leave, come_back):
        """Take a phone off the network or its app off the screen, and bring it back, whatever happens between."""
        self.life(user, leave)
        try:
            yield
        finally:
            self.life(user, come_back)
            self.await_online(user)


def assert_shown_once(messages, texts):
    """Each text stands once on the screen, in this order, and the numbers rise."""
    mine = [each for each in messages if each["text"] in texts]
    assert [each["text"] for each in mine] == list(texts)
    numbers = [each["seq"] for each in messages if each["seq"]]
    assert numbers == sorted(set(numbers))
