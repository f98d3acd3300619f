"""Messages that were SENT when Redis and the log lost their memory keep their numbers and arrive once."""

import asyncio
import contextlib
import secrets
from pathlib import Path

import pytest
from test_restart import power_cut

from components.device.database import Database
from components.device.login import DEVICE
from components.device.phone import Phone
from components.device.protocol import Status
from components.directory.client import DirectoryClient
from components.internal_http.client import Client
from components.trace.journal import Journal
from components.wire.traceparent import Trace


@contextlib.asynccontextmanager
async def phone_of(plan, user, folder: Path):
    """Give a phone that is registered but not yet connected."""
    client = Client(plan.secret)
    database = Database(folder / f"{user}.sqlite3", user)
    phone = Phone(
        user, database, plan.one("load_balancer").endpoint, Journal(folder / "phones", "phones"), speed=10
    )
    await DirectoryClient(client, plan.one("directory").private).register(user, DEVICE, phone.public_key)
    try:
        yield phone
    finally:
        await client.close()
        database.close()


@contextlib.asynccontextmanager
async def online(phone):
    running = asyncio.create_task(phone.run())
    try:
        async with asyncio.timeout(10):
            await phone.online()
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def reached(phone, row, status):
    async with asyncio.timeout(10), phone.changed:
        await phone.changed.wait_for(lambda: phone.message(row.message_id).status is status)
    return phone.message(row.message_id)


async def write(phone, peer, text, status):
    row = await phone.send(peer, text, Trace.start())
    return await reached(phone, row, status)


@pytest.mark.parametrize("first_after_the_loss", ["a repetition", "a new message"])
async def test_unconfirmed_messages_keep_their_numbers_and_arrive_exactly_once(
    start_cluster, tmp_path, first_after_the_loss
):
    sender, recipient = (f"user-{secrets.token_hex(4)}" for _ in range(2))
    before = start_cluster(tmp_path)
    async with (
        phone_of(before.plan, sender, tmp_path) as phone,
        phone_of(before.plan, recipient, tmp_path) as other,
    ):
        journal = before.journal_from_here()
        async with online(phone):
            rows = [await write(phone, recipient, f"m{number}", Status.SENT) for number in (1, 2, 3)]
        assert [row.seq for row in rows] == [1, 2, 3]
        # One conversation is one partition, so what is stored last was stored after the others.
        await asyncio.to_thread(
            before.await_event, journal, "message_stored", message_id=rows[-1].message_id, outcome="stored"
        )
    power_cut(before.plan)

    after = start_cluster(tmp_path)
    async with (
        phone_of(after.plan, sender, tmp_path) as phone,
        phone_of(after.plan, recipient, tmp_path) as other,
        online(other),
    ):
        if first_after_the_loss == "a new message":
            answer = await other.send(sender, "m0", Trace.start())
            assert (await reached(other, answer, Status.SENT)).seq == 4
        async with online(phone):
            last = await write(phone, recipient, "m4", Status.DELIVERED)
            again = [await reached(phone, row, Status.DELIVERED) for row in rows]
        assert [row.seq for row in again] == [1, 2, 3]
        shown = [(row.body, row.seq) for row in other.messages(None) if row.sender == sender]
    assert shown == [(b"m1", 1), (b"m2", 2), (b"m3", 3), (b"m4", last.seq)]
    assert last.seq == (4 if first_after_the_loss == "a repetition" else 5)
