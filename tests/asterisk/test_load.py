"""A hundred calls at two a second through the menu, ten agents: a small morning, all real."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from acd.core.agent import Presence
from acd.core.contact import EndReason
from acd.flow.interpreter import FlowInterpreter
from acd.sim.replay import replay
from acd.testing.house import House, agent_profile, house, orphans
from acd.testing.phonecall import CallGone, CallNotAnswered
from acd.testing.softphone import Answer

pytestmark = pytest.mark.asterisk

SITE = Path(__file__).parent / "site"
CALLS = 100
INTERVAL_SECONDS = 0.5
AGENTS = {
    f"agent{n:02}": agent_profile(f"agent{n:02}", n, "desk", "experts", billing=n % 4)
    for n in range(1, 11)
}


async def call(centre: House, number: str, chance: random.Random) -> None:
    """Ring, listen a little, press a key, and stay or lose patience."""
    key = chance.choice("12")
    patience = chance.uniform(3, 30)
    caller = await (await centre.customer(number)).dial("100")
    try:
        await caller.wait_established()
        await caller.wait_seconds(chance.uniform(0.5, 2.5))
        await caller.send_dtmf(key)
        await caller.wait_seconds(patience)
    except (CallGone, CallNotAnswered):
        pass  # the agent was quicker to hang up
    finally:
        await caller.hangup()


async def talk(centre: House, name: str, chance: random.Random) -> None:
    """Answer calls for ever and end each after a short talk."""
    phone = await centre.agent(name, Answer(0.2))
    while True:
        incoming = await phone.next_call(None)
        try:
            await incoming.wait_established()
            await incoming.wait_seconds(chance.uniform(1.5, 4))
        except (CallGone, CallNotAnswered):
            continue
        finally:
            await incoming.hangup()


@pytest.mark.timeout(300)
async def test_a_hundred_calls(tmp_path: Path) -> None:
    async with house(tmp_path, SITE, AGENTS) as centre:
        talks = [asyncio.create_task(talk(centre, name, random.Random(name))) for name in AGENTS]
        await centre.until(
            lambda: all(
                a.presence is Presence.AVAILABLE and a.is_reachable
                for a in centre.state.agents.values()
            )
        )
        calls = []
        for number in range(CALLS):
            chance = random.Random(number)
            calls.append(asyncio.create_task(call(centre, f"+1555{number:04}", chance)))
            await asyncio.sleep(INTERVAL_SECONDS)  # the offered load: this is what is tested
        await asyncio.gather(*calls)
        await centre.all_quiet(seconds=60)
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        assert await asyncio.to_thread(orphans, centre.settings.home) == []
        records = await centre.records()

    opened = [r.body.contact for r in records if r.type == "ContactOpened"]
    closed = {r.body.contact: r.body.reason for r in records if r.type == "ContactClosed"}
    assert len(opened) == CALLS
    assert set(opened) == set(closed)
    reasons = Counter(closed.values())
    assert set(reasons) <= {
        EndReason.AGENT_ENDED,
        EndReason.CUSTOMER_ENDED,
        EndReason.ABANDONED,
        EndReason.LEFT_FLOW,
    }, reasons
    talked = reasons[EndReason.AGENT_ENDED] + reasons[EndReason.CUSTOMER_ENDED]
    assert talked >= CALLS // 2, reasons
    report = replay(records, FlowInterpreter())
    assert report.difference is None, report.difference
