"""Leases that are renewed in time, links that are cut, an Asterisk that dies: and nothing leaks."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from acd.core.agent import Presence
from acd.core.contact import ContactState
from acd.core.record import Record
from acd.testing.house import House, agent_profile, console, house, orphans
from acd.testing.phonecall import PhoneCall
from acd.testing.softphone import Ring
from acd.testing.tones import tone_share

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(120),
]

SITE = Path(__file__).parent / "site"
LEASE = 6
AGENTS = {"ann": agent_profile("ann", 1, "desk"), "bob": agent_profile("bob", 2, "desk")}
MENU, DESK, MESSAGE, EXPERTS, PATIENT = "100", "200", "400", "500", "600"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    home = tmp_path_factory.mktemp("endure")
    async with house(home, SITE, AGENTS, asterisk={"lease_seconds": LEASE}) as running:
        yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def quiet(centre: House) -> AsyncIterator[None]:
    yield
    await centre.hang_up_all()
    try:
        await centre.all_quiet()
    except TimeoutError:
        print("LEFT", centre.state.contacts, centre.state.legs)
        raise
    for name in AGENTS:
        await centre.presence(name, Presence.LOGGED_OUT)


async def dial(centre: House, number: str, ani: str) -> PhoneCall:
    call = await (await centre.customer(ani)).dial(number)
    await call.wait_established()
    return call


def state_of(centre: House, ani: str) -> ContactState:
    (found,) = (c.state for c in centre.state.contacts.values() if c.ani == ani)
    return found


async def talk(centre: House, name: str, ani: str) -> tuple[PhoneCall, PhoneCall]:
    agent = await centre.agent(name)
    caller = await dial(centre, DESK, ani)
    call = await agent.next_call()
    await call.wait_established()
    await centre.until(lambda: state_of(centre, ani) is ContactState.ACTIVE)
    return caller, call


async def since(centre: House, before: int) -> list[Record]:
    return (await centre.records())[before:]


async def test_the_lease_takes_nobody_while_the_engine_lives(centre: House) -> None:
    """Prompt, message, wait and talk, each longer than the lease."""
    before = len(await centre.records())
    caller, agent = await talk(centre, "ann", "+15550001")
    waiting = await dial(centre, EXPERTS, "+15550002")
    message = await dial(centre, MESSAGE, "+15550003")
    message.play_tone(1000)
    listening = await dial(centre, PATIENT, "+15550004")
    caller.play_tone(1500)
    assert (await listening.wait_ended(40)).by == "them"
    assert listening.age_seconds > LEASE + 2
    assert tone_share(agent.lately(1), 1500) > 0.9
    assert waiting.end is None
    assert message.end is None
    await agent.hangup()
    await caller.wait_ended()
    records = await since(centre, before)
    kinds = Counter(type(r.body).__name__ for r in records)
    assert kinds["LegReturned"] == 0  # nobody fell out and came back
    reasons = [r.body.reason for r in records if r.type == "ContactClosed"]
    assert sorted(map(str, reasons)) == ["agent_ended", "flow_ended"]


async def test_twenty_cut_links(centre: House) -> None:
    """Every cut is mended at once; nobody hears or loses anything beyond a prompt begun again."""
    before = len(await centre.records())
    caller, agent = await talk(centre, "ann", "+15550010")
    caller.play_tone(1000)
    await dial(centre, EXPERTS, "+15550011")
    choosing = await dial(centre, PATIENT, "+15550012")
    await centre.until(lambda: any(c.has_music for c in centre.state.contacts.values()))
    client: Any = centre.running.centre.parts["ari"].__closure__[0].cell_contents.pbx.client
    for _ in range(20):
        connects = client.connects
        client._link._socket._response.connection.transport.abort()
        await centre.until(lambda connects=connects: client.connects > connects)
        await choosing.wait_seconds(0.1)
    await centre.until(lambda: client.state == "up")
    assert tone_share(agent.lately(1), 1000) > 0.8
    records = await since(centre, before)
    kinds = Counter(r.type for r in records)
    assert kinds["ContactOpened"] == 3
    assert kinds["MusicStarted"] == 1
    assert kinds["OfferMade"] == 1
    assert kinds["PromptsStarted"] <= 21
    assert kinds["ContactClosed"] == 0


async def test_asterisk_dies_under_five_calls(centre: House) -> None:
    """Each is accounted for as lost with the PBX; a minute later nobody would know."""
    before = len(await centre.records())
    await talk(centre, "ann", "+15550020")
    await centre.agent("bob", Ring())
    for number, ani in ((DESK, "21"), (EXPERTS, "22"), (MENU, "23"), (MESSAGE, "24")):
        await dial(centre, number, f"+155500{ani}")
    await centre.until(lambda: state_of(centre, "+15550021") is ContactState.OFFERED)
    await centre.until(lambda: len(centre.state.contacts) == 5)
    pid = int((centre.settings.home / "asterisk/run/asterisk.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    await centre.until(lambda: not centre.state.contacts)
    records = await since(centre, before)
    reasons = [str(r.body.reason) for r in records if r.type == "ContactClosed"]
    assert reasons == ["pbx_lost"] * 5
    await centre.until(lambda: centre.centre.health()["ari"].ok, seconds=20)
    await centre.hang_up_all()
    caller, _ = await talk(centre, "ann", "+15550025")
    await caller.hangup()
    await centre.all_quiet()


async def test_fifty_calls_leave_nothing(centre: House) -> None:
    """Neither in the engine nor in its adapters, in Asterisk, nor in the process."""
    await centre.agent("ann")
    pbx: Any = centre.running.centre.parts["ari"].__closure__[0].cell_contents.pbx

    def held() -> dict[str, int]:
        state = centre.state
        return {
            "tasks": len(asyncio.all_tasks()),
            "files": len(os.listdir("/proc/self/fd")),
            "deadlines": len(state.deadlines),
            "lines": sum(len(agent.lines) for agent in state.agents.values()),
            **{
                name: len(getattr(pbx, name))
                for name in ("_leased_until", "_occupied", "_returned")
            },
        }

    async def one(number: int) -> None:
        caller = await dial(centre, (DESK, MENU, EXPERTS)[number % 3], f"+1555{number:04}")
        await caller.wait_seconds(0.5)
        await caller.hangup()

    for _ in range(3):
        await one(_)
    await centre.all_quiet()
    before = held()
    for first in range(0, 50, 10):
        await asyncio.gather(*(one(number) for number in range(first, first + 10)))
    await centre.all_quiet()
    # A few connections are kept for the next request; a leak would be one a call.
    await centre.until(lambda: all(held()[kind] <= before[kind] + 10 for kind in before))
    assert await asyncio.to_thread(orphans, centre.settings.home) == []
    bridges = await asyncio.to_thread(console, centre.settings.home, "bridge show all")
    assert len(bridges.splitlines()) <= 5
