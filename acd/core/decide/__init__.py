"""Decisions: what each input leads to. One file for each subject, one function for each input.

A decision reads the state and emits events and effects through its :class:`~acd.core.turn.Turn`;
it never changes the state itself. What cannot apply any more is refused or is simply nothing.

    registry < publishing < acts, messages < flow < after, offers, tasks < legs, agents, contacts,
        transfer, outbound < visits < deadlines, pbx
"""

from __future__ import annotations

from acd.core.decide import (
    agents,
    centre,
    contacts,
    deadlines,
    legs,
    messages,
    outbound,
    pbx,
    publishing,
    tasks,
    transfer,
    visits,
)
from acd.core.decide.offers import match
from acd.core.decide.registry import DECISIONS

__all__ = [
    "DECISIONS",
    "agents",
    "centre",
    "contacts",
    "deadlines",
    "legs",
    "match",
    "messages",
    "outbound",
    "pbx",
    "publishing",
    "tasks",
    "transfer",
    "visits",
]
