"""What every figure promises, whatever it shows."""

import io
import itertools
import re
from collections import Counter
from contextlib import suppress
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from workbench.drawing.canvas import draw
from workbench.drawing.catalogue import (
    CATALOGUE,
    MessageUnknownError,
    NeverLostError,
    lit,
    lit_by_phone,
    plain,
    stretch,
)
from workbench.drawing.figures.client_buffer import Arrival, client_buffer
from workbench.drawing.model import Look, numbers
from workbench.drawing.render import FORMATS, document, legend, terminal
from workbench.drawing.topology import Topology, of_default_plan, of_journal
from workbench.tracing.journal import Seen
from workbench.tracing.ordering import is_probe, trace_of

BY_MESSAGE = [name for name, entry in CATALOGUE.items() if entry.lit_by == "message"]
BY_PHONE = [name for name, entry in CATALOGUE.items() if entry.lit_by == "phone"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="session", params=["five-messages", "tunnels"])
def recorded(request, recording):
    return recording(request.param)


@pytest.fixture(scope="session")
def boxes(recorded):
    return of_journal(recorded)


def all_figures(recorded, boxes):
    messages = [
        each.facts["message_id"] for each in recorded if each.kind == "message_written" and not is_probe(each)
    ]
    for name in CATALOGUE:
        if name != "spacetime":
            yield plain(name, boxes)
            yield plain(name, of_default_plan())
        if name in BY_PHONE:
            yield from lit_by_phones(name, recorded, boxes)
            continue
        for message in messages:
            yield lit(name, recorded, boxes, message)[0]
    yield stretch(recorded, boxes, 0, float("inf"))


def lit_by_phones(name, recorded, boxes):
    for phone in boxes.phones:
        with suppress(NeverLostError):
            yield lit_by_phone(name, recorded, phone)


def hops_of_the_journal(name, recorded, message):
    """List (from, to) of what the journal proves, in order, without any of the code that draws."""
    _message, own = trace_of(recorded, message)
    claimed = CATALOGUE[name].claims
    if name == "offline-delivery":
        own = sorted([*own, *pages_with(recorded, own)], key=lambda each: each.t_ns)
    if name in ("routing", "sequence-ids"):  # the walkthrough's step 3 knows no push
        own = [each for each in own if each.step is not None]
    return [each.link for each in own if each.link and (not claimed or each.kind in claimed)]


def pages_with(recorded, own):
    """List the pages by which a message was fetched: the last one served before it was shown, of a sync not over."""
    for shown in [each for each in own if each.kind == "message_shown"]:
        its = [
            each
            for each in recorded
            if each.kind.startswith("sync_") and each.facts["user"] == shown.facts["user"]
        ]
        before = [each for each in its if each.t_ns <= shown.t_ns]
        if before and before[-1].kind == "sync_served":
            yield before[-1]


@pytest.mark.parametrize("name", BY_MESSAGE)
def test_each_hop_of_the_journal_is_drawn_exactly_once_and_nothing_else(name, recorded, boxes):
    for written in [each for each in recorded if each.kind == "message_written" and not is_probe(each)]:
        message = written.facts["message_id"]
        figure, _journey = lit(name, recorded, boxes, message)
        assert [(hop.source, hop.target) for hop in figure.hops] == hops_of_the_journal(
            name, recorded, message
        )
        drawn = list(itertools.chain.from_iterable(link.hops for link in figure.links))
        assert sorted(drawn) == [hop.number for hop in figure.hops]
        assert not [note for note in figure.notes if "is not drawn" in note]


@pytest.mark.parametrize("name", BY_MESSAGE)
def test_a_message_in_flight_is_drawn_as_far_as_it_came(name, recorded, boxes):
    written = next(each for each in recorded if each.kind == "message_written" and not is_probe(each))
    _message, own = trace_of(recorded, written.facts["message_id"])
    others = [each for each in recorded if each.trace_id != written.trace_id]
    for length in range(1, len(own) + 1):
        so_far = sorted([*others, *own[:length]], key=lambda each: each.t_ns)
        figure, journey = lit(name, so_far, boxes, written.facts["message_id"])
        document(figure, "svg")
        assert journey.in_flight is not any(each.kind == "message_status_changed" for each in own[:length])


def test_no_text_overlaps_another_or_a_border(recorded, boxes):
    for figure in all_figures(recorded, boxes):
        taken = Counter()
        for label in figure.labels:
            taken.update((x, label.y) for x in range(label.x, label.x + label.width))
        for box in figure.boxes:
            if not box.group:
                taken.update(
                    (x, y) for x in range(box.x, box.right + 1) for y in range(box.y, box.bottom + 1)
                )
        assert not [cell for cell, count in taken.items() if count > 1], f"{figure.title}: {figure.name}"
        for box in figure.boxes:
            assert len(box.lines) <= box.height - 2 or box.group
            assert all(cell_len(line) <= box.width - 2 for line in box.lines), (figure.name, box)


