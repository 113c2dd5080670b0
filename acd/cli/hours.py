"""`acd hours`: what is open, and opening or closing it by word."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from acd.cli.engine import Engine
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, print_table, say
from acd.cli.root import app
from acd.core.errors import AcdError

hours = typer.Typer(
    invoke_without_command=True,
    help="Opening hours: what is open now, and opening or closing it whatever the hours are.",
)
app.add_typer(hours, name="hours")

CalendarArgument = Annotated[str, typer.Argument(metavar="CALENDAR")]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TIME",
        help="When the hours hold again by themselves: 18:00, 2026-12-24T18:00 (both by the "
        "calendar's clock), 90m or 2h. Without it: until `acd hours clear`.",
        show_default=False,
    ),
]
NoteOption = Annotated[str, typer.Option("--note", help="Why, for colleagues.")]

_LENGTH = re.compile(r"([0-9]{1,4})([mh])")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


@hours.callback()
def list_hours(
    context: typer.Context,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the calendars: open now? when does that change? who said so?"""
    if context.invoked_subcommand is not None:
        return
    engine = Engine.of(settings_for(home, config).home)
    calendars = asyncio.run(engine.get("calendars"))["calendars"]
    if as_json:
        print_json({"calendars": calendars})
        return
    print_table(("calendar", "now", "until", "why"), [_row(one) for one in calendars])


@hours.command("close")
def close(
    calendar: CalendarArgument,
    until: UntilOption = None,
    note: NoteOption = "",
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Close a calendar at once, whatever its hours are."""
    _say(calendar, "closed", until, note, settings_for(home, config).home)


@hours.command("open")
def open_(
    calendar: CalendarArgument,
    until: UntilOption = None,
    note: NoteOption = "",
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Open a calendar at once, whatever its hours are."""
    _say(calendar, "open", until, note, settings_for(home, config).home)


@hours.command("clear")
def clear(calendar: CalendarArgument, home: HomeOption = None, config: ConfigOption = None) -> None:
    """Let a calendar's own hours hold again."""
    _say(calendar, None, None, "", settings_for(home, config).home)


def _say(calendar: str, state: str | None, until: str | None, note: str, home: Any) -> None:
    engine = Engine.of(home)
    document = asyncio.run(override(engine, calendar, state, until, note))
    _, now, change, why = _row(document)
    if not change and document["override"] is not None:
        change = f"`acd hours clear {calendar}`"
    say(f"{calendar}: {now}{f', until {change}' if change else ''}{f' ({why})' if why else ''}")


async def override(
    engine: Engine, name: str, state: str | None, until: str | None, note: str
) -> Any:
    """Tell the engine of a word; return the calendar as it is then.

    Args:
        engine: the engine.
        name: of the calendar.
        state: ``open``, ``closed``, or None for what its hours say.
        until: see :func:`until_when`; None for no end.
        note: why.

    Raises:
        AcdError: there is no such calendar, or the engine refuses.
    """
    calendars = {one["name"]: one for one in (await engine.get("calendars"))["calendars"]}
    if name not in calendars:
        known = ", ".join(calendars) or "none"
        raise AcdError(
            f"there is no calendar {name!r}", code="calendar-unknown", hint=f"there are: {known}"
        )
    zone = ZoneInfo(calendars[name]["timezone"])
    at = None if until is None else until_when(until, datetime.now(UTC), zone).isoformat()
    body: dict[str, object] = {"state": state, "until": at, "note": note}
    return await engine.post(f"calendars/{name}/override", body)


def until_when(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """Return the moment that ``--until`` names.

    Args:
        text: ``18:00`` (the next), ``2026-12-24T18:00``, ``90m`` or ``2h``.
        now: the present.
        zone: of the calendar; a time without one of its own is meant in it.

    Raises:
        BadInput: it is none of these.
    """
    if (length := _LENGTH.fullmatch(text)) is not None:
        return now + timedelta(minutes=int(length[1]) * (60 if length[2] == "h" else 1))
    local = now.astimezone(zone)
    try:
        if _CLOCK.fullmatch(text):
            at = datetime.combine(local.date(), datetime.strptime(text, "%H:%M").time(), zone)  # noqa: DTZ007
            return at if at > local else at + timedelta(days=1)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no time such as 18:00, 2026-12-24T18:00, 90m or 2h") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


def _row(one: dict[str, Any]) -> tuple[str, str, str, str]:
    zone = ZoneInfo(one["timezone"])
    change = one["next_change"]
    override, holiday = one["override"], one["holiday"]
    why = [holiday] if holiday else []
    if override is not None:
        said = f"by {override['by']}" + (f": {override['note']}" if override["note"] else "")
        end = override["until"]
        why.append(said if end is None else f"{said}, until {_local(end, zone)}")
    return (
        one["name"],
        "open" if one["open"] else "closed",
        "" if change is None else _local(change, zone),
        "; ".join(why),
    )


def _local(text: str, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(text).astimezone(zone):%a %d %b %H:%M}"
