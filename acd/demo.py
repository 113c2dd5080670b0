"""The demo: sample agents, and the file that tells a person or a program how to try everything."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from acd.adapters.asterisk.settings import sip_digest
from acd.adapters.home import DEMO_FILE, Home
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.ids import AgentName, QueueName
from acd.core.site import Site
from acd.ports.clock import Clock
from acd.ports.store import AgentRow, AgentStore, Role, TokenStore

_SALES, _SUPPORT, _BILLING = QueueName("sales"), QueueName("support"), QueueName("billing")

AGENTS = (
    ("ann", "Ann Archer", {_SUPPORT: 1}, {"support": 3, "english": 3}),
    ("bob", "Bob Baker", {_SUPPORT: 1, _BILLING: 2}, {"support": 2, "billing": 1}),
    ("carla", "Carla Cruz", {_SUPPORT: 1, _SALES: 2}, {"support": 2, "sales": 1, "spanish": 3}),
    ("dev", "Dev Desai", {_SALES: 1}, {"sales": 3}),
    ("eva", "Eva Ekberg", {_BILLING: 1, _SALES: 2}, {"billing": 3, "sales": 2, "spanish": 1}),
)
"""Login, name, queues by preference, skills by level."""

STAFF = (
    ("sam", "Sam Silva", Role.SUPERVISOR),
    ("ada", "Ada Adams", Role.ADMIN),
)
"""Login, name and role of who takes no contacts."""

FIRST_SIP_USER = 2001

CAPACITY = {
    Channel.VOICE: 1,
    Channel.CHAT: 3,
    Channel.MAIL: 1,
    Channel.SMS: 3,
    Channel.MESSAGING: 3,
}
"""What each of them takes at once: calls interrupt mail."""


async def provide_accounts(
    store: AgentStore, home: Home, queues: Iterable[QueueName] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Make the sample agents and staff if there are none yet.

    Args:
        store: takes them.
        home: takes the file with their passwords.
        queues: those of the site; the first agent serves the ones that are not the sample's.

    Returns:
        ``agents`` and ``staff``, as ``demo.json`` shows them.
    """
    if any(row.is_active for row in await store.agents()):
        known = home.read(DEMO_FILE) or {}
        return {kind: list(known.get(kind, [])) for kind in ("agents", "staff")}
    rows: list[tuple[AgentRow, str]] = []
    shown: list[dict[str, Any]] = []
    served = {queue for _, _, theirs, _ in AGENTS for queue in theirs}
    others = dict.fromkeys((queue for queue in queues if queue not in served), 1)
    for number, (name, title, theirs, skills) in enumerate(AGENTS, start=FIRST_SIP_USER):
        serves = theirs | others if number == FIRST_SIP_USER else theirs
        password, sip_password, sip_user = (
            secrets.token_urlsafe(9),
            secrets.token_urlsafe(15),
            str(number),
        )
        profile = AgentProfile(AgentName(name), title, skills, serves, sip_user, CAPACITY)
        row = AgentRow(profile, Role.AGENT, sip_digest(sip_user, sip_password))
        rows.append((row, password))
        shown.append(
            {
                "name": title,
                "login": name,
                "password": password,
                "sip_user": sip_user,
                "sip_password": sip_password,
                "queues": list(serves),
                "skills": dict(skills),
            }
        )
    staff: list[dict[str, Any]] = []
    for name, title, role in STAFF:
        password = secrets.token_urlsafe(9)
        rows.append((AgentRow(AgentProfile(AgentName(name), title), role, ""), password))
        staff.append({"name": title, "login": name, "password": password, "role": role})
    accounts = {"agents": shown, "staff": staff}
    # The passwords are kept nowhere else: they are written before they are needed.
    home.write(DEMO_FILE, accounts)
    for row, password in rows:
        await store.save_agent(row, password=password)
    return accounts


async def write_file(
    home: Home,
    *,
    url: str,
    sip: Mapping[str, Any],
    mail: Mapping[str, Any],
    site: Site,
    accounts: Mapping[str, list[dict[str, Any]]],
    tokens: TokenStore,
    clock: Clock,
) -> None:
    """Write ``demo.json``: mode 600, for it holds every password of the demo."""
    known = home.read(DEMO_FILE) or {}
    token = known.get("token", "")
    if not token or await tokens.verify_token(token) is None:
        await tokens.revoke_token("demo", now=clock.now())
        token = await tokens.create_token("demo", Role.ADMIN, now=clock.now())
    home.write(
        DEMO_FILE,
        {
            "url": url,
            "token": token,
            "sip": dict(sip),
            "mail": dict(mail),
            "numbers": {
                number: entry.title or entry.flow for number, entry in site.numbers.items()
            },
            **accounts,
        },
    )
