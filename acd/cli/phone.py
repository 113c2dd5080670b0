"""`acd phone`: an agent's telephone on the command line."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from acd.adapters.asterisk.install import default_cache, find_bundle
from acd.adapters.home import DEMO_FILE, Home
from acd.cli.engine import Engine
from acd.cli.options import HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json_line, say
from acd.cli.root import app
from acd.core.errors import AcdError
from acd.testing.deskphone import (
    PhoneEvent,
    PhoneEventKind,
    run_phone,
    voice_maker,
)
from acd.testing.softphone import SipServer

LOGIN_CODE = "*1"


@app.command()
def phone(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="Login of the agent.")],
    answer_after: Annotated[
        float, typer.Option(min=0, max=600, metavar="S", help="How long to let a call ring.")
    ] = 1.0,
    no_answer: Annotated[bool, typer.Option("--no-answer", help="Never answer.")] = False,
    hangup_after: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=36000,
            metavar="S",
            help="How long to talk (default: until the caller hangs up).",
            show_default=False,
        ),
    ] = None,
    words: Annotated[
        str | None,
        typer.Option(
            "--say",
            metavar="WORDS",
            help="What to say: a text, a .wav file, or a tone as `tone:440`.",
            show_default=False,
        ),
    ] = None,
    code: Annotated[
        list[str] | None,
        typer.Option(
            "--code",
            metavar="CODE",
            help="Codes to dial first (default: *1, log in). *2 log out, *3 ready, *4 not ready, "
            "*5 end wrap-up.",
            show_default=False,
        ),
    ] = None,
    no_login: Annotated[bool, typer.Option("--no-login", help="Dial no code.")] = False,
    password: Annotated[
        str | None,
        typer.Option(
            envvar="ACD_PASSWORD",
            metavar="SECRET",
            help="SIP password; for sample agents it is found in demo.json.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Be an agent's telephone: log in, ring, answer, tell what happens. Ctrl-C hangs up.

    Examples:

    - `acd phone ann`
    - `acd phone bob --answer-after 3 --hangup-after 20 --say "Hello, how can I help?"`
    - `ACD_PASSWORD=… acd phone dana` for an agent who is not of the demo
    """  # fmt: skip
    settings = settings_for(home)
    engine = Engine.of(settings.home)
    codes = [] if no_login else (code or [LOGIN_CODE])
    talk = voice_maker(words, espeak_argv=_espeak()) if words else None
    line = _Line(engine, agent, _json_event if as_json else _text_event)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            _run(
                line,
                settings.home,
                password,
                answer_after_seconds=None if no_answer else answer_after,
                hangup_after_seconds=hangup_after,
                talk=talk,
                codes=codes,
            )
        )


async def _run(line: _Line, home: Path, password: str | None, **how: Any) -> None:
    """Be the phone until told to stop."""
    user, secret = await _credentials(line.engine, home, line.agent, password)
    ringing = asyncio.create_task(
        run_phone(
            user,
            secret,
            server=SipServer(line.engine.sip_host, line.engine.sip_port),
            on_event=line.on_event,
            **how,
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ringing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await ringing


async def _credentials(
    engine: Engine, home: Path, agent: str, password: str | None
) -> tuple[str, str]:
    """Return SIP user and password of an agent.

    Raises:
        AcdError: there is no such agent, or the password is not known.
    """
    user = (await engine.get(f"agents/{agent}"))["phone"]
    if not user:
        raise AcdError(f"{agent} has no phone", hint=f"`acd agents edit {agent} --phone NUMBER`")
    shown = (Home(home).read(DEMO_FILE) or {}).get("agents", [])
    known = [one["sip_password"] for one in shown if one["login"] == agent]
    secret = password or next(iter(known), "")
    if not secret:
        raise BadInput(
            f"the SIP password of {agent} is not known",
            hint="put it into the environment as ACD_PASSWORD",
        )
    return user, secret


def _espeak() -> tuple[str, ...]:
    """Return how to speak: with the machine's espeak-ng, or the bundled one."""
    bundle = find_bundle(default_cache())
    return (bundle.espeak_argv if bundle else ()) or ("espeak-ng",)


Show = Callable[[PhoneEvent, dict[str, Any]], None]


@dataclass(slots=True)
class _Line:
    """Tells what happens at a phone, and whom it talks to as far as the engine knows."""

    engine: Engine
    agent: str
    show: Show

    def on_event(self, event: PhoneEvent) -> None:
        """Show an event; who is on the line is asked for first."""
        if event.kind in (PhoneEventKind.RINGING, PhoneEventKind.ANSWERED):
            task = asyncio.create_task(self._show_with_contact(event))
            _asking.add(task)
            task.add_done_callback(_asking.discard)
        else:
            self.show(event, {})

    async def _show_with_contact(self, event: PhoneEvent) -> None:
        contact: dict[str, Any] = {}
        with contextlib.suppress(AcdError):
            works = (await self.engine.get(f"agents/{self.agent}"))["works"]
            if works:
                contact = await self.engine.get(f"contacts/{works[-1]['contact']}")
                contact["queue"] = works[-1]["queue"]  # a contact's own comes a moment later
        self.show(event, contact)


_asking: set[asyncio.Task[None]] = set()


def _text_event(event: PhoneEvent, contact: dict[str, Any]) -> None:
    said = {
        PhoneEventKind.REGISTERED: f"registered as {event.about}",
        PhoneEventKind.CODE_ACCEPTED: f"{event.about} accepted",
        PhoneEventKind.CODE_REFUSED: f"{event.about} refused: {event.detail}",
        PhoneEventKind.RINGING: f"ringing: {_whom(event, contact)}",
        PhoneEventKind.ANSWERED: f"talking to {_whom(event, contact)}",
        PhoneEventKind.ENDED: f"ended after {event.seconds or 0:.1f} s, {event.detail}",
    }
    say(said[event.kind])


def _whom(event: PhoneEvent, contact: dict[str, Any]) -> str:
    if not contact:
        return event.about
    name = contact["customer"]["name"]
    who = f"{name} {contact['ani']}".strip()
    return f"{who}, who called {contact['dnis']} (queue {contact['queue']}, {contact['id']})"


def _json_event(event: PhoneEvent, contact: dict[str, Any]) -> None:
    print_json_line(
        {
            "event": event.kind,
            "about": event.about,
            "detail": event.detail,
            "seconds": event.seconds,
            "contact": contact.get("id"),
            "ani": contact.get("ani"),
            "dnis": contact.get("dnis"),
            "queue": contact.get("queue"),
        }
    )
