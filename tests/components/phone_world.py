"""Two phones and one of every box around them, without sockets, processes or waiting: a test decides what happens when.

Phone, chat server, worker and store are the product's own. Made up are the lines between them, Redis, and the log. A
frame moves when it is told to; time passes when it is told to.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import msgspec

from components.chat_server.accepting import Accepting
from components.chat_server.protocol import error_frame
from components.chat_server.syncing import Syncing
from components.delivery.service import Worker
from components.device import phone as phone_module
from components.device.database import Database
from components.device.protocol import Link
from components.internal_http.client import UnreachableError
from components.message_store.engine import Engine
from components.wire import codec
from components.wire.errors import WireError
from components.wire.frames import Ack, Receipt, Send, Sync, Welcome
from components.wire.records import Appended, LogRead, Route, Sequenced, StoreReceipt, Unremembered, Unseeded
from components.wire.traceparent import Trace, continued

USERS = ("alice", "bob")
CONVERSATION = "alice:bob"
MEMORY = Path("/dev/shm")  # noqa: S108  thousands of commits, and no power cut among what is tried
TICKS = ("pending", "sent", "delivered", "read")


def other(user):
    return USERS[user == USERS[0]]


class Died(Exception):  # noqa: N818  what happened to a box
    """A box was killed here."""


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose clock is turned by hand."""

    now = 0.0

    def time(self):
        return self.now


class Line:
    """What a phone takes for its connection manager. `up` is on its way to the server, `down` on its way back."""

    def __init__(self, user, _key, _balancer, app, _journal, **_phone):
        self.user, self.app = user, app
        self.link, self.server = Link.BACKOFF, None
        self.up, self.down, self.pushed = [], [], []
        self.dies_next = self.died = False
        self.number = 0

    async def run(self):
        await asyncio.Event().wait()

    async def transmit(self, frame):
        if self.dies_next:
            self.dies_next, self.died = False, True
            raise asyncio.CancelledError
        if self.link is not Link.ONLINE:
            return False
        self.up.append(msgspec.structs.replace(frame))
        return True

    def doubt(self):
        pass

    def retry_now(self):
        pass


