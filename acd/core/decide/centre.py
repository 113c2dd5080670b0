"""The log, and what people say instead of calendars."""

from __future__ import annotations

from acd.core import events as e
from acd.core import inputs as i
from acd.core.calendar import Override
from acd.core.decide.registry import decides
from acd.core.turn import Turn


@decides(i.OpenLog)
def open_log(turn: Turn, cause: i.OpenLog) -> None:
    """Begin a log; an open one stays as it is."""
    if turn.state.seed:
        turn.refuse("log-open", "the log has begun already")
        return
    turn.emit(e.LogOpened(cause.engine, cause.seed, cause.flags))


@decides(i.OverrideCalendar)
def override_calendar(turn: Turn, cause: i.OverrideCalendar) -> None:
    """Open or close a calendar by word; what was said before is replaced."""
    name, state = cause.calendar, turn.state
    if cause.is_open is None:
        if name in state.overrides:
            turn.emit(e.OverrideEnded(name, turn.actor))
        return
    site = state.sites.get(state.site)
    if site is None or name not in site.calendars:
        turn.refuse("calendar-unknown", f"there is no calendar {name!r}")
    elif cause.until is not None and cause.until <= turn.now:
        turn.refuse("until-past", "the time until which it shall hold is over")
    else:
        said = Override(name, cause.is_open, cause.until, cause.note, turn.actor, turn.now)
        turn.emit(e.CalendarOverridden(said))
