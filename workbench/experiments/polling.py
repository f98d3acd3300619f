"""The polling experiment: what it costs to ask for news again and again, and what a connection that is told costs.

The polled endpoint is the message store's page "after sequence ID N", which is what a sync asks too. Exchanges go out
back to back; what is left out is only the waiting between them.
"""

from __future__ import annotations

import asyncio
import http.client
import secrets
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import websockets
from websockets.asyncio.client import connect

from components.device.database import Database
from components.device.login import DEVICE, authenticate, identity_key
from components.directory.client import DirectoryClient
from components.internal_http.client import Client, RejectedError, UnreachableError
from components.load_balancer.protocol import Ring
from components.trace.events import DeliveryTimed, HeartbeatsMeasured, PollingStarted, PollsMeasured
from components.trace.journal import Journal
from components.wire import codec
from components.wire.frames import Ping, Pong
from components.wire.names import SUBPROTOCOL, conversation_of
from workbench.cluster.paths import Paths
from workbench.cluster.plan import HEARTBEAT_S, RESERVED_PREFIX
from workbench.errors import FailedError
from workbench.experiments.costs import Delivery, Spent, due
from workbench.experiments.counting import connected
from workbench.experiments.delivering import deliver, online
from workbench.experiments.poller import Poller

if TYPE_CHECKING:
    from workbench.cluster.plan import Plan

MESSAGES = 5
TIMEOUT_S = 10.0
HEARTBEATS_TIMEOUT_S = 60.0


class Observed(msgspec.Struct, frozen=True):
    """What one run of the experiment showed."""

    experiment: str
    minutes: float
    polling: Spent
    heartbeat: Spent
    deliveries: list[Delivery]


