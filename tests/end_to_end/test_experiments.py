"""Each experiment once, on a live cluster: what it says is what its journal shows."""

import json

import psutil
import pytest
from click.testing import CliRunner

from workbench.cli.main import cli
from workbench.errors import Exit, UsageProblem


@pytest.fixture
def experiment(cluster):
    """Run an experiment as a user would; give its JSON and the events that it wrote."""

    def run(*arguments):
        reader = cluster.journal_from_here()
        home = str(cluster.paths.home)
        result = CliRunner().invoke(
            cli, ["experiment", *arguments, "--home", home, "--json"], standalone_mode=False
        )
        assert result.exception is None, result.output
        assert result.return_value in (None, Exit.DONE)
        answer = json.loads(result.stdout)
        events = [each for each in reader.read() if each.facts.get("experiment") == answer["experiment"]]
        return answer, events

    return run


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


def test_the_boxes_of_an_experiment_are_processes_and_none_is_left(experiment):
    before = {each.pid for each in psutil.Process().children()}
    _answer, events = experiment("ordering", "--backlog", "0")
    assert {each.component for each in events} >= {"server-1", "server-2", "consumer-0", "consumer-1"}
    assert {each.pid for each in psutil.Process().children()} <= before
    assert facts(events, "ordering_cleaned") == [
        {"experiment": events[0].facts["experiment"], "topic_deleted": True, "counter_deleted": True}
    ]


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
    shown = facts(everything.read(), "message_shown")
    assert [each["message_id"] for each in timed] == [
        each["message_id"] for each in shown if each["user"].startswith("probe-to-")
    ]


@pytest.mark.parametrize("interval", ["100", "0.5"])
def test_what_cannot_be_measured_is_the_users_to_solve(interval):
    minutes = "1" if interval == "100" else "1440"
    arguments = ["experiment", "polling", "--minutes", minutes, "--interval", interval]
    with pytest.raises(UsageProblem, match="polls"):
        CliRunner().invoke(cli, arguments, standalone_mode=False, catch_exceptions=False)
