"""Callers whom their flow sends out to the site's own dialplan, and their way back."""

from __future__ import annotations

from acd.core import events as e
from acd.core import flows
from acd.core import inputs as i
from acd.core.contact import Contact, ContactState
from acd.core.decide import legs
from acd.core.decide.flow import enter, run
from acd.core.decide.registry import decides
from acd.core.leg import Leg, LegState
from acd.core.turn import Turn

NOT_DONE = frozenset(
    {"missing", "timeout", "invalid", "no-input"}
    | {"BUSY", "NOANSWER", "CANCEL", "CONGESTION", "CHANUNAVAIL", "DONTCALL", "TORTURE"}
)
"""Results that our dialplan gives a visit that did not come to its end.

Those in capitals are Dial's: https://docs.asterisk.org/Latest_API/API_Documentation/Dialplan_Applications/Dial/
"""


@decides(i.LegBack)
def leg_back(turn: Turn, cause: i.LegBack) -> None:
    """A caller is back: their flow goes on with what the dialplan returned, or another begins.

    Whom nobody waits for, because the lease was lost since, comes back as from the fallback.
    """
    leg = turn.leg(cause.leg)
    contact = turn.state.contacts.get(leg.contact) if leg and leg.contact else None
    if leg is None or contact is None or not _is_awaited(leg, contact, cause):
        legs.leg_returned(turn, _returned(cause))
    elif cause.flow in turn.state.site_of(contact).flows:
        turn.change_leg(leg, LegState.UP)
        _over(turn, contact, "ok", "")
        enter(turn, contact, cause.flow, flows.Entered(cause.flow))
    else:
        turn.change_leg(leg, LegState.UP)
        is_done = not cause.flow and cause.result not in NOT_DONE
        result = "no-flow" if cause.flow else cause.result
        _report(turn, contact, "ok" if is_done else "failed", result)


def _is_awaited(leg: Leg, contact: Contact, cause: i.LegBack) -> bool:
    is_in_flow = contact.state is ContactState.IN_FLOW and leg.state is not LegState.CLOSING
    return is_in_flow and contact.task == cause.task


def not_sent(turn: Turn, leg: Leg, contact: Contact | None) -> None:
    """A caller could not be sent out: they are still here."""
    if leg.state is LegState.AWAY and contact is not None and contact.task is not None:
        turn.change_leg(leg, LegState.UP)
        _report(turn, contact, "failed", "not-sent")


def _report(turn: Turn, contact: Contact, outcome: str, result: str) -> None:
    values = _over(turn, contact, outcome, result)
    run(turn, contact, flows.TaskDone(outcome, values))


def _over(turn: Turn, contact: Contact, outcome: str, result: str) -> dict[str, str]:
    assert contact.task is not None
    values = {"result": result} if result else {}
    turn.emit(e.TaskEnded(contact.id, contact.task, outcome, values))
    return values


def _returned(cause: i.LegBack) -> i.LegReturned:
    return i.LegReturned(
        cause.leg, cause.node, cause.ani, cause.dnis, cause.caller_name, cause.is_up
    )
