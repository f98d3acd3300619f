import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from components.trace.events import EVENTS
from workbench.tracing.journal import Seen
from workbench.tracing.narration import Narrator, reason, sentence
from workbench.tracing.ordering import Window, trace_of

SAMPLES = {
    str: "text",
    int: 3,
    float: 1.5,
    bool: True,
    dict[str, str | None]: {"bob": "chat-3", "carol": None},
    dict[str, int]: {"messages[0]": 4},
    list[int]: [0, 1],
    str | None: None,
    int | None: None,
    float | None: None,
}


def seen(kind, t_ns=0, trace_id="t", **facts):
    step = EVENTS[kind].step
    return Seen(t_ns, "chat-1", kind, step, ("chat-1", "redis"), facts, trace_id)


def sample(kind):
    fields = msgspec.structs.fields(EVENTS[kind])
    return seen(kind, **{field.name: SAMPLES[field.type] for field in fields})


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_every_kind_of_event_has_its_sentence(kind):
    told = sentence(sample(kind))
    assert told
    assert told != kind.replace("_", " ")


@pytest.mark.parametrize(
    ("exit_code", "expected", "told"),
    [
        (0, True, "chat-1 ended with exit code 0"),
        (-9, True, "chat-1 was ended by SIGKILL"),
        (-40, False, "chat-1 was ended by signal 40, and nobody asked it to"),
    ],
)
def test_the_end_of_a_box_is_told_by_its_exit_code_or_signal(exit_code, expected, told):
    event = seen("component_exited", name="chat-1", exit_code=exit_code, expected=expected)
    assert sentence(event) == told


@pytest.mark.parametrize("step", range(1, 6))
def test_every_step_has_its_reason(step):
    assert len(reason(step)) > 40


@given(st.lists(st.integers(0, 1000), max_size=40), st.integers(0, 100))
def test_the_window_lets_every_event_go_once_and_in_order(times, delay):
    window = Window(window_ns=delay)
    released = []
    for now, t_ns in enumerate(times):
        released += window.push([seen("run_stopped", min(t_ns, now), run="x")], now)
    released += window.flush()
    assert len(released) == len(times)


def test_an_overtaken_event_is_told_in_its_place():
    window = Window(window_ns=10)
    assert window.push([seen("run_stopped", 7, run="late")], 8) == []
    told = window.push([seen("run_stopped", 5, run="early")], 20)
    assert [event.t_ns for event in told] == [5, 7]


def test_last_is_the_newest_message_of_a_person_and_never_the_probe():
    def written(user, message_id, trace_id):
        facts = {"user": user, "message_id": message_id, "peer": "bob", "conversation": "x"}
        return Seen(0, "phones", "message_written", 1, None, facts, trace_id)

    events = [written("alice", "a", "1"), written("probe-0", "p", "2")]
    assert trace_of(events, "last")[0] == "a"
    assert trace_of(events, "zzz") is None


@pytest.mark.parametrize("width", [20, 40, 80])
def test_lines_fit_the_terminal(width):
    out = io.StringIO()
    narrator = Narrator(Console(file=out, width=width, color_system=None))
    for kind in EVENTS:
        narrator.tell(sample(kind), everything=True)
    assert max(map(len, out.getvalue().splitlines())) <= max(width, 37)
