"""What a line typed on a phone's screen asks for. Pure."""

from __future__ import annotations

import unicodedata

import msgspec

from components.wire.names import MAX_BODY_BYTES, is_user
from workbench.errors import UsageProblem
from workbench.phone_screen.life import ACTIONS, Life, life_of

HELP = "  ".join(
    (
        "/to NAME",
        "/chats",
        *(f"/{action} {argument}".strip() for action, argument in ACTIONS.items()),
        "/leave",
        "//text says /text",
    )
)


class Say(msgspec.Struct, frozen=True):
    """A message."""

    text: str


class To(msgspec.Struct, frozen=True):
    """Open the conversation with `peer`; None: show the list."""

    peer: str | None


class Help(msgspec.Struct, frozen=True):
    """Say what can be typed."""


class Leave(msgspec.Struct, frozen=True):
    """Leave the screen."""


Wish = Say | To | Life | Help | Leave


def wish_of(line: str, user: str) -> Wish | None:
    """Read a line; None if it is blank.

    Raises:
        UsageProblem: If it cannot be done; the message is for the footer.
    """
    if not line.strip():
        return None
    if line.startswith("/") and not line.startswith("//"):
        return _command(line, user)
    return Say(_message(line.removeprefix("/")))


def _command(line: str, user: str) -> Wish:
    command, *words = line[1:].split() or [""]
    match command, words:
        case "to", [peer]:
            return _to(peer, user)
        case "to", _:
            raise UsageProblem("write `/to NAME`")
        case "chats", []:
            return To(None)
        case "help", _:
            return Help()
        case (("leave" | "quit" | "exit"), []):
            return Leave()
        case _ if command in ACTIONS:
            return life_of(command, " ".join(words) or None)
    raise UsageProblem(f"no command /{command}: /help names them; //{command} says /{command}")


def _to(peer: str, user: str) -> To:
    if not is_user(peer):
        raise UsageProblem(f"{peer!r} is no user's name")
    if peer == user:
        raise UsageProblem("this is your own phone: write to somebody else")
    return To(peer)


def _message(text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:  # a byte that is no UTF-8 comes from the terminal as half of a surrogate pair
        raise UsageProblem("not sent: the text is not valid UTF-8") from None
    if size > MAX_BODY_BYTES:
        raise UsageProblem(f"not sent: {size:,} bytes, and a message has at most {MAX_BODY_BYTES:,}")
    if any(unicodedata.category(each) == "Cc" for each in text):
        raise UsageProblem("not sent: the text has control characters (a line feed, a tab, an escape)")
    return text
