import pytest

from components.chat_server.protocol import CONNECTION as SERVER_CONNECTION
from components.chat_server.protocol import Event, State
from components.device.protocol import CONNECTION as PHONE_CONNECTION
from components.device.protocol import MESSAGE
from components.machine import IllegalEventError, Table

DOOR = Table("door", "shut", {"shut": {"push": "open"}, "open": {"pull": "shut"}})


def test_the_table_says_what_follows_and_remembers_nothing():
    assert DOOR.after("shut", "push") == "open"
    assert DOOR.after("shut", "push") == "open"
    assert DOOR.initial == "shut"


@pytest.mark.parametrize(("state", "event"), [("shut", "pull"), ("open", "kick"), ("ajar", "push")])
def test_an_event_that_the_table_does_not_have_is_illegal(state, event):
    assert not DOOR.knows(state, event)
    with pytest.raises(IllegalEventError) as caught:
        DOOR.after(state, event)
    assert (caught.value.state, caught.value.event) == (state, event)


def test_a_table_lists_its_transitions_for_whoever_draws_it():
    assert list(DOOR) == [("shut", "push", "open"), ("open", "pull", "shut")]


@pytest.mark.parametrize(
    "table", [MESSAGE, PHONE_CONNECTION, SERVER_CONNECTION], ids=lambda table: table.name
)
def test_every_state_of_a_protocol_can_be_reached(table):
    reached = {table.initial}
    while more := {after for before, _event, after in table if before in reached} - reached:
        reached |= more
    assert reached == set(type(table.initial))


def test_a_chat_servers_connection_can_end_in_every_state():
    assert all(SERVER_CONNECTION.knows(state, Event.CLOSE) for state in State)
