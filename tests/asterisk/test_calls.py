"""Whole calls: a caller's telephone, a real Asterisk, the engine, an agent's telephone."""

from __future__ import annotations

import os
import signal
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from acd.core.agent import Presence
from acd.core.contact import ContactState
from acd.core.ids import AgentName
from acd.testing.house import House, agent_profile, house
from acd.testing.phonecall import PhoneCall
from acd.testing.softphone import Phone, Reject, Ring
from acd.testing.tones import read_wav, tone_share

pytestmark = [pytest.mark.asterisk, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"
AGENTS = {
    "ann": agent_profile("ann", 1, "desk", "impatient", "experts", billing=3),
    "bob": agent_profile("bob", 2, "desk", "experts", billing=1),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("calls"), SITE, AGENTS) as running:
        yield running


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def quiet(centre: House) -> AsyncIterator[None]:
    """Every test begins and ends with an empty centre, invariants checked."""
    yield
    await centre.hang_up_all()
    await centre.all_quiet()
    for name in AGENTS:
        await centre.presence(name, Presence.LOGGED_OUT)


async def connected(house: House, caller: PhoneCall, agent: Phone) -> PhoneCall:
    call = await agent.next_call()
    await call.wait_established()
    await house.until(lambda: house.contact().state is ContactState.ACTIVE)
    return call


async def ended(house: House, number: str) -> str:
    """Return why the last contact of a number ended, from the log."""
    records = await house.records()
    opened = [r.body.contact for r in records if r.type == "ContactOpened" and r.body.ani == number]
    (reason,) = (
        r.body.reason for r in records if r.type == "ContactClosed" and r.body.contact == opened[-1]
    )
    return str(reason)


def best_share(pcm: bytes, frequency: float) -> float:
    """Return the purest half second: on a busy machine a phone may miss a beat."""
    half = 8000
    pieces = (pcm[at : at + half] for at in range(0, len(pcm) - half + 1, half // 2))
    return max(tone_share(piece, frequency) for piece in pieces)


async def test_they_hear_each_other_and_are_recorded(centre: House) -> None:
    agent = await centre.agent("ann")
    caller = await (await centre.customer("+15550101")).dial("200")
    await caller.wait_established()
    agent_call = await connected(centre, caller, agent)
    recording = centre.contact().recording

    caller.play_tone(1000)  # the caller alone
    await caller.wait_seconds(3)
    assert best_share(agent_call.lately(2), 1000) > 0.9
    caller.play_nothing()
    agent_call.play_tone(1500)  # then the agent alone
    await caller.wait_seconds(3)
    assert best_share(caller.lately(2), 1500) > 0.9
    await caller.hangup()
    await centre.all_quiet()

    assert await ended(centre, "+15550101") == "customer_ended"
    path = centre.settings.home / f"asterisk/spool/recording/{recording}.wav"
    with wave.open(str(path)) as file:
        assert file.getframerate() == 8000
        seconds = file.getnframes() / file.getframerate()
    assert 4.5 < seconds < 10, seconds
    pcm = read_wav(path)
    assert best_share(pcm[: len(pcm) // 2], 1000) > 0.9
    assert best_share(pcm[len(pcm) // 2 :], 1500) > 0.9


async def test_menu_music_and_the_skilled_agent(centre: House) -> None:
    await centre.agent("bob")  # free, but not skilled enough
    caller = await (await centre.customer("+15550102")).dial("100")
    await caller.wait_established()
    await caller.wait_seconds(1)
    await caller.send_dtmf("2")
    await centre.until(lambda: centre.contact().state is ContactState.WAITING)
    await centre.until(lambda: centre.contact().has_music)
    await caller.wait_seconds(2)
    assert max(abs(s) for s in memoryview(caller.lately(1.0)).cast("h")) > 500  # music plays
    agent = await centre.agent("ann")
    await connected(centre, caller, agent)
    assert centre.contact().agent == "ann"
    await caller.hangup()
    await centre.all_quiet()


async def test_the_agent_hangs_up(centre: House) -> None:
    agent = await centre.agent("ann")
    caller = await (await centre.customer("+15550103")).dial("200")
    call = await connected(centre, caller, agent)
    await call.hangup()
    await caller.wait_ended()
    await centre.all_quiet()
    assert await ended(centre, "+15550103") == "agent_ended"


async def test_the_caller_hangs_up_while_it_rings(centre: House) -> None:
    agent = await centre.agent("ann", Ring())
    idle_since = centre.state.agents[AgentName("ann")].idle_since
    caller = await (await centre.customer("+15550104")).dial("200")
    call = await agent.next_call()
    await caller.wait_established()
    await caller.hangup()
    await call.wait_ended(2)
    await centre.all_quiet()
    assert await ended(centre, "+15550104") == "abandoned"
    ann = centre.state.agents[AgentName("ann")]
    assert ann.presence is Presence.AVAILABLE
    assert ann.idle_since == idle_since


async def test_the_agent_rejects_and_another_takes_it(centre: House) -> None:
    refusing = await centre.agent("ann", Reject(0.3))
    caller = await (await centre.customer("+15550105")).dial("200")
    await refusing.next_call()
    await centre.until(lambda: centre.state.agents[AgentName("ann")].rest_until)
    bob = await centre.agent("bob")
    await connected(centre, caller, bob)
    assert centre.contact().attempts == 2
    await caller.hangup()


async def test_nobody_answers_and_the_place_is_kept(centre: House) -> None:
    ringing = await centre.agent("ann", Ring())
    caller = await (await centre.customer("+15550106")).dial("200")
    await ringing.next_call()
    queued_at = centre.contact().order_at
    ann = centre.state.agents[AgentName("ann")]
    await centre.until(lambda: ann.presence is Presence.NOT_READY)
    assert ann.reason == "rona"
    assert centre.contact().state is ContactState.WAITING
    assert centre.contact().order_at == queued_at
    bob = await centre.agent("bob")
    await connected(centre, caller, bob)
    await caller.hangup()


async def test_a_phone_that_is_not_there(centre: House) -> None:
    agent = await centre.agent("ann")
    await agent.unregister()
    ann = centre.state.agents[AgentName("ann")]
    await centre.until(lambda: not ann.is_reachable)
    caller = await (await centre.customer("+15550107")).dial("200")
    await centre.until(lambda: any(c.has_music for c in centre.state.contacts.values()))
    await agent.register()
    await connected(centre, caller, agent)
    await caller.hangup()


async def test_a_phone_that_takes_the_place_of_another(centre: House) -> None:
    await centre.agent("ann")
    second = await centre.agent("ann")  # the first one's registration is taken away
    caller = await (await centre.customer("+15550116")).dial("200")
    await connected(centre, caller, second)
    await caller.hangup()


async def test_two_callers_one_agent(centre: House) -> None:
    first = await (await centre.customer("+15550108")).dial("200")
    await centre.until(lambda: len(centre.state.contacts) == 1)
    second = await (await centre.customer("+15550109")).dial("200")
    await centre.until(lambda: len(centre.state.contacts) == 2)
    agent = await centre.agent("ann")
    await (await agent.next_call()).wait_established()
    await centre.until(
        lambda: any(c.state is ContactState.ACTIVE for c in centre.state.contacts.values())
    )
    talking = [c for c in centre.state.contacts.values() if c.state is ContactState.ACTIVE]
    assert [c.ani for c in talking] == ["+15550108"]
    await first.hangup()
    call = await agent.next_call()
    await call.wait_established()
    await centre.until(lambda: centre.contact().ani == "+15550109")
    await centre.until(lambda: centre.contact().state is ContactState.ACTIVE)
    await second.hangup()


async def test_codes_from_the_phone(centre: House) -> None:
    agent = await centre.agent("ann", ready=False)
    ann = centre.state.agents[AgentName("ann")]
    for code, presence in (
        ("*1", Presence.AVAILABLE),
        ("*4", Presence.NOT_READY),
        ("*3", Presence.AVAILABLE),
        ("*2", Presence.LOGGED_OUT),
    ):
        call = await agent.dial(code)
        await call.wait_established()
        await centre.until(lambda presence=presence: ann.presence is presence)
        await call.wait_ended()
        assert len(call.record().pcm) > 8000  # it was told so


async def test_a_message_is_left(centre: House) -> None:
    caller = await (await centre.customer("+15550110")).dial("400")
    await caller.wait_established()
    await centre.until(lambda: centre.contact().is_leaving_message)
    recording = centre.contact().recording
    await caller.wait_seconds(1)
    caller.play_tone(1000)
    await caller.wait_seconds(3)
    await caller.send_dtmf("#")
    await caller.wait_ended()
    await centre.all_quiet()
    assert await ended(centre, "+15550110") == "voicemail"
    pcm = read_wav(centre.settings.home / f"asterisk/spool/recording/{recording}.wav")
    middle = len(pcm) // 4 * 2
    assert tone_share(pcm[middle - 8000 : middle + 8000], 1000) > 0.9


async def test_the_queue_gives_up(centre: House) -> None:
    caller = await (await centre.customer("+15550111")).dial("300")
    await caller.wait_ended(20)
    await centre.all_quiet()
    assert await ended(centre, "+15550111") == "flow_ended"


async def test_wrap_up_keeps_the_agent(centre: House) -> None:
    agent = await centre.agent("ann")
    caller = await (await centre.customer("+15550112")).dial("500")
    await connected(centre, caller, agent)
    second = await (await centre.customer("+15550113")).dial("500")
    await caller.hangup()
    await centre.until(
        lambda: any(c.state is ContactState.WRAPUP for c in centre.state.contacts.values())
    )
    await centre.until(
        lambda: any(c.state is ContactState.WAITING for c in centre.state.contacts.values())
    )
    call = await agent.next_call()  # after two seconds of wrap-up
    await call.wait_established()
    await second.hangup()


async def test_names_and_numbers_stay_text(centre: House) -> None:
    agent = await centre.agent("ann")
    hostile = '${SHELL(id)},"x" `id` ' + "A" * 300
    caller = await (await centre.customer("5$(id)", name=hostile)).dial("200")
    await connected(centre, caller, agent)
    assert "${SHELL(id)}" in centre.contact().caller_name
    await caller.hangup()


async def test_asterisk_dies_and_comes_back(centre: House) -> None:
    agent = await centre.agent("ann")
    caller = await (await centre.customer("+15550114")).dial("200")
    await connected(centre, caller, agent)
    pid = int((centre.settings.home / "asterisk/run/asterisk.pid").read_text())
    os.kill(pid, signal.SIGKILL)
    await centre.until(lambda: not centre.state.contacts)
    assert await ended(centre, "+15550114") == "pbx_lost"
    for dead in (caller, *agent.calls):  # nobody told the telephones
        await dead.hangup()
    await centre.until(lambda: centre.centre.health()["ari"].ok, seconds=20)
    await agent.unregister()  # as a telephone does that was switched off and on
    await agent.register()
    await centre.until(lambda: centre.state.agents[AgentName("ann")].is_reachable)
    again = await (await centre.customer("+15550115")).dial("200")
    await connected(centre, again, agent)
    await again.hangup()
