"""Transition tables: which state may follow which, as data.

Rule 1: a state changes only in :mod:`acd.core.apply`, and only through :func:`move`.
Rule 2: what is not in a table cannot happen; if it does, that is a bug of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from acd.core.agent import WorkState
from acd.core.contact import ContactState as C
from acd.core.errors import AcdError
from acd.core.leg import LegState as L

S = TypeVar("S", bound=StrEnum)
Table = Mapping[S, frozenset[S]]


class IllegalTransition(AcdError):
    """A state was about to follow one it may not follow."""

    code = "illegal-transition"


CONTACT: Table[C] = {
    C.IN_FLOW: frozenset({C.WAITING, C.CLOSED}),
    C.WAITING: frozenset({C.OFFERED, C.IN_FLOW, C.CLOSED}),
    C.OFFERED: frozenset({C.WAITING, C.ACTIVE, C.CLOSED}),
    C.ACTIVE: frozenset({C.WRAPUP, C.WAITING}),
    C.WRAPUP: frozenset({C.CLOSED}),
    C.CLOSED: frozenset(),
}

WORK: Table[WorkState] = {
    WorkState.OFFERED: frozenset({WorkState.ACTIVE, WorkState.DONE}),
    WorkState.ACTIVE: frozenset({WorkState.HELD, WorkState.WRAPUP, WorkState.DONE}),
    WorkState.HELD: frozenset({WorkState.ACTIVE, WorkState.WRAPUP, WorkState.DONE}),
    WorkState.WRAPUP: frozenset({WorkState.DONE}),
    WorkState.DONE: frozenset(),
}

LEG: Table[L] = {
    L.DIALING: frozenset({L.RINGING, L.UP, L.AWAY, L.CLOSING, L.GONE}),
    L.RINGING: frozenset({L.UP, L.AWAY, L.CLOSING, L.GONE}),
    L.DOWN: frozenset({L.UP, L.AWAY, L.CLOSING, L.GONE}),
    L.UP: frozenset({L.AWAY, L.CLOSING, L.GONE}),
    L.AWAY: frozenset({L.UP, L.CLOSING, L.GONE}),
    L.CLOSING: frozenset({L.GONE}),
    L.GONE: frozenset(),
}


def move(table: Table[S], old: S, new: S, what: str) -> S:
    """Return ``new`` if it may follow ``old``.

    Raises:
        IllegalTransition: it may not; ``what`` names the thing.
    """
    if new not in table[old]:
        raise IllegalTransition(f"{what} cannot go from {old} to {new}")
    return new
