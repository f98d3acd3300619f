"""Which boxes a run has and of what kind: from a cluster's plan, or from what its journal says came up. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from workbench.cluster.plan import Options, make_plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.cluster.plan import Plan
    from workbench.tracing.journal import Seen

PHONE = "phone"


class Topology(msgspec.Struct, frozen=True):
    """`boxes` maps a name to its kind; `phones` names the users whose phones are simulated."""

    boxes: dict[str, str]
    phones: tuple[str, ...]

    def named(self, kind: str) -> list[str]:
        """Name the boxes of a kind."""
        found = [name for name, its in self.boxes.items() if its == kind]
        return sorted(found, key=natural)

    def has(self, kind: str) -> bool:
        """Say whether anything of the kind is part of it."""
        return kind in self.boxes.values()

    def kind_of(self, name: str) -> str:
        """Give the kind of what stands at an end of a hop: whoever is no box of the plan is a user's phone."""
        return self.boxes.get(name, PHONE)


def natural(name: str) -> tuple[str, int]:
    """Sort chat-10 behind chat-9."""
    stem, _, number = name.rpartition("-")
    return (stem, int(number)) if number.isdigit() else (name, 0)


def of_plan(plan: Plan) -> Topology:
    """Take the topology of a cluster."""
    return Topology({each.name: each.kind for each in plan.components}, plan.options.phones)


def of_default_plan() -> Topology:
    """Take the topology that `up` would start without options."""
    return of_plan(make_plan(Options(home=""), "", "", "", range))


def of_journal(events: Sequence[Seen]) -> Topology:
    """Take the topology of a run from its journal."""
    boxes = {each.facts["name"]: each.facts["box"] for each in events if each.kind == "component_started"}
    users = {
        each.facts["user"]: None for each in events if each.kind in ("connection_changed", "message_written")
    }
    return Topology(boxes, tuple(user for user in users if not user.startswith("probe-")))
