import io
import json
import sys

import pytest

from workbench.errors import Exit


def test_questions_are_listed_and_shown_without_what_is_expected(interview):
    _, out, _ = interview("questions")
    assert out.startswith("across  From server 1 to server 7 (routing, 5 min)\n")
    _, out, _ = interview("questions", "across")
    assert "How does a message get across?" in out
    assert "shared map" not in out
    _, out, _ = interview("questions", "across", "--json")
    assert json.loads(out)["hints"] == ["Who knows where Bob is?"]


def test_an_unknown_question_names_close_ones(interview):
    code, _, err = interview("questions", "acros")
    assert (code, err) == (Exit.USAGE, "workbench: no question 'acros': there is across\n")


def test_a_written_answer_is_scored_with_the_words_that_decided(interview, tmp_path):
    (tmp_path / "answer").write_text("Server 7 pushes it down the socket.")
    code, out, _ = interview("questions", "across", "--answer", str(tmp_path / "answer"))
    assert code is Exit.DONE
    assert out.startswith("From server 1 to server 7: 50%\n")
    assert "Server 7 «pushes» it down the «socket»." in out
    _, out, _ = interview("questions", "across", "--json", "--answer", str(tmp_path / "answer"))
    assert json.loads(out)["percent"] == 50


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b" \n", "is empty"),
        (b"x" * 1_000_000, "at most 20,000"),
        (b"\xff\xfe", "is no UTF-8"),
        (None, "No such file"),
    ],
)
def test_an_answer_that_cannot_be_scored_is_said_in_one_line(interview, tmp_path, content, said):
    if content is not None:
        (tmp_path / "answer").write_bytes(content)
    code, out, err = interview("questions", "across", "--answer", str(tmp_path / "answer"))
    assert (code, out) == (Exit.USAGE, "")
    assert said in err
    assert err.count("\n") == 1


def test_lint_passes_a_good_bank_and_fails_one_out_of_band(interview, bank):
    code, out, _ = interview("questions", "--lint")
    assert code is Exit.DONE
    assert out.splitlines()[-1] == "1 question, 5 answers, 0 problems"
    answers = bank / "answers" / "across.toml"
    answers.write_text(answers.read_text().replace("[15, 55]", "[60, 80]"))
    code, out, _ = interview("questions", "--lint")
    assert code is Exit.CHECK_FAILED
    assert f"{answers}:7: the weak answer gets 50 percent" in out


def test_one_question_is_listed_as_one(interview):
    _, out, _ = interview("questions")
    assert "1 question. Show one:" in out


@pytest.mark.parametrize("also", [["across"], ["--answer", "x"], ["across", "--answer", "x"]])
def test_lint_takes_no_single_question(interview, also):
    code, out, err = interview("questions", "--lint", *also)
    assert (code, out) == (Exit.USAGE, "")
    assert "--lint checks the whole bank: leave out the question's ID and --answer" in err


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is empty"), (b"\xff\xfe", "is no UTF-8"), (b"x" * 90_000, "is too long")]
)
def test_an_answer_on_stdin_is_called_so(interview, monkeypatch, content, said):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    code, _, err = interview("questions", "across", "--answer", "-")
    assert code is Exit.USAGE
    assert f"the answer on stdin {said}" in err


def test_a_pattern_is_explained_sentence_by_sentence(interview, tmp_path):
    (tmp_path / "answer").write_text(
        "Server 7 pushes it down the socket.\n\nmap, push, socket\n\nIt is all there is."
    )
    arguments = ("questions", "--explain", "push|send + socket", "--answer", str(tmp_path / "answer"))
    code, out, _ = interview(*arguments)
    assert code is Exit.DONE
    assert out.splitlines() == [
        "prose, found:",
        "  Server 7 «pushes» it down the «socket».",
        "no prose, found:",
        "  map, «push», «socket»",
        "prose, nothing found:",
        "  It is all there is.",
        "The pattern finds something in 2 of 3 sentences.",
    ]
    _, out, _ = interview(*arguments, "--json")
    assert [(each["prose"], each["found"]) for each in json.loads(out)] == [
        (True, ["pushes", "socket"]),
        (False, ["push", "socket"]),
        (True, None),
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["push"], "--explain needs an answer: add --answer FILE"),
        (["push", "across"], "leave out ID and --lint"),
        (["push", "--lint"], "leave out ID and --lint"),
        (["a| + b", "--answer", __file__], "an empty term in the pattern"),
        (["a+b", "--answer", __file__], "write `a + b`, not `a+b`"),
        (["/(/ + b", "--answer", __file__], "is no regular expression"),
        (["push", "--answer", "/nowhere"], "/nowhere cannot be read: No such file"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(interview, arguments, said):
    code, out, err = interview("questions", "--explain", *arguments)
    assert (code, out) == (Exit.USAGE, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_broken_bank_names_file_and_line(interview, bank):
    file = bank / "across.toml"
    file.write_text(file.read_text().replace("minutes = 5", "minutes = 0"))
    code, _, err = interview("questions")
    assert code is Exit.USAGE
    assert f"{bank / 'across.toml'}:5: " in err