def test_no_text_lies_on_an_arrow_of_a_map(recorded, boxes):
    for figure in all_figures(recorded, boxes):
        if figure.kind == "sequence":  # there the words stand on the lanes, which go on behind them
            continue
        words = {(x, label.y) for label in figure.labels for x in range(label.x, label.x + label.width)}
        for link in figure.links:
            for (x0, y0), (x1, y1) in itertools.pairwise(link.points):
                xs, ys = range(min(x0, x1), max(x0, x1) + 1), range(min(y0, y1), max(y0, y1) + 1)
                assert not words & set(itertools.product(xs, ys)), (
                    f"{figure.name}: {link.source} -> {link.target}"
                )


def test_no_arrow_runs_through_a_box_or_ends_in_the_open(recorded, boxes):
    for figure in all_figures(recorded, boxes):
        solid = {box.id: box for box in figure.boxes if not box.group}
        for link in figure.links:
            for start, end in itertools.pairwise(link.points):
                for x in range(min(start[0], end[0]), max(start[0], end[0]) + 1):
                    for y in range(min(start[1], end[1]), max(start[1], end[1]) + 1):
                        inside = [
                            b.id for b in solid.values() if b.x <= x <= b.right and b.y <= y <= b.bottom
                        ]
                        if (x, y) == link.points[0]:
                            assert inside in ([link.source], []) or figure.kind == "sequence"
                        else:
                            assert not inside, (
                                f"{figure.name}: {link.source} -> {link.target} crosses {inside}"
                            )
            if link.target in solid:
                (x0, y0), (x1, y1) = link.points[-2:]
                tip = (x1 + (x1 > x0) - (x1 < x0), y1 + (y1 > y0) - (y1 < y0))
                box = solid[link.target]
                assert box.x <= tip[0] <= box.right, f"{figure.name}: {link.source} -> {link.target}"
                assert box.y <= tip[1] <= box.bottom, f"{figure.name}: {link.source} -> {link.target}"


def test_every_figure_fits_eighty_columns(recorded, boxes):
    for figure in all_figures(recorded, boxes):
        assert figure.width <= 80, figure.title
        for line in document(figure, "txt").splitlines():
            assert cell_len(line) <= 80 or line in figure.notes, line


def test_every_svg_parses_is_titled_and_needs_nothing_from_elsewhere(recorded, boxes):
    for figure in all_figures(recorded, boxes):
        text = document(figure, "svg")
        root = ET.fromstring(text)  # noqa: S314  our own
        assert root.find(f"{SVG}title").text == figure.title
        assert root.find(f"{SVG}desc").text.startswith(figure.description)
        assert root.get("role") == "img"
        assert "href" not in text
        assert "url(" not in text
        drawn = [
            int(hop) for path in root.iter(f"{SVG}path") for hop in (path.get("data-hops") or "").split()
        ]
        assert sorted(drawn) == [hop.number for hop in figure.hops]
        words = {"".join(each.itertext()) for each in root.iter(f"{SVG}text")}
        assert {label.text for label in figure.labels} <= words


def test_no_text_of_an_svg_overlaps_another(recorded, boxes):
    for figure in all_figures(recorded, boxes):
        root = ET.fromstring(document(figure, "svg"))  # noqa: S314  our own
        spans = {}
        for each in root.iter(f"{SVG}text"):
            x, length = float(each.get("x")), float(each.get("textLength"))
            if "middle" in each.get("class"):
                x -= length / 2
            for other, width in spans.setdefault(each.get("y"), []):
                assert x >= other + width or other >= x + length, f"{figure.name}: {each.text}"
            spans[each.get("y")].append((x, length))


def test_without_colour_lit_and_unbuilt_still_differ(recorded, boxes):
    figure, _journey = lit("architecture", recorded, boxes, "last")
    drawn = "\n".join(row.plain for row in draw(figure).rows(ascii_only=False))
    assert "━" in drawn
    assert "╌" in drawn
    assert any(box.look is Look.UNBUILT for box in figure.boxes)


@pytest.mark.parametrize("width", [20, 40, 79])
def test_a_narrow_terminal_is_told_in_words(width, recorded, boxes):
    figure, _journey = lit("routing", recorded, boxes, "last")
    file = io.StringIO()
    terminal(figure, Console(file=file, width=width), ascii_only=False)
    assert max(map(cell_len, file.getvalue().splitlines())) <= width
    assert file.getvalue().count("chat-1") > 1


