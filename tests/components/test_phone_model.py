"""Two phones under every order of losses that a search can find: what the phone promises holds after each step."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from phone_world import CONVERSATION, TICKS, USERS, World, is_ack, other

from components.device.protocol import Status

users = st.sampled_from(USERS)
FAULTS = ("", "", "before number", "after number", "after append", "mid-page", "store away", "push lost")


class PhoneModel(RuleBasedStateMachine):
    """Does one thing at a time, then looks at everything."""

    def __init__(self):
        super().__init__()
        self.world = World()
        self.world.become_quiet()  # both online
        self.ticks = {user: {} for user in USERS}
        self.numbers = {}

    # What people and phones do ------------------------------------------------------------------------------------

    @rule(user=users)
    def write_a_message(self, user):
        if len(self.world.written[user]) < 12:
            self.world.write_message(user)

    @rule(user=users)
    def open_the_conversation(self, user):
        self.world.read_conversation(user)

    @rule(user=users)
    def kill_the_app(self, user):
        self.world.kill_app(user)
        self.world.open_app(user)

    @rule(user=users)
    def kill_the_app_when_it_next_says_something(self, user):
        self.world.line(user).dies_next = True

    @rule(user=users)
    def back_up(self, user):
        self.world.back_up(user)

    @rule(user=users)
    def restore(self, user):
        if self.world.restore(user):
            self.ticks[user] = {}

    # What the network does ----------------------------------------------------------------------------------------

    @precondition(lambda self: any(not self.world.is_online(user) for user in USERS))
    @rule()
    def connect(self):
        for user in USERS:
            if not self.world.is_online(user):
                self.world.connect(user)
                break

    @rule(user=users)
    def lose_the_connection(self, user):
        self.world.hang_up(user)

    @precondition(lambda self: self.waiting("down"))
    @rule(data=st.data())
    def frames_reach_a_phone(self, data):
        user = data.draw(st.sampled_from(self.waiting("down")))
        for _ in range(data.draw(st.integers(1, 3))):
            if down := self.world.line(user).down:
                self.world.phone_reads(user, down)

    @precondition(lambda self: self.waiting("pushed"))
    @rule(data=st.data())
    def some_push_reaches_a_phone(self, data):
        user = data.draw(st.sampled_from(self.waiting("pushed")))
        pushed = self.world.line(user).pushed
        self.world.phone_reads(user, pushed, data.draw(st.integers(0, len(pushed) - 1)))

    @precondition(lambda self: self.waiting("down") or self.waiting("pushed"))
    @rule(user=users)
    def an_answer_and_a_push_are_doubled(self, user):
        line = self.world.line(user)
        line.down += [text for text in line.down if is_ack(text)]
        line.pushed += line.pushed[:2]

    # What the boxes do --------------------------------------------------------------------------------------------

    @precondition(lambda self: self.waiting("up"))
    @rule(data=st.data(), fault=st.sampled_from(FAULTS))
    def the_server_reads_a_frame(self, data, fault):
        self.world.server_reads(data.draw(st.sampled_from(self.waiting("up"))), fault)

    @precondition(lambda self: self.world.late)
    @rule(fault=st.sampled_from(FAULTS))
    def a_slow_server_reads_what_came_over_a_connection_that_is_gone(self, fault):
        self.world.server_reads_late(fault)

    @precondition(lambda self: self.world.read_up_to < len(self.world.log))
    @rule(
        count=st.integers(0, 3),
        fault=st.sampled_from(("", "", "push lost", "before push")),
        commit=st.booleans(),
    )
    def the_worker_delivers(self, count, fault, commit):
        self.world.work(count, fault, commit=commit)

    @rule(seconds=st.sampled_from((0.5, 2, 20, 61)))
    def time_passes(self, seconds):
        self.world.pass_time(seconds)

    @rule()
    @precondition(lambda self: self.world.read_up_to == len(self.world.log))
    def redis_forgets_everything(self):
        self.world.forget_everything()

    @rule(user=users, fault=st.sampled_from(FAULTS))
    def write_a_message_that_the_server_reads(self, user, fault):
        self.write_a_message(user)
        if self.world.line(user).up:
            self.world.server_reads(user, fault)

    @rule(steps=st.integers(1, 12))
    def all_goes_well_for_a_while(self, steps):
        for _ in range(steps):
            self.world.one_step()

    @rule()
    def everything_comes_to_rest(self):
        self.world.become_quiet()
        self.nothing_is_left_undone()

    def teardown(self):
        try:
            self.everything_comes_to_rest()
        finally:
            self.world.close()

    # What must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def ticks_only_move_forward(self):
        for user in USERS:
            for row in self.own_rows(user):
                tick = TICKS.index(row.status)
                assert tick >= self.ticks[user].get(row.message_id, 0), row
                self.ticks[user][row.message_id] = tick

    @invariant()
    def a_number_names_one_message(self):
        for row in self.stored():
            assert self.numbers.setdefault(row.seq, row.message_id) == row.message_id
        named = [row.message_id for row in self.stored()]
        assert len(named) == len(set(named))
        for user in USERS:
            numbered = [row.seq for row in self.world.databases[user].messages() if row.seq]
            assert len(numbered) == len(set(numbered))

    @invariant()
    def both_phones_have_the_same_order(self):
        one, two = ({row.message_id: row.seq for row in self.rows(user) if row.seq} for user in USERS)
        common = one.keys() & two.keys()
        assert sorted(common, key=one.get) == sorted(common, key=two.get)

    @invariant()
    def every_message_is_shown_once(self):
        for user in USERS:
            ids = [row.message_id for row in self.rows(user)]
            assert len(ids) == len(set(ids))
            incoming = {row.message_id for row in self.rows(user) if row.sender != user}
            assert dict(self.world.shown[user]) == dict.fromkeys(incoming, 1)

    @invariant()
    def the_cursor_is_the_contiguous_prefix(self):
        for user in USERS:
            database = self.world.databases[user]
            there = {row.seq for row in self.rows(user)}
            there |= self.world.closed_numbers(user)
            prefix = next(number for number in range(1000) if number + 1 not in there)
            assert database.prefix(CONVERSATION) == prefix

    @invariant()
    def a_tick_is_true(self):
        for user in USERS:
            peer = other(user)
            self.world.had_read[peer] = max(
                self.world.had_read[peer], self.world.databases[peer].read_up_to(CONVERSATION)
            )
            for row in self.own_rows(user):
                if row.status in (Status.DELIVERED, Status.READ):
                    assert row.message_id in self.world.had[peer], row
                if row.status is Status.READ:
                    assert row.seq <= self.world.had_read[peer]

    def nothing_is_left_undone(self):
        stored = [(row.seq, row.message_id) for row in self.stored()]
        for user in USERS:
            assert [(row.seq, row.message_id) for row in self.rows(user)] == stored
            for row in self.own_rows(user):
                assert row.status in (Status.DELIVERED, Status.READ), row
                read = self.world.databases[other(user)].read_up_to(CONVERSATION)
                assert row.status is Status.READ or row.seq > read, row
            mine = [row.message_id for row in self.stored() if row.sender == user]
            assert mine == [each for each in self.world.written[user] if each in mine]
        there = {message_id for _seq, message_id in stored}
        assert {message_id for _user, message_id in self.world.acked} <= there

    # ----------------------------------------------------------------------------------------------------------------

    def waiting(self, queue):
        return [user for user in USERS if getattr(self.world.line(user), queue)]

    def rows(self, user):
        return self.world.databases[user].messages(CONVERSATION)

    def own_rows(self, user):
        return [row for row in self.rows(user) if row.sender == user]

    def stored(self):
        return self.world.engine.messages(CONVERSATION, 0, 1000)


TestPhoneModel = pytest.mark.timeout(300)(PhoneModel.TestCase)
TestPhoneModel.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