class World:
    """Everything, and the record of what the phones showed and what was acknowledged."""

    queue_id = "log-1"

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.exists() else None))
        self.loop = Loop()
        self.engine = Engine(self.folder / "store.sqlite3", lambda: int(1000 * self.loop.now))
        self.fault = ""
        self.counter, self.sent = {}, {}
        self.log, self.read_up_to = [], 0
        self.late = []  # frames that a server reads only after their connection is gone
        self.unheard = set()  # users to whom a push was lost although they are connected
        self.written = {user: [] for user in USERS}
        self.acked = {}  # (sender, message id) -> numbers that its phone was told
        self.shown = {user: defaultdict(int) for user in USERS}
        self.had = {user: set() for user in USERS}
        self.had_read = dict.fromkeys(USERS, 0)
        self.accepting = Accepting(
            "chat-1",
            routes=self,
            queue=self,
            store=self,
            users=self,
            peers=self,
            journal=self,
            unavailable=(),
            speed=1,
        )
        self.syncing = Syncing("chat-1", self, self, self, speed=1)
        self.worker = Worker(
            "worker-1",
            store=self,
            routes=self,
            servers=self,
            notifications=self,
            journal=self,
            unavailable=(UnreachableError,),
        )
        self.phones, self.databases, self.running = {}, {}, {}
        for user in USERS:
            self.open_app(user)

    def close(self):
        for user in USERS:
            self.kill_app(user)
        self.engine.close()
        self.loop.close()
        shutil.rmtree(self.folder)

    def run(self, work):
        """Do some work, and everything that it sets off now; whoever was killed on the way is opened again."""

        async def all_of_it():
            with suppress(asyncio.CancelledError):
                await work
            for _ in range(20):
                await asyncio.sleep(0)

        self.loop.run_until_complete(all_of_it())
        for user in self.phones:
            if self.line(user).died:
                self.kill_app(user)
                self.open_app(user)

    # Phones ---------------------------------------------------------------------------------------------------------

    def path(self, user):
        return self.folder / f"{user}.sqlite3"

    def line(self, user):
        return self.phones[user].connection

    def open_app(self, user):
        self.databases[user] = Database(self.path(user), user, lambda: 0)
        with mock.patch.object(phone_module, "ConnectionManager", Line):
            self.phones[user] = phone_module.Phone(user, self.databases[user], "", self, speed=1)
        self.running[user] = self.loop.create_task(self.phones[user].run())
        self.run(asyncio.sleep(0))

    def kill_app(self, user):
        """Take the app away; nothing is written down that was not."""
        self.hang_up(user)
        self.line(user).link, self.line(user).died = Link.OFFLINE, False
        self.running[user].cancel()
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.running[user])
        self.databases[user].close()

    def is_online(self, user):
        return self.line(user).link is Link.ONLINE

    def connect(self, user):
        line = self.line(user)
        line.link, line.server = Link.ONLINE, "chat-1"
        line.number += 1
        self.unheard.discard(user)
        self.run(line.app.welcomed(Welcome(user, "chat-1", self.connection(user), 30, self.queue_id)))

    async def wake(self, _worker, _wakes):
        """Lose every push: what is missed is fetched all the same."""

    async def synced(self, _user, _device):
        """Take no note: nobody is woken here."""

    def connection(self, user):
        return f"{id(self.phones[user])}-{self.line(user).number}"

    def hang_up(self, user):
        """Lose the connection: what was on it is lost, but for what a slow server reads later all the same."""
        line = self.line(user)
        if line.link is not Link.ONLINE:
            return
        self.late += [(user, frame) for frame in line.up if not isinstance(frame, Sync)]
        line.link, line.server = Link.BACKOFF, None
        for queue in (line.up, line.down, line.pushed):
            queue.clear()
        self.run(line.app.disconnected())

    def write_message(self, user):
        async def write():
            await self.phones[user].send(other(user), f"text {len(self.written[user])}", Trace.start())

        self.run(write())

    def read_conversation(self, user):
        self.run(self.phones[user].read(other(user), Trace.start()))

    def phone_reads(self, user, queue, index=0):
        self.run(self.line(user).app.take(queue.pop(index)))

    def back_up(self, user):
        copy = self.path(user).with_suffix(".backup")
        copy.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.path(user))) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)

    def restore(self, user):
        """Put an older copy of the file back. What was written since and never left the phone is gone with it."""
        copy = self.path(user).with_suffix(".backup")
        if not copy.exists():
            return False
        self.kill_app(user)
        for ending in ("", "-wal", "-shm"):
            self.path(user).with_name(self.path(user).name + ending).unlink(missing_ok=True)
        shutil.copy(copy, self.path(user))
        self.open_app(user)
        rows = self.databases[user].messages()
        self.shown[user] = defaultdict(int, {row.message_id: 1 for row in rows if row.sender != user})
        return True

    def closed_numbers(self, user):
        with closing(sqlite3.connect(self.path(user))) as file:
            return {seq for (seq,) in file.execute("SELECT seq FROM closed")}

    # The chat server ------------------------------------------------------------------------------------------------

    def server_reads(self, user, fault=""):
        frame = self.line(user).up.pop(0)
        self.fault = fault
        try:
            self.run(self._serve(user, frame, self.line(user).down))
        finally:
            died, self.fault = self.fault == "died", ""
        if died:
            self.hang_up(user)

    def server_reads_late(self, fault=""):
        user, frame = self.late.pop(0)
        self.fault = fault
        self.run(self._serve(user, frame, []))
        self.fault = ""

    async def _serve(self, user, frame, answers):
        async def send(text):
            if self.fault == "mid-page" and answers:
                self._die()
            answers.append(text)

        try:
            match frame:
                case Send():
                    trace = continued(frame.traceparent)
                    await send(
                        codec.encode(await self.accepting.send(frame, [other(user)], user, "phone", trace))
                    )
                case Receipt():
                    receipt = msgspec.structs.replace(frame, user=user)
                    await self.accepting.receipt(receipt, [other(user)], continued(frame.traceparent))
                case Sync():
                    await self.syncing.serve(frame, user, "phone", send)
        except WireError as error:
            answers.append(codec.encode(error_frame(error)))
        except Died:
            pass

    def _die(self):
        self.fault = "died"
        raise Died

    async def hand_over(self, _server, handover):
        if self.fault == "push lost":
            self.unheard |= {push.user for push in handover.pushes if self.is_online(push.user)}
            return None
        if self.fault == "before push":
            self._die()
        taken = []
        for push in handover.pushes:
            here = self.is_online(push.user) and push.connection == self.connection(push.user)
            if here:
                self.line(push.user).pushed.append(codec.encode(push.frame))
            taken.append(here)
        return taken

    # Redis, the log, the directory ----------------------------------------------------------------------------------

    async def sequence(  # noqa: PLR0913  as the port has it
        self, conversation, *, user, device, client_msg_id, body_hash, recipients, only_remembered
    ):
        if self.fault == "before number":
            self._die()
        routes = await self.lookup(recipients)
        who = (conversation, user, device, client_msg_id)
        if who in self.sent:
            seq, epoch, known = self.sent[who]
            return Sequenced(seq, epoch, duplicate=True, changed=known != body_hash, routes=routes)
        if conversation not in self.counter:
            return Unseeded()
        if only_remembered:
            return Unremembered()
        seq, epoch = self.counter[conversation]
        self.counter[conversation] = (seq + 1, epoch)
        self.sent[who] = (seq + 1, epoch, body_hash)
        if self.fault == "after number":
            self._die()
        return Sequenced(seq + 1, epoch, duplicate=False, changed=False, routes=routes)

    async def seed(self, conversation, *, user, device, client_msg_id, max_seq, epoch, prior):  # noqa: PLR0913
        self.counter.setdefault(conversation, (max_seq, epoch))
        if prior:
            who = (conversation, user, device, client_msg_id)
            self.sent.setdefault(who, (prior[0], self.counter[conversation][1], prior[1]))
        return self.counter[conversation]

    async def forget(self, conversation, *, user, device, client_msg_id, seq):
        who = (conversation, user, device, client_msg_id)
        if who in self.sent and self.sent[who][0] == seq:
            del self.sent[who]

    def forget_everything(self):
        self.counter.clear()
        self.sent.clear()

    async def lookup(self, users):
        return {
            user: Route("chat-1", self.connection(user), "phone") if self.is_online(user) else None
            for user in users
        }

    async def append(self, record, trace):
        self.log.append((record, trace))
        if self.fault == "after append":
            self._die()
        return Appended("messages", 0, len(self.log) - 1)

    async def knows(self, _user):
        return True

    def work(self, count, fault="", *, commit=True):
        """Let the worker read so many records, or all; without a commit it reads them again."""
        batch = [
            SimpleNamespace(
                topic="messages", partition=0, offset=number, record=record, trace=trace, reason=""
            )
            for number, (record, trace) in enumerate(self.log)
        ][self.read_up_to : self.read_up_to + count if count else None]
        self.fault = fault
        with suppress(Died):
            self.run(self.worker.deliver(batch))
        commit = commit and self.fault != "died"
        self.fault = ""
        self.read_up_to += commit * len(batch)
        if self.read_up_to == len(self.log):
            self.engine.log_was_read(LogRead({0: 0}, 1))

    # The store ------------------------------------------------------------------------------------------------------

    def _in_store(self, work):
        if self.fault == "store away":
            raise UnreachableError
        self.engine.begin()
        answer = work()
        self.engine.commit()
        return answer

    async def insert(self, messages, traceparents):
        return self._in_store(lambda: self.engine.insert(messages, traceparents))

    async def head(self, conversation, user, device, client_msg_id):
        return self._in_store(lambda: self.engine.head(conversation, (user, device, client_msg_id)))

    async def max_seq(self, conversation):
        return self._in_store(lambda: self.engine.head(conversation).max_seq)

    async def await_number(self, conversation, seq):
        return self._in_store(lambda: self.engine.await_number(conversation, seq))

    async def sync(self, request):
        small = msgspec.structs.replace(request, limit=3)  # so that there are pages
        return self._in_store(lambda: self.engine.sync(small))

    async def raise_receipt(self, *receipt):
        return self._in_store(lambda: self.engine.raise_receipt(StoreReceipt(*receipt)))

    # The journal ----------------------------------------------------------------------------------------------------

    def write(self, event, **_where):
        match event.kind():
            case "message_written":
                self.written[event.user].append(event.message_id)
            case "message_shown" if not event.duplicate:
                self.had[event.user].add(event.message_id)
                self.shown[event.user][event.message_id] += 1
            case "message_sent":
                self.acked.setdefault((event.user, event.message_id), []).append(event.seq)

    # Time, and the end of everything --------------------------------------------------------------------------------

    def pass_time(self, seconds):
        self.loop.now += seconds
        self.run(asyncio.sleep(0))

    def become_quiet(self):
        """Let everything happen that is due, without a fault, until nothing is left to happen."""
        for user in USERS:
            self.line(user).dies_next = False
            if user in self.unheard or not self.is_online(user):
                self.hang_up(user)
                self.connect(user)
        quiet_s = 0
        for _ in range(3000):
            if self.one_step():
                quiet_s = 0
            elif quiet_s > 130:
                return
            else:
                self.pass_time(5)
                quiet_s += 5
        raise AssertionError("the phones never come to rest")

    def one_step(self):
        if self.read_up_to < len(self.log):
            self.work(0)
            return True
        if self.late:
            self.server_reads_late()
            return True
        for user in USERS:
            line = self.line(user)
            if line.up:
                self.server_reads(user)
                return True
            for queue in (line.down, line.pushed):
                if queue:
                    self.phone_reads(user, queue)
                    return True
        return False


def is_ack(text):
    return isinstance(codec.decode_server(text), Ack)
