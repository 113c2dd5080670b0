"""Sessions in tables: each ends when its time, its agent, role or password does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.sessions import SqlSessions
from acd.core.agent import AgentProfile
from acd.core.ids import AgentName
from acd.core.timers import Instant
from acd.ports.store import AgentRow, Role, StoreError

pytestmark = pytest.mark.app

ANN = AgentName("ann")
NOON, EVENING = Instant(1_000), Instant(2_000)
ROW = AgentRow(AgentProfile(ANN, "Ann Archer"), Role.AGENT, "0" * 32)


@pytest.fixture
async def agents(database):
    agents = SqlAgents(database)
    await agents.save_agent(ROW, password="a long password")
    return agents


async def test_a_session_tells_who_it_is(database, agents):
    sessions = SqlSessions(database)
    secret = await sessions.create_session(ANN, now=NOON, until=EVENING)
    found = await sessions.session(secret, now=NOON)
    assert (found.agent, found.title, found.role) == (ANN, "Ann Archer", Role.AGENT)
    assert await sessions.living(now=NOON) == {found.id}
    assert secret not in found.id


async def _changed(how: str, agents: SqlAgents, sessions: SqlSessions, secret: str) -> Instant:
    match how:
        case "role":
            await agents.save_agent(replace(ROW, role=Role.ADMIN))
        case "password":
            await agents.save_agent(ROW, password="a long password")
        case "removed":
            await agents.remove_agent(ANN)
        case "signed out":
            await sessions.end_session(secret)
        case "expired":
            return EVENING
    return NOON


@pytest.mark.parametrize("how", ["role", "password", "removed", "signed out", "expired"])
async def test_what_ends_a_session(database, agents, how):
    sessions = SqlSessions(database)
    secret = await sessions.create_session(ANN, now=NOON, until=EVENING)
    now = await _changed(how, agents, sessions, secret)
    assert await sessions.session(secret, now=now) is None
    assert await sessions.living(now=now) == set()


async def test_another_title_or_skill_ends_nothing(database, agents):
    sessions = SqlSessions(database)
    secret = await sessions.create_session(ANN, now=NOON, until=EVENING)
    await agents.save_agent(replace(ROW, profile=AgentProfile(ANN, "Ann", {"tea": 1})))
    assert (await sessions.session(secret, now=NOON)).title == "Ann"


async def test_who_is_not_there_has_no_session(database, agents):
    sessions = SqlSessions(database)
    with pytest.raises(StoreError) as caught:
        await sessions.create_session(AgentName("nobody"), now=NOON, until=EVENING)
    assert caught.value.code == "agent-unknown"
    assert await sessions.session("' OR 1=1 --", now=NOON) is None
