"""Each experiment once, on a live cluster: what it says is what its journal shows."""

import asyncio
import json

import psutil
import pytest
from command_line import run as workbench

from workbench.errors import Exit
from workbench.experiments.ordering import Ordering


@pytest.fixture
def experiment(cluster):
    """Run an experiment as a user does; give its JSON and the events that it wrote."""

    def run(*arguments):
        reader = cluster.journal_from_here()
        result = workbench(cluster.paths.home, "experiment", *arguments, "--json")
        assert result.returncode == Exit.DONE, result.stderr
        assert result.stderr == ""
        answer = json.loads(result.stdout)
        return answer, own(reader.read(), answer["experiment"])

    return run


def own(events, name):
    return [each for each in events if each.facts.get("experiment") == name]


def facts(events, kind):
    return [each.facts for each in events if each.kind == kind]


def test_by_sequence_id_the_order_is_as_written_whatever_arrives_when(experiment):
    answer, events = experiment("ordering", "--backlog", "50")
    orders = answer["orders"]
    assert orders["sequence"] == {"messages": [1, 2, 3, 4], "right": True}
    arrived = facts(events, "ordering_arrived")
    assert [each["message"] for each in arrived] == orders["arrival"]["messages"]
    by_clock = sorted(arrived, key=lambda each: each["clock_s"])
    assert [each["message"] for each in by_clock] == orders["timestamp"]["messages"]
    assert orders["timestamp"]["right"] is False  # three seconds cannot pass between the messages
    judged = {each["rule"]: each["right"] for each in facts(events, "order_judged")}
    assert judged == {rule: each["right"] for rule, each in orders.items()}


def test_numbers_come_from_one_counter_and_records_go_to_both_partitions(experiment):
    answer, events = experiment("ordering", "--backlog", "5")
    numbered = facts(events, "ordering_numbered")
    assert [(each["message"], each["seq"]) for each in numbered] == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert {each["server"] for each in numbered} == {"server-1", "server-2"}
    assert {each["partition"] for each in facts(events, "ordering_appended")} == {0, 1}
    first = next(each for each in answer["arrivals"] if each["partition"] == 0)
    assert first["before"] == 5


def test_the_boxes_of_an_experiment_are_processes_and_none_is_left(cluster):
    reader = cluster.journal_from_here()
    before = {each.pid for each in psutil.Process().children()}
    ordering = Ordering(cluster.plan, skew_s=0.0, backlog=0)
    asyncio.run(ordering.run())
    events = own(reader.read(), ordering.name)
    assert {each.component for each in events} == {
        "experiment",
        "server-1",
        "server-2",
        "consumer-0",
        "consumer-1",
    }
    assert {each.pid for each in psutil.Process().children()} <= before
    [cleaned] = facts(events, "ordering_cleaned")
    assert cleaned == {"experiment": ordering.name, "topic_deleted": True, "counter_deleted": True}


def test_the_lists_fit_80_columns_and_say_what_was_found(cluster):
    shown = workbench(cluster.paths.home, "experiment", "ordering", "--backlog", "0").stdout
    assert "by sequence ID" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_polls_and_heartbeats_are_counted_and_every_message_is_pushed_and_polled(cluster, experiment):
    everything = cluster.journal_from_here()
    answer, events = experiment("polling", "--minutes", "2", "--interval", "10")
    polling, heartbeat = answer["measured"]["polling"], answer["measured"]["heartbeat"]
    assert (polling["times"], heartbeat["times"]) == (12, 4)
    for kind, spent, times in (
        ("polls_measured", polling, "requests"),
        ("heartbeats_measured", heartbeat, "heartbeats"),
    ):
        [measured] = facts(events, kind)
        assert measured[times] == spent["times"] == spent["counts"]["sends"]
        assert {name: measured[name] for name in spent["counts"]} == spent["counts"]
    # A heartbeat is one masked text frame (RFC 6455 section 5.2) each way, and no HTTP headers.
    assert heartbeat["counts"]["sent_bytes"] == 4 * (2 + 4 + len('{"type":"ping"}'))
    assert heartbeat["counts"]["received_bytes"] == 4 * (2 + len('{"type":"pong"}'))
    timed = facts(events, "delivery_timed")
    assert [each["seq"] for each in timed] == [1, 2, 3, 4, 5]
    events = everything.read()
    shown = facts(events, "message_shown")
    took = {each.component for each in events if each.kind == "message_appended"}
    pushed = {each.component for each in events if each.kind == "message_handed_over"}
    assert len(took) == len(pushed) == 1
    assert took != pushed
    assert [each["message_id"] for each in timed] == [
        each["message_id"] for each in shown if each["user"].startswith("probe-to-")
    ]


@pytest.mark.parametrize(("minutes", "interval"), [("1", "100"), ("1440", "0.5")])
def test_what_cannot_be_measured_is_the_users_to_solve(tmp_path, minutes, interval):
    result = workbench(tmp_path, "experiment", "polling", "--minutes", minutes, "--interval", interval)
    assert result.returncode == Exit.USAGE
    assert "polls" in result.stderr
    assert len(result.stderr.splitlines()) == 1
