from hypothesis import given
from hypothesis import strategies as st

from workbench.interview.rubric import Item, Wrong
from workbench.interview.score import score

ITEMS = [
    Item(
        id="map",
        says="a map",
        concept=["map|registry"],
        mechanism=["look up + server|socket", "/quer(y|ies)/ + map"],
        reason=["not|no + share + memory"],
        wrong=["every server|all servers + know"],
    ),
    Item(id="incr", says="a counter", mechanism=["=INCR + counter"]),
]
WRONG = [Wrong(id="time", patterns=["timestamp + order|sort"], why="Clocks differ.")]
WORDS = [
    "map",
    "look",
    "up",
    "server",
    "socket",
    "not",
    "share",
    "memory",
    "every",
    "know",
    "INCR",
    "counter",
]
WORDS += ["timestamp", "order", "don't", "a", "the", "is", "in", ".", ",", ";", "\n - "]


@given(st.text(max_size=300) | st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_scoring_any_text_never_raises_and_is_deterministic(text):
    first = score(text, ITEMS, WRONG)
    assert first == score(text, ITEMS, WRONG)
    assert first.percent <= 100


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))
def test_evidence_is_where_it_says(text):
    found = score(text, ITEMS, WRONG)
    for evidence in [each for item in found.items for each in item.evidence] + [
        each.evidence for each in found.wrong
    ]:
        assert all(0 <= start < end <= len(evidence.sentence) for start, end in evidence.spans)
