"""Reads an architecture typed as `phone -> load balancer -> chat server`, and compares its links. Pure."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from workbench.interview.names import find_name, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_LINKS = 200
MAX_TARGETS = 20
APART = "\n\n"

_ARROW = re.compile(r"\s*(<-{1,3}>|<=+>|↔|⇔|-{1,3}>|=+>|→|⟶|⇒|<-{1,3}|←)\s*")
_BOTH = ("↔", "⇔")
_BETWEEN_NAMES = re.compile(r"\s*[,&]\s*(?:and\s+)?|\s+and\s+")
_NOISE = re.compile(
    r"^\s*(?:[-*•]|\d+[.)])\s+|\([^()]*\)|[`\"'.:!?]|\b(?:the|a|an|his|her|its)\s+", re.IGNORECASE
)

Link = tuple[str, str]


class Drawn(msgspec.Struct, frozen=True):
    """What was typed: the paths in the writer's names, and the lines that hold no arrow."""

    paths: list[list[str]]
    prose: str
    left_out: int = 0

    def links(self) -> list[Link]:
        """List every link once, in order."""
        return list(dict.fromkeys(link for path in self.paths for link in pairwise(path)))


class Expected(msgspec.Struct, frozen=True):
    """What an answer is compared with: links by canonical names, and the canonical name of each alias."""

    needs: list[Link]
    also_right: list[Link]
    wrong: list[tuple[Link, str]]
    names: dict[str, str]


class LinksResult(msgspec.Struct, frozen=True):
    """How the links of an answer compare.

    `percent` may be below zero: a wrong link costs what a right one earns. So does each of the last `too_many` extra
    links: as many extra ones as needed ones cost nothing, and whoever links everything to everything has said nothing.
    """

    paths: list[list[str]]
    found: list[Link]
    missing: list[Link]
    wrong: list[tuple[Link, str]]
    extra: list[Link]
    unknown: list[str]
    percent: float
    problem: str | None = None
    too_many: int = 0


def parse(text: str) -> Drawn:
    """Read paths: one a line or between `;`, arrows as `->`, `-->`, `=>` or `→`, several names between commas."""
    paths: list[list[str]] = []
    prose: list[str] = []
    links = left_out = 0
    for piece in re.split(r"(?<=[\n;])", text):
        line = piece.rstrip("\n;")
        sides = _ARROW.split(line)
        groups = [_names(side) for side in sides[::2]]
        if len(sides) == 1 or not any(groups):
            prose.append(piece)
            continue
        prose.append(APART)
        for path in _paths(groups, sides[1::2]):
            if links + len(path) - 1 > MAX_LINKS:
                left_out += 1
                continue
            links += len(path) - 1
            paths.append(path)
    return Drawn(paths, _joined(prose), left_out)


def _joined(prose: Iterable[str]) -> str:
    """Put together the prose as it was typed; what arrows part stays apart, or it would make one sentence."""
    return re.sub(r"\s*\n\s*\n\s*", APART, "".join(prose)).strip()


def _names(piece: str) -> list[str]:
    return [name for part in _BETWEEN_NAMES.split(piece) if (name := " ".join(_NOISE.sub(" ", part).split()))]


def _paths(groups: Sequence[Sequence[str]], arrows: Sequence[str]) -> list[list[str]]:
    if all(len(group) == 1 for group in groups) and not any(
        "<" in arrow or arrow in ("←", *_BOTH) for arrow in arrows
    ):
        return [[group[0] for group in groups]]
    found = []
    for (left, right), arrow in zip(pairwise(groups), arrows, strict=True):
        both = arrow in _BOTH or (arrow.startswith("<") and arrow.endswith(">"))
        back = arrow == "←" or (arrow.startswith("<") and not both)
        for one in left[:MAX_TARGETS]:
            for other in right[:MAX_TARGETS]:
                if not back:
                    found.append([one, other])
                if back or both:
                    found.append([other, one])
    return found


def expected(
    needs: Iterable[str],
    also_right: Iterable[str],
    wrong: Iterable[tuple[str, str]],
    aliases: Mapping[str, Iterable[str]],
) -> Expected:
    """Compile what an author wrote."""
    names = {plain(alias): name for name, others in aliases.items() for alias in (name, *others)}

    def links(texts: Iterable[str]) -> list[Link]:
        found = [link for text in texts for link in parse(text).links()]
        for name in (name for link in found for name in link):
            names.setdefault(plain(name), name)
        return list(dict.fromkeys((names[plain(source)], names[plain(target)]) for source, target in found))

    return Expected(
        links(needs),
        links(also_right),
        [(link, why) for text, why in wrong for link in links([text])],
        names,
    )


def compare(answer: str, wanted: Expected) -> LinksResult:
    """Compare an answer's links with what is wanted. What is in no list is extra."""
    drawn = parse(answer)
    known = {name: find_name(name, wanted.names) for path in drawn.paths for name in path}
    paths = [[known[name] or name for name in path] for path in drawn.paths]
    links = list(dict.fromkeys(link for path in paths for link in pairwise(path)))
    reasons = dict(wanted.wrong)
    found = [link for link in wanted.needs if link in links]
    wrong = [(link, reasons[link]) for link in links if link in reasons]
    listed = {*wanted.needs, *wanted.also_right, *reasons}
    extra = [link for link in links if link not in listed]
    too_many = max(0, len(extra) - len(wanted.needs))
    earned = len(found) - len(wrong) - too_many
    problem = None
    if not links:
        problem = "no arrow found: write one path a line, such as client -> load balancer -> chat server"
    elif drawn.left_out:
        problem = f"only the first {MAX_LINKS} links were read"
    return LinksResult(
        paths=paths,
        found=found,
        missing=[link for link in wanted.needs if link not in links],
        wrong=wrong,
        extra=extra,
        unknown=list(dict.fromkeys(name for name, canonical in known.items() if canonical is None)),
        percent=round(100 * earned / len(wanted.needs), 1) if wanted.needs else 0.0,
        problem=problem,
        too_many=too_many,
    )
