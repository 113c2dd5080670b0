"""The state after a restart: what the log tells, whatever a snapshot is worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from acd.adapters.sql import lease as leases
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.app import codec
from acd.app.flows import flow_interpreter
from acd.app.recovery import first_input, restore
from acd.core.agent import AgentProfile, Presence
from acd.core.engine import Engine
from acd.core.ids import AgentName
from acd.core.inputs import DefineAgent, SetPresence
from acd.core.timers import Instant
from acd.ports.store import Snapshot

pytestmark = pytest.mark.app

NOW = Instant(1_795_435_200_000_000)


@pytest.fixture
async def log(tmp_path: Path):
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/acd.sqlite3")
    await database.migrate()
    opened = SqlLog(database, await leases.take(database))
    yield opened
    await opened.close()
    await database.close()


async def lived(log: SqlLog) -> Engine:
    """Return an engine in which something has happened, all of it in the log."""
    engine = Engine(flow_interpreter())
    ann = AgentName("ann")
    for cause in (
        first_input("seed"),
        DefineAgent(AgentProfile(ann, "Ann")),
        SetPresence(ann, Presence.AVAILABLE),
    ):
        await log.append(engine.step(cause, now=NOW).records)
    return engine


def of_another_version(data: bytes) -> bytes:
    saved = json.loads(data)
    return json.dumps(saved | {"shape": "0123456789abcdef"}).encode()


@pytest.mark.parametrize(
    "spoil", [None, of_another_version, lambda data: data[:-20], lambda _: b"", lambda _: b"\xff"]
)
async def test_a_snapshot_saves_time_and_decides_nothing(log, spoil):
    engine = await lived(log)
    data = codec.encode(engine.state)
    saved = data if spoil is None else spoil(data)
    await log.save_snapshot(Snapshot(engine.state.seq, saved))
    restored = await restore(log, flow_interpreter())
    assert restored.state == engine.state
    assert restored.state.agents[AgentName("ann")].presence is Presence.AVAILABLE


async def test_without_a_snapshot(log):
    engine = await lived(log)
    assert (await restore(log, flow_interpreter())).state == engine.state
