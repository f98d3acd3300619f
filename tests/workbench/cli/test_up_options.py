"""What may stand behind `--phones`, and what a phone is that nobody said."""

import click
import pytest

from workbench.cli.up_options import phones
from workbench.cluster.plan import Options


def read(text):
    return phones(None, None, text)


def test_a_phone_may_be_given_its_operating_system():
    assert read("alice:ios, bob:android,carol") == {"alice": "ios", "bob": "android", "carol": None}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("alice:windows", "ios or android"),
        ("alice:", "ios or android"),
        ("alice:ios:android", "ios or android"),
        ("alice,alice:ios", "each once"),
        (":ios", "a name has"),
        ("probe-1", "a name has"),
        ("", "a name has"),
        (",".join(f"u{number}" for number in range(201)), "up to 200"),
    ],
)
def test_what_is_no_phone_is_said(text, words):
    with pytest.raises(click.BadParameter) as refused:
        read(text)
    assert words in refused.value.message


def test_phones_are_ios_and_android_by_turns_unless_it_is_said():
    options = Options(home="", phones=("alice", "bob", "carol"), platforms={"carol": "android"})
    assert [options.platform(name) for name in options.phones] == ["ios", "android", "android"]
