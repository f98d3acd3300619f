"""A state machine is a table: state -> event -> state. An event that the table does not have is illegal.

The same table runs the component, documents it and is drawn, so none of the three can drift from the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

S = TypeVar("S")
E = TypeVar("E")


class IllegalEventError(Exception):
    """An event came in a state that does not know it.

    Attributes:
        state: The state it met.
        event: The event.
    """

    def __init__(self, table: str, state: object, event: object) -> None:
        self.state = state
        self.event = event
        super().__init__(f"{table}: {event} is illegal in state {state}")


class Table(Generic[S, E]):
    """The transitions of one protocol. It holds no state itself: `after` is a pure function."""

    def __init__(self, name: str, initial: S, transitions: Mapping[S, Mapping[E, S]]) -> None:
        self.name = name
        self.initial = initial
        self._transitions = transitions

    def after(self, state: S, event: E) -> S:
        """Give the state that follows.

        Raises:
            IllegalEventError: If the table has no such transition.
        """
        try:
            return self._transitions[state][event]
        except KeyError:
            raise IllegalEventError(self.name, state, event) from None

    def knows(self, state: S, event: E) -> bool:
        """Say whether the event is legal in the state."""
        return event in self._transitions.get(state, {})

    def __iter__(self) -> Iterator[tuple[S, E, S]]:
        for state, row in self._transitions.items():
            for event, then in row.items():
                yield state, event, then
