"""Node ``hours``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, Name, To, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Go one way while a calendar of `hours.toml` is open and another while it is closed."""

    calendar: str = key(Name("calendar", To.CALENDAR), "which opening hours")
    open: str = key(node(Exit.AT_ONCE), "where the caller goes while it is open")
    closed: str = key(node(Exit.AT_ONCE), "where the caller goes while it is closed")


def enter(keys: Hours, visit: Visit) -> Entry:
    """Look at the calendar."""
    is_open = visit.is_open(keys.calendar)
    if is_open is None:
        return FAIL  # the site was not checked
    return Go(keys.open if is_open else keys.closed)


def signal(keys: Hours, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("hours", Hours, enter, signal)