def test_an_unknown_message_is_unknown(recorded, boxes):
    with pytest.raises(MessageUnknownError):
        lit("routing", recorded, boxes, "nobody-wrote-it")


def no_phone_came_back(events):
    """Say whether no phone came online twice, so that there is no reconnect to draw."""
    ups = Counter(
        each.facts["user"]
        for each in events
        if each.kind == "connection_changed" and each.facts["after"] == "online"
    )
    return max(ups.values()) == 1


def renamed(recorded, **names):
    """Give the recorded run as if its users had had other names."""
    text = msgspec.json.encode(recorded).decode()
    for old, new in names.items():
        text = re.sub(rf"\b{old}\b", new, text)
    return msgspec.json.decode(text, type=list[Seen])


def test_names_as_long_as_they_may_be_break_no_picture(recorded):
    long = renamed(recorded, alice="a" * 32, bob="b" * 32, carol="c" * 32)
    boxes = of_journal(long)
    cut = {figure.name for figure in all_figures(long, boxes) if "…" in document(figure, "txt")}
    assert cut >= {*CATALOGUE} - ({"reconnect"} if no_phone_came_back(long) else set())
    for check in (
        test_no_text_overlaps_another_or_a_border,
        test_no_text_lies_on_an_arrow_of_a_map,
        test_no_arrow_runs_through_a_box_or_ends_in_the_open,
        test_every_figure_fits_eighty_columns,
        test_no_text_of_an_svg_overlaps_another,
    ):
        check(long, boxes)


def test_a_phone_is_never_said_to_be_nowhere_before_redis_answered(recorded, boxes):
    written = next(each for each in recorded if each.kind == "message_written" and not is_probe(each))
    early = [each for each in recorded if each.trace_id != written.trace_id or each.kind == "message_written"]
    figure, journey = lit("routing", early, boxes, written.facts["message_id"])
    assert journey.route is None
    assert not [link for link in figure.links if link.source == "redis"]
    answered, _journey = lit("routing", recorded, boxes, written.facts["message_id"])
    assert '"bob is on chat-3"' in next(link.says for link in answered.links if link.source == "redis")


def test_what_came_too_early_is_counted_against_all_that_follows():
    figure = client_buffer("bob", [Arrival(1044, "x"), Arrival(1045, "y"), Arrival(1042, "z")])
    assert figure.notes[0].startswith("2 of 3 came before a lower number")
    assert figure.notes[1].startswith("1 numbers in between")


def many_events(count, phones=6):
    """Make a run in which `count` hops go between many boxes."""
    boxes = {f"chat-{n}": "chat_server" for n in range(1, 8)} | {"kafka": "kafka", "redis": "redis"}
    names = [f"phone-{n}" for n in range(phones)]
    events = []
    for number in range(count):
        phone, server = names[number % phones], f"chat-{number % 7 + 1}"
        link = [(phone, server), (server, "redis"), (server, "kafka"), (server, phone)][number % 4]
        events.append(Seen(number * 100_000, server, "send_received", 1, link, {"user": phone}))
    return events, Topology(boxes, tuple(names))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 600), st.integers(1, 30))
def test_folding_leaves_out_no_hop(count, phones):
    events, boxes = many_events(count, phones)
    figure = stretch(events, boxes, 0, float("inf"))
    drawn = list(itertools.chain.from_iterable(link.hops for link in figure.links))
    assert sorted(drawn) == list(range(1, count + 1))
    assert figure.width <= 80
    assert len(figure.links) <= 60
    rows = legend(figure.hops)
    assert sum(1 if "-" not in row.number else count - len(rows) + 1 for row in rows) == count


def test_ten_thousand_events_stay_legible_in_every_format():
    events, boxes = many_events(10_000, 200)
    figure = stretch(events, boxes, 0, float("inf"))
    assert figure.height <= 100
    assert "10000 hops in" in " ".join(figure.notes)
    for form in FORMATS[1:]:
        assert len(document(figure, form)) < 200_000


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40))
def test_the_buffer_shows_every_number_once_and_sorted(seqs):
    figure = client_buffer("bob", [Arrival(seq, f"m{seq}") for seq in seqs])
    buffered = next(box for box in figure.boxes if box.id == "buffer").lines
    shown = [
        int(line[1 : line.index("]")]) for line in buffered if line.startswith("[") and " to " not in line
    ]
    assert shown == sorted(set(seqs))[-10:]


def test_hop_numbers_are_written_as_ranges():
    assert numbers([1]) == "(1)"
    assert numbers([5, 2]) == "(2,5)"
    assert numbers([4, 5, 6, 9]) == "(4-6,9)"
    assert numbers([]) == ""