class Polling:
    """One run of the experiment on a running cluster."""

    def __init__(self, plan: Plan, minutes: float, interval_s: float) -> None:
        self._plan = plan
        self._minutes = minutes
        self._interval_s = interval_s
        mark = _mark(plan)
        self.name = f"polling-{mark}"
        self._sender, self._recipient = _users(mark)
        self._conversation = conversation_of(self._sender, self._recipient)

    def run(self) -> Observed:
        """Do it.

        Raises:
            FailedError: If a box does not answer.
            TimedOutError: If a message does not arrive in time.
        """
        journal = Journal(Paths(Path(self._plan.options.home)).journal(self._plan.run), "experiment")
        poller = Poller(self._plan, self._conversation)
        try:
            journal.write(PollingStarted(self.name, self._minutes, self._interval_s, HEARTBEAT_S))
            # Without an event loop around it, Ctrl-C ends even the longest row of polls at once.
            polling = self._poll(poller, journal)
            heartbeat, deliveries = asyncio.run(self._connected(poller, journal))
        finally:
            poller.close()
            journal.close()
        return Observed(self.name, self._minutes, polling, heartbeat, deliveries)

    def _poll(self, poller: Poller, journal: Journal) -> Spent:
        times = due(self._minutes, self._interval_s)
        began = time.monotonic_ns()
        for _ in range(times):
            poller.poll(after=0)
        spent = Spent(self._interval_s, times, poller.counts, _ms_since(began))
        counts = spent.counts
        journal.write(
            PollsMeasured(
                self.name, times, counts.sends, counts.sent_bytes, counts.received_bytes, spent.took_ms
            ),
            link=("poller", "store"),
        )
        return spent

    async def _connected(self, poller: Poller, journal: Journal) -> tuple[Spent, list[Delivery]]:
        with tempfile.TemporaryDirectory() as folder:
            databases: dict[str, Database] = {}
            try:
                for user in (self._sender, self._recipient):
                    databases[user] = Database(Path(folder) / f"{user}.sqlite3", user)
                    await self._register(user, bytes(identity_key(databases[user]).verify_key))
                heartbeat = await self._beat(databases[self._recipient], journal)
                return heartbeat, await self._deliver(databases, poller, journal)
            finally:
                for database in databases.values():
                    database.close()

    async def _deliver(
        self, databases: dict[str, Database], poller: Poller, journal: Journal
    ) -> list[Delivery]:
        deliveries = []
        async with online(self._plan, databases, journal) as (sender, recipient):
            for number in range(1, MESSAGES + 1):
                each = await deliver(sender, recipient, f"news {number}", poller)
                deliveries.append(each)
                timed = DeliveryTimed(self.name, each.message_id, each.seq, each.push_ms, each.poll_ms)
                journal.write(timed, link=(self._sender, self._recipient))
        return deliveries

    async def _register(self, user: str, key: bytes) -> None:
        client = Client(self._plan.secret)
        try:
            await DirectoryClient(client, self._plan.one("directory").private).register(user, DEVICE, key)
        except (UnreachableError, RejectedError) as exc:
            raise FailedError("directory does not answer: see `workbench status`") from exc
        finally:
            await client.close()

    async def _beat(self, database: Database, journal: Journal) -> Spent:
        times = due(self._minutes, HEARTBEAT_S)
        try:
            address = urlsplit(await asyncio.to_thread(self._ask_load_balancer))
            sock = await connected(address.hostname or "", address.port or 0)
            async with (
                asyncio.timeout(HEARTBEATS_TIMEOUT_S),
                connect(
                    address.geturl(),
                    sock=sock,
                    subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]  # a NewType of str
                    compression=None,
                    ping_interval=None,
                    proxy=None,
                ) as socket,
            ):
                welcome = await authenticate(socket, self._recipient, identity_key(database))
                before, began = sock.counts, time.monotonic_ns()
                for _ in range(times):
                    await socket.send(codec.encode(Ping()))
                    while not isinstance(codec.decode_server(await socket.recv()), Pong):
                        pass
                spent = Spent(HEARTBEAT_S, times, sock.counts.since(before), _ms_since(began))
        except (OSError, TimeoutError, websockets.WebSocketException) as exc:
            raise FailedError(
                f"no chat server answers ({type(exc).__name__}): see `workbench status`"
            ) from exc
        counts = spent.counts
        journal.write(
            HeartbeatsMeasured(
                self.name,
                welcome.server,
                times,
                counts.sends,
                counts.sent_bytes,
                counts.received_bytes,
                spent.took_ms,
            ),
            link=(self._recipient, welcome.server),
        )
        return spent

    def _ask_load_balancer(self) -> str:
        """Go where a phone goes first, and give the address that it is sent to."""
        parts = urlsplit(self._plan.one("load_balancer").endpoint)
        balancer = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        try:
            balancer.request("GET", f"/connect?user={self._recipient}")
            location = balancer.getresponse().getheader("Location")
        except (OSError, http.client.HTTPException) as exc:
            raise FailedError(f"lb does not answer ({type(exc).__name__}): see `workbench status`") from exc
        finally:
            balancer.close()
        if location is None:
            raise FailedError("the load balancer knows no healthy chat server: see `workbench status`")
        return location


def _users(mark: str) -> tuple[str, str]:
    """Name sender and recipient; no phone of the user's can have such names, nor show what they say."""
    return f"{RESERVED_PREFIX}from-{mark}", f"{RESERVED_PREFIX}to-{mark}"


def _mark(plan: Plan) -> str:
    """Draw a mark whose users the ring sends to two servers, if there are two, so that every push crosses."""
    servers = [each.name for each in plan.all("chat_server")]
    ring = Ring(servers, plan.options.seed)
    for name in servers:
        ring.set_health(name, healthy=True)
    while True:
        mark = secrets.token_hex(3)
        if len(servers) == 1 or len({ring.server_of(user) for user in _users(mark)}) > 1:
            return mark


def _ms_since(began_ns: int) -> float:
    return (time.monotonic_ns() - began_ns) / 1e6
