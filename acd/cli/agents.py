"""`acd agents`: who may answer, and what they can."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

import typer

from acd.adapters.asterisk.settings import AgentEndpoint, sip_digest
from acd.adapters.home import DEMO_FILE, Home
from acd.adapters.sql.agents import SqlAgents
from acd.cli.engine import Engine
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, print_json, print_table, say
from acd.cli.record import opened
from acd.cli.root import app
from acd.config import Settings
from acd.core.agent import AgentProfile, Presence
from acd.core.errors import AcdError
from acd.core.ids import AgentName, QueueName
from acd.ports.store import AgentRow, Role

agents = typer.Typer(no_args_is_help=True, help="Agents: add, change, remove, log in and out.")
app.add_typer(agents, name="agents")

FIRST_PHONE = 2001
PASSWORD_BYTES = 12
SIP_PASSWORD_BYTES = 18
SHORTEST_PASSWORD = 10

_LOGIN = re.compile(r"[a-z][a-z0-9._-]{0,39}")

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


@dataclass(frozen=True, slots=True)
class _Made:
    """Passwords made for an agent: shown once, kept nowhere."""

    password: str = ""
    sip_password: str = ""


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
    if not _LOGIN.fullmatch(login):
        raise BadInput(
            f"{login!r} cannot be a login", hint="small letters, digits and . _ -; a letter first"
        )
    settings = settings_for(home, config)
    made = asyncio.run(
        _add(
            settings,
            AgentProfile(
                AgentName(login),
                title or login,
                skills=_changed({}, skill),
                queues=_queues(_changed({}, queue)),
                address=phone or "",
            ),
            role or Role.AGENT,
            _web_password(ask=ask),
        )
    )
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

    def change(row: AgentRow) -> AgentRow:
        profile = replace(
            row.profile,
            title=title if title is not None else row.profile.title,
            queues=_queues(_changed(row.profile.queues, queue)),
            skills=_changed(row.profile.skills, skill),
            address=phone if phone is not None else row.profile.address,
        )
        return replace(row, profile=profile, role=role or row.role)

    made = asyncio.run(_edit(settings_for(home, config), login, change))
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


async def _add(settings: Settings, profile: AgentProfile, role: Role, web: str) -> _Made:
    async with opened(settings, make=True) as database:
        store = SqlAgents(database)
        rows = await store.agents()
        if any(row.is_active and row.profile.name == profile.name for row in rows):
            raise AcdError(
                f"there is an agent {profile.name} already",
                hint=f"`acd agents edit {profile.name}` changes them",
                code="agent-exists",
            )
        profile = replace(profile, address=profile.address or _next_phone(rows))
        _require_free(profile, rows)
        row, sip = _with_sip_password(AgentRow(profile, role, ""))
        await store.save_agent(row, password=web)
    await _tell_engine(settings)
    return _Made(web, sip)


async def _edit(settings: Settings, login: str, change: Any) -> _Made:
    async with opened(settings) as database:
        store = SqlAgents(database)
        rows = await store.agents()
        before = _one(rows, login)
        row: AgentRow = change(before)
        sip = ""
        if row.profile.address != before.profile.address:
            _require_free(row.profile, rows)
            row, sip = _with_sip_password(row)  # its digest depends on the user
        await store.save_agent(row)
    if sip:
        _correct_demo(settings, login, sip_user=row.profile.address, sip_password=sip)
    await _tell_engine(settings)
    return _Made("", sip)


async def _remove(settings: Settings, login: str) -> None:
    async with opened(settings) as database:
        store = SqlAgents(database)
        _one(await store.agents(), login)
        await store.remove_agent(AgentName(login))
    await _tell_engine(settings)


async def _password(settings: Settings, login: str, web: str) -> _Made:
    async with opened(settings) as database:
        store = SqlAgents(database)
        row, sip = _with_sip_password(_one(await store.agents(), login))
        await store.save_agent(row, password=web)
    _correct_demo(settings, login, password=web, sip_password=sip)
    await _tell_engine(settings)
    return _Made(web, sip)


async def _tell_engine(settings: Settings) -> None:
    """Let a running engine read the tables; one that starts later does so anyway."""
    engine = Engine.find(settings.home)
    if engine is not None:
        await engine.post("agents/reload")


def _one(rows: Iterable[AgentRow], login: str) -> AgentRow:
    for row in rows:
        if row.is_active and row.profile.name == login:
            return row
    raise AcdError(f"there is no agent {login}", hint="`acd agents list`", code="agent-unknown")


def _next_phone(rows: Iterable[AgentRow]) -> str:
    taken = {row.profile.address for row in rows if row.is_active}
    number = FIRST_PHONE
    while str(number) in taken:
        number += 1
    return str(number)


def _require_free(profile: AgentProfile, rows: Iterable[AgentRow]) -> None:
    for row in rows:
        is_other = row.is_active and row.profile.name != profile.name
        if is_other and row.profile.address == profile.address:
            raise BadInput(f"phone {profile.address} is {row.profile.name}'s")


def _with_sip_password(row: AgentRow) -> tuple[AgentRow, str]:
    """Return the agent with a new SIP password, and the password; nothing for no phone."""
    address = row.profile.address
    if not address:
        return replace(row, sip_digest=""), ""
    text = secrets.token_urlsafe(SIP_PASSWORD_BYTES)
    endpoint = AgentEndpoint(address, sip_digest(address, text))  # raises if it cannot be a user
    return replace(row, sip_digest=endpoint.ha1), text


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


def _show_made(login: str, made: _Made, *, as_json: bool) -> None:
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
