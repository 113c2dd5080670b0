"""`acd call`: ring the engine as a caller would."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from acd.adapters.home import Home
from acd.cli.engine import Engine
from acd.cli.options import HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, error_console, print_json, say
from acd.cli.root import app
from acd.testing.calls import CallReport, place_call
from acd.testing.softphone import PhoneError, SipServer

CALLER = "caller"
"""The SIP user that may call from any number."""


@app.command()
def call(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="What to dial.")],
    press: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEYS",
            help="Keys to press once the menu has spoken; again, or after a space, for the next "
            "menu. A comma waits a second.",
            show_default=False,
        ),
    ] = None,
    hold: Annotated[
        float,
        typer.Option(
            min=0, max=3600, metavar="SECONDS", help="How long to stay on the line after that."
        ),
    ] = 15.0,
    ani: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="ANI",
            help="Number to call from (default: a random one of the fictional +1 555 010…).",
            show_default=False,
        ),
    ] = None,
    name: Annotated[str, typer.Option(metavar="NAME", help="Name to call from.")] = "",
    say_tone: Annotated[
        float | None,
        typer.Option(
            "--tone",
            metavar="HZ",
            min=100,
            max=3900,
            help="Send a steady tone instead of silence.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ring NUMBER as a caller would; tell what was heard and who answered.

    Exit status 1 if the call was not even answered by the engine.

    Examples:

    - `acd call 100 --press 2`
    - `acd call 300 --hold 30 --from +15550123 --json`
    """  # fmt: skip
    settings = settings_for(home)
    engine = Engine.of(settings.home)
    caller = ani or f"+1555010{secrets.randbelow(10_000):04}"
    if not as_json:
        error_console().print(f"calling {number} from {caller} …")
    who = _Who(engine, caller, number)
    try:
        report = asyncio.run(
            place_call(
                number,
                server=SipServer(engine.sip_host, engine.sip_port),
                user=CALLER,
                password=Home(settings.home).secrets().caller,
                ani=caller,
                name=name,
                keys=[group for keys in press or () for group in keys.split()],
                hold_seconds=hold,
                tone_hz=say_tone,
                prompts=engine.prompts,
                lookup=who.ask,
            )
        )
    except PhoneError as error:
        raise BadInput(error.message, hint=error.hint) from None
    _show(report, who, as_json=as_json)
    if not report.answered:
        raise typer.Exit(1)


@dataclass(slots=True)
class _Who:
    """Finds our contact, and the agent who took it, through the engine's API.

    Attributes:
        contact: the contact as last seen.
        agent: the agent who took it.
    """

    engine: Engine
    ani: str
    dnis: str
    contact: dict[str, Any] = field(default_factory=dict)
    agent: dict[str, Any] = field(default_factory=dict)
    since: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(seconds=1))

    async def ask(self) -> str | None:
        """Return who has taken the call; None while nobody has."""
        found = await self.engine.get(
            "contacts", ani=self.ani, opened_from=self.since.isoformat(), limit="5"
        )
        ours = [contact for contact in found["contacts"] if contact["dnis"] == self.dnis]
        if not ours:
            return None
        self.contact = ours[0]
        login = self.contact["agent"]
        if login is None:
            return None
        self.agent = await self.engine.get(f"agents/{login}")
        return f"{self.agent['title'] or login} ({login})"


def _show(report: CallReport, who: _Who, *, as_json: bool) -> None:
    if not as_json:
        say(str(report))
        if who.contact:
            say(f"contact {who.contact['id']}: `acd trace {who.contact['id']}` tells its story")
        return
    document = replace(report, answered_by=who.agent.get("name")).as_json()
    document["answered_by_name"] = who.agent.get("title")
    document["from"] = who.ani
    document["contact"] = who.contact.get("id")
    document["queue"] = who.contact.get("queue")
    print_json(document)
