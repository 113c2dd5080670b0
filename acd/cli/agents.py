"""`acd agents`: who may answer, and what they can."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from acd.adapters.home import DEMO_FILE, Home
from acd.adapters.sql.agents import SqlAgents
from acd.app.accounts import LOGIN, PASSWORD_BYTES, PHONE, SHORTEST_PASSWORD, Accounts, Change, Made
from acd.app.site import load_site
from acd.cli.engine import Engine
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, print_table, say
from acd.cli.record import ACTOR, Note, changed, opened
from acd.cli.root import app
from acd.config import Settings
from acd.core.agent import AgentProfile, Presence
from acd.core.ids import AgentName, QueueName
from acd.ports.store import AgentRow, Role

agents = typer.Typer(no_args_is_help=True, help="Agents: add, change, remove, log in and out.")
app.add_typer(agents, name="agents")

LoginArgument = Annotated[str, typer.Argument(metavar="LOGIN")]
TitleOption = Annotated[
    str | None, typer.Option("--name", metavar="NAME", help="Name shown to people.")
]
QueueOption = Annotated[
    list[str] | None,
    typer.Option(
        "--queue",
        metavar="NAME[=N]",
        help="Queue to serve; N is the preference, 1 first. 0 takes it away.",
        show_default=False,
    ),
]
SkillOption = Annotated[
    list[str] | None,
    typer.Option(
        "--skill",
        metavar="NAME[=N]",
        help="Skill at level N. 0 takes it away.",
        show_default=False,
    ),
]
PhoneOption = Annotated[
    str | None,
    typer.Option("--phone", metavar="NUMBER", help="SIP user of the phone.", show_default=False),
]
RoleOption = Annotated[
    Role | None,
    typer.Option("--role", help="What they may do in the web pages.", show_default=False),
]
AskOption = Annotated[
    bool, typer.Option("--ask", help="Ask for the web password instead of making one.")
]


class Wish(StrEnum):
    """What can be said for an agent."""

    LOGIN = "login"
    LOGOUT = "logout"
    READY = "ready"
    NOT_READY = "not-ready"


_PRESENCE = {
    Wish.LOGIN: Presence.AVAILABLE,
    Wish.LOGOUT: Presence.LOGGED_OUT,
    Wish.READY: Presence.AVAILABLE,
    Wish.NOT_READY: Presence.NOT_READY,
}


@agents.command("list")
def list_agents(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List the agents, and what they do if the engine runs."""
    settings = settings_for(home, config)
    rows, live = asyncio.run(_list(settings))
    shown = [_document(row, live.get(row.profile.name)) for row in rows if row.is_active]
    if as_json:
        print_json({"agents": shown})
        return
    print_table(
        ("login", "name", "state", "phone", "queues", "skills"),
        [
            (
                one["name"], one["title"], one.get("state", "engine not running"), one["phone"],
                _pairs(one["queues"]), _pairs(one["skills"]),
            )
            for one in shown
        ],
    )  # fmt: skip


