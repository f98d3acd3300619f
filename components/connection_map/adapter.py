"""The connection map over the Redis protocol: one connection, commands pipelined per turn of the event loop.

Everything that was asked for while a round trip was under way goes out together in the next one. Under load that
is one system call for many commands; without load it costs nothing. It also keeps order: what was asked first is
done first, on one connection, as a Redis server reads it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from components.connection_map import protocol
from components.connection_map.protocol import Keys, decode_route, encode_route
from components.wire.records import Sequenced, Unremembered, Unseeded

if TYPE_CHECKING:
    from components.wire.records import Route

MAX_WAITING = 10_000
"""Commands that may wait for the next round trip; beyond it callers are told at once that Redis is unavailable."""


class ConnectionMapError(Exception):
    """Redis did not answer, or not in time. Whether a command took effect is unknown."""


Command = tuple[tuple[Any, ...], "asyncio.Future[Any]"]


class ConnectionMap:
    """Make it inside a running event loop; `close` it there too."""

    def __init__(self, url: str, prefix: str = "", timeout_s: float = 2.0) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, single_connection_client=True
        )
        self._keys = Keys(prefix)
        self._waiting: list[Command] = []
        self._wake = asyncio.Event()
        self._pump = asyncio.create_task(self._pump_commands())

    async def ready(self) -> None:
        """Connect.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        await self._command("PING")

    async def sequence(  # noqa: PLR0913  the facts of the one atomic step
        self,
        conversation: str,
        *,
        user: str,
        device: str,
        client_msg_id: str,
        body_hash: str,
        recipients: list[str],
        only_remembered: bool = False,
    ) -> Sequenced | Unseeded | Unremembered:
        """Dedupe, assign the next sequence ID and look up the recipients' routes, in one atomic step.

        With `only_remembered` a send that Redis does not know gets no number: it may have one in the store.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        keys = [
            *self._sequence_keys(conversation, user, device, client_msg_id),
            *map(self._keys.route, recipients),
        ]
        arguments = [body_hash, protocol.SENT_TTL_S, int(only_remembered)]
        answer = await self._script(protocol.SEQUENCE, keys, arguments)
        if answer[0] == b"unseeded":
            return Unseeded()
        if answer[0] == b"unremembered":
            return Unremembered()
        return Sequenced(
            seq=int(answer[1]),
            epoch=int(answer[2]),
            duplicate=answer[0] != b"new",
            changed=answer[0] == b"changed",
            routes={name: decode_route(value) for name, value in zip(recipients, answer[3:], strict=True)},
        )

    async def seed(  # noqa: PLR0913  a send and what the store knows of it
        self,
        conversation: str,
        *,
        user: str,
        device: str,
        client_msg_id: str,
        max_seq: int,
        epoch: int,
        prior: tuple[int, str] | None,
    ) -> tuple[int, int]:
        """Tell Redis what the store knows; give the counter and epoch that now hold.

        A counter that is there stays. `prior` is (seq, body hash) if the store has the message, so that the repetition
        finds its number.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        keys = self._sequence_keys(conversation, user, device, client_msg_id)
        arguments = [max_seq, epoch, protocol.SENT_TTL_S, *(prior or ("", ""))]
        seq, now = await self._script(protocol.SEED, keys, arguments)
        return int(seq), int(now)

    async def forget(
        self, conversation: str, *, user: str, device: str, client_msg_id: str, seq: int
    ) -> None:
        """Forget a send that is remembered under a number which was given up; its next repetition gets a new one.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        await self._script(
            protocol.FORGET, [self._keys.sent(conversation, user, device, client_msg_id)], [seq]
        )

    async def register(self, user: str, route: Route, ttl_s: float) -> Route | None:
        """Write a user's route and give the one it replaces.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        ttl_ms = int(ttl_s * 1000)
        arguments = [encode_route(route), ttl_ms]
        return decode_route(await self._script(protocol.REGISTER_ROUTE, [self._keys.route(user)], arguments))

    async def refresh(self, routes: dict[str, Route], ttl_s: float) -> dict[str, bool]:
        """Keep routes alive, all in one round trip; False for a user whose route is another connection's by now.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        ttl_ms = int(ttl_s * 1000)
        answers = await asyncio.gather(
            *(
                self._script(
                    protocol.REFRESH_ROUTE,
                    [self._keys.route(user)],
                    [route.connection, encode_route(route), ttl_ms],
                )
                for user, route in routes.items()
            )
        )
        return {user: bool(answer) for user, answer in zip(routes, answers, strict=True)}

    async def remove(self, user: str, connection: str) -> bool:
        """Remove a user's route if it still belongs to this connection; say whether it did.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        return bool(await self._script(protocol.REMOVE_ROUTE, [self._keys.route(user)], [connection]))

    async def lookup(self, users: list[str]) -> dict[str, Route | None]:
        """Say where users are connected.

        Raises:
            ConnectionMapError: If Redis does not answer.
        """
        answers = await asyncio.gather(*(self._command("GET", self._keys.route(user)) for user in users))
        return {user: decode_route(value) for user, value in zip(users, answers, strict=True)}

    async def close(self) -> None:
        """Drop the connection; what still waits is told so."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._fail(self._waiting, "closed")
        await self._redis.aclose()

    def _sequence_keys(self, conversation: str, user: str, device: str, client_msg_id: str) -> list[str]:
        return [
            self._keys.seq(conversation),
            self._keys.epoch(conversation),
            self._keys.sent(conversation, user, device, client_msg_id),
        ]

    async def _script(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        # The whole text travels each time: a few hundred bytes on loopback. EVALSHA would save them at the price of
        # reloading after every restart of the engine; worth it on a network, not here.
        return await self._command("EVAL", script, len(keys), *keys, *arguments)

    async def _command(self, *parts: Any) -> Any:
        if len(self._waiting) >= MAX_WAITING:
            raise ConnectionMapError("too many commands are waiting for Redis")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((parts, future))
        self._wake.set()
        return await future

    async def _pump_commands(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            if not batch:
                continue
            try:
                await self._round_trip(batch)
            except asyncio.CancelledError:
                self._fail(batch, "closed")
                raise

    async def _round_trip(self, batch: list[Command]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for parts, _future in batch:
            pipeline.execute_command(*parts)
        try:
            answers = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError, RuntimeError) as exc:
            # RuntimeError: what uvloop raises for a write to a transport that a fault has closed.
            self._fail(batch, f"{type(exc).__name__}: {exc}")
            return
        for (_parts, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(ConnectionMapError(str(answer)))
            else:
                future.set_result(answer)

    def _fail(self, batch: list[Command], reason: str) -> None:
        for _parts, future in batch:
            if not future.done():
                future.set_exception(ConnectionMapError(reason))
