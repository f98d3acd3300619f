"""Users and devices, on SQLAlchemy Core: the same statements run on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from components.wire.pushes import PushToken
from components.wire.records import DeviceKey, RegisterDevice

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

metadata = sa.MetaData()

users = sa.Table("users", metadata, sa.Column("name", sa.String(32), primary_key=True))

devices = sa.Table(
    "devices",
    metadata,
    sa.Column("user", sa.ForeignKey("users.name"), primary_key=True),
    sa.Column("device", sa.String(32), primary_key=True),
    sa.Column("public_key", sa.LargeBinary(32), nullable=False),
)

push_tokens = sa.Table(
    "push_tokens",
    metadata,
    sa.Column("user", sa.ForeignKey("users.name"), primary_key=True),
    sa.Column("device", sa.String(32), primary_key=True),
    sa.Column("platform", sa.String(16), nullable=False),
    sa.Column("token", sa.String(512), nullable=False, unique=True),
)


class NameTakenError(Exception):
    """The user and device exist with another key."""


class UnknownDeviceError(Exception):
    """The user has no such device."""


class Directory:
    """The tables behind one database URL."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(url)
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Create what is missing."""
        async with self._engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def register(self, request: RegisterDevice) -> DeviceKey:
        """Bind a device to its key. The first key wins; the same key again changes nothing.

        WhatsApp binds a name (a phone number) by a code in a text message; here whoever comes first has it.

        Raises:
            NameTakenError: If the device is bound to another key.
        """
        known = await self.device(request.user, request.device)
        if known is None:
            known = await self._insert(request)
        if known.public_key != request.public_key and request.replace:
            return await self._replace(request)
        if known.public_key != request.public_key:
            raise NameTakenError(f"{request.user}/{request.device}")
        return known

    async def _replace(self, request: RegisterDevice) -> DeviceKey:
        # WhatsApp asks for a code that it sends to the phone number. Here the run's secret on the private network
        # stands for that proof.
        query = sa.update(devices).where(devices.c.user == request.user, devices.c.device == request.device)
        async with self._writing, self._engine.begin() as connection:
            await connection.execute(query.values(public_key=request.public_key))
        return DeviceKey(request.user, request.device, request.public_key)

    async def _insert(self, request: RegisterDevice) -> DeviceKey:
        # One writer at a time, as SQLite wants it; and one connection each, because writers that hold one and wait for
        # a second one out of the same pool would wait for each other.
        by_name = sa.select(users.c.name).where(users.c.name == request.user)
        try:
            async with self._writing, self._engine.begin() as connection:
                if (await connection.execute(by_name)).first() is None:
                    await connection.execute(users.insert().values(name=request.user))
                await connection.execute(
                    devices.insert().values(
                        user=request.user, device=request.device, public_key=request.public_key
                    )
                )
        except IntegrityError:  # somebody registered the same device at the same time: theirs counts
            pass
        known = await self.device(request.user, request.device)
        if known is None:
            raise NameTakenError(f"{request.user}/{request.device}")
        return known

    async def knows_user(self, name: str) -> bool:
        """Say whether the user exists."""
        async with self._engine.connect() as connection:
            found = await connection.execute(sa.select(users.c.name).where(users.c.name == name))
            return found.first() is not None

    async def device(self, user: str, device: str) -> DeviceKey | None:
        """Give a device's key, or None."""
        query = sa.select(devices).where(devices.c.user == user, devices.c.device == device)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).first()
        return DeviceKey(row.user, row.device, row.public_key) if row else None

    async def register_push_token(self, request: PushToken) -> bool:
        """Keep a device's push token in place of an older one; say whether it is new.

        A token means one installation. One that another user had is his no more: the phone has changed hands.

        Raises:
            UnknownDeviceError: If the device is not registered.
        """
        if await self.device(request.user, request.device) is None:
            raise UnknownDeviceError(f"{request.user}/{request.device}")
        row = push_tokens.c
        mine = sa.and_(row.user == request.user, row.device == request.device)
        async with self._engine.begin() as connection:
            old = (await connection.execute(sa.select(push_tokens).where(mine))).first()
            if old is not None and PushToken(*old) == request:
                return False
            await connection.execute(push_tokens.delete().where(sa.or_(mine, row.token == request.token)))
            await connection.execute(push_tokens.insert().values(**msgspec.structs.asdict(request)))
        return True

    async def push_tokens(self, user: str) -> list[PushToken]:
        """List the push tokens of a user's devices."""
        query = sa.select(push_tokens).where(push_tokens.c.user == user).order_by(push_tokens.c.device)
        async with self._engine.connect() as connection:
            return [PushToken(*row) for row in await connection.execute(query)]

    async def remove_push_token(self, token: str) -> bool:
        """Forget a token that its provider does not know any more; say whether it was there."""
        async with self._engine.begin() as connection:
            done = await connection.execute(push_tokens.delete().where(push_tokens.c.token == token))
            return done.rowcount > 0

    async def user_names(self) -> list[str]:
        """List the users, sorted."""
        async with self._engine.connect() as connection:
            return list((await connection.execute(sa.select(users.c.name).order_by(users.c.name))).scalars())

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()
