"""The engine is killed at every named point of a call, and nobody is lost or doubled.

Asterisk and the telephones live on; the engine is started again in the same home. Each case is one
call: menu, key, queue with music, ringing, talk (a tone is heard), hang-up, wrap-up.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from warmkit import WarmEngine

from acd.adapters.home import Home
from acd.testing.house import (
    agent_profile,
    house_settings,
    orphans,
    provide_agents,
    sip_password,
)
from acd.testing.phonecall import CallGone, PhoneCall
from acd.testing.softphone import Answer, CallNotAnswered, Phone, Phones
from acd.testing.tones import tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
AGENTS = {"ann": agent_profile("ann", 1, "desk", "experts", billing=3)}

# In the order in which a call comes to them. `input` is before the engine is told, `append` around
# the commit of the records, `effect` around what is asked of Asterisk.
POINTS = (
    "input:LegArrived",
    "before-append:ContactOpened",
    "after-append:ContactOpened",
    "before-effect:Play",
    "after-effect:Play",
    "input:DigitReceived",
    "before-append:DigitTaken",
    "before-append:ContactQueued",
    "after-append:ContactQueued",
    "after-append:OfferMade",
    "before-effect:Dial",
    "after-effect:Dial",
    "input:LegRinging",
    "after-append:OfferRinging",
    "before-append:MusicStarted",
    "before-effect:Hold",
    "after-effect:Hold",
    "input:LegAnswered",
    "before-append:OfferAccepted",
    "after-append:OfferAccepted",
    "before-effect:Connect",
    "after-effect:Connect",
    "input:LegGone",
    "before-append:ContactEnded",
    "after-append:ContactEnded",
    "before-effect:HangUp",
    "after-effect:HangUp",
    "after-append:WrapupStarted",
    "before-append:WorkDone",
    "after-append:ContactClosed",
)
HANGS_UP = POINTS.index("input:LegGone")
"""From here on a point comes only once the caller has hung up."""


@dataclass
class Stage:
    """One home with its Asterisk, and the telephones."""

    engine: WarmEngine
    phones: Phones
    agent: Phone
    caller_password: str
    sip_port: int
    calls: int = 0
    caller: PhoneCall | None = None
    tasks: Sequence[asyncio.Task[Any]] = ()
    is_over: bool = True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    settings = house_settings(tmp_path_factory.mktemp("crash"), SITE)
    await provide_agents(settings, AGENTS)
    engine = WarmEngine(settings)
    await engine.start()
    home = Home(settings.home)
    port = home.ports({"http": 0, "sip": 0, "ari": 0, "ami": 0})["sip"]
    try:
        async with Phones() as phones:
            agent = await phones.agent(
                "1001", sip_password("ann"), host="127.0.0.1", port=port, policy=Answer(1.5)
            )
            stage = Stage(engine, phones, agent, home.secrets().caller, port)
            login = await agent.dial("*1")
            await login.wait_ended()
            await engine.kill()
            yield stage
    finally:
        await engine.kill()
        await engine.start()
        await engine.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(house: Stage) -> AsyncIterator[Stage]:
    """Leave nothing of a case that has failed to those that follow."""
    yield house
    if house.is_over:
        return
    for task in house.tasks:
        task.cancel()
    await asyncio.gather(*house.tasks, return_exceptions=True)
    for call in (house.caller, *house.agent.calls):
        if call is not None:
            await call.hangup()
    await house.engine.kill()
    await house.engine.start()
    async with asyncio.timeout(60):
        while (await house.engine.state()).contacts:  # noqa: ASYNC110  (it is another process)
            await asyncio.sleep(0.2)
    await house.engine.kill()


async def raise_again(engine: WarmEngine) -> int:
    """Wait for the engine to die by its own hand, then start it anew, sound."""
    status = await engine.ended()
    await engine.start()
    return status


async def press_until_connected(caller: PhoneCall, incoming: asyncio.Task[PhoneCall]) -> None:
    """Press a key now and then, as a caller does who hears the menu again."""
    await caller.wait_established()
    while not incoming.done() and caller.end is None:
        await asyncio.wait({incoming}, timeout=1.2)
        if not incoming.done() and caller.end is None:
            await caller.send_dtmf("2")


async def hears(call: PhoneCall, frequency: float) -> None:
    async with asyncio.timeout(30):
        while tone_share(call.lately(0.5), frequency) < 0.9:
            assert call.end is None, f"the talk was cut: {call.end}"
            await asyncio.sleep(0.1)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", POINTS)
async def test_killed_at(stage: Stage, point: str) -> None:
    engine = stage.engine
    stage.is_over, stage.caller, stage.tasks = False, None, ()
    stage.calls += 1
    number = f"+1555{stage.calls:05}"
    before = len(await engine.records())
    await engine.start(fault=point)
    phone = await stage.phones.caller(
        "caller", stage.caller_password, from_user=number, host="127.0.0.1", port=stage.sip_port
    )
    rising = asyncio.create_task(raise_again(engine))

    async def answered() -> PhoneCall:
        while True:
            call = await stage.agent.next_call(60)
            try:
                await call.wait_established(10)
            except (CallNotAnswered, CallGone):  # an offer that the crash took back
                continue
            return call

    incoming = asyncio.create_task(answered())
    stage.tasks = [rising, incoming]
    stage.caller = caller = await phone.dial("100")
    await press_until_connected(caller, incoming)
    agent_call = await incoming
    caller.play_tone(1000)
    await hears(agent_call, 1000)
    if POINTS.index(point) < HANGS_UP:  # the talk outlives the engine and is taken up again
        await asyncio.wait_for(rising, 40)
        await hears(agent_call, 1000)
    await caller.hangup()
    await asyncio.wait_for(rising, 40)
    await agent_call.wait_ended(20)
    assert rising.result() == -signal.SIGKILL

    async def closed() -> bool:
        records = (await engine.records())[before:]
        return any(r.type == "ContactClosed" for r in records)

    async with asyncio.timeout(30):
        while not await closed():  # noqa: ASYNC110  (another process writes the log)
            await asyncio.sleep(0.1)
    records = (await engine.records())[before:]
    await engine.kill()
    opened = [r.body for r in records if r.type == "ContactOpened"]
    ended = [str(r.body.reason) for r in records if r.type == "ContactClosed"]
    assert [body.ani for body in opened] == [number]  # none doubled
    # None lost. A hang-up that the dead engine could not see is called that.
    unseen = point in ("input:LegGone", "before-append:ContactEnded")
    assert ended == ["unseen" if unseen else "customer_ended"]
    assert await asyncio.to_thread(orphans, engine.settings.home) == []
    stage.is_over = True