@agents.command()
def add(
    login: LoginArgument,
    title: TitleOption = None,
    queue: QueueOption = None,
    skill: SkillOption = None,
    phone: PhoneOption = None,
    role: RoleOption = None,
    ask: AskOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an agent; their passwords are made and shown once.

    Examples:

    - `acd agents add dana --name "Dana Diaz" --queue support --skill english=3`
    - `acd agents add erik --queue sales=1 --queue billing=2 --phone 2100 --ask`
    """
    if not re.fullmatch(LOGIN, login):
        raise BadInput(
            f"{login!r} cannot be a login", hint="small letters, digits and . _ -; a letter first"
        )
    change = Change(
        title=title or login,
        role=role,
        phone=_phone(phone),
        queues=_queues(_changed({}, queue)),
        skills=_changed({}, skill),
    )
    settings = settings_for(home, config)
    made = asyncio.run(_add(settings, login, change, _web_password(ask=ask)))
    _show_made(login, made, as_json=as_json)


@agents.command()
def edit(
    login: LoginArgument,
    title: TitleOption = None,
    queue: QueueOption = None,
    skill: SkillOption = None,
    phone: PhoneOption = None,
    role: RoleOption = None,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change an agent; what is not named stays. Calls in progress are not touched.

    Examples:

    - `acd agents edit ann --skill spanish=2 --queue billing=0`
    - `acd agents edit ann --phone 2150`: a new phone gets a new SIP password
    """

    def wanted(profile: AgentProfile) -> Change:
        return Change(
            title=title,
            role=role,
            phone=_phone(phone),
            queues=_queues(_changed(profile.queues, queue)) if queue else None,
            skills=_changed(profile.skills, skill) if skill else None,
        )

    made = asyncio.run(_edit(settings_for(home, config), login, wanted))
    _show_made(login, made, as_json=as_json)


@agents.command()
def remove(login: LoginArgument, home: HomeOption = None, config: ConfigOption = None) -> None:
    """Remove an agent; a talk in progress is finished first. What they did stays in the record."""
    asyncio.run(_remove(settings_for(home, config), login))
    say(f"{login} is removed")


@agents.command()
def password(
    login: LoginArgument,
    ask: AskOption = False,
    home: HomeOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give an agent new passwords, for the web pages and for the phone; shown once."""
    made = asyncio.run(_password(settings_for(home, config), login, _web_password(ask=ask)))
    _show_made(login, made, as_json=as_json)


@agents.command("set-presence")
def set_presence(
    login: LoginArgument,
    presence: Annotated[Wish, typer.Argument(metavar="login|logout|ready|not-ready")],
    reason: Annotated[
        str, typer.Option(metavar="WORD", help="Why not ready: lunch, training, …")
    ] = "",
    home: HomeOption = None,
    config: ConfigOption = None,
) -> None:
    """Say for an agent whether they take contacts; the engine must run."""
    engine = Engine.of(settings_for(home, config).home)
    body: dict[str, object] = {"presence": _PRESENCE[presence], "reason": reason}
    found = asyncio.run(engine.post(f"agents/{login}/presence", body))
    reasons = ", ".join(dict.fromkeys(found["why_not"].values()))
    say(f"{login}: {found['state']}" + (f" ({reasons})" if reasons else ""))


# --- doing --------------------------------------------------------------------------------------


async def _list(settings: Settings) -> tuple[list[AgentRow], dict[str, Any]]:
    async with opened(settings) as database:
        rows = await SqlAgents(database).agents()
    engine = Engine.find(settings.home)
    live = [] if engine is None else (await engine.get("agents"))["agents"]
    return rows, {agent["name"]: agent for agent in live}


@contextlib.asynccontextmanager
async def _accounts(
    settings: Settings, *, make: bool = False
) -> AsyncIterator[tuple[Accounts, Note]]:
    """Open the accounts; a running engine is told of each change, another reads it at its start."""
    engine = Engine.find(settings.home)
    queues = await _queues_there(settings, engine)

    async def tell_engine(_actor: str) -> None:
        if engine is not None:
            await engine.post("agents/reload")

    async with changed(settings, make=make) as (database, note):
        yield Accounts(SqlAgents(database), queues, tell_engine), note


async def _queues_there(
    settings: Settings, engine: Engine | None
) -> Callable[[], Collection[QueueName]] | None:
    """Return what gives the queues there are; None if nobody can tell."""
    if engine is not None:
        names = [QueueName(one["name"]) for one in (await engine.get("queues"))["queues"]]
        return lambda: names
    site, _ = load_site(settings.site.directory)
    return None if site is None else lambda: site.queues


async def _add(settings: Settings, login: str, change: Change, web: str) -> Made:
    async with _accounts(settings, make=True) as (accounts, note):
        made = await accounts.create(AgentName(login), change, web, ACTOR)
        await note("agents.create", f"agent:{login}", **_told(change))
    return made


async def _edit(settings: Settings, login: str, wanted: Callable[[AgentProfile], Change]) -> Made:
    async with _accounts(settings) as (accounts, note):
        name = AgentName(login)
        change = wanted((await accounts.one(name)).profile)
        made = await accounts.change(name, change, ACTOR)
        await note("agents.change", f"agent:{login}", **_told(change))
    if made.sip_password:
        phone = made.row.profile.address
        _correct_demo(settings, login, sip_user=phone, sip_password=made.sip_password)
    return made


async def _remove(settings: Settings, login: str) -> None:
    async with _accounts(settings) as (accounts, note):
        await accounts.remove(AgentName(login), ACTOR)
        await note("agents.remove", f"agent:{login}")


async def _password(settings: Settings, login: str, web: str) -> Made:
    async with _accounts(settings) as (accounts, note):
        name = AgentName(login)
        await accounts.set_password(name, web)
        await note("agents.password", f"agent:{login}")
        renewed = await accounts.renew_sip_password(name, ACTOR)
        await note("agents.sip-password", f"agent:{login}")
    _correct_demo(settings, login, password=web, sip_password=renewed.sip_password)
    return replace(renewed, password=web)


def _told(change: Change) -> dict[str, object]:
    return {name: value for name, value in asdict(change).items() if value is not None}


def _web_password(*, ask: bool) -> str:
    if not ask:
        return secrets.token_urlsafe(PASSWORD_BYTES)
    text = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))
    if len(text) < SHORTEST_PASSWORD:
        raise BadInput(f"a password has at least {SHORTEST_PASSWORD} characters")
    return text


def _correct_demo(settings: Settings, login: str, **changed: str) -> None:
    """Keep demo.json true, if the agent is one of the demo's."""
    home = Home(settings.home)
    shown = home.read(DEMO_FILE)
    ours = [one for one in (shown or {}).get("agents", []) if one["login"] == login]
    if ours:
        ours[0].update(changed)
        home.write(DEMO_FILE, shown)


# --- reading and showing ------------------------------------------------------------------------


def _changed(known: Any, given: Sequence[str] | None) -> dict[str, int]:
    """Return ``known`` with ``NAME=N`` of the command line on top; 0 takes a name away."""
    found = dict(known)
    for text in given or ():
        name, _, number = text.partition("=")
        level = number or "1"
        if not name or not level.isdigit() or int(level) > 100:
            raise BadInput(f"{text!r} is not NAME=N", hint="N is a whole number from 0 to 100")
        if int(level):
            found[name] = int(level)
        else:
            found.pop(name, None)
    return found


def _phone(number: str | None) -> str | None:
    if number is not None and not re.fullmatch(PHONE, number):
        raise BadInput(f"{number!r} cannot be a phone's number", hint="2 to 15 digits")
    return number


def _queues(names: dict[str, int]) -> dict[QueueName, int]:
    return {QueueName(name): preference for name, preference in names.items()}


def _document(row: AgentRow, live: dict[str, Any] | None) -> dict[str, Any]:
    profile = row.profile
    stored = {
        "name": profile.name,
        "title": profile.title,
        "role": row.role,
        "phone": profile.address,
        "queues": dict(profile.queues),
        "skills": dict(profile.skills),
    }
    if live is not None:
        stored |= {key: live[key] for key in ("presence", "state", "takes", "why_not", "works")}
    return stored


def _pairs(found: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _show_made(login: str, made: Made, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "name": login,
                "password": made.password or None,
                "sip_password": made.sip_password or None,
            }
        )
        return
    say(f"{login} is saved")
    if made.password:
        say(f"web password: {made.password}")
    if made.sip_password:
        say(f"SIP password: {made.sip_password}")
    if made.password or made.sip_password:
        say("Note them now: they are shown once and stored nowhere.")
